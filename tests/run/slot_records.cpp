// The protocol of the two records, one store and one load at a time: tries every moment at which a writer can
// stand still or overtake a reader.

#include "catch.hpp"
#include "support.hpp"

#include <einet/posix/sealed_record.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/slot_records.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <type_traits>
#include <vector>

using einet::BetweenRuns;

namespace {

/// Three words, the last partly used, that reveal a torn copy.
struct Triple {
  std::array<std::uint32_t, 5> numbers;
  bool operator==(const Triple&) const = default;
};

Triple triple(std::uint64_t number) {
  Triple made;
  for (std::uint32_t k = 0; k < 5; ++k) made.numbers[k] = static_cast<std::uint32_t>(number) * 7 + k;
  return made;
}

using TripleRecord = einet::detail::SlotRecord<Triple>;
using SealedTriple = einet::detail::SealedRecord<Triple>;
using TripleWords = TripleRecord::Words;

struct OneStore {
  std::size_t which, word;
  std::uint64_t value;
};

/// Words that report every access.
struct SteppedMemory {
  std::array<TripleWords, 2> records{};
  std::size_t loads = 0;
  std::function<void(const OneStore&)> after_store;
  std::function<void()> after_load;
};

struct SteppedStorage {
  SteppedMemory* memory;

  std::uint64_t load(std::size_t which, std::size_t word) const noexcept {
    const std::uint64_t value = memory->records[which][word];
    ++memory->loads;
    if (memory->after_load) memory->after_load();
    return value;
  }
  void store(std::size_t which, std::size_t word, std::uint64_t value) noexcept {
    memory->records[which][word] = value;
    if (memory->after_store) memory->after_store({which, word, value});
  }
};

static_assert(einet::detail::record_storage<SteppedStorage>);
static_assert(einet::detail::record_storage<einet::detail::LocalStorage<Triple>>);
static_assert(!einet::detail::record_storage<SteppedMemory>);

template <bool Checked>
using SteppedRecord = std::conditional_t<Checked, SealedTriple, TripleRecord>;
template <bool Checked>
using SteppedReader = einet::detail::SlotRecordReader<SteppedRecord<Checked>, SteppedStorage>;
template <bool Checked>
using SteppedWriter = einet::detail::SlotRecordWriter<SteppedRecord<Checked>, SteppedStorage>;

/// One look at both sequences, one copy, and a check that it is whole.
template <bool Checked>
constexpr std::size_t loads_of_one_look = 2 + (TripleRecord::size - (Checked ? 1 : 2)) + 1;

/// Both records of a new slot.
std::array<TripleWords, 2> fresh() {
  TripleWords never{};
  never[TripleRecord::sequence_at] = 1;
  return {SealedTriple::sealed(TripleRecord::without_output(0, 0)), never};
}

template <bool Checked>
void stand_still_everywhere() {
  SteppedMemory memory;
  memory.records = fresh();
  SteppedWriter<Checked> writer(SteppedStorage{&memory});
  const SteppedReader<Checked> reader(SteppedStorage{&memory});
  std::optional<einet::SlotSnapshot<Triple>> before = reader.snapshot(), after;
  REQUIRE(before);
  std::size_t moments = 0, wrong = 0, waited = 0;
  bool changed = false;
  memory.after_store = [&](const OneStore&) {
    memory.loads = 0;
    const auto seen = reader.snapshot();
    ++moments;
    waited += memory.loads > loads_of_one_look<Checked> ? 1 : 0;
    changed = changed || seen == after;
    wrong += seen == (changed ? after : before) ? 0 : 1;
  };
  const auto step = [&](const einet::SlotSnapshot<Triple>& expected, const auto& write) {
    after = expected;
    changed = false;
    write();
    CHECK(changed);
    before = after;
  };
  std::uint64_t sequence = 0, run = 0;
  for (const auto between :
       {BetweenRuns::forget, BetweenRuns::keep, BetweenRuns::keep, BetweenRuns::forget}) {
    einet::SlotSnapshot<Triple> begun{++run, sequence += 2, {}, 0};
    if (between == BetweenRuns::keep) {
      begun.newest = before->newest;
      begun.answer_run = before->answer_run;
    }
    step(begun, [&] { writer.begin_run(between); });
    for (std::size_t exit = 0; exit < 3; ++exit)
      step({run, sequence += 2, {{triple(sequence), exit}}, run},
           [&] { writer.publish(triple(sequence), exit); });
  }
  CHECK(moments == 16 * (TripleRecord::size + (Checked ? 1 : 0)));
  CHECK(wrong == 0);
  CHECK(waited == 0);
}

/// The stores of several publishes in a row, of which any number may be done.
struct StoreTrace {
  static constexpr std::uint64_t publishes = 6;
  std::vector<OneStore> stores;
  std::array<TripleWords, 2> begin = fresh();

  /// How many publishes are done after this many stores.
  [[nodiscard]] std::uint64_t done(std::size_t count) const { return count / (stores.size() / publishes); }
};

template <bool Checked>
StoreTrace traced() {
  StoreTrace trace;
  SteppedMemory memory;
  memory.records = trace.begin;
  memory.after_store = [&](const OneStore& store) { trace.stores.push_back(store); };
  SteppedWriter<Checked> writer(SteppedStorage{&memory});
  for (std::uint64_t number = 1; number <= StoreTrace::publishes; ++number)
    writer.publish(triple(number), static_cast<std::size_t>(number));
  return trace;
}

struct ReadFaults {
  std::size_t reads = 0, torn = 0, old = 0, looked_again = 0, retries = 0;
};

/// One read that begins after `begin` stores; `advance` is called after each of its loads and says how many
/// more are done by then.
template <bool Checked, class Advance>
void read_along(const StoreTrace& trace, std::size_t begin, Advance advance, ReadFaults& faults) {
  SteppedMemory memory;
  memory.records = trace.begin;
  std::size_t done = 0;
  const auto write = [&](std::size_t count) {
    for (; count > 0 && done < trace.stores.size(); --count, ++done)
      memory.records[trace.stores[done].which][trace.stores[done].word] = trace.stores[done].value;
  };
  write(begin);
  std::size_t load = 0;
  memory.after_load = [&] { write(advance(load++)); };
  const SteppedReader<Checked> reader(SteppedStorage{&memory});
  const auto seen = reader.snapshot();
  ++faults.reads;
  if (!seen) {
    ++faults.torn;
    return;
  }
  const std::uint64_t number = seen->newest ? seen->newest->exit : 0;
  if (number > 0 && seen->newest->output != triple(number)) ++faults.torn;
  if (number > trace.done(done)) ++faults.torn;
  if (number < trace.done(begin)) ++faults.old;
  // A second look only follows one publish that ended and another that began.
  const std::size_t overtaken = static_cast<std::size_t>(trace.done(done) - trace.done(begin));
  if (memory.loads > loads_of_one_look<Checked>) ++faults.retries;
  if (memory.loads > (overtaken + 1) * (2 * TripleRecord::size + 8) ||
      (overtaken == 0 && memory.loads > loads_of_one_look<Checked>))
    ++faults.looked_again;
}

template <bool Checked>
void overtake_everywhere() {
  const StoreTrace trace = traced<Checked>();
  ReadFaults faults;
  for (std::size_t begin = 0; begin <= trace.stores.size(); ++begin)
    for (std::size_t at = 0; at < loads_of_one_look<Checked>; ++at)
      for (std::size_t stores = 1; begin + stores <= trace.stores.size(); ++stores)
        read_along<Checked>(
            trace, begin, [&](std::size_t load) { return load == at ? stores : 0; }, faults);
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (std::size_t k = 0; k < einet::test::cases(20000); ++k) {
    const std::size_t most = 1 + random() % 12;
    read_along<Checked>(
        trace, random() % trace.stores.size(), [&](std::size_t) { return random() % most; }, faults);
  }
  CHECK(faults.reads > 1000);
  CHECK(faults.torn == 0);
  CHECK(faults.old == 0);
  CHECK(faults.looked_again == 0);
  CHECK(faults.retries > 0);
}

}  // namespace

TEST_CASE(
    "after whichever store a writer stands still, a reader has the record before or the new one at once",
    "[run][slot_records]") {
  stand_still_everywhere<false>();
  stand_still_everywhere<true>();
}

TEST_CASE("whenever stores overtake a reader it gets a whole record, no older than when it began",
          "[run][slot_records]") {
  overtake_everywhere<false>();
  overtake_everywhere<true>();
}
