#include "catch.hpp"
#include "posix/slot_outputs.hpp"

#include <einet/run/slot_record.hpp>

namespace {

using WideRecord = einet::detail::SlotRecord<einet::test::Wide>;

/// No default constructor; nothing but its bytes can be copied.
class Opaque {
 public:
  explicit Opaque(int value) noexcept : value_(value) {}
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
  using OpaqueRecord = einet::detail::SlotRecord<Opaque>;
  CHECK(OpaqueRecord::snapshot(OpaqueRecord::holding(2, 1, Opaque{7}, 0)).newest->output.value() == 7);
}
