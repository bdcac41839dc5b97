#include "../../catch.hpp"
#include "../../fixture_file.hpp"
#include "../../support.hpp"
#include "../equal_outputs.hpp"
#include "../random_graph.hpp"

#include <einet/nn/layers/dropout.hpp>
#include <einet/nn/layers/tokens.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/joint_trainer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tbb/global_control.h>

using namespace einet;
using test::difference;

namespace {

nn::Tensor tensor_of(const test::Array& array) {
  nn::Tensor tensor;
  nn::resize(tensor, array.shape.at(0), {array.shape.at(1), array.shape.at(2), array.shape.at(3)});
  std::copy(array.values.begin(), array.values.end(), tensor.data());
  return tensor;
}

std::vector<std::int32_t> labels_of(std::size_t batch) {
  std::vector<std::int32_t> labels(batch);
  for (std::size_t i = 0; i < batch; ++i) labels[i] = static_cast<std::int32_t>(i * i % 3);
  return labels;
}

using Gradients = std::map<std::string, std::vector<float>>;

Gradients gradients_of(nn::BatchNetwork& network) {
  Gradients all;
  network.for_each_trained([&](const nn::Parameter& parameter, std::span<float> gradient, bool) {
    all[parameter.name].assign(gradient.begin(), gradient.end());
  });
  return all;
}

bool all_zero(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return value == 0.f; });
}

double norm_of(const std::vector<float>& values) {
  double squares = 0.;
  for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

/// 0 of everything: a reader that changes nothing.
class Nothing final : public nn::Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "nothing"; }
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override { return inputs[0]; }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering&, std::span<const nn::LoweredMap> inputs) const override {
    return inputs[0];
  }
  void forward(const nn::ForwardPass& pass) override {
    std::fill_n(pass.output, pass.batch * pass.shape.size(), 0.f);
  }
  void backward(const nn::BackwardPass& pass) override {
    std::fill_n(pass.input_gradients[0], pass.batch * pass.shape.size(), 0.f);
  }
};

/// Every array is moved along its own gradient: the joint loss must change by the gradient's length. Arrays
/// whose gradient is next to nothing (a bias before a batch norm) are left out; returns how many were not.
std::size_t check_finite_differences(nn::Graph& graph, double tolerance, double step = 5e-4,
                                     std::size_t batch = 12, const nn::Pass& pass = {true, 11}) {
  nn::BatchNetwork network(graph, std::make_unique<nn::OneWorker>());
  const nn::Tensor images = test::random_images(batch, graph.image(), 4);
  std::vector<float> weights;
  for (std::size_t k = 0; k < graph.exits(); ++k) weights.push_back(.2f + .3f * static_cast<float>(k % 3));
  const auto loss = [&] { return network.differentiate(images, labels_of(batch), weights, pass).loss; };
  static_cast<void>(loss());
  const Gradients gradients = gradients_of(network);
  std::size_t checked = 0;
  network.for_each_trained([&](const nn::Parameter& parameter, std::span<float>, bool) {
    const std::vector<float>& gradient = gradients.at(parameter.name);
    const double length = norm_of(gradient);
    if (length < 2e-2) return;
    const std::span<float> values = parameter.weights->values();
    const std::vector<float> kept(values.begin(), values.end());
    const auto loss_at = [&](double distance) {
      for (std::size_t i = 0; i < kept.size(); ++i)
        values[i] = kept[i] + static_cast<float>(distance * static_cast<double>(gradient[i]) / length);
      return loss();
    };
    const double numeric = (loss_at(step) - loss_at(-step)) / (2 * step);
    std::copy(kept.begin(), kept.end(), values.begin());
    INFO(parameter.name);
    CHECK_THAT(numeric, test::WithinRel(length, tolerance));
    ++checked;
  });
  return checked;
}

}  // namespace

TEST_CASE("joint loss, all gradients and two SGD steps of every wiring equal PyTorch's",
          "[nn][batch_network][pytorch]") {
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    const test::FixtureFile fixture("nn", small.name + "_network");
    nn::Graph graph = small.make();
    std::size_t arrays = 0;
    graph.for_each_parameter([&](const nn::Parameter& parameter) {
      CAPTURE(parameter.name);
      const test::Array& start = fixture["start." + std::to_string(arrays++)];
      REQUIRE(parameter.weights->shape() == start.shape);
      std::copy(start.values.begin(), start.values.end(), parameter.weights->values().begin());
    });
    CHECK_FALSE(fixture.contains("start." + std::to_string(arrays)));

    nn::JointTrainer trainer(graph, {4, {.9f, 5e-4f}, nn::constant_rate(.1), 1});
    for (const std::string step : {"step0.", "step1."}) {
      CAPTURE(step);
      const nn::JointLoss joint =
          trainer.step(tensor_of(fixture[step + "images"]), fixture.labels(step + "labels"),
                       fixture["weights"].values, 0, .1);
      CHECK_THAT(joint.loss, test::WithinRel(static_cast<double>(fixture[step + "loss"].values[0]), 1e-5));
      if (step == "step1.") continue;
      std::size_t at = 0;
      trainer.network().for_each_trained(
          [&](const nn::Parameter& parameter, std::span<float> gradient, bool) {
            CAPTURE(parameter.name);
            CHECK(difference(gradient, fixture["gradient." + std::to_string(at++)].values) < 2e-5);
          });
    }
    std::size_t at = 0;
    graph.for_each_parameter([&](const nn::Parameter& parameter) {
      CAPTURE(parameter.name);
      CHECK(difference(parameter.weights->values(), fixture["end." + std::to_string(at++)].values) < 1e-4);
    });
    at = 0;
    trainer.for_each_state(
        [&](const std::string& name, std::span<const std::size_t>, std::span<float> velocity) {
          CAPTURE(name);
          CHECK(difference(velocity, fixture["velocity." + std::to_string(at++)].values) < 1e-4);
        });
    trainer.network().forward(tensor_of(fixture["step0.images"]));
    for (std::size_t k = 0; k < 3; ++k)
      CHECK(difference(trainer.network().scores(k), fixture["eval.scores" + std::to_string(k)].values) <
            2e-4);
  }
}

TEST_CASE("gradients of every wiring agree with finite differences", "[nn][batch_network]") {
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    nn::Graph graph = small.make();
    nn::initialise(graph, 3);
    CHECK(check_finite_differences(graph, .12) > 10);  // ReLU has kinks
  }
  nn::Graph dropped = test::chain_network(.5f);
  nn::initialise(dropped, 3);
  CHECK(check_finite_differences(dropped, .12) > 10);
}

TEST_CASE("gradients of branches on a backbone that stays agree with finite differences, and its own are 0",
          "[nn][batch_network]") {
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    nn::Graph graph = small.make();
    nn::initialise(graph, 3);
    const nn::Pass pass{true, 11, true};
    CHECK(check_finite_differences(graph, .12, 5e-4, 12, pass) > 3);

    nn::BatchNetwork network(graph);
    static_cast<void>(network.differentiate(test::random_images(12, graph.image(), 4), labels_of(12),
                                            std::vector<float>(graph.exits(), 1.f), pass));
    std::size_t of_branches = 0, of_backbone = 0;
    network.for_each_trained([&](const nn::Parameter& parameter, std::span<float> gradient, bool in_branch) {
      CAPTURE(parameter.name);
      if (in_branch) {
        ++of_branches;
      } else {
        ++of_backbone;
        CHECK(norm_of({gradient.begin(), gradient.end()}) == 0.);
      }
    });
    CHECK(of_branches > 3);
    CHECK(of_backbone > 3);
  }
}

TEST_CASE("gradients of maps with several readers agree with finite differences", "[nn][batch_network]") {
  using nn::Map;
  const auto check = [](const auto& wire) {
    nn::Graph graph(test::small_image);
    const Map x = conv(graph.input(), {.channels = 4});
    graph.exit(linear(wire(x), {.outputs = 3}));
    nn::initialise(graph, 3);
    CHECK(check_finite_differences(graph, .02) >= 3);
  };
  check([](Map x) { return x + x; });
  check([](Map x) { return nn::sum({x, x, x}); });
  check([](Map x) { return x * x; });
  check([](Map x) { return concat(x, x); });
  check([](Map x) { return x * sigmoid(conv(global_average_pool(x), {.channels = 4, .kernel = 1})); });
  check([](Map x) { return x * sigmoid(conv(x, {.channels = 4})); });
  check([](Map x) {
    const Map y = silu(x), z = concat(y, x);
    return concat(y + x, conv(z, {.channels = 4}) + y);
  });
  check([](Map x) {
    return concat(add(test::PixelLayer(3), x), global_average_pool(add(test::DoubleLayer(), x)));
  });
}

TEST_CASE("gradients of random networks agree with finite differences", "[nn][batch_network]") {
  std::size_t checked = 0;
  for (unsigned seed = 1; seed <= test::cases(12); ++seed) {
    CAPTURE(seed);
    nn::Graph graph = test::RandomGraph(seed).make_smooth();
    nn::initialise(graph, seed);
    checked += check_finite_differences(graph, .05, 1e-3);
  }
  CHECK(checked > test::cases(12) * 5);
}

TEST_CASE("gradients of any network are the same bit for bit with any number of threads",
          "[nn][batch_network]") {
  const auto gradients = [](unsigned seed, std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    (std::max)(threads, std::size_t{1}));
    nn::Graph graph = test::random_graph(seed);
    // Large enough that several threads have something to do.
    std::unique_ptr<nn::Workers> workers = std::make_unique<nn::TbbWorkers>();
    if (threads == 0) workers = std::make_unique<nn::OneWorker>();
    nn::BatchNetwork network(graph, std::move(workers));
    const std::size_t batch = 67;
    const std::vector<float> weights(graph.exits(), .5f);
    static_cast<void>(network.differentiate(test::random_images(batch, graph.image(), 4), labels_of(batch),
                                            weights, {true, 11}));
    return std::pair(gradients_of(network), test::all_values(graph));
  };
  for (unsigned seed = 1; seed <= test::cases(15); ++seed) {
    CAPTURE(seed);
    const auto alone = gradients(seed, 0);
    for (const std::size_t threads : {1u, 2u, 4u}) {
      CAPTURE(threads);
      const auto several = gradients(seed, threads);
      const bool same =
          std::memcmp(alone.second.data(), several.second.data(), alone.second.size() * sizeof(float)) == 0;
      CHECK(same);
      for (const auto& [name, values] : alone.first) {
        CAPTURE(name);
        const auto& other = several.first.at(name);
        CHECK(std::memcmp(values.data(), other.data(), values.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("activations of large maps do not depend on how the work is cut", "[nn][batch_network]") {
  nn::Graph graph({17, 19, 5});
  graph.exit(linear(silu(activation(gelu(graph.input()), nn::Activation::tanh)), {.outputs = 3}));
  nn::initialise(graph, 1);
  const nn::Tensor images = test::random_images(61, graph.image(), 4);
  /// Cuts work into as many pieces as it can.
  struct Pieces final : nn::Workers {
    void run(std::size_t count, Body body, const void* context) override {
      for (std::size_t i = 0; i < count; ++i) body(context, i, i + 1);
    }
    float* scratch(std::size_t count) override {
      own.resize(count);
      return own.data();
    }
    std::vector<float> own;
  };
  nn::BatchNetwork whole(graph, std::make_unique<nn::OneWorker>()), cut(graph, std::make_unique<Pieces>());
  whole.forward(images);
  cut.forward(images);
  CHECK(difference(whole.scores(0), cut.scores(0)) == 0.);
}

TEST_CASE("an exit of weight 0 leaves the gradients of a network that does not have it",
          "[nn][batch_network]") {
  const nn::Tensor images = test::random_images(9, test::small_image, 6);
  const std::vector<std::int32_t> labels = labels_of(9);
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    nn::Graph graph = small.make();
    nn::initialise(graph, 5);
    nn::BatchNetwork network(graph);
    // Gradients of every exit are left over, and must not be taken for those of the next pass.
    static_cast<void>(network.differentiate(images, labels, std::vector<float>{1.f, 1.f, 1.f}, {}));
    for (std::size_t only = 0; only < 3; ++only) {
      CAPTURE(only);
      std::vector<float> weights(3, 0.f);
      weights[only] = .7f;
      const nn::JointLoss joint = network.differentiate(images, labels, weights, {});
      const Gradients zeroed = gradients_of(network);
      // The limit of tiny weights.
      for (float& weight : weights)
        if (weight == 0.f) weight = 1e-30f;
      static_cast<void>(network.differentiate(images, labels, weights, {}));
      const Gradients tiny = gradients_of(network);
      const auto blocks = graph.blocks();
      for (const auto& [name, values] : zeroed) {
        CAPTURE(name);
        CHECK(difference(values, tiny.at(name)) < 1e-6);
        bool needed = false;
        std::vector<std::size_t> open{graph.scores(only)};
        while (!open.empty()) {
          const std::size_t layer = open.back();
          open.pop_back();
          needed = needed || (layer > 0 && name.starts_with(graph.name(layer) + "."));
          const auto inputs = graph.inputs(layer);
          open.insert(open.end(), inputs.begin(), inputs.end());
        }
        CHECK(all_zero(values) == !needed);
      }
      for (std::size_t k = 0; k < 3; ++k)
        if (k != only) CHECK(joint.correct[k] == 0);
    }
  }
}

TEST_CASE("a network of the first exit alone has its gradients bit for bit", "[nn][batch_network]") {
  const nn::Tensor images = test::random_images(9, test::small_image, 6);
  const auto first = [](bool alone) {
    nn::Graph graph(test::small_image);
    const nn::Map x = relu(test::small_conv(graph.input(), 6)), y = relu(test::small_conv(x, 6) + x);
    graph.exit(linear(y, {.outputs = 3}));
    if (!alone)
      graph.exit(linear(concat(relu(test::small_conv(y, 4) + test::small_conv(x, 4)), x), {.outputs = 3}));
    nn::initialise(graph, 5);
    return graph;
  };
  nn::Graph both = first(false), one = first(true);
  nn::BatchNetwork of_both(both), of_one(one);
  const double loss = of_both.differentiate(images, labels_of(9), std::vector<float>{.7f, 0.f}, {}).loss;
  CHECK(loss == of_one.differentiate(images, labels_of(9), std::vector<float>{.7f}, {}).loss);
  const Gradients more = gradients_of(of_both);
  for (const auto& [name, values] : gradients_of(of_one)) {
    CAPTURE(name);
    CHECK_FALSE(all_zero(values));
    CHECK(values == more.at(name));
  }
}

TEST_CASE("a ReLU computed with its batch norm gives the same as by itself", "[nn][batch_network]") {
  const auto made = [](bool separate) {
    nn::Graph graph(test::small_image);
    nn::Map x = norm(conv(graph.input(), {.channels = 5}));
    if (separate) {  // a second reader forbids it
      const nn::Map y = relu(x);
      x = y + add(Nothing(), x);
    } else {
      x = relu(x);
    }
    graph.exit(linear(x, {.outputs = 3}));
    nn::initialise(graph, 2);
    return graph;
  };
  nn::Graph together = made(false), apart = made(true);
  nn::BatchNetwork a(together), b(apart);
  const nn::Tensor images = test::random_images(9, test::small_image, 6);
  const double loss = a.differentiate(images, labels_of(9), std::vector<float>{1.f}, {}).loss;
  CHECK_THAT(b.differentiate(images, labels_of(9), std::vector<float>{1.f}, {}).loss,
             test::WithinRel(loss, 1e-6));
  const Gradients apart_gradients = gradients_of(b);
  for (const auto& [name, values] : gradients_of(a)) {
    CAPTURE(name);
    CHECK(difference(values, apart_gradients.at(name)) < 1e-6);
  }
  a.forward(images);
  b.forward(images);
  CHECK(difference(a.scores(0), b.scores(0)) < 1e-6);
}

TEST_CASE("what one run absorbs does not change the layers for another", "[nn][batch_network]") {
  nn::Graph graph(test::small_image);
  const nn::Map x = norm(conv(graph.input(), {.channels = 5}));
  graph.exit(linear(relu(x), {.outputs = 3}));
  nn::initialise(graph, 2);
  const nn::Tensor images = test::random_images(9, test::small_image, 6);
  {
    nn::BatchNetwork absorbing(graph);
    absorbing.forward(images);
  }
  graph.exit(linear(x, {.outputs = 3}));  // now somebody else reads the norm's map
  test::randomise(graph, 3);
  test::check_equal_outputs<3>(graph, 3);
  CHECK(check_finite_differences(graph, .03) > 4);
}

TEST_CASE("two networks may train one graph in turn", "[nn][batch_network]") {
  nn::Graph graph = test::residual_network();
  nn::initialise(graph, 5);
  nn::BatchNetwork one(graph), other(graph);
  const nn::Tensor images = test::random_images(9, test::small_image, 6);
  std::vector<AlignedVector<float>> given(3, AlignedVector<float>(9 * 3, .1f));
  one.forward(images, {true, 1});
  one.backward(images, given);
  const Gradients alone = gradients_of(one);
  one.forward(images, {true, 1});
  other.forward(test::random_images(7, test::small_image, 8), {true, 1});
  one.backward(images, given);
  CHECK(gradients_of(one) == alone);
}

TEST_CASE("passes may follow one another with other batches, and after one that threw",
          "[nn][batch_network]") {
  nn::Graph graph = test::residual_network();
  nn::initialise(graph, 5);
  nn::BatchNetwork network(graph);
  const std::vector<float> weights{.5f, .3f, .2f};
  const auto gradients = [&](nn::BatchNetwork& of, std::size_t batch) {
    static_cast<void>(
        of.differentiate(test::random_images(batch, test::small_image, 6), labels_of(batch), weights, {}));
    return gradients_of(of);
  };
  const Gradients nine = gradients(network, 9);
  static_cast<void>(gradients(network, 4));
  network.forward(test::random_images(20, test::small_image, 7));
  CHECK_THROWS_WITH(network.differentiate(test::random_images(2, test::small_image, 6),
                                          std::vector<std::int32_t>{0, 3}, weights, {}),
                    test::ContainsSubstring("labels[1] is 3"));
  const nn::Tensor one = test::random_images(1, {8, 6, 3}, 6);
  CHECK_THROWS_WITH(network.forward(one), test::ContainsSubstring("network: input 8x6x3") &&
                                              test::ContainsSubstring("expected 8x6x2"));
  CHECK(gradients(network, 9) == nine);
  CHECK_THROWS_WITH(
      network.differentiate(test::random_images(2, test::small_image, 6), labels_of(3), weights, {}),
      "network: labels.size() is 3, expected 2 as there are images");
  CHECK_THROWS_WITH(network.differentiate(test::random_images(2, test::small_image, 6), labels_of(2),
                                          std::vector<float>{1.f}, {}),
                    "network: weights.size() is 1, expected 3 as there are exits");
  nn::Graph none({4, 4, 1});
  CHECK_THROWS_WITH(nn::BatchNetwork(none), test::ContainsSubstring("graph: exits is 0"));
}

TEST_CASE(
    "every dropout of a network drops its own values, and the backward pass the same as the forward pass",
    "[nn][batch_network]") {
  nn::Graph graph({1, 1, 64});
  const nn::Map x = position_embedding(graph.input());
  graph.exit(dropout(x));
  graph.exit(dropout(x));
  nn::BatchNetwork network(graph);
  nn::Tensor ones;
  nn::resize(ones, 1, graph.image());
  std::fill(ones.begin(), ones.end(), 1.f);
  std::vector<std::vector<float>> kept;
  for (const std::uint64_t seed : {7U, 8U}) {
    network.forward(ones, {true, seed});
    for (std::size_t exit = 0; exit < 2; ++exit) {
      CAPTURE(seed, exit);
      kept.emplace_back(network.scores(exit).begin(), network.scores(exit).end());
      std::vector<AlignedVector<float>> slopes(2);
      slopes[exit].assign(64, 1.f);
      network.backward(ones, slopes);
      network.for_each_trained([&](const nn::Parameter&, std::span<float> gradient, bool) {
        CHECK(std::vector<float>(gradient.begin(), gradient.end()) == kept.back());
      });
    }
  }
  CHECK(std::set(kept.begin(), kept.end()).size() == 4);
}
