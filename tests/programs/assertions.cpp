// A program that handles violated preconditions itself, in a build without assertions.

static int violations = 0;
#define EINET_ASSERT(condition) ((condition) ? static_cast<void>(0) : static_cast<void>(++violations))

#include <einet/base/assert.hpp>
#include <einet/run/clock.hpp>

#include <cstdio>

int main() {
  einet::VirtualTime time;
  time.advance(2);
  time.advance(-1);  // time never runs backwards
  std::printf("%d violation%s\n", violations, violations == 1 ? "" : "s");
}
