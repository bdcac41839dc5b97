// Two libraries that hide their symbols watch the same signal, linked to this program or (if two files are
// named) loaded by it: both are told, in whatever order they begin and end, and nothing is left behind.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include <dlfcn.h>

namespace {

using Watch = void (*)(bool);
using Told = bool (*)();

struct Watcher {
  Watch watch;
  Told told;
};

void check(bool sound, const char* what) {
  if (sound) return;
  std::printf("FAILED: %s\n", what);
  std::exit(1);
}

int former_calls = 0;
extern "C" void former(int) {
  ++former_calls;
}

bool former_is_back() {
  struct sigaction present {};
  sigaction(SIGUSR1, nullptr, &present);
  return present.sa_handler == former;
}

void check_order(const Watcher& first, const Watcher& second, const Watcher& first_to_go) {
  const Watcher& last_to_go = first_to_go.watch == first.watch ? second : first;
  first.watch(true);
  second.watch(true);
  raise(SIGUSR1);
  check(first.told(), "the first is told");
  check(second.told(), "the second is told");
  first_to_go.watch(false);
  check(!former_is_back(), "the handler stays while one watches");
  last_to_go.watch(false);
  last_to_go.watch(true);
  raise(SIGUSR1);
  check(last_to_go.told(), "the one that is left is told");
  last_to_go.watch(false);
  check(former_is_back(), "the former handler is back");
}

[[maybe_unused]] Watcher loaded(const char* file, const char* watch, const char* told, int mode) {
  void* const library = dlopen(file, RTLD_NOW | mode);
  if (library == nullptr) std::printf("%s\n", dlerror());
  check(library != nullptr, "the library can be loaded");
  return {reinterpret_cast<Watch>(dlsym(library, watch)), reinterpret_cast<Told>(dlsym(library, told))};
}

}  // namespace

#ifdef LINKED
extern "C" {
void one_watch(bool on);
bool one_told();
void two_watch(bool on);
bool two_told();
}
#endif

int main([[maybe_unused]] int count, [[maybe_unused]] char** arguments) {
#ifdef LINKED
  const Watcher one{one_watch, one_told}, two{two_watch, two_told};
#else
  check(count == 3, "two libraries are named");
  // With clang++ this is one symbol only if it is global.
#ifdef __clang__
  const int mode = RTLD_GLOBAL;
#else
  const int mode = RTLD_LOCAL;
#endif
  const Watcher one = loaded(arguments[1], "one_watch", "one_told", mode);
  const Watcher two = loaded(arguments[2], "two_watch", "two_told", mode);
#endif
  std::signal(SIGUSR1, former);
  for (const bool one_first : {true, false})
    for (const bool one_goes_first : {true, false})
      check_order(one_first ? one : two, one_first ? two : one, one_goes_first ? one : two);
  check(former_calls == 0, "nobody else was told meanwhile");
  raise(SIGUSR1);
  check(former_calls == 1, "the former handler works again");
  std::puts("both were told");
}
