#pragma once
// The two records of a slot read from its file, without mapping it: after a power cut, or where a file that
// is made shorter under a reader must not be a SIGBUS. POSIX only.

#include <einet/posix/slot_file.hpp>
#include <einet/posix/slot_layout.hpp>
#include <einet/posix/slot_options.hpp>
#include <einet/posix/slot_place.hpp>
#include <einet/run/slot_record.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>

namespace einet {

namespace detail {

template <class Output>
struct StoredRecord {
  typename SlotRecord<Output>::Words words;
  std::size_t which;
};

/// A writer may be at work meanwhile. It is looked again until both records are whole, or have not changed
/// since the last look: only then nothing newer was overlooked.
/// @return the newest whole record, or nothing if there is none
template <class Output>
[[nodiscard]] std::optional<StoredRecord<Output>> newest_stored(const SlotFile& file,
                                                                const SlotLayout& layout) noexcept {
  using Record = SlotRecord<Output>;
  std::array<typename Record::Words, 2> seen{}, before{};
  for (bool looked = false;; looked = true) {
    std::array<bool, 2> whole{};
    for (std::size_t k = 0; k < 2; ++k) {
      const bool all = file.read(seen[k].data(), sizeof(seen[k]), layout.record(k)) == sizeof(seen[k]);
      whole[k] = all && Record::whole(seen[k]);
    }
    if ((whole[0] && whole[1]) || (looked && seen == before)) {
      if (!whole[0] && !whole[1]) return std::nullopt;
      const std::size_t which = whole[1] && (!whole[0] || Record::newer(seen[1][0], seen[0][0])) ? 1 : 0;
      return StoredRecord<Output>{seen[which], which};
    }
    before = seen;
  }
}

}  // namespace detail

/// What the file of a SharedSlot or a DurableSlot holds, whether its writer lives or not.
/// @return nothing if both records are damaged, which neither a writer's death nor a power cut does
/// @throws SlotError if there is no such file, if it is not a slot of this Output in this layout, or is not a
/// regular file of the `access` named; a symbolic link is not followed
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
  return SlotRecord<Output>::snapshot(newest->words);
}

}  // namespace einet
