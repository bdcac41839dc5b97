// A library that watches SIGUSR1 and hides its symbols: built twice, under two names.

#include <einet/posix/signal_stop.hpp>

#include <optional>

namespace {

std::optional<einet::SignalStop<1>> watching;

}  // namespace

#define JOINED(name, function) name##_##function
#define NAMED(name, function) JOINED(name, function)

extern "C" [[gnu::visibility("default")]] void NAMED(WATCHER, watch)(bool on) {
  on ? static_cast<void>(watching.emplace(SIGUSR1)) : watching.reset();
}

extern "C" [[gnu::visibility("default")]] bool NAMED(WATCHER, told)() {
  return watching && watching->token().stop_requested();
}
