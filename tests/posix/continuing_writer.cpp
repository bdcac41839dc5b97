#include "catch.hpp"
#include "posix/slot_outputs.hpp"

#include <einet/posix/continuing_writer.hpp>
#include <einet/posix/sealed_record.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace {

using einet::test::Wide;
using einet::test::wide;
using ContinuedRecord = einet::detail::SealedRecord<Wide>;
using ContinuedRecords = std::array<ContinuedRecord::Words, 2>;

/// For one thread.
struct PlainStorage {
  ContinuedRecords* records;

  std::uint64_t load(std::size_t which, std::size_t word) const noexcept { return (*records)[which][word]; }
  void store(std::size_t which, std::size_t word, std::uint64_t value) noexcept {
    (*records)[which][word] = value;
  }
};
using Continuing = einet::detail::ContinuingWriter<ContinuedRecord, PlainStorage>;

constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max(), middle = last / 2 + 1;

}  // namespace

TEST_CASE("whatever sequences the records are found with, the next output is the newest",
          "[run][continuing_writer]") {
  const std::array<std::uint64_t, 13> sequences{0,        2,          4,          middle - 4,   middle - 2,
                                                middle,   middle + 2, middle / 2, last / 2 - 1, last - 5,
                                                last - 3, last - 1,   last};
  std::size_t wrong = 0;
  for (const std::uint64_t first : sequences)
    for (const std::uint64_t second : sequences)
      for (const bool damaged : {false, true}) {  // the second
        ContinuedRecords records{ContinuedRecord::sealed(ContinuedRecord::holding(first, 1, wide(1), 1)),
                                 ContinuedRecord::sealed(ContinuedRecord::holding(second, 1, wide(2), 2))};
        if (damaged) records[1].back() ^= 1;
        Continuing writer(PlainStorage{&records});
        if (!writer.take_over()) {
          wrong += first % 2 == 0 || (second % 2 == 0 && !damaged) ? 1 : 0;
          continue;
        }
        for (std::uint32_t number = 3; number < 8; ++number) {
          writer.publish(wide(number), number);
          const auto seen = writer.read();
          wrong += seen && seen->output == wide(number) && seen->exit == number ? 0 : 1;
        }
      }
  CHECK(wrong == 0);
}

TEST_CASE("a record from elsewhere is the newest, and what follows belongs to a new run",
          "[run][continuing_writer]") {
  ContinuedRecords records{};
  Continuing writer(PlainStorage{&records});
  writer.restore(ContinuedRecord::holding(40, 7, wide(5), 3));
  REQUIRE(writer.snapshot());
  CHECK(writer.snapshot()->sequence == 40);
  CHECK(writer.snapshot()->run == 7);
  CHECK(writer.snapshot()->newest->output == wide(5));
  writer.publish(wide(6), 4);
  CHECK(writer.snapshot()->run == 8);
  CHECK(writer.snapshot()->sequence == 42);
  CHECK(writer.read()->output == wide(6));
}
