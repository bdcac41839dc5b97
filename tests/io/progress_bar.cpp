#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/progress_bar.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
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
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  const char* const name =
      terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 ? ptsname(terminal) : nullptr;
  const int screen = name != nullptr ? open(name, O_RDWR | O_NOCTTY) : -1;
  if (screen < 0) {
    WARN("no pseudo-terminal here: not tested");
    return;
  }
  using Clock = std::chrono::steady_clock;
  Clock::duration between{};
  {
    const ErrorsTo errors(screen);
    ProgressBar bar("training");
    bar.update(0, 0);  // no work: no share
    const auto first = Clock::now();
    bar.update(1, 4, "loss 0.5");
    bar.update(3, 4, "loss 0.125");
    between = Clock::now() - first;
  }
  // A terminal hands on in parts what was written; once it is closed, reading ends when all has been read.
  close(screen);
  std::string shown;
  char part[256];
  for (ssize_t count = 0; (count = read(terminal, part, sizeof part)) > 0;)
    shown.append(part, static_cast<std::size_t>(count));
  close(terminal);
  CHECK_THAT(shown, ContainsSubstring("training [######                  ]  25 %  1/4"));
  CHECK_THAT(shown, ContainsSubstring("loss 0.5"));
  // Too soon after the other, unless the processor was taken away between them.
  if (between < std::chrono::milliseconds(100)) CHECK_THAT(shown, !ContainsSubstring("0.125"));
  CHECK(shown.ends_with("\r\033[K"));
}
