// A library that watches SIGUSR1 and shows nothing of how: built twice, under two names.

#include <einet/run/signal_stop.hpp>

#include <optional>

namespace {

std::optional<einet::SignalStop<1>> watching;

}  // namespace

extern "C" [[gnu::visibility("default")]] void WATCHER(watch)(bool on) {
  on ? static_cast<void>(watching.emplace(SIGUSR1)) : watching.reset();
}

extern "C" [[gnu::visibility("default")]] bool WATCHER(told)() {
  return watching && watching->token().stop_requested();
}
