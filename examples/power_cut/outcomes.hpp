#pragma once
// Publishing while every call is logged, and what is found after power cuts at all moments of that log.

#include "power_cut/by_hand.hpp"
#include "power_cut/cut.hpp"
#include "power_cut/log.hpp"
#include "power_cut/network.hpp"

#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/stored_records.hpp>
#include <einet/run/slot.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace example::power_cut {

constexpr std::uint64_t runs = 8;
constexpr einet::SlotOptions keep{.between_runs = einet::BetweenRuns::keep};

/// Counts of what was found.
struct Outcomes {
  std::size_t right = 0;    // the last answer whose publish() had returned, or a newer one
  std::size_t older = 0;    // an answer before that
  std::size_t nothing = 0;  // no answer, though one had been published
  std::size_t garbage = 0;  // an answer that was never published

  [[nodiscard]] std::size_t wrong() const noexcept { return older + nothing + garbage; }

  /// @param found nothing if there was no answer
  /// @param answer gives that of a number
  /// @param began, returned numbers of the last answers whose publish() had; 0 for none
  template <class Answer>
  void count(const std::optional<Stored>& found, Answer answer, std::uint64_t began, std::uint64_t returned) {
    if (!found)
      ++(returned == 0 ? right : nothing);
    else if (found->number == 0 || found->number > began || found->output != answer(found->number))
      ++garbage;
    else
      ++(found->number >= returned ? right : older);
  }
};

/// Enters in the log when publish() begins and returns.
template <class Slot>
class Watched {
 public:
  using value_type = Output;

  Watched(Slot& slot, Log& log) : slot_(&slot), log_(&log) {}

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
  [[nodiscard]] std::error_code error() const noexcept { return error_; }

 private:
  Slot* slot_;
  Log* log_;
  std::uint64_t run_ = 0;
  std::error_code error_;
};

/// The answer in the file of a DurableSlot.
inline std::optional<Stored> in_slot(const std::filesystem::path& path) {
  try {
    const auto found = einet::read_slot_file<Output>(path);
    if (!found || !found->newest) return std::nullopt;
    return Stored{number_of(found->answer_run, found->newest->exit), found->newest->output};
  } catch (const einet::SlotError&) {
    return std::nullopt;
  }
}

inline std::vector<char> content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The answer in a file that was written by hand. It has no checksum, so all that can be wrong is its size.
inline std::optional<Stored> in_file(const std::filesystem::path& path) {
  const auto bytes = content(path);
  Stored stored;
  if (bytes.size() != sizeof stored) return std::nullopt;
  std::memcpy(&stored, bytes.data(), sizeof stored);
  return stored;
}

/// Refuses a log that lacks calls: had all been synced at the end, the disk would hold what the file does.
inline void expect_complete(std::vector<Event> events, const std::filesystem::path& path) {
  const std::size_t files = events.size();  // at most
  events.emplace_back(FolderSynced{});
  for (std::size_t k = 0; k < files; ++k) events.emplace_back(Synced{k});
  std::mt19937_64 any;
  if (after_cut(path.filename(), {&events, events.size()}, any) != content(path))
    throw std::runtime_error(path.string() + ": was written by calls that are not in the log");
}

/// Everything that happens from the creation of a slot to the end of its last run.
/// @param options of the slot
template <class Slot, class... Options>
std::vector<Event> record(const std::filesystem::path& path, const Options&... options) {
  Log log;
  {
    struct Logging {
      explicit Logging(Log& to) { current_log = &to; }
      ~Logging() { current_log = nullptr; }
    } const logging(log);
    Slot slot(path, options...);
    Watched watched(slot, log);
    auto runner = publisher(watched);
    Features x;
    for (std::uint64_t run = 1; run <= runs; ++run) {
      x.load(run);
      runner.run(x);
    }
    if (watched.error()) throw std::system_error(watched.error(), path.string());
  }
  expect_complete(log.events(), path);
  return log.events();
}

/// A file for what cuts leave. It stays open: some file systems would hurry to the disk at every closing.
class Remains {
 public:
  explicit Remains(const std::filesystem::path& folder)
      : path_(folder / "after_cut"), file_(path_.string(), O_RDWR | O_CREAT) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  void put(const std::vector<char>& bytes) const {
    if (ftruncate(file_.descriptor(), static_cast<off_t>(bytes.size())) != 0 ||
        pwrite(file_.descriptor(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      throw std::system_error(errno, std::generic_category(), path_.string());
  }

 private:
  std::filesystem::path path_;
  Opened file_;
};

/// Cuts the power at every moment of the log in turn.
/// @param read gives what is found in a file, as after a restart
template <class Read>
Outcomes cut_power(const std::vector<Event>& events, const std::filesystem::path& path, std::size_t cuts,
                   std::uint64_t seed, Syncs syncs, Read read) {
  std::vector<Output> answers;
  for (std::uint64_t number = 1; number <= runs * exits; ++number) answers.push_back(answer_of(number));
  const auto answer = [&](std::uint64_t number) -> const Output& { return answers[number - 1]; };
  const Remains remains(path.parent_path());
  std::mt19937_64 random(seed);
  Outcomes outcomes;
  for (std::size_t cut = 0; cut < cuts; ++cut) {
    const Moment moment{&events, cut % (events.size() + 1), syncs};
    std::uint64_t began = 0, returned = 0;
    for (const Event& event : moment) {
      if (const auto* const publish = std::get_if<PublishBegan>(&event)) began = publish->number;
      if (const auto* const publish = std::get_if<PublishReturned>(&event)) returned = publish->number;
    }
    std::optional<Stored> found;
    if (const auto left = after_cut(path.filename(), moment, random)) {
      remains.put(*left);
      found = read(remains.path());
    }
    outcomes.count(found, answer, began, returned);
  }
  return outcomes;
}

}  // namespace example::power_cut
