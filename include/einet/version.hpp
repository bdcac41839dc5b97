#pragma once
// Which version of einet this is; CMake reads it from here, too.

#define EINET_VERSION_MAJOR 0
#define EINET_VERSION_MINOR 1
#define EINET_VERSION_PATCH 0

/// To be compared: 10000 a major version, 100 a minor one.
#define EINET_VERSION (EINET_VERSION_MAJOR * 10000 + EINET_VERSION_MINOR * 100 + EINET_VERSION_PATCH)
