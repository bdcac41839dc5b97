#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/parallel/enumeration.hpp>

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include <tbb/task_arena.h>

using namespace einet::test;

static_assert(einet::executor<einet::parallel::TbbExecutor>);
static_assert(einet::search<einet::parallel::EnumerationSearch, 14, einet::Uniform>);

TEST_CASE("every piece of work is done once", "[parallel]") {
  std::vector<std::atomic<int>> done(1000);
  einet::parallel::TbbExecutor{}(done.size(), [&](std::size_t k) { ++done[k]; });
  for (const auto& count : done) CHECK(count == 1);
}

TEST_CASE("what is found does not depend on the number of threads", "[parallel][enumeration]") {
  std::mt19937_64 random(1);
  for (std::size_t run = 0; run < cases(12); ++run) {
    const auto problem =
        random_problem<14>(random, all_confidences[run % 4], all_branches[run % 3], run % 2 == 1);
    for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
      for (const bool prune : {true, false}) {
        const auto serial = einet::EnumerationSearch{5, prune}(problem, law);
        for (const int threads : {1, 2, 3, 8}) {
          CAPTURE(run, name, prune, threads);
          tbb::task_arena arena(threads);
          const auto found = arena.execute([&] {
            return einet::parallel::EnumerationSearch{5, prune}(problem, law);
          });
          CHECK(found.plan == serial.plan);
          CHECK(found.worth == serial.worth);
          CHECK(found.optimal == serial.optimal);
        }
      }
      CHECK(einet::parallel::HybridSearch{3}(problem, law).plan == einet::HybridSearch{3}(problem, law).plan);
    });
  }
}
