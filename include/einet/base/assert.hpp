#pragma once
// EINET_ASSERT: preconditions on the hot path. Define it before the first include to route
// violations elsewhere (or to nothing); by default it is assert().

#ifndef EINET_ASSERT
#include <cassert>
#define EINET_ASSERT(condition) assert(condition)
#endif
