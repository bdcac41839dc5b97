#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/progress_bar.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
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
  {
    const ErrorsTo errors(screen);
    ProgressBar bar("training");
    bar.update(0, 0);  // no work: no share
    bar.update(1, 4, "loss 0.5");
    bar.update(3, 4, "loss 0.125");  // too soon after the other
  }
  std::string shown(1000, ' ');
  const auto count = read(terminal, shown.data(), shown.size());
  close(screen);
  close(terminal);
  REQUIRE(count > 0);
  shown.resize(static_cast<std::size_t>(count));
  CHECK_THAT(shown, ContainsSubstring("training [######                  ]  25 %  1/4"));
  CHECK_THAT(shown, ContainsSubstring("loss 0.5"));
  CHECK_THAT(shown, !ContainsSubstring("0.125"));
  CHECK(shown.ends_with("\r\033[K"));
}
