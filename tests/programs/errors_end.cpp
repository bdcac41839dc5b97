// Without exceptions, an error at set-up prints its message and ends the program; the parent process sees
// both.

#include "public_headers.hpp"

#include <array>
#include <cstdio>
#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

int main() {
  int both[2];
  if (pipe(both) != 0) return 2;
  const pid_t child = fork();
  if (child == 0) {
    dup2(both[1], STDERR_FILENO);
    static_cast<void>(
        einet::Planner{einet::TimeProfile<2>{{1, -1}, {0, 0}}, einet::PriorPredictor<2>{{.3f, .6f}}});
    _exit(0);
  }
  close(both[1]);
  std::array<char, 500> text{};
  if (read(both[0], text.data(), text.size() - 1) <= 0) text[0] = '\0';
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && std::strstr(text.data(), "conv[1]") != nullptr)
    return 0;
  std::printf("status %d, error output '%s'\n", status, text.data());
  return 1;
}
