// What compare_recipes makes of answers, against definitions.

#include "../catch.hpp"
#include "compare_recipes/network_times.hpp"
#include "compare_recipes/results.hpp"
#include "support.hpp"
#include "train/training_images.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/nn/layers/linear.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t exits = 5, samples = 40;

lab::Answers random_answers() {
  std::mt19937 random(3);
  lab::Answers answers{exits, 0, {}, {}, {}};
  for (std::size_t s = 0; s < samples; ++s)
    for (std::size_t k = 0; k < exits; ++k) answers.correct.push_back(random() % 10 < 4 + k ? 1 : 0);
  return answers;
}

/// Of a sample, by a plan, the share of [0, last_stop] in which a right answer is in hand.
double share_right(const lab::Answers& answers, std::size_t sample, unsigned plan,
                   const std::vector<double>& conv, const std::vector<double>& branch, double last_stop) {
  double time = 0, right = 0, since = 0;
  bool good = false;
  for (std::size_t k = 0; k < exits; ++k) {
    time += conv[k];
    if ((plan >> k & 1) == 0) continue;
    time += branch[k];
    if (time >= last_stop) break;
    if (good) right += time - since;
    good = answers.correct[sample * exits + k] == 1;
    since = time;
  }
  if (good) right += last_stop - since;
  return right / last_stop;
}

}  // namespace

TEST_CASE("the worth of answers is that of the best static plan of the other half", "[compare_recipes]") {
  const lab::Answers answers = random_answers();
  const std::vector<double> conv{.1, .2, .15, .3, .1}, branch{.02, .05, .02, .04, .01};
  for (const double last_stop : {1., .6, 1.7}) {  // the times' total, less and more
    const auto worth = lab::worth_of(answers, lab::Times{conv, branch}, last_stop);
    REQUIRE(worth.size() == samples);
    for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
      unsigned best = 0;
      double most = -1;
      for (unsigned plan = 1; plan < 1U << exits; ++plan) {
        double sum = 0;
        for (std::size_t s = 1 - half; s < samples; s += 2)
          sum += share_right(answers, s, plan, conv, branch, last_stop);
        if (sum > most + 1e-9) {
          most = sum;
          best = plan;
        }
      }
      double mean = 0, expected = 0;  // of a half: plans may tie
      for (std::size_t s = half; s < samples; s += 2) {
        mean += worth[s];
        expected += share_right(answers, s, best, conv, branch, last_stop);
      }
      CHECK_THAT(mean, einet::test::WithinAbs(expected, 1e-6));
    }
  }
}

/// Answers of exits that see the class through noise, each its own.
lab::Answers noisy_answers(std::size_t count, std::size_t classes) {
  std::mt19937 random(4);
  std::normal_distribution<float> noise(0, 1);
  lab::Answers answers{exits, classes, {}, {}, {}};
  for (std::size_t s = 0; s < count; ++s) {
    answers.label.push_back(static_cast<std::int32_t>(random() % classes));
    for (std::size_t k = 0; k < exits; ++k) {
      std::vector<float> logits(classes);
      float sum = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        logits[c] = noise(random) + (static_cast<std::int32_t>(c) == answers.label.back() ? 1.f : 0.f);
        sum += std::exp(logits[c]);
      }
      const auto best = std::ranges::max_element(logits) - logits.begin();
      answers.correct.push_back(best == answers.label.back() ? 1 : 0);
      for (const float logit : logits) answers.log_probability.push_back(logit - std::log(sum));
    }
  }
  return answers;
}

TEST_CASE("combined answers are worth what the product of independent outputs is", "[compare_recipes]") {
  constexpr std::size_t count = 2000;
  for (const std::size_t classes : {std::size_t{4}, std::size_t{12}}) {
    const lab::Answers answers = noisy_answers(count, classes);
    const lab::Times times{{.1, .2, .15, .3, .25}, {0, 0, 0, 0, 0}};  // free branches: all are run
    const auto worth = lab::combined_worth_of(answers, times, 1.);
    double mean = 0, expected = 0;
    for (std::size_t s = 0; s < count; ++s) {
      mean += worth[s] / count;
      std::vector<float> sum(classes, 0.f);
      const double share[] = {.2, .15, .3, .25, 0};  // from one output to the next
      for (std::size_t k = 0; k < exits; ++k) {
        for (std::size_t c = 0; c < classes; ++c)
          sum[c] += answers.log_probability[(s * exits + k) * classes + c];
        if (std::ranges::max_element(sum) - sum.begin() == answers.label[s]) expected += share[k] / count;
      }
    }
    CHECK_THAT(mean, einet::test::WithinAbs(expected, .01));
    double newest = 0;
    for (const double each : lab::worth_of(answers, times, 1.)) newest += each / count;
    CHECK(mean > newest + .05);
  }
  lab::Answers many = noisy_answers(2, 101);
  CHECK_THROWS_WITH(lab::combined_worth_of(many, lab::Times{{.1, .2, .15, .3, .25}, {0, 0, 0, 0, 0}}, 1.),
                    einet::test::ContainsSubstring("101 classes"));
}

TEST_CASE("networks that differ in branches alone are judged by the same times of the rest",
          "[compare_recipes]") {
  const auto folder = einet::test::scratch_folder("times");
  example::NetworkSizes usual;
  usual.width = .05;
  lab::NamedRecipe plain{"plain", {}, usual}, wide{"wide", {}, usual};
  wide.sizes.branch.hidden = 512;
  const std::vector<lab::NamedRecipe> recipes{plain, wide};
  const auto times = [&](const std::filesystem::path& given) {
    return lab::NetworkTimes(folder, given, usual, recipes, example::make_network);
  };
  const lab::NetworkTimes measured = times({});
  const lab::Times own = measured.of(plain.sizes), other = measured.of(wide.sizes);
  CHECK(other.conv == own.conv);
  CHECK(other.branch != own.branch);
  CHECK(measured.last_stop() == own.total());
  CHECK(measured.other_sizes(wide.sizes) == std::vector<std::string>{"branch_hidden=512"});

  // They are found again, and follow a profile of the first network.
  CHECK(times({}).of(wide.sizes).branch == other.branch);
  const auto given = folder / "given.safetensors";
  lab::Times doubled = own;
  for (double& seconds : doubled.conv) seconds *= 2;
  for (double& seconds : doubled.branch) seconds *= 2;
  einet::io::SafetensorsWriter writer(given);
  einet::io::add_profile(writer, doubled);
  writer.save();
  const lab::NetworkTimes by_profile = times(given);
  CHECK(by_profile.of(plain.sizes).conv == doubled.conv);
  CHECK(by_profile.of(wide.sizes).conv == doubled.conv);
  for (std::size_t k = 0; k < other.exit_count(); ++k)
    CHECK_THAT(by_profile.of(wide.sizes).branch[k], einet::test::WithinAbs(2 * other.branch[k], 1e-12));
  CHECK(by_profile.last_stop() == doubled.total());
}

TEST_CASE("differences have their mean and both intervals", "[compare_recipes]") {
  // Means of seeds .1, .2 and .6: mean .3, deviation .264575, Student's t 4.303.
  const auto three = lab::estimate({{.1, .1, .1, .1}, {.2, .2, .2, .2}, {.5, .7, .5, .7}});
  CHECK_THAT(three.mean, einet::test::WithinAbs(.3, 1e-12));
  CHECK_THAT(three.over_seeds, einet::test::WithinAbs(4.303 * .264575 / std::sqrt(3.), 1e-4));
  // Means of samples .8/3, 1/3, .8/3, 1/3: deviation .0384900.
  CHECK_THAT(three.over_samples, einet::test::WithinAbs(1.96 * .03849 / 2, 1e-4));
  CHECK(std::isnan(lab::estimate({{.1, .2}}).over_seeds));
}

TEST_CASE("training images are shifted by all of the pixels allowed, and mirrored if that is asked for",
          "[train]") {
  constexpr std::size_t side = 6, channels = 2;
  einet::nn::Graph graph({side, side, channels});
  graph.exit(einet::nn::linear(graph.input(), {.outputs = 2}));
  const example::Trained trained{std::move(graph), {0, 1}, {}};
  einet::data::Dataset one{
      .count = 1, .height = side, .width = side, .channels = channels, .pixels = {}, .labels = {0}};
  for (std::size_t i = 0; i < side * side * channels; ++i) one.pixels.push_back(static_cast<std::uint8_t>(i));
  const auto pixel = [](int y, int x, std::size_t c) {
    const auto inside = [](int at) { return static_cast<std::size_t>(std::clamp(at, 0, int{side} - 1)); };
    return static_cast<float>((inside(y) * side + inside(x)) * channels + c) / 255.f;
  };
  for (const int shift : {0, 1, 2})
    for (const bool flip : {false, true}) {
      CAPTURE(shift, flip);
      const train::Images images{
          &one, &trained, {0}, {.shift = static_cast<std::size_t>(shift), .flip = flip}};
      std::set<std::tuple<int, int, bool>> seen;
      for (std::uint64_t draw = 0; draw < 2000; ++draw) {
        std::vector<float> image(one.pixels.size());
        images.fill(0, image, einet::random_bits(4, draw));
        std::size_t found = 0;
        for (int down = -shift; down <= shift; ++down)
          for (int right = -shift; right <= shift; ++right)
            for (const bool mirrored : {false, true}) {
              bool same = true;
              for (int y = 0; y < int{side}; ++y)
                for (int x = 0; x < int{side}; ++x)
                  for (std::size_t c = 0; c < channels; ++c) {
                    const int from = std::clamp(x + right, 0, int{side} - 1);
                    const float wanted = pixel(y + down, mirrored ? int{side} - 1 - from : from, c);
                    const auto at = static_cast<std::size_t>(y) * side + static_cast<std::size_t>(x);
                    same = same && std::abs(image[at * channels + c] - wanted) < 1e-6f;
                  }
              if (same) seen.emplace(down, right, mirrored);
              found += same ? 1 : 0;
            }
        REQUIRE(found == 1);
      }
      const auto places = static_cast<std::size_t>((2 * shift + 1) * (2 * shift + 1));
      CHECK(seen.size() == (flip ? 2 * places : places));
    }
}
