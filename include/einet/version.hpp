#pragma once
// Which version of einet this is; CMake reads it from here, too.

/// The first number of the version.
#define EINET_VERSION_MAJOR 0
/// The second.
#define EINET_VERSION_MINOR 2
/// The third.
#define EINET_VERSION_PATCH 0

/// One number to compare versions by: 10000 * major + 100 * minor + patch.
#define EINET_VERSION (EINET_VERSION_MAJOR * 10000 + EINET_VERSION_MINOR * 100 + EINET_VERSION_PATCH)
