#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/named_tensors.hpp>
#include <einet/io/tensor_map.hpp>
#include <einet/io/weights_file.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using einet::io::load_parameters;
using einet::io::Precision;
using einet::io::save_parameters;
using einet::test::ContainsSubstring;

namespace {

struct Parameter {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// Shows its parameters as networks do: to be read if const, to be filled if not.
struct Network {
  std::vector<Parameter> parameters;

  template <class F>
  void for_each_parameter(F&& f) {
    for (auto& p : parameters) f(p.name, std::span<const std::size_t>(p.shape), std::span<float>(p.values));
  }
  template <class F>
  void for_each_parameter(F&& f) const {
    for (const auto& p : parameters)
      f(p.name, std::span<const std::size_t>(p.shape), std::span<const float>(p.values));
  }
};

Network random_network(std::mt19937& random) {
  std::normal_distribution<float> normal;
  Network network;
  for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
    Parameter p{"layer" + std::to_string(i) + ".weight", std::vector<std::size_t>(1 + random() % 4), {}};
    std::size_t count = 1;
    for (auto& extent : p.shape) count *= extent = 1 + random() % 5;
    for (std::size_t k = 0; k < count; ++k) p.values.push_back(normal(random));
    network.parameters.push_back(p);
  }
  return network;
}

Network zeros_like(Network network) {
  for (auto& p : network.parameters) p.values.assign(p.values.size(), 0.f);
  return network;
}

Network small_network() {
  return {{{"conv.weight", {2, 1, 1, 1}, {1.f, 2.f}}, {"conv.bias", {2}, {3.f, 4.f}}}};
}

/// A network that says of its only parameter how large it is, before its values are asked for.
struct LazyNetwork {
  struct Weights {
    std::vector<std::size_t> all{1, 1};
    [[nodiscard]] const std::vector<std::size_t>& shape() const { return all; }
    [[nodiscard]] std::size_t size() const { return 1; }
  };
  struct Described {
    std::string name;
    Weights* weights;
  };

  template <class F>
  void for_each_parameter(F&& f) {
    if constexpr (std::is_invocable_v<F, const Described&>) {
      f(Described{"fc.weight", &weights});
    } else {
      asked = true;
      f(std::string("fc.weight"), std::span<const std::size_t>(weights.all), std::span<float>());
    }
  }

  Weights weights{};
  bool asked = false;
};

std::filesystem::path scratch_weights() {
  return einet::test::scratch_folder("weights") / "w.safetensors";
}

}  // namespace

TEST_CASE("weights saved as f32 come back bit for bit, as f16 rounded to the nearest half", "[io][weights]") {
  const std::uint32_t seed = 5;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto path = scratch_weights();
  for (std::size_t i = 0; i < einet::test::cases(50); ++i) {
    const Network network = random_network(random);
    Network loaded = zeros_like(network);
    save_parameters(path, network, Precision::f32, {{"network", "test"}});
    CHECK(load_parameters(path, loaded) == einet::io::Metadata{{"network", "test"}});
    CHECK(loaded.parameters == network.parameters);
    save_parameters(path, network, Precision::f16);
    load_parameters(path, loaded);
    for (std::size_t p = 0; p < network.parameters.size(); ++p)
      for (std::size_t v = 0; v < network.parameters[p].values.size(); ++v) {
        const float exact = network.parameters[p].values[v];
        CHECK(std::fabs(loaded.parameters[p].values[v] - exact) <=
              (std::max)(std::ldexp(std::fabs(exact), -11), std::ldexp(1.f, -25)));
      }
  }
}

TEST_CASE("weights of another network are refused by tensor, and the network stays as it was",
          "[io][weights]") {
  const auto path = scratch_weights();
  save_parameters(path, small_network());
  const auto refuses = [&](Network network, const std::string& complaint) {
    const Network before = network;
    CHECK_THROWS_WITH(load_parameters(path, network), path.string() + ": " + complaint);
    CHECK(network.parameters == before.parameters);
  };
  Network other = small_network();
  other.parameters[1].name = "conv.offset";
  refuses(
      other,
      "2 faults\n  tensor 'conv.offset': is missing\n  tensor 'conv.bias': does not belong to what is being "
      "loaded");
  other = small_network();
  other.parameters.push_back({"fc.bias", {1}, {0.f}});
  refuses(other, "tensor 'fc.bias': is missing");
  other = small_network();
  other.parameters.pop_back();
  refuses(other, "tensor 'conv.bias': does not belong to what is being loaded");
  other = small_network();
  other.parameters[0].shape = {2, 1, 1};
  refuses(other, "tensor 'conv.weight': has shape [2, 1, 1, 1], expected [2, 1, 1]");
  other = small_network();
  other.parameters.push_back(other.parameters[0]);
  refuses(other, "tensor 'conv.weight': is asked for twice under the same name");
  other = small_network();
  other.parameters[1].values.pop_back();
  refuses(other, "tensor 'conv.bias': has 2 values for a place of 1");
}

TEST_CASE("all that is wrong with a file of weights is listed at once", "[io][weights]") {
  const auto path = scratch_weights();
  Network file = small_network(), network = small_network();
  for (std::size_t k = 0; k < 30; ++k)
    file.parameters.push_back({"more" + std::to_string(100 + k), {1}, {0.f}});
  for (std::size_t k = 0; k < 40; ++k)
    network.parameters.push_back({"wanted" + std::to_string(k), {1}, {0.f}});
  network.parameters[0].shape = {1, 2, 1, 1};
  save_parameters(path, file);
  std::string all =
      path.string() + ": 71 faults\n  tensor 'conv.weight': has shape [2, 1, 1, 1], expected [1, 2, 1, 1]";
  for (std::size_t k = 0; k < 40; ++k) all += "\n  tensor 'wanted" + std::to_string(k) + "': is missing";
  for (std::size_t k = 0; k < 20; ++k)
    all += "\n  tensor 'more" + std::to_string(100 + k) + "': does not belong to what is being loaded";
  CHECK_THROWS_WITH(load_parameters(path, network), all + "\n  and 10 more");
}

TEST_CASE("weights that are not finite are not loaded and do not replace good ones", "[io][weights]") {
  const auto path = scratch_weights();
  const float bad = GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity());
  Network network = small_network();
  save_parameters(path, network);
  network.parameters[1].values[1] = bad;
  CHECK_THROWS_WITH(save_parameters(path, network),
                    ContainsSubstring("tensor 'conv.bias': element 1 is not finite"));
  Network loaded = zeros_like(network);
  load_parameters(path, loaded);
  CHECK(loaded.parameters == small_network().parameters);

  einet::io::SafetensorsWriter writer(path);
  writer.add("conv.weight", network.parameters[0].shape, network.parameters[0].values);
  writer.add("conv.bias", network.parameters[1].shape, network.parameters[1].values);
  writer.save();
  CHECK_THROWS_WITH(load_parameters(path, loaded),
                    ContainsSubstring("tensor 'conv.bias': element 1 is not finite"));
  CHECK(loaded.parameters == small_network().parameters);
}

TEST_CASE("weights of integers are refused", "[io][weights]") {
  const auto path = scratch_weights();
  einet::io::SafetensorsWriter writer(path);
  writer.add("conv.weight", std::vector<std::size_t>{2, 1, 1, 1}, std::vector<std::int32_t>{1, 2});
  writer.add("conv.bias", std::vector<std::size_t>{2}, std::vector<float>{1, 2});
  writer.save();
  Network network = small_network();
  CHECK_THROWS_WITH(load_parameters(path, network), ContainsSubstring("'conv.weight': has dtype I32"));
}

TEST_CASE("a file of weights may also hold PyTorch's counts of batches, but nothing else", "[io][weights]") {
  const auto path = scratch_weights();
  const Network network = small_network();
  const auto load = [&](const std::string& beside) {
    einet::io::SafetensorsWriter writer(path);
    for (const auto& parameter : network.parameters)
      writer.add(parameter.name, parameter.shape, parameter.values);
    writer.add(beside, std::vector<std::size_t>{}, std::vector<std::int32_t>{1000});
    writer.save();
    Network loaded = zeros_like(network);
    load_parameters(path, loaded);
    return loaded.parameters == network.parameters;
  };
  CHECK(load("bn1.num_batches_tracked"));
  CHECK(load("num_batches_tracked"));
  for (const std::string other : {"bn1.num_batches", "my_num_batches_tracked", "bn1.num_batches_tracked.x"})
    CHECK_THROWS_WITH(load(other),
                      ContainsSubstring("'" + other + "': does not belong to what is being loaded"));
}

TEST_CASE("a map tells names apart, keeps parameters, and says what it did not use", "[io][weights]") {
  const auto path = scratch_weights();
  const Network file{{{"backbone.0.weight", {2, 1}, {1.f, 2.f}},
                      {"backbone.0.bias", {2}, {10.f, 20.f}},
                      {"backbone.1.mean", {2}, {3.f, 5.f}},
                      {"head.weight", {7}, std::vector<float>(7, 1.f)}}};
  save_parameters(path, file);
  const einet::io::SafetensorsFile saved(path);
  einet::io::TensorMap map;
  map.source = [](const std::string& name) {
    if (name == "conv.weight") return std::string("backbone.0.weight");
    return name == "norm.mean" ? std::string("backbone.1.mean") : std::string();
  };
  map.subtrahend = [](const std::string& name) {
    return std::string(name == "norm.mean" ? "backbone.0.bias" : "");
  };
  map.may_be_unused = [](const std::string& name) { return name.starts_with("head."); };

  Network network{{{"conv.weight", {2, 1}, {0.f, 0.f}},
                   {"exit.weight", {3}, {7.f, 8.f, 9.f}},
                   {"norm.mean", {2}, {0.f, 0.f}}}};
  const einet::io::Untouched untouched = load_parameters(saved, network, map);
  CHECK(network.parameters == std::vector<Parameter>{{"conv.weight", {2, 1}, {1.f, 2.f}},
                                                     {"exit.weight", {3}, {7.f, 8.f, 9.f}},
                                                     {"norm.mean", {2}, {-7.f, -15.f}}});
  CHECK(untouched.parameters == std::vector<std::string>{"exit.weight"});
  CHECK(untouched.tensors == std::vector<std::string>{"head.weight"});

  const Network before = network;
  network.parameters[2].shape = {1, 2};
  map.may_be_unused = einet::io::TensorMap{}.may_be_unused;
  CHECK_THROWS_WITH(load_parameters(saved, network, map),
                    path.string() +
                        ": 3 faults\n  tensor 'backbone.1.mean': has shape [2], expected [1, 2] (for "
                        "'norm.mean')\n  tensor 'backbone.0.bias': has shape [2], expected [1, 2] (for "
                        "'norm.mean')\n  tensor 'head.weight': does not belong to what is being loaded");
  CHECK(network.parameters[0] == before.parameters[0]);
}

TEST_CASE("names and shapes are compared before a network takes memory", "[io][weights]") {
  const auto path = scratch_weights();
  save_parameters(path, small_network());
  LazyNetwork network;
  CHECK_THROWS_WITH(load_parameters(path, network), ContainsSubstring("'fc.weight': is missing"));
  CHECK_FALSE(network.asked);
}
