#pragma once
// What may be chosen of a slot that outlives its writer.

#include <einet/run/slot.hpp>

namespace einet {

/// Who may open a slot's file or shared-memory object. Writer and readers name the same.
enum class SlotAccess {
  /// This user alone: mode 0600. Anything else is refused.
  owner,
  /// This user, and for reading its group: mode 0640. The group is the writer's, or that of the folder if its
  /// set-group-ID bit is set. Readers must be in it, and trust its members as they trust themselves.
  group,
  /// Whoever the file system lets, for those that keep no modes (vfat, some bind mounts): neither owner nor
  /// mode is looked at. Such a slot should lie in a folder that nobody else can reach.
  as_mounted,
};

struct SlotOptions {
  BetweenRuns between_runs = BetweenRuns::forget;
  SlotAccess access = SlotAccess::owner;
};

}  // namespace einet
