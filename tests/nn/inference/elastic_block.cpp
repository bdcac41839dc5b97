#include "../../catch.hpp"

#include <einet/nn/inference/elastic_block.hpp>
#include <einet/nn/inference/lowering.hpp>

#include <memory>
#include <utility>
#include <vector>

using namespace einet;

namespace {

/// out = in + scratch, where scratch is set to `more`; stops if `more` is `refused`.
nn::PlacedStep plus(float more, const nn::Place& in, const nn::Place& out, const float* refused) {
  const auto run = [=](const nn::StepMaps& maps, nn::PacedStop& stop) noexcept {
    maps.out().data[0] = -1.f;  // half of it
    if (*refused == more || stop.now()) return false;
    maps.scratch()[0] = more;
    for (std::size_t i = 0; i < 2; ++i) maps.out().data[i] = maps.in().data[i] + maps.scratch()[0];
    return true;
  };
  return {std::make_unique<nn::detail::FunctionStep<decltype(run)>>(run, 1), {in}, out};
}

struct StopNow {
  static bool stop_requested() noexcept { return true; }
};

}  // namespace

TEST_CASE("conv parts follow one another, and branches leave their maps as they are", "[nn][elastic_block]") {
  const nn::Shape two{1, 1, 2};
  const nn::Place image{0, two, 2}, a{2, two, 2}, b{4, two, 2}, c{6, two, 2}, scores{8, two, 2};
  float refused = 0.f;
  const auto steps = [](auto... each) {
    std::vector<nn::PlacedStep> all;
    (all.push_back(std::move(each)), ...);
    return all;
  };
  std::vector<nn::ElasticBlock<2>> blocks;
  blocks.emplace_back(steps(plus(100, image, a, &refused)),
                      steps(plus(10, a, c, &refused), plus(20, c, scores, &refused)), scores);
  blocks.emplace_back(steps(plus(200, a, b, &refused)), steps(), b);
  nn::Features features(image, 10, 1);
  features.load(std::vector<float>{1, 2});
  const nn::Features& seen = features;

  CHECK(blocks[0].advance(features, never_stop{}));
  for (int run = 0; run < 2; ++run) {
    refused = 20.f;
    CHECK(blocks[0].logits(seen) == nullptr);
    CHECK_FALSE(blocks[0].classify(seen, never_stop{}));
    refused = 0.f;
    CHECK_FALSE(blocks[0].classify(seen, StopNow{}));
    const float* const logits = blocks[0].logits(seen);
    CHECK(logits[0] == 131);
    CHECK(logits[1] == 132);
    CHECK(blocks[0].classify(seen).scores[1] > .7f);
    CHECK(blocks[0].classify(seen, never_stop{}) == blocks[0].classify(seen));
  }
  CHECK_FALSE(blocks[1].advance(features, StopNow{}));
  blocks[1].advance(features);
  CHECK(blocks[1].logits(seen)[1] == 302);  // an empty branch yields the conv part's map
  CHECK(blocks[0].conv().size() == 1);
  CHECK(blocks[0].branch().size() == 2);
}
