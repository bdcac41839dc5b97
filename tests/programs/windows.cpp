// einet after the headers of Windows, with every macro that they define.

// clang-format off
#include <windows.h>

#include "headers_for_windows.hpp"
// clang-format on

#include "runs.hpp"

int main() {
  return runs::run<einet::NewestAnswer>({{{{1, .3f}}, {{2, .5f}}, {{3, .9f}}}}).answer->label == 3 ? 0 : 1;
}
