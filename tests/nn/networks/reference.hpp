#pragma once
// What the tests of networks share: weights and images that fixtures/make_network_fixtures.py makes of the
// same hash, and comparisons with what PyTorch computes from them.

#include "catch.hpp"
#include "fixture_file.hpp"

#include <einet/nn/graph.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/training/batch_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// Numbers in [0, 1) that a name gives. Tests draw millions of them, under sanitizers without any inlining.
class Hashed {
 public:
  explicit Hashed(const std::string& name) {
    for (const char byte : name) of_name_ = (of_name_ ^ static_cast<unsigned char>(byte)) * 16777619u;
  }

  [[nodiscard]] double operator()(std::size_t index) const {
    std::uint32_t h = of_name_ + static_cast<std::uint32_t>(index) * 0x9E3779B9u;
    h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
    h = (h ^ (h >> 13)) * 0xC2B2AE35u;
    return static_cast<double>((h ^ (h >> 16)) >> 8) * 0x1p-24;
  }

 private:
  std::uint32_t of_name_ = 2166136261u;
};

/// The values of an array of a network.
[[nodiscard]] inline std::vector<float> hashed_values(const std::string& name,
                                                      const std::vector<std::size_t>& shape) {
  const std::size_t size = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>{});
  double least = -.2, width = .4;
  if (name.ends_with("weight") && shape.size() > 1) {
    const double fan_in = static_cast<double>(size / shape.front());
    least = -std::sqrt(6. / fan_in), width = 2. * std::sqrt(6. / fan_in);
  } else if (name.ends_with("weight") || name.ends_with("running_var")) {
    least = .5, width = 1.;
  }
  std::vector<float> values(size);
  const Hashed hashed(name);
  float* to = values.data();
  for (std::size_t i = 0; i < size; ++i, ++to) *to = static_cast<float>(least + width * hashed(i));
  return values;
}

/// Gives every array of a network its values.
[[nodiscard]] inline nn::Graph filled(nn::Graph graph) {
  graph.for_each_parameter([](const nn::Parameter& parameter) {
    const std::vector<float> values = hashed_values(parameter.name, parameter.weights->shape());
    std::copy(values.begin(), values.end(), parameter.weights->values().begin());
  });
  return graph;
}

[[nodiscard]] inline nn::Tensor hashed_images(std::size_t batch, nn::Shape shape = {32, 32, 3}) {
  nn::Tensor images;
  nn::resize(images, batch, shape);
  const Hashed hashed("images");
  float* to = images.data();
  for (std::size_t i = 0; i < images.size(); ++i, ++to) *to = static_cast<float>(4. * hashed(i) - 2.);
  return images;
}

/// The largest |a − b|, in multiples of the largest |b|.
[[nodiscard]] inline double distance(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  double largest = 0., error = 0.;
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(std::isfinite(a[i]));
    largest = (std::max)(largest, std::abs(static_cast<double>(b[i])));
    error = (std::max)(error, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return error / largest;
}

/// Compares the scores of all exits in evaluation mode, of two images and ten classes, with PyTorch's.
inline void check_scores(const std::string& name, nn::Graph network) {
  CAPTURE(name);
  static const FixtureFile fixture("nn", "networks");
  nn::Graph graph = filled(std::move(network));
  const Array& truth = fixture[name];
  REQUIRE(truth.shape == std::vector<std::size_t>{graph.exits(), 2, 10});
  const nn::Tensor images = hashed_images(2, graph.image());
  nn::BatchNetwork batch(graph);
  batch.forward(images);
  for (std::size_t exit = 0; exit < graph.exits(); ++exit) {
    CAPTURE(exit);
    CHECK(distance(batch.scores(exit), std::span(truth.values).subspan(20 * exit, 20)) < 1e-4);
  }
  const nn::InferenceNetwork<10> inference(graph);
  nn::Features features = inference.make_features();
  for (std::size_t image = 0; image < 2; ++image) {
    features.load({images.data() + image * graph.image().size(), graph.image().size()});
    for (std::size_t exit = 0; exit < graph.exits(); ++exit) {
      CAPTURE(exit);
      inference[exit].advance(features);
      CHECK(distance({inference[exit].logits(features), 10},
                     std::span(truth.values).subspan((2 * exit + image) * 10, 10)) < 1e-4);
    }
  }
}

/// Compares the gradient of every trained array, of a joint loss in training mode, with PyTorch's: its norm,
/// and how far it goes in one direction.
inline void check_gradients(const std::string& name, nn::Graph network, double tolerance = 1e-2) {
  CAPTURE(name);
  static const FixtureFile fixture("nn", "gradients");
  nn::Graph graph = filled(std::move(network));
  nn::BatchNetwork batch(graph);
  const std::vector<std::int32_t> labels{3, 1, 4, 1};
  std::vector<float> weights;
  for (std::size_t exit = 0; exit < graph.exits(); ++exit)
    weights.push_back(1.f + static_cast<float>(exit) / 8.f);
  batch.differentiate(hashed_images(4, graph.image()), labels, weights, {});
  batch.for_each_trained([&](const nn::Parameter& parameter, std::span<const float> gradient, bool) {
    CAPTURE(parameter.name);
    const Hashed hashed("direction." + parameter.name);
    double square = 0., along = 0., direction = 0.;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double g = static_cast<double>(gradient[i]);
      const double d = 2. * hashed(i) - 1.;
      square += g * g;
      along += g * d;
      direction += d * d;
    }
    const std::vector<float>& truth = fixture[name + "." + parameter.name].values;
    const double norm = static_cast<double>(truth[0]);
    CHECK(std::abs(std::sqrt(square) - norm) <= tolerance * norm + 1e-6);
    CHECK(std::abs(along - static_cast<double>(truth[1])) <= tolerance * norm * std::sqrt(direction) + 1e-6);
  });
}

/// What a network is made of.
struct Counts {
  std::size_t exits = 0;
  std::size_t trained = 0;     ///< parameters
  std::size_t statistics = 0;  ///< of batch norms
  std::size_t macs = 0;        ///< multiply-adds
  std::size_t conv = 0;        ///< of them in conv parts
  friend bool operator==(const Counts&, const Counts&) = default;
};
inline std::ostream& operator<<(std::ostream& to, const Counts& c) {
  return to << c.exits << " exits, " << c.trained << " + " << c.statistics << " parameters, " << c.macs
            << " multiply-adds, " << c.conv << " of them in conv parts";
}

[[nodiscard]] inline Counts counts(nn::Graph graph) {
  Counts all;
  all.exits = graph.exits();
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    (parameter.trained ? all.trained : all.statistics) += parameter.weights->size();
  });
  for (const nn::BlockLayers& block : graph.blocks()) {
    all.conv += graph.macs(block.conv);
    all.macs += graph.macs(block.conv) + graph.macs(block.branch);
  }
  return all;
}

/// The maps that the exits read.
[[nodiscard]] inline std::vector<nn::Shape> shapes_at_exits(const nn::Graph& graph) {
  std::vector<nn::Shape> shapes;
  for (const nn::BlockLayers& block : graph.blocks())
    shapes.push_back(graph.shape(graph.inputs(block.branch.front()).front()));
  return shapes;
}

/// Names and shapes of arrays.
[[nodiscard]] inline std::map<std::string, std::vector<std::size_t>> arrays(nn::Graph graph) {
  std::map<std::string, std::vector<std::size_t>> all;
  graph.for_each_parameter(
      [&](const nn::Parameter& parameter) { all[parameter.name] = parameter.weights->shape(); });
  return all;
}

}  // namespace einet::test
