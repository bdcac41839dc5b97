#include "catch.hpp"

#include <einet/nn/workers.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

using namespace einet;

namespace {

/// Cuts work into pieces of one, in reverse.
class Backwards final : public nn::Workers {
 public:
  void run(std::size_t count, Body body, const void* context) override {
    for (std::size_t i = count; i-- > 0;) body(context, i, i + 1);
  }
  [[nodiscard]] float* scratch(std::size_t count) override {
    scratch_.resize(count);
    return scratch_.data();
  }

 private:
  std::vector<float> scratch_;
};

void check_workers(nn::Workers& workers) {
  for (const std::size_t count : {0u, 1u, 7u, 1000u})
    for (const std::size_t grain : {0u, 1u, 7u, 5000u}) {
      CAPTURE(count, grain);
      std::vector<int> each(count), pieces(count), chunks(count);
      workers.each(count, grain, [&](std::size_t i) { ++each[i]; });
      workers.pieces(count, grain, [&](std::size_t first, std::size_t last) {
        CHECK(first < last);
        CHECK((grain == 0 || first % grain == 0));
        for (std::size_t i = first; i < last; ++i) ++pieces[i];
      });
      workers.chunks(count, 7, [&](std::size_t chunk, std::size_t first, std::size_t last) {
        CHECK(first == count * chunk / 7);
        CHECK((last - first == count / 7 || last - first == count / 7 + 1));
        for (std::size_t i = first; i < last; ++i) ++chunks[i];
      });
      CHECK(each == std::vector<int>(count, 1));
      CHECK(pieces == each);
      CHECK(chunks == each);
    }
}

}  // namespace

TEST_CASE("every item is done once, in pieces that begin at multiples of the grain", "[nn][workers]") {
  nn::OneWorker one;
  check_workers(one);
  Backwards backwards;
  check_workers(backwards);
}

TEST_CASE("scratch and partial sums do not share memory", "[nn][workers]") {
  nn::OneWorker workers;
  float* const scratch = workers.scratch(10);
  float* const partial = workers.partial(20);
  std::fill_n(scratch, 10, 1.f);
  std::fill_n(partial, 20, 2.f);
  CHECK(std::count(scratch, scratch + 10, 1.f) == 10);
  CHECK(workers.scratch(5) == scratch);
  CHECK(workers.partial(20) == partial);
}

TEST_CASE("there are at most as many partial sums as items", "[nn][workers]") {
  for (const std::size_t count : {0u, 1u, 3u, 100u})
    for (const std::size_t size : {1u, 10000u, 100000u}) {
      const std::size_t chunks = nn::detail::chunks_for(count, size);
      CHECK(chunks >= 1);
      CHECK((chunks <= count || chunks == 1));
    }
  CHECK(nn::detail::grain_of(1) > 1000);
  CHECK(nn::detail::grain_of(1000000) == 1);
}
