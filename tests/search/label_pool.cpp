#include "catch.hpp"
#include "support.hpp"

#include <einet/search/label_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using einet::detail::Label;
using Pool = einet::detail::LabelPool<5, 32>;

Label label(double time, double value, std::size_t parent, std::size_t exit) {
  return {time, value, static_cast<std::uint32_t>(parent), static_cast<std::uint16_t>(exit),
          static_cast<std::uint16_t>(exit + 1)};
}

/// Labels 0 to 15 are all the paths over exits 0 to 3; what is kept next leads to exit 4.
Pool all_paths(std::size_t room = 32) {
  Pool pool(0, 0, 0, room);
  for (std::size_t exit = 0; exit < 4; ++exit) {
    const std::size_t before = pool.end();
    pool.next_exit();
    for (std::size_t parent = 0; parent < before; ++parent) {
      const double later = static_cast<double>(parent);
      REQUIRE(pool.keep(label(later, later, parent, exit)));
    }
  }
  pool.next_exit();
  return pool;
}

/// By the definition: no later, and worth more or as much by a path that precedes.
bool beats(const Pool& pool, const Label& a, const Label& b) {
  return a.time <= b.time &&
         (a.value > b.value || (a.value == b.value && pool.path(a.parent).precedes(pool.path(b.parent))));
}

}  // namespace

TEST_CASE("a pool keeps the labels that no other beats, in whatever order they come", "[search][exact]") {
  std::mt19937_64 random(1);
  for (std::size_t run = 0; run < einet::test::cases(2000); ++run) {
    Pool pool = all_paths();
    std::vector<std::size_t> parents(16);
    for (std::size_t k = 0; k < parents.size(); ++k) parents[k] = k;
    std::shuffle(parents.begin(), parents.end(), random);
    std::vector<Label> all;
    for (const std::size_t parent : parents) {
      const Label next =
          label(static_cast<double>(random() % 4), static_cast<double>(random() % 4), parent, 4);
      const auto beaten = [&](const Label& by) { return beats(pool, by, next); };
      CAPTURE(run, all.size());
      REQUIRE(pool.keep(next) == std::none_of(all.begin(), all.end(), beaten));
      all.push_back(next);
    }
    std::vector<std::size_t> expected, kept;
    for (const Label& one : all)
      if (std::none_of(all.begin(), all.end(), [&](const Label& by) { return beats(pool, by, one); }))
        expected.push_back(one.parent);
    for (std::size_t k = pool.begin(); k < pool.end(); ++k) kept.push_back(pool[k].parent);
    const auto earlier = [](const Label& a, const Label& b) { return a.time < b.time; };
    CHECK(std::is_sorted(&pool[pool.begin()], &pool[pool.begin()] + kept.size(), earlier));
    std::sort(expected.begin(), expected.end());
    std::sort(kept.begin(), kept.end());
    REQUIRE(kept == expected);
    CHECK(!pool.overflowed());
  }
}

TEST_CASE("a full pool says that it lost a label, and takes one that beats another", "[search][exact]") {
  Pool pool = all_paths(17);
  CHECK(pool.keep(label(1, 1, 0, 4)));
  CHECK(!pool.keep(label(0, 0, 1, 4)));
  CHECK(pool.overflowed());
  CHECK(pool.keep(label(1, 2, 2, 4)));
  REQUIRE(pool.end() - pool.begin() == 1);
  CHECK(pool[pool.begin()].parent == 2);
}
