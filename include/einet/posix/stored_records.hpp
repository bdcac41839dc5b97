#pragma once
// Reads the two records of a slot from its file without mapping it: after a power cut, or where truncating
// the file under a reader must not cause a SIGBUS. POSIX only.

#include <einet/posix/sealed_record.hpp>
#include <einet/posix/slot_file.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/slot_place.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>

namespace einet {

namespace detail {

template <class Output>
struct StoredRecord {
  typename SealedRecord<Output>::Words words;
  std::size_t which;
};

/// There may be a writer at the same time, so this reads again until both records are whole, or unchanged
/// since the last time: only then has it missed nothing newer.
/// @return the newest whole record, or nothing if there is none
template <class Output>
[[nodiscard]] std::optional<StoredRecord<Output>> newest_stored(const SlotFile& file,
                                                                const SlotLayout& layout) noexcept {
  using Record = SealedRecord<Output>;
  std::array<typename Record::Words, 2> seen{}, before{};
  for (bool again = false;; again = true) {
    std::array<bool, 2> whole{};
    for (std::size_t k = 0; k < 2; ++k) {
      const bool all = file.read(seen[k].data(), sizeof(seen[k]), layout.record(k)) == sizeof(seen[k]);
      whole[k] = all && Record::whole(seen[k]);
    }
    if ((whole[0] && whole[1]) || (again && seen == before)) {
      if (!whole[0] && !whole[1]) return std::nullopt;
      const std::size_t which = whole[1] && (!whole[0] || Record::newer(seen[1][0], seen[0][0])) ? 1 : 0;
      return StoredRecord<Output>{seen[which], which};
    }
    before = seen;
  }
}

}  // namespace detail

/// What the file of a SharedSlot or a DurableSlot holds, whether its writer is alive or not.
/// @return nothing if both records are damaged, which neither a writer's death nor a power cut causes
/// @throws SlotError if there is no such file, if it is not a slot of this Output in this layout, or if it is
/// not a regular file with this `access`; a symbolic link is not followed
template <class Output>
[[nodiscard]] std::optional<SlotSnapshot<Output>> read_slot_file(const std::filesystem::path& path,
                                                                 SlotAccess access = SlotAccess::owner) {
  using namespace detail;
  const SlotFile file = SlotFile::for_reading({path.string(), false, access});
  const bool durable = file.header()[4] == disk_block;
  const SlotLayout layout = slot_layout<Output>(durable ? disk_block : cache_line);
  file.check(layout);
  const auto newest = newest_stored<Output>(file, layout);
  if (!newest) return std::nullopt;
  return SealedRecord<Output>::snapshot(newest->words);
}

}  // namespace einet
