// Macros that <windows.h>, <sys/sysmacros.h>, <complex.h>, GNU dialects and Qt define, before einet. If they
// would break std or xsimd, those are included first, as users of these macros do.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cmath>
#include <compare>
#include <complex>
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <xsimd/xsimd.hpp>

#if __has_include(<unistd.h>)
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

// clang-format off
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define interface struct
#define ERROR 0
#define IN
#define OUT
#define NO_ERROR 0L
#define DELETE 0x00010000L
#define TRANSPARENT 1
#define ABSOLUTE 1
#define RELATIVE 2
#define major(device) ((device) >> 8)
#define minor(device) ((device) & 0xff)
#define makedev(a, b) ((a) << 8 | (b))
#undef I
#define I (1.0 + 0)
#undef linux
#define linux 1
#undef unix
#define unix 1
#ifdef OF_QT
#define signals public
#define slots
#define emit
#define foreach(variable, container) for (variable : container)
#define forever for (;;)
#define Q_OBJECT
#endif
// clang-format on

#include "public_headers.hpp"
#include "runs.hpp"

int main() {
  const auto result = runs::run<einet::NewestAnswer>({{{{1, .3f}}, {{2, .5f}}, {{3, .9f}}}});
  if (result.outcome != einet::Outcome::completed || result.answer->label != 3) return 1;
  std::puts("completed");
}
