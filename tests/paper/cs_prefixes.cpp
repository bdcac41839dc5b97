#include "catch.hpp"
#include "predict/samples.hpp"

#include <einet/paper/cs_prefixes.hpp>
#include <einet/paper/cs_trainer_options.hpp>

#include <array>
#include <cmath>
#include <map>
#include <random>

namespace {

using einet::Target;
using einet::detail::CsPrefix;
using einet::detail::CsPrefixes;

constexpr std::size_t exit_count = 6, sample_count = 200;

/// The sample that the targets belong to; samples differ in their confidences.
std::size_t sample_of(const CsPrefix<exit_count>& prefix, const einet::FittingSamples<exit_count>& samples) {
  for (std::size_t s = 0; s < samples.count(); ++s)
    if (samples.inputs[s][exit_count - 1][0] == prefix.targets[exit_count - 1]) return s;
  return samples.count();
}

TEST_CASE("every sample is seen after every exit but the last, in one of two parts (Fig. 5)",
          "[predict][cs_prefixes]") {
  std::mt19937 random(1);
  const auto owned = einet::test::random_samples<exit_count>(sample_count, random);
  const auto samples = owned.view();
  einet::CsTrainerOptions options;
  options.validation_share = .25f;
  const CsPrefixes<exit_count> prefixes(samples, options);
  REQUIRE(prefixes.to_validate() == 50 * (exit_count - 1));
  REQUIRE(prefixes.to_train() == 150 * (exit_count - 1));
  std::map<std::size_t, std::array<int, 2>> times;  // per sample, as trained on and as held back
  std::array<std::size_t, exit_count> firsts{};
  const auto look = [&](const CsPrefix<exit_count>& prefix, std::size_t part) {
    const std::size_t s = sample_of(prefix, samples);
    REQUIRE(s < sample_count);
    ++times[s][part];
    REQUIRE(prefix.first >= 1);
    REQUIRE(prefix.first < exit_count);
    ++firsts[prefix.first];
    const std::size_t newest = prefix.first - 1;
    CHECK(prefix.inputs[newest] == samples.inputs[s][newest][0]);
    for (std::size_t k = 0; k < exit_count; ++k) {
      CHECK(prefix.targets[k] == samples.inputs[s][k][0]);
      if (k > newest) CHECK(prefix.inputs[k] == 0.f);
    }
  };
  for (std::size_t i = 0; i < prefixes.to_train(); ++i) look(prefixes.training(i, 7), 0);
  for (std::size_t i = 0; i < prefixes.to_validate(); ++i) look(prefixes.validation(i), 1);
  CHECK(times.size() == sample_count);
  for (const auto& [sample, parts] : times)
    CHECK((parts == std::array<int, 2>{exit_count - 1, 0} || parts == std::array<int, 2>{0, exit_count - 1}));
  for (std::size_t k = 1; k < exit_count; ++k) CHECK(firsts[k] == sample_count);
}

TEST_CASE("half of the prefixes skip, each at its own rate, and a skipped exit carries the one before",
          "[predict][cs_prefixes]") {
  std::mt19937 random(2);
  const auto owned = einet::test::random_samples<exit_count>(sample_count, random);
  const auto samples = owned.view();
  einet::CsTrainerOptions options;
  options.initial = .015625f;  // not the confidence of any sample
  const CsPrefixes<exit_count> prefixes(samples, options);
  double skipped = 0, exits = 0, skipping = 0, long_ones = 0;
  for (std::uint64_t masks = 0; masks < 40; ++masks)
    for (std::size_t i = 0; i < prefixes.to_train(); ++i) {
      const auto prefix = prefixes.training(i, masks);
      const std::size_t s = sample_of(prefix, samples);
      float carried = options.initial;
      bool skips = false;
      for (std::size_t k = 0; k < prefix.first; ++k) {
        const float own = samples.inputs[s][k][0];
        const bool ran = prefix.inputs[k] == own;
        if (!ran) REQUIRE(prefix.inputs[k] == carried);
        carried = prefix.inputs[k];
        if (k + 1 < prefix.first) {
          skipped += !ran;
          ++exits;
        }
        skips = skips || !ran;
      }
      if (prefix.first == exit_count - 1) {
        skipping += skips;
        ++long_ones;
      }
    }
  // Half of the prefixes, and of those half of the exits in the mean.
  CHECK_THAT(skipped / exits, einet::test::WithinAbs(.25, .01));
  // A run share r keeps all m = exit_count - 2 earlier exits with probability r^m, in the mean 1 / (m + 1).
  CHECK_THAT(skipping / long_ones, einet::test::WithinAbs(.5 * (1 - 1. / (exit_count - 1)), .02));

  options.skip_share = 0;
  const CsPrefixes<exit_count> whole(samples, options);
  for (std::size_t i = 0; i < whole.to_train(); ++i) {
    const auto prefix = whole.training(i, 1);
    for (std::size_t k = 0; k < prefix.first; ++k) REQUIRE(prefix.inputs[k] == prefix.targets[k]);
  }
}

TEST_CASE("masks are drawn anew for another seed, but never for validation", "[predict][cs_prefixes]") {
  std::mt19937 random(3);
  const auto owned = einet::test::random_samples<exit_count>(sample_count, random);
  einet::CsTrainerOptions options;
  const CsPrefixes<exit_count> prefixes(owned.view(), options), again(owned.view(), options);
  options.seed = 2;
  const CsPrefixes<exit_count> other(owned.view(), options);
  std::size_t other_masks = 0, other_split = 0;
  for (std::size_t i = 0; i < prefixes.to_train(); ++i) {
    CHECK(prefixes.training(i, 5).inputs == again.training(i, 5).inputs);
    other_masks += prefixes.training(i, 5).inputs != prefixes.training(i, 6).inputs;
    other_split += prefixes.training(i, 5).targets != other.training(i, 5).targets;
  }
  CHECK(other_masks > prefixes.to_train() / 8);
  CHECK(other_split > prefixes.to_train() / 2);
  for (std::size_t i = 0; i < prefixes.to_validate(); ++i)
    CHECK(prefixes.validation(i).inputs == again.validation(i).inputs);
}

TEST_CASE("for correctness the newest exit's output counts, even the last, and targets are 0 or 1",
          "[predict][cs_prefixes]") {
  std::mt19937 random(4);
  const auto owned = einet::test::random_samples<exit_count>(sample_count, random);
  einet::CsTrainerOptions options;
  options.target = Target::correctness;
  const CsPrefixes<exit_count> prefixes(owned.view(), options);
  REQUIRE(prefixes.to_train() + prefixes.to_validate() == sample_count * exit_count);
  std::array<double, exit_count> right{}, firsts{};
  for (std::size_t i = 0; i < prefixes.to_train() + prefixes.to_validate(); ++i) {
    const auto prefix =
        i < prefixes.to_train() ? prefixes.training(i, 1) : prefixes.validation(i - prefixes.to_train());
    ++firsts[prefix.first];
    CHECK(prefix.inputs[prefix.first] != 0.f);
    for (std::size_t k = 0; k < exit_count; ++k) {
      CHECK((prefix.targets[k] == 0.f || prefix.targets[k] == 1.f));
      right[k] += static_cast<double>(prefix.targets[k]) / (sample_count * exit_count);
    }
  }
  const auto means = target_means(owned.view(), Target::correctness);
  for (std::size_t k = 0; k < exit_count; ++k) {
    CHECK(firsts[k] == sample_count);
    CHECK_THAT(right[k], einet::test::WithinAbs(static_cast<double>(means[k]), 1e-6));
  }
}

}  // namespace
