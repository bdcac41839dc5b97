#include "catch.hpp"

#include <einet/paper/lookup.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

using namespace einet;

static_assert(!simd::has_lookup<simd::scalar>);

namespace {

template <class Arch>
void looks_up_every_lane() {
  if constexpr (simd::has_lookup<Arch>) {
    using Floats = simd::Lanes<float, Arch>;
    using Bits = simd::Lanes<std::int32_t, Arch>;
    alignas(64) std::array<float, 16> table, found;
    alignas(64) std::array<std::int32_t, 16> index, shifted;
    for (std::size_t k = 0; k < 16; ++k) {
      table[k] = static_cast<float>(k * k) - 7.5f;
      index[k] = static_cast<std::int32_t>(k * 0x9e3779b9U);  // of all sizes, half of them negative
    }
    const Bits lanes = Bits::load_aligned(index.data());
    const Floats looked_up = simd::lookup<Arch>(table.data(), lanes);
    looked_up.store_aligned(found.data());
    simd::shifted_right<4, Arch>(lanes).store_aligned(shifted.data());
    for (std::size_t k = 0; k < 16; ++k) {
      CAPTURE(k, index[k]);
      CHECK(found[k] == table[static_cast<std::uint32_t>(index[k]) % 16]);
      CHECK((shifted[k] & 0xf) == (index[k] >> 4 & 0xf));
    }
  } else {
    SUCCEED("no instruction for it on this target");
  }
}

}  // namespace

TEST_CASE("every lane looks up its own entry of a table in a register", "[base][lookup]") {
  looks_up_every_lane<simd::default_arch>();
}
