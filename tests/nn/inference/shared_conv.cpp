#include "../../catch.hpp"
#include "../../counting_new.hpp"
#include "../../sanitized.hpp"
#include "../../support.hpp"
#include "../equal_outputs.hpp"
#include "../random_graph.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/inference/shared_conv.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/profile/pipelined_replay.hpp>
#include <einet/run/companion_thread.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <random>
#include <span>
#include <thread>
#include <vector>

using namespace einet;

namespace {

/// Counts the jobs that it does at once, or never does any.
struct TestCompanion {
  bool comes = true;
  std::size_t jobs = 0;
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    if (!comes) return;
    ++jobs;
    job(of);
  }
  static void join() noexcept {}
};

/// Runs the same network again while it is asked to do a job, as another thread might.
struct BusyCompanion {
  const nn::InferenceNetwork<3>* network = nullptr;
  nn::Features* features = nullptr;
  std::size_t starts = 0, within = 0;
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    ++starts;
    if (within++ == 0) {
      network->blocks()[0].advance(*features);
      job(of);
    }
    --within;
  }
  static void join() noexcept {}
};

/// All exits' scores of an image.
template <std::size_t K>
std::vector<float> all_scores(const nn::InferenceNetwork<K>& network, nn::Features& features,
                              std::span<const float> image) {
  std::vector<float> scores;
  features.load(image);
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const logits = block.logits(features);
    scores.insert(scores.end(), logits, logits + K);
  }
  return scores;
}

template <std::size_t K, class Companion>
void check_shared(const nn::Graph& graph, Companion& companion, std::size_t least_macs, std::size_t runs) {
  const nn::InferenceNetwork<K> whole(graph);
  const nn::InferenceNetwork<K> shared(graph, {nn::share_convs(companion, {.least_macs = least_macs})});
  nn::Features x = whole.make_features(), y = shared.make_features();
  const nn::Tensor images = test::random_images(runs, graph.image(), 7);
  for (std::size_t run = 0; run < runs; ++run) {
    const std::span<const float> image(images.data() + run * graph.image().size(), graph.image().size());
    const auto expected = all_scores(whole, x, image);
    const auto found = all_scores(shared, y, image);
    CHECK(std::memcmp(expected.data(), found.data(), expected.size() * sizeof(float)) == 0);
  }
}

}  // namespace

TEST_CASE("random networks give the same bits on two cores, whether the companion comes or not",
          "[nn][shared_conv]") {
  CompanionThread thread;
  TestCompanion at_once, never{false};
  for (unsigned seed = 1; seed <= test::cases(150); ++seed) {
    CAPTURE(seed);
    const nn::Graph graph = test::random_graph(seed);
    check_shared<test::RandomGraph::classes>(graph, thread, 0, 3);
    check_shared<test::RandomGraph::classes>(graph, at_once, 0, 1);
    check_shared<test::RandomGraph::classes>(graph, never, 0, 1);
  }
  CHECK(at_once.jobs > test::cases(150));
}

TEST_CASE("all large layers of a VGG-16 and nearly all of a ResNet-50 are shared", "[nn][shared_conv]") {
  nn::Graph vgg = nn::vgg16();
  test::randomise(vgg, 1);
  TestCompanion companion;
  check_shared<10>(vgg, companion, 9'000'000, 1);
  CHECK(companion.jobs == 12);  // all convolutions of the backbone but the first
  if (test::sanitized) return;
  companion.jobs = 0;
  nn::Graph resnet = nn::resnet50();
  test::randomise(resnet, 2);
  check_shared<10>(resnet, companion, 1'000'000, 1);
  CHECK(companion.jobs >= 45);
}

TEST_CASE("a stop ends both halves of a convolution", "[nn][shared_conv]") {
  struct Stop {
    const std::atomic<bool>* come;
    std::atomic<std::size_t>* polls;
    bool stop_requested() const noexcept {
      ++*polls;
      return *come;
    }
  };
  nn::Graph graph({32, 32, 64});
  const nn::Map x = conv(graph.input(), {.channels = 128});
  graph.exit(linear(global_average_pool(x), {.outputs = 3}), x);
  test::randomise(graph, 3);
  CompanionThread companion;
  const nn::InferenceNetwork<3> shared(graph, {nn::share_convs(companion)});
  nn::Features features = shared.make_features();
  std::atomic<bool> come{true};
  std::atomic<std::size_t> polls{0};
  CHECK_FALSE(shared[0].advance(features, Stop{&come, &polls}));
  CHECK(polls <= 2);
  come = false;
  polls = 0;
  const std::size_t before = test::allocations();
  CHECK(shared[0].advance(features, Stop{&come, &polls}));
  CHECK(test::allocations() == before);
  CHECK(polls >= 20);  // a fourth of 75 million multiply-adds, and a poll every million
  // The companion notices it, too, and the whole step is then unfinished.
  TestCompanion at_once;
  const nn::InferenceNetwork<3> second(graph, {nn::share_convs(at_once)});
  CHECK_FALSE(second[0].advance(features, stop_in(std::chrono::seconds{-1})));
  CHECK(at_once.jobs == 1);
}

TEST_CASE("while another run has the companion, a run does both halves itself", "[nn][shared_conv]") {
  nn::Graph graph({16, 16, 32});
  const nn::Map x = conv(graph.input(), {.channels = 64});
  graph.exit(linear(global_average_pool(x), {.outputs = 3}), x);
  test::randomise(graph, 5);
  BusyCompanion companion;
  const nn::InferenceNetwork<3> shared(graph, {nn::share_convs(companion)});
  nn::Features features = shared.make_features(), other = shared.make_features();
  const std::vector<float> image(16 * 16 * 32, .5f);
  features.load(image);
  other.load(image);
  companion.network = &shared;
  companion.features = &other;
  shared[0].advance(features);
  CHECK(companion.starts == 1);
  shared[0].advance(features);
  CHECK(companion.starts == 2);
  CHECK(std::equal(features.maps(), features.maps() + features.size() / 2, other.maps()));
}

TEST_CASE("halves by rows and by channels make the whole, whatever the shape", "[nn][shared_conv]") {
  std::mt19937 random(6);
  for (std::size_t run = 0; run < test::cases(300); ++run) {
    nn::ConvShape shape{.in = {2 + random() % 9, 1 + random() % 9, 1 + random() % 20},
                        .out_channels = 2 + random() % 90,
                        .kernel = {1 + random() % 4, 1 + random() % 4},
                        .stride = {1 + random() % 3, 1 + random() % 3},
                        .padding = {},
                        .dilation = {1 + random() % 2, 1 + random() % 2}};
    shape.padding.top = random() % 5;
    shape.padding.bottom = random() % 5;
    shape.padding.left = random() % 5;
    shape.padding.right = random() % 5;
    if (shape.reach().height > shape.in.height + shape.padding.top + shape.padding.bottom ||
        shape.reach().width > shape.in.width + shape.padding.left + shape.padding.right ||
        shape.out().height < 2)
      continue;
    CAPTURE(run, shape.in.height, shape.kernel.height, shape.stride.height, shape.padding.top,
            shape.padding.bottom, shape.dilation.height);
    const auto numbers = [&](std::size_t count) {
      std::vector<float> all(count);
      for (float& value : all) value = static_cast<float>(random() % 2001) / 1000 - 1;
      return all;
    };
    const auto weights = numbers(shape.weights()), bias = numbers(shape.out_channels);
    const nn::Shape out = shape.out();
    const std::size_t in_size = shape.in.pixels() * (shape.in.channels + 3);
    const std::size_t pitch = out.channels + 5;
    const std::vector<nn::Place> inputs{{0, shape.in, shape.in.channels + 3}, {in_size, out, out.channels}};
    const nn::Place output{in_size + out.size(), out, pitch};
    nn::FusedConv conv{shape, weights, bias, {}, {}, std::span(inputs).first(1 + run % 2), output};
    const nn::ConvKernel kernel = nn::conv_kernels[random() % 4];
    if (nn::suits(kernel, shape)) conv.kernel = kernel;
    const auto arena = numbers(output.offset + out.pixels() * pitch);
    const auto run_all = [&](std::initializer_list<const nn::detail::ConvPiece*> pieces) {
      std::vector<float> memory = arena;
      nn::PacedStop never;
      for (const nn::detail::ConvPiece* piece : pieces) {
        AlignedVector<float> scratch(piece->step->scratch());
        CHECK(piece->run(memory.data(), scratch.data(), never));
      }
      return memory;
    };
    const auto whole = nn::detail::make_piece(conv);
    const auto expected = run_all({&whole});
    const std::size_t row = 1 + random() % (out.height - 1), channel = 1 + random() % (out.channels - 1);
    static_cast<void>(nn::detail::halves_of(conv));  // whatever the shape, it does not throw
    const auto meets = [&](std::size_t first, std::size_t last) {
      const auto met = nn::detail::input_rows(shape, first, last);
      return met.from < met.to;
    };
    if (!meets(0, row) || !meets(row, out.height)) continue;
    const auto top = nn::detail::row_piece(conv, 0, row);
    const auto bottom = nn::detail::row_piece(conv, row, out.height);
    const auto left = nn::detail::channel_piece(conv, 0, channel);
    const auto right = nn::detail::channel_piece(conv, channel, out.channels);
    for (const auto& found : {run_all({&top, &bottom}), run_all({&right, &left})}) {
      double error = 0;
      for (std::size_t i = 0; i < expected.size(); ++i)
        error = (std::max)(error, static_cast<double>(std::abs(found[i] - expected[i])));
      CHECK(error < 1e-4);
    }
  }
}

TEST_CASE("two runs at once share a companion without waiting for each other", "[nn][shared_conv]") {
  nn::Graph graph({16, 16, 32});
  graph.exit(linear(global_average_pool(conv(conv(graph.input(), {.channels = 64}), {.channels = 64})),
                    {.outputs = 3}));
  test::randomise(graph, 4);
  CompanionThread companion;
  const nn::InferenceNetwork<3> whole(graph);
  const nn::InferenceNetwork<3> shared(graph, {nn::share_convs(companion)});
  const std::vector<float> image(16 * 16 * 32, .25f);
  nn::Features reference = whole.make_features();
  const auto expected = all_scores(whole, reference, image);
  std::atomic<std::size_t> wrong{0};
  const auto work = [&] {
    nn::Features features = shared.make_features();
    for (std::size_t run = 0; run < test::cases(200); ++run)
      if (all_scores(shared, features, image) != expected) ++wrong;
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("a large map is halved by rows, and many weights by channels", "[nn][shared_conv]") {
  const auto halves = [](std::size_t side, std::size_t channels) {
    const nn::Shape map{side, side, channels};
    const nn::ConvShape shape{.in = map, .out_channels = channels, .kernel = {3}, .padding = {1}};
    const std::vector<float> weights(shape.weights(), .5f);
    const std::vector<nn::Place> inputs{{0, map, channels}};
    const nn::Place output{map.size(), map, channels};
    const auto found =
        nn::detail::halves_of({shape, weights, {}, {}, {}, inputs, output, nn::ConvKernel::by_taps});
    REQUIRE(found);
    return std::array{(*found)[0].output, (*found)[1].output};
  };
  const auto rows = halves(32, 64);
  CHECK((rows[0].shape.height == 16 && rows[1].shape.height == 16 && rows[0].shape.channels == 64));
  const auto channels = halves(4, 256);
  CHECK((channels[0].shape.height == 4 && channels[0].shape.channels + channels[1].shape.channels == 256));
}
