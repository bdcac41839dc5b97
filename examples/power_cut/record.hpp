#pragma once
// Publishing while every call is logged.

#include "power_cut/by_hand.hpp"
#include "power_cut/cut.hpp"
#include "power_cut/log.hpp"
#include "power_cut/network.hpp"

#include <einet/posix/slot_options.hpp>
#include <einet/run/slot.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>

namespace example::power_cut {

/// The last answer stays until the next one is there.
constexpr einet::SlotOptions keep{.between_runs = einet::BetweenRuns::keep};

/// Enters in the log when publish() begins and returns.
template <class Slot>
class Watched {
 public:
  using value_type = Output;

  /// @param run number of the last one so far
  Watched(Slot& slot, Log& log, std::uint64_t run) : slot_(&slot), log_(&log), run_(run) {}

  void begin_run() noexcept {
    ++run_;
    slot_->begin_run();
  }
  void publish(const Output& output, std::size_t exit) noexcept {
    log_->add(PublishBegan{number_of(run_, exit)});
    slot_->publish(output, exit);
    log_->add(PublishReturned{number_of(run_, exit)});
    if (!error_) error_ = slot_->last_error();
  }
  [[nodiscard]] std::optional<einet::Published<Output>> read() const noexcept { return slot_->read(); }

  /// The first error of the slot.
  [[nodiscard]] std::error_code error() const noexcept { return error_; }

 private:
  Slot* slot_;
  Log* log_;
  std::uint64_t run_;
  std::error_code error_;
};

[[nodiscard]] inline std::vector<char> content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What was there before a slot is made: a file, and what had happened to it.
struct Past {
  std::optional<std::vector<char>> file{};
  std::vector<Event> events{};
};

/// After a power cut, which has left `file`: all of that is on disk.
inline Past after_restart(const std::string& name, const std::optional<std::vector<char>>& file,
                          LastPublish last) {
  Past past{file, {PublishBegan{last.began}}};
  if (file)
    past.events.insert(past.events.end(),
                       {Created{name, 0}, FolderSynced{}, Written{0, 0, *file}, Synced{0}});
  past.events.emplace_back(PublishReturned{last.returned});
  return past;
}

/// After the process was killed: the system has all that it wrote, the disk may not.
inline Past after_kill(const std::string& name, const Moment& moment) {
  return {without_cut(name, moment), {moment.begin(), moment.end()}};
}

/// Everything that happens until the end of the last run of a slot.
/// @param path of a file that does not exist yet
/// @param options of the slot
template <class Slot, class... Options>
std::vector<Event> record(const std::filesystem::path& path, std::uint64_t runs, const Past& past,
                          const Options&... options) {
  if (past.file) {
    const Opened file(path.string(), O_RDWR | O_CREAT);
    if (!file.put(past.file->data(), past.file->size()))
      throw std::system_error(errno, std::generic_category(), path.string());
  }
  Log log(past.events, path);
  {
    struct Logging {
      explicit Logging(Log& to) { current_log = &to; }
      ~Logging() { current_log = nullptr; }
    } const logging(log);
    Slot slot(path, options...);
    std::uint64_t run = 0;
    if constexpr (requires { slot.snapshot(); }) run = slot.snapshot().run;
    Watched watched(slot, log, run);
    auto runner = publisher(watched);
    Features x;
    for (const std::uint64_t last = run + runs; run < last;) {
      x.load(++run);
      runner.run(x);
    }
    if (watched.error()) throw std::system_error(watched.error(), path.string());
  }
  if (without_cut(path.filename(), {&log.events(), log.events().size()}) != content(path))
    throw std::runtime_error(path.string() + ": was written by calls that are not in the log");
  return log.events();
}

}  // namespace example::power_cut
