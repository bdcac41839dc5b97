#include "architectures.hpp"
#include "catch.hpp"

#include <einet/paper/lanes.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

using namespace einet;

TEST_CASE("the bits of integers become floats and masks of floats, on every instruction set",
          "[paper][lanes]") {
  test::for_each_arch([](auto arch) {
    using Arch = decltype(arch);
    using Floats = simd::Lanes<float, Arch>;
    using Words = simd::Lanes<std::int32_t, Arch>;
    constexpr std::size_t W = Floats::size;
    CAPTURE(W);
    alignas(64) std::array<std::int32_t, W> words{};
    for (std::size_t k = 0; k < W; ++k)
      words[k] = std::bit_cast<std::int32_t>(1.5f + static_cast<float>(k)) + static_cast<std::int32_t>(k % 3);
    const Words loaded = Words::load_aligned(words.data());
    alignas(64) std::array<float, W> floats, chosen;
    simd::bits_as_float(loaded).store_aligned(floats.data());
    select(simd::float_mask((loaded & Words(1)) == Words(0)), Floats(2.f), Floats(3.f))
        .store_aligned(chosen.data());
    for (std::size_t k = 0; k < W; ++k) {
      CHECK(std::bit_cast<std::int32_t>(floats[k]) == words[k]);
      CHECK(chosen[k] == (words[k] % 2 == 0 ? 2.f : 3.f));
    }
  });
}
