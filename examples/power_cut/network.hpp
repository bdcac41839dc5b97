#pragma once
// A network of four exits and a thousand classes, small enough that publishing is what takes the time. Its
// answers can be computed again: so whoever finds one can tell whether it was ever given.

#include <einet/einet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <vector>

namespace example::power_cut {

constexpr std::size_t exits = 4, classes = 1000;
using Output = einet::Scores<classes>;  // of 4008 bytes: eight sectors of a disk

/// What was heard of every class so far, and whose sample it is.
struct Features {
  std::uint64_t sample = 0;
  std::vector<float> evidence = std::vector<float>(classes);

  void load(std::uint64_t next) {
    sample = next;
    evidence.assign(classes, 0);
  }
};

struct Block {
  std::uint64_t index;

  void advance(Features& x) const {
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(exits * x.sample + index));
    for (float& class_evidence : x.evidence) class_evidence += static_cast<float>(random() % 1000) * 1e-3f;
    x.evidence[x.sample % classes] += 2;
  }
  Output classify(const Features& x) const {
    return einet::softmax_scores(std::span<const float, classes>(x.evidence));
  }
};

constexpr std::array<Block, exits> network{{{0}, {1}, {2}, {3}}};

/// Answers are numbered from 1 in the order in which they are published. Runs, and their samples, are too.
constexpr std::uint64_t number_of(std::uint64_t run, std::size_t exit) noexcept {
  return (run - 1) * exits + exit + 1;
}

/// @pre number is not 0
inline const Output& answer_of(std::uint64_t number) {
  static std::map<std::uint64_t, Output> known;
  const auto [place, is_new] = known.try_emplace(number);
  if (!is_new) return place->second;
  Features x;
  x.load((number - 1) / exits + 1);
  const std::size_t exit = (number - 1) % exits;
  for (std::size_t k = 0; k <= exit; ++k) network[k].advance(x);
  return place->second = network[exit].classify(x);
}

/// A runner that publishes the answer of every exit.
template <class Slot>
auto publisher(Slot& slot) {
  einet::TimeProfile<exits> times;
  times.conv.fill(1e-5);
  times.branch.fill(1e-5);
  const einet::PriorPredictor<exits> predictor{{.3f, .5f, .7f, .9f}};
  return einet::ElasticRunner{
      network, einet::Planner{times, predictor, einet::FixedPlan<exits>{einet::ExitPlan<exits>::all()}},
      slot};
}

}  // namespace example::power_cut
