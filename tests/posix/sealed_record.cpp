#include "catch.hpp"
#include "posix/slot_outputs.hpp"

#include <einet/posix/sealed_record.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

using SealedWide = einet::detail::SealedRecord<einet::test::Wide>;

struct WithPadding {
  char first;
  double second;
};

}  // namespace

TEST_CASE("a record with any bit flipped is not whole, and neither is one never written",
          "[run][sealed_record]") {
  const auto words = SealedWide::sealed(SealedWide::holding(6, 3, einet::test::wide(5), 39));
  CHECK(SealedWide::whole(words));
  CHECK(SealedWide::whole(SealedWide::sealed(SealedWide::without_output(2, 0))));
  CHECK_FALSE(SealedWide::whole({}));
  std::size_t unnoticed = 0;
  for (std::size_t bit = 0; bit < 64 * words.size(); ++bit) {
    auto spoilt = words;
    spoilt[bit / 64] ^= std::uint64_t{1} << (bit % 64);
    unnoticed += SealedWide::whole(spoilt) ? 1 : 0;
  }
  CHECK(unnoticed == 0);
}

#if defined(__GNUC__) && !defined(__clang__)
TEST_CASE("the padding of an output stays out of its record", "[run][sealed_record]") {
  using Record = einet::detail::SealedRecord<WithPadding>;
  WithPadding clean, stained;
  std::memset(static_cast<void*>(&clean), 0x00, sizeof(clean));
  std::memset(static_cast<void*>(&stained), 0xA5, sizeof(stained));
  clean.first = stained.first = 'x';
  clean.second = stained.second = 0.5;
  REQUIRE(std::memcmp(&clean, &stained, sizeof(clean)) != 0);
  CHECK(Record::sealed(Record::holding(2, 1, stained, 0)) == Record::sealed(Record::holding(2, 1, clean, 0)));
}
#endif
