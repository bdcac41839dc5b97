#include "catch.hpp"
#include "posix/slot_outputs.hpp"

#include <einet/run/slot_record.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace {

using WideRecord = einet::detail::SlotRecord<einet::test::Wide>;

struct WithPadding {
  char first;
  double second;
};

/// No default constructor; nothing but its bytes can be copied.
class Sealed {
 public:
  explicit Sealed(int value) noexcept : value_(value) {}
  [[nodiscard]] int value() const noexcept { return value_; }

 private:
  int value_;
};

}  // namespace

TEST_CASE("a record gives back what was put into it", "[run][slot_record]") {
  const auto held = WideRecord::snapshot(WideRecord::holding(6, 3, einet::test::wide(5), 39));
  CHECK(held.sequence == 6);
  CHECK(held.run == 3);
  REQUIRE(held.newest);
  CHECK(held.newest->output == einet::test::wide(5));
  CHECK(held.newest->exit == 39);
  CHECK_FALSE(WideRecord::snapshot(WideRecord::without_output(8, 4)).newest);
  CHECK(WideRecord::snapshot(WideRecord::without_output(8, 4)).run == 4);
  using SealedRecord = einet::detail::SlotRecord<Sealed>;
  CHECK(SealedRecord::snapshot(SealedRecord::holding(2, 1, Sealed{7}, 0)).newest->output.value() == 7);
}

TEST_CASE("a record with any bit flipped is not whole, and neither is one never written",
          "[run][slot_record]") {
  const auto words = WideRecord::sealed(WideRecord::holding(6, 3, einet::test::wide(5), 39));
  CHECK(WideRecord::whole(words));
  CHECK(WideRecord::whole(WideRecord::sealed(WideRecord::without_output(2, 0))));
  CHECK_FALSE(WideRecord::whole({}));
  std::size_t unnoticed = 0;
  for (std::size_t bit = 0; bit < 64 * words.size(); ++bit) {
    auto spoilt = words;
    spoilt[bit / 64] ^= std::uint64_t{1} << (bit % 64);
    unnoticed += WideRecord::whole(spoilt) ? 1 : 0;
  }
  CHECK(unnoticed == 0);
}

#if defined(__GNUC__) && !defined(__clang__)
TEST_CASE("the padding of an output stays out of its record", "[run][slot_record]") {
  using Record = einet::detail::SlotRecord<WithPadding>;
  WithPadding clean, stained;
  std::memset(static_cast<void*>(&clean), 0x00, sizeof(clean));
  std::memset(static_cast<void*>(&stained), 0xA5, sizeof(stained));
  clean.first = stained.first = 'x';
  clean.second = stained.second = 0.5;
  REQUIRE(std::memcmp(&clean, &stained, sizeof(clean)) != 0);
  CHECK(Record::sealed(Record::holding(2, 1, stained, 0)) == Record::sealed(Record::holding(2, 1, clean, 0)));
}
#endif
