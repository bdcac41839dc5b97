#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/named_tensors.hpp>
#include <einet/io/weights_file.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
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
    CHECK_THROWS_WITH(load_parameters(path, network),
                      ContainsSubstring("w.safetensors: tensor '") && ContainsSubstring(complaint));
    CHECK(network.parameters == before.parameters);
  };
  Network other = small_network();
  other.parameters[1].name = "conv.offset";
  refuses(other, "'conv.offset': is missing");
  other = small_network();
  other.parameters.push_back({"fc.bias", {1}, {0.f}});
  refuses(other, "'fc.bias': is missing");
  other = small_network();
  other.parameters.pop_back();
  refuses(other, "'conv.bias': does not belong to what is being loaded");
  other = small_network();
  other.parameters[0].shape = {2, 1, 1};
  refuses(other, "'conv.weight': has shape [2, 1, 1, 1], expected [2, 1, 1]");
  other = small_network();
  other.parameters[1] = other.parameters[0];
  refuses(other, "'conv.weight': is asked for twice");
  other = small_network();
  other.parameters[1].values.pop_back();
  refuses(other, "'conv.bias': has 2 values for a place of 1");
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
