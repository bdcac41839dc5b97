#pragma once
// Options of slots that outlive their writer.

#include <einet/run/slot.hpp>

namespace einet {

/// Who may open a slot's file or shared-memory object. Writer and readers must use the same value.
enum class SlotAccess {
  /// Only this user: mode 0600. Anything else is refused.
  owner,
  /// This user, and its group for reading: mode 0640. The group is the writer's, or that of the folder if its
  /// set-group-ID bit is set. Readers must be in it, and trust its members as they trust themselves.
  group,
  /// Whoever the file system lets, for those without modes (vfat, some bind mounts): owner and mode are not
  /// checked. Such a slot should be in a folder that nobody else can reach.
  as_mounted,
};

/// What a slot keeps and who may open it.
struct SlotOptions {
  BetweenRuns between_runs = BetweenRuns::forget;
  SlotAccess access = SlotAccess::owner;
};

}  // namespace einet
