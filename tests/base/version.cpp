#include <einet/version.hpp>

#include <string>

#include <catch.hpp>

#if EINET_VERSION < 100 || \
    EINET_VERSION != EINET_VERSION_MAJOR * 10000 + EINET_VERSION_MINOR * 100 + EINET_VERSION_PATCH
#error "the preprocessor cannot compare versions"
#endif
static_assert(EINET_VERSION_MINOR < 100 && EINET_VERSION_PATCH < 100);

#ifdef EINET_PROJECT_VERSION
TEST_CASE("headers and CMake package have the same version", "[base][version]") {
  CHECK(std::to_string(EINET_VERSION_MAJOR) + "." + std::to_string(EINET_VERSION_MINOR) + "." +
            std::to_string(EINET_VERSION_PATCH) ==
        EINET_PROJECT_VERSION);
}
#endif
