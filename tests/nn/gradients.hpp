#pragma once
// One layer by itself: its forward and backward pass over a batch, compared with fixtures and with finite
// differences.

#include "catch.hpp"
#include "fixture_file.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/layers/activation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// Maps of a batch, [batch][height][width][channels].
struct Maps {
  std::size_t batch = 1;
  nn::Shape shape{};
  std::vector<float> values{};

  [[nodiscard]] nn::BatchView view() const { return {values.data(), shape}; }
  /// One image of it.
  [[nodiscard]] std::span<const float> image(std::size_t at) const {
    return std::span<const float>(values).subspan(at * shape.size(), shape.size());
  }
};

/// Nearly normal numbers from a seed.
[[nodiscard]] inline std::vector<float> random_numbers(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    float sum = -6.f;
    for (std::size_t k = 0; k < 12; ++k) sum += static_cast<float>(random_uniform(seed, 12 * i + k));
    values[i] = sum;
  }
  return values;
}

[[nodiscard]] inline Maps random_maps(std::size_t batch, nn::Shape shape, std::uint64_t seed) {
  return {batch, shape, random_numbers(batch * shape.size(), seed)};
}

[[nodiscard]] inline Maps maps_of(const Array& array) {
  return {array.shape.at(0), {array.shape.at(1), array.shape.at(2), array.shape.at(3)}, array.values};
}

/// A layer's passes over the same inputs, on the calling thread.
class LayerRun {
 public:
  /// With `absorbed`, a layer that the first one absorbs.
  LayerRun(nn::Layer& layer, std::vector<Maps> given, std::uint64_t seed = 1,
           const nn::Layer* absorbed = nullptr)
      : inputs(std::move(given)), layer_(&layer), absorbed_(absorbed), kept_(layer.kept()), seed_(seed) {
    std::vector<nn::Shape> shapes;
    for (const Maps& input : inputs) shapes.push_back(input.shape);
    y = {inputs[0].batch, layer.output(shapes), {}};
    y.values.resize(y.batch * y.shape.size());
  }

  void forward(bool training = true) {
    std::fill(y.values.begin(), y.values.end(), 1234.f);
    const std::vector<nn::BatchView> from = views();
    layer_->forward({y.batch, from, y.values.data(), y.shape, training, seed_, &workers_, absorbed_, kept_});
  }

  /// Gradients of what `dy` is the output's gradient of. Of the inputs, only those that `asked` names, if it
  /// names any.
  void backward(const std::vector<float>& dy, const std::vector<bool>& asked = {}) {
    input_gradients.clear();
    parameter_gradients.clear();
    names.clear();
    std::vector<float*> to;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      // What is to be written must not be added to.
      input_gradients.emplace_back(inputs[i].values.size(), 77.f);
      to.push_back(asked.empty() || asked[i] ? input_gradients.back().data() : nullptr);
    }
    for (const nn::Parameter& parameter : layer_->parameters()) {
      if (!parameter.trained) continue;
      names.push_back(parameter.name);
      parameter_gradients.emplace_back(parameter.weights->size(), 77.f);
    }
    const std::vector<std::span<float>> parameters(parameter_gradients.begin(), parameter_gradients.end());
    const std::vector<nn::BatchView> from = views();
    layer_->backward({y.batch, from, y.values.data(), dy.data(), y.shape, to, parameters, seed_, &workers_,
                      absorbed_, kept_});
  }

  [[nodiscard]] const std::vector<float>& gradient(const std::string& name) const {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) throw std::runtime_error("no gradient of " + name);
    return parameter_gradients[static_cast<std::size_t>(at - names.begin())];
  }

  std::vector<Maps> inputs;
  Maps y{};
  std::vector<std::vector<float>> input_gradients{};
  std::vector<std::string> names{};
  std::vector<std::vector<float>> parameter_gradients{};

 private:
  [[nodiscard]] std::vector<nn::BatchView> views() const {
    std::vector<nn::BatchView> all;
    for (const Maps& input : inputs) all.push_back(input.view());
    return all;
  }

  nn::Layer* layer_;
  const nn::Layer* absorbed_;
  std::vector<float> kept_;
  std::uint64_t seed_;
  nn::OneWorker workers_{};
};

/// The values of the parameter of that name.
[[nodiscard]] inline std::span<float> values_of(nn::Layer& layer, const std::string& name) {
  for (const nn::Parameter& parameter : layer.parameters())
    if (parameter.name == name) return parameter.weights->values();
  throw std::runtime_error("no parameter " + name);
}

inline void set(nn::Layer& layer, const std::string& name, const Array& array) {
  for (const nn::Parameter& parameter : layer.parameters())
    if (parameter.name == name && parameter.weights->shape() != array.shape)
      throw std::runtime_error("shape of " + name + " differs");
  const std::span<float> to = values_of(layer, name);
  std::copy(array.values.begin(), array.values.end(), to.begin());
}

inline void randomise(nn::Layer& layer, std::uint64_t seed) {
  for (const nn::Parameter& parameter : layer.parameters()) {
    if (!parameter.trained) continue;
    const std::vector<float> values = random_numbers(parameter.weights->size(), ++seed);
    std::transform(values.begin(), values.end(), parameter.weights->values().begin(),
                   [](float value) { return .5f * value; });
  }
}

/// Checks output and all gradients of a case of make_layer_fixtures.py, and that no gradient depends on which
/// others are asked for.
inline void check_fixture(nn::Layer& layer, const FixtureFile& fixture, const std::string& name,
                          double tolerance = 1e-5) {
  INFO(name << std::string(layer.kind()));
  std::vector<Maps> inputs;
  for (std::size_t i = 0; fixture.contains(name + "x" + std::to_string(i)); ++i)
    inputs.push_back(maps_of(fixture[name + "x" + std::to_string(i)]));
  for (const nn::Parameter& parameter : layer.parameters())
    if (parameter.trained) set(layer, parameter.name, fixture[name + "p." + parameter.name]);
  LayerRun run(layer, inputs);
  const Maps truth = maps_of(fixture[name + "y"]);
  REQUIRE(run.y.shape == truth.shape);
  run.forward();
  CHECK(difference(run.y.values, truth.values) < tolerance);
  const std::vector<float>& dy = fixture[name + "dy"].values;
  run.backward(dy);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    CHECK(difference(run.input_gradients[i], fixture[name + "dx" + std::to_string(i)].values) < tolerance);
  for (const std::string& parameter : run.names)
    CHECK(difference(run.gradient(parameter), fixture[name + "d." + parameter].values) < tolerance);
  const std::vector<std::vector<float>> inputs_all = run.input_gradients, all = run.parameter_gradients;
  for (std::size_t asked = 0; asked <= inputs.size(); ++asked) {
    std::vector<bool> these(inputs.size(), false);
    if (asked < inputs.size()) these[asked] = true;
    run.backward(dy, these);
    CHECK(run.parameter_gradients == all);
    if (asked < inputs.size()) CHECK(run.input_gradients[asked] == inputs_all[asked]);
  }
}

/// Checks all gradients of Σ r·y, r random, against central differences, each array as a whole: |difference|
/// ≤ tolerance · |gradient| in the Euclidean norm. Float forward passes are good for about 1e-3; kinks within
/// the step cost more.
inline void check_gradients(nn::Layer& layer, std::vector<Maps> inputs, std::uint64_t seed,
                            double tolerance = 5e-3, float step = 1e-2f) {
  LayerRun run(layer, std::move(inputs), seed);
  run.forward();
  const std::vector<float> dy = random_numbers(run.y.values.size(), seed + 1);
  run.backward(dy);
  const auto loss = [&] {
    run.forward();
    double sum = 0.;
    for (std::size_t i = 0; i < dy.size(); ++i)
      sum += static_cast<double>(run.y.values[i]) * static_cast<double>(dy[i]);
    return sum;
  };
  const auto check = [&](const std::string& name, std::span<float> values, std::span<const float> gradient) {
    double error = 0.;
    double norm = 0.;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const float kept = values[i];
      values[i] = kept + step;
      const double up = loss();
      values[i] = kept - step;
      const double down = loss();
      values[i] = kept;
      const double numeric = (up - down) / (2. * static_cast<double>(step));
      error += std::pow(numeric - static_cast<double>(gradient[i]), 2);
      norm += std::pow(numeric, 2);
    }
    INFO(std::string(layer.kind()) << ", gradient by " << name << ", seed " << seed);
    CHECK(std::sqrt(error) <= tolerance * std::sqrt(norm) + 1e-6);
  };
  for (std::size_t i = 0; i < run.inputs.size(); ++i)
    check("input " + std::to_string(i), run.inputs[i].values, run.input_gradients[i]);
  for (std::size_t i = 0; i < run.names.size(); ++i)
    check(run.names[i], values_of(layer, run.names[i]), run.parameter_gradients[i]);
}

/// Runs a layer on inputs with one NaN at a time in the first image, and checks that exactly those outputs
/// are NaN that depend on it: depends(input, index of the NaN, index of the output), within an image.
template <class Depends>
void check_nan(nn::Layer& layer, const std::vector<Maps>& inputs, bool training, const Depends& depends) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t at = 0; at < inputs[i].shape.size(); ++at) {
      LayerRun run(layer, inputs);
      run.inputs[i].values[at] = std::nanf("");
      run.forward(training);
      std::size_t wrong = 0;
      for (std::size_t to = 0; to < run.y.shape.size(); ++to)
        if (std::isnan(run.y.values[to]) != depends(i, at, to)) ++wrong;
      INFO(std::string(layer.kind()) << ", NaN at " << at << " of input " << i);
      CHECK(wrong == 0);
    }
}

/// A layer that absorbed a ReLU does what the two layers do, NaN included.
inline void check_absorbed_relu(nn::Layer& layer, const std::vector<Maps>& inputs) {
  nn::ActivationLayer relu(nn::Activation::relu);
  REQUIRE(layer.absorbs(relu));
  LayerRun together(layer, inputs, 1, &relu);
  LayerRun first(layer, inputs);
  const std::vector<float> dy = random_numbers(together.y.values.size(), 7);
  together.forward();
  first.forward();
  LayerRun second(relu, {first.y});
  second.forward();
  CHECK(difference(together.y.values, second.y.values) == 0.);
  together.backward(dy);
  second.backward(dy);
  first.backward(second.input_gradients[0]);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    CHECK(difference(together.input_gradients[i], first.input_gradients[i]) < 1e-6);
  for (const std::string& name : first.names)
    CHECK(difference(together.gradient(name), first.gradient(name)) < 1e-6);
  together.inputs[0].values[0] = std::nanf("");
  together.forward();
  CHECK(std::isnan(together.y.values[0]));
}

}  // namespace einet::test
