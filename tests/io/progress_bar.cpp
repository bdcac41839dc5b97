#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/progress_bar.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

using einet::io::ProgressBar;
using einet::test::ContainsSubstring;

namespace {

/// Redirects the error stream to `handle` while it lives.
class ErrorsTo {
 public:
  explicit ErrorsTo(int handle) : kept_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    dup2(handle, STDERR_FILENO);
  }
  ErrorsTo(const ErrorsTo&) = delete;
  ErrorsTo& operator=(const ErrorsTo&) = delete;
  ~ErrorsTo() {
    std::fflush(stderr);
    dup2(kept_, STDERR_FILENO);
    close(kept_);
  }

 private:
  int kept_;
};

/// What is written to the error stream while f() runs, if that is a terminal of so many columns; nothing if
/// there are no pseudo-terminals here.
template <class F>
std::optional<std::string> shown_on_terminal(std::size_t columns, const F& f) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  const char* const name =
      terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 ? ptsname(terminal) : nullptr;
  const int screen = name != nullptr ? open(name, O_RDWR | O_NOCTTY) : -1;
  if (screen < 0) {
    WARN("no pseudo-terminal here: not tested");
    return std::nullopt;
  }
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  REQUIRE(ioctl(screen, TIOCSWINSZ, &size) == 0);
  {
    const ErrorsTo errors(screen);
    f();
  }
  // A terminal hands on in parts what was written; once it is closed, reading ends when all has been read.
  close(screen);
  std::string shown;
  char part[256];
  for (ssize_t count = 0; (count = read(terminal, part, sizeof part)) > 0;)
    shown.append(part, static_cast<std::size_t>(count));
  close(terminal);
  return shown;
}

}  // namespace

TEST_CASE("a progress bar writes nothing if there is no terminal", "[io][progress_bar]") {
  const auto path = einet::test::scratch_folder("progress") / "errors";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  {
    const ErrorsTo errors(file);
    ProgressBar bar("training");
    bar.update(1, 4);
    bar.update(4, 4);
  }
  close(file);
  CHECK(einet::test::read_text(path).empty());
}

TEST_CASE("a progress bar shows label, share and note on a terminal, and clears its line",
          "[io][progress_bar]") {
  using Clock = std::chrono::steady_clock;
  Clock::duration between{};
  const auto seen = shown_on_terminal(100, [&] {
    ProgressBar bar("training");
    bar.update(0, 0);  // no work: no share
    const auto first = Clock::now();
    bar.update(1, 4, "loss 0.5");
    bar.update(3, 4, "loss 0.125");
    between = Clock::now() - first;
  });
  if (!seen) return;
  const std::string& shown = *seen;
  CHECK_THAT(shown, ContainsSubstring("training [######                  ]  25 %  1/4"));
  CHECK_THAT(shown, ContainsSubstring("loss 0.5"));
  // Too soon after the other, unless the processor was taken away between them.
  if (between < std::chrono::milliseconds(100)) CHECK_THAT(shown, !ContainsSubstring("0.125"));
  CHECK(shown.ends_with("\r\033[K"));
}

TEST_CASE("a progress bar fits its terminal", "[io][progress_bar]") {
  for (const std::size_t columns : {10U, 20U, 30U, 40U, 50U, 60U, 70U, 80U, 200U}) {
    CAPTURE(columns);
    const auto seen = shown_on_terminal(columns, [] {
      ProgressBar bar("epoch 3 of 12");
      bar.update(123, 456, "loss 0.123456");
    });
    if (!seen) return;
    const std::size_t begin = seen->find("\033[K") + 3, end = seen->find('\r', begin);
    const std::string line = seen->substr(begin, end - begin);
    CAPTURE(line);
    CHECK(line.size() < columns);
    CHECK(line.starts_with("epoch 3 o"));
    CHECK((line.find("loss 0.123456") != std::string::npos) == (columns > 80 || columns == 60));
    CHECK((line.find('#') != std::string::npos) == (columns >= 70));
    CHECK((line.find("27 %") != std::string::npos) == (columns >= 30));
  }
}
