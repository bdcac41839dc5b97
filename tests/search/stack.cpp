// Searches take no more of a thread's stack than they state.

#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "run_time_exits.hpp"
#include "sanitized.hpp"
#include "search/all_searches.hpp"

#include <einet/plan/exits.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <pthread.h>

using namespace einet;
using namespace einet::test;

static_assert(ExactSearch::stack_bytes<14> < 56 * 1024);
static_assert(ExactSearch::stack_bytes<40> < 136 * 1024);
static_assert(ExactSearch::stack_bytes<64> < 160 * 1024);
static_assert(ExactSearch::stack_bytes<256> < 500 * 1024);
static_assert(BasicExactSearch<64>::stack_bytes<14> < ExactSearch::stack_bytes<14>);

namespace {

/// Bytes of a thread's stack that `work` changes.
std::size_t stack_taken(const std::function<void()>& work) {
  constexpr std::size_t alignment = 4096;
  constexpr std::size_t size = std::size_t{1} << 20;
  constexpr unsigned char untouched = 0xa5;
  std::vector<unsigned char> memory(size + alignment, untouched);
  unsigned char* const begin =
      memory.data() + (alignment - reinterpret_cast<std::uintptr_t>(memory.data()) % alignment) % alignment;
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstack(&attributes, begin, size) == 0);
  pthread_t thread;
  const auto run = [](void* what) -> void* {
    (*static_cast<const std::function<void()>*>(what))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  return size -
         static_cast<std::size_t>(
             std::find_if(begin, begin + size, [](unsigned char b) { return b != untouched; }) - begin);
}

template <std::size_t N>
void searches_keep_their_word() {
  std::mt19937_64 random(N);
  auto problem = random_problem<N>(random, Confidences::rising, Branches::random, false);
  const std::size_t thread_alone = stack_taken([] {});
  for (const bool sound : {true, false}) {
    if (!sound) problem.confidences[0] = NAN;
    const auto under = [&]<class Law>(const Law& law, const std::string& kind) {
      for (const auto& search : all_searches<N, Law>()) {
        if (search.stack_bytes == 0) continue;
        Found<N> found;
        const std::size_t taken = stack_taken([&] { found = search.find(problem, law); }) - thread_alone;
        CAPTURE(N, search.name, kind, sound);
        CHECK(taken <= search.stack_bytes);
      }
    };
    for_each_law(problem.times.total(), under);
    for_each_law_with_atoms(random, problem, problem.times.total(), under);
  }
}

/// The same for one search, under laws of their own types: the stack may depend on these.
template <std::size_t N, class Search>
void keeps_its_word_under_every_type(const Search& search) {
  std::mt19937_64 random(N);
  const auto problem = random_problem<N>(random, Confidences::rising, Branches::random, false);
  const std::size_t thread_alone = stack_taken([] {});
  const auto under = [&](const auto& law, const std::string& kind) {
    Found<N> found;
    const std::size_t taken = stack_taken([&] { found = search(problem, law); }) - thread_alone;
    CAPTURE(kind);
    CHECK(taken <= Search::template stack_bytes<N>);
  };
  for_each_type_of_law(problem.times.total(), under);
  for_each_type_of_law_with_atoms(random, problem, problem.times.total(), under);
}

}  // namespace

TEST_CASE("searches take no more of the stack than they state", "[search][stack]") {
  if (sanitized) {
    SUCCEED("sanitizers lay the stack out otherwise");
    return;
  }
  searches_keep_their_word<1>();
  searches_keep_their_word<8>();
  searches_keep_their_word<40>();
  searches_keep_their_word<100>();
  keeps_its_word_under_every_type<8>(ExactSearch{});
  keeps_its_word_under_every_type<8>(EnumerationSearch{});
}

TEST_CASE("searches over a run-time number of exits take no more of the stack than they state",
          "[search][stack]") {
  if (sanitized) {
    SUCCEED("sanitizers lay the stack out otherwise");
    return;
  }
  std::mt19937_64 random(40);
  const auto problem =
      at_run_time<up_to(64)>(random_problem<40>(random, Confidences::rising, Branches::random, false));
  const std::size_t thread_alone = stack_taken([] {});
  const auto under = [&](const auto& law) {
    Found<up_to(64)> found;
    const std::size_t exact = stack_taken([&] { found = ExactSearch{}(problem, law); });
    CHECK(exact - thread_alone <= ExactSearch::stack_bytes<up_to(64)>);
    const std::size_t all = stack_taken([&] { found = EnumerationSearch{3}(problem, law); });
    CHECK(all - thread_alone <= EnumerationSearch::stack_bytes<up_to(64)>);
  };
  under(Uniform{problem.times.total()});
  under(TruncatedGaussian::of_horizon(.5, .25).over(problem.times.total()));
  under(PointMass{problem.times.total() / 2});
}

TEST_CASE("the stack that a search takes is noticed", "[search][stack]") {
  if (sanitized) {
    SUCCEED("sanitizers lay the stack out otherwise");
    return;
  }
  const auto with = [](std::size_t bytes) {
    return stack_taken([bytes] {
      volatile unsigned char room[100'000];
      room[sizeof room - bytes] = 1;
    });
  };
  CHECK(with(90'000) >= 80'000);
}
