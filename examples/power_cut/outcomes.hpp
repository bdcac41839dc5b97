#pragma once
// What is found after power cuts at all moments of a log.

#include "power_cut/by_hand.hpp"
#include "power_cut/cut.hpp"
#include "power_cut/log.hpp"
#include "power_cut/network.hpp"
#include "power_cut/record.hpp"

#include <einet/posix/durable_slot.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/stored_records.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace example::power_cut {

/// Counts of what was found.
struct Outcomes {
  std::size_t right = 0;    // the last answer whose publish() had returned, or a newer one
  std::size_t older = 0;    // an answer before that
  std::size_t nothing = 0;  // no answer, though one had been published
  std::size_t garbage = 0;  // an answer that was never published

  Outcomes& operator+=(const Outcomes& other) noexcept {
    right += other.right;
    older += other.older;
    nothing += other.nothing;
    garbage += other.garbage;
    return *this;
  }
  [[nodiscard]] std::size_t wrong() const noexcept { return older + nothing + garbage; }

  /// @param found nothing if there was no answer
  void count(const std::optional<Stored>& found, LastPublish last) {
    if (!found)
      ++(last.returned == 0 ? right : nothing);
    else if (found->number == 0 || found->number > last.began || found->output != answer_of(found->number))
      ++garbage;
    else
      ++(found->number >= last.returned ? right : older);
  }
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

/// The answer in a file that was written by hand. It has no checksum, so all that can be wrong is its size.
inline std::optional<Stored> in_file(const std::filesystem::path& path) {
  const auto bytes = content(path);
  Stored stored;
  if (bytes.size() != sizeof stored) return std::nullopt;
  std::memcpy(&stored, bytes.data(), sizeof stored);
  return stored;
}

/// A file for what cuts leave. It stays open: some file systems would hurry to the disk at every closing.
class Remains {
 public:
  explicit Remains(const std::filesystem::path& folder)
      : path_(folder / "after_cut"), file_(path_.string(), O_RDWR | O_CREAT) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  void put(const std::vector<char>& bytes) const {
    if (ftruncate(file_.descriptor(), static_cast<off_t>(bytes.size())) != 0 ||
        !file_.put(bytes.data(), bytes.size()))
      throw std::system_error(errno, std::generic_category(), path_.string());
  }

 private:
  std::filesystem::path path_;
  Opened file_;
};

/// Cuts the power at every moment of the log from `first` on, or at a random sample of these.
/// @param read gives what is found in a file, as after a restart
template <class Read>
Outcomes cut_power(const std::vector<Event>& events, const std::filesystem::path& path, std::size_t cuts,
                   std::uint64_t seed, Read read, Syncs syncs = Syncs::kept, std::size_t first = 0) {
  const Remains remains(path.parent_path());
  const std::size_t moments = events.size() + 1 - first;
  std::mt19937_64 random(seed);
  Outcomes outcomes;
  for (std::size_t cut = 0; cut < cuts; ++cut) {
    const Moment moment{&events, first + (cut * moments + random() % moments) / cuts, syncs};
    std::optional<Stored> found;
    if (const auto left = after_cut(path.filename(), moment, random)) {
      remains.put(*left);
      found = read(remains.path());
    }
    outcomes.count(found, moment.last_publish());
  }
  return outcomes;
}

/// Cuts the power, or kills the process; lets a new DurableSlot continue what is left; then cuts the power.
/// @param first events of the first life of the slot in `path`
inline Outcomes cut_power_again(const std::vector<Event>& first, const std::filesystem::path& path,
                                std::size_t cuts, std::uint64_t seed) {
  const std::string name = path.filename();
  // Half of the first lives end while the slot is created, or few would.
  const auto creation = static_cast<std::size_t>(
      std::find_if(first.begin(), first.end(),
                   [](const Event& event) { return std::holds_alternative<PublishBegan>(event); }) -
      first.begin());
  std::mt19937_64 random(seed);
  Outcomes outcomes;
  for (std::size_t life = 0; life < cuts; ++life) {
    const Moment moment{&first, random() % ((life % 2 == 0 ? creation : first.size()) + 1)};
    const Past past = life % 4 < 2
                          ? after_restart(name, after_cut(name, moment, random), moment.last_publish())
                          : after_kill(name, moment);
    std::filesystem::remove(path);
    const auto events = record<einet::DurableSlot<Output>>(path, 2, past, keep);
    outcomes += cut_power(events, path, 1, random(), in_slot, Syncs::kept, past.events.size());
  }
  return outcomes;
}

}  // namespace example::power_cut
