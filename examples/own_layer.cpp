// A layer of your own: the channels of a map shuffled, as ShuffleNet does between convolutions with groups.
// It runs in inference like the layers that come with einet, is stopped like them, and is trained like them.

#include <einet/nn/inference/network.hpp>
#include <einet/nn/layers.hpp>
#include <einet/run/stop.hpp>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace nn = einet::nn;

class ChannelShuffle final : public nn::Layer {
 public:
  explicit ChannelShuffle(std::size_t groups) : groups_(groups) {}

  std::string_view kind() const noexcept override { return "shuffle"; }
  nn::Shape output(std::span<const nn::Shape> inputs) const override { return inputs[0]; }

  // Inference: a step, which is run once per image and may be stopped half way.
  nn::LoweredMap lower(nn::Lowering& to, std::span<const nn::LoweredMap> inputs) const override {
    return to.step(inputs, inputs[0].shape,
                   [groups = groups_](const nn::StepMaps& maps, nn::PacedStop& stop) noexcept {
                     const auto [in, out] = std::pair{maps.in(), maps.out()};
                     for (std::size_t pixel = 0; pixel < in.shape.pixels(); ++pixel) {
                       shuffle(in.pixel(pixel), out.pixel(pixel), in.shape.channels, groups);
                       if (stop.after(in.shape.channels * nn::memory_work)) return false;
                     }
                     return true;
                   });
  }

  // Training: a batch, forward and backward.
  void forward(const nn::ForwardPass& pass) override {
    const std::size_t channels = pass.shape.channels, end = pass.batch * pass.shape.size();
    for (std::size_t i = 0; i < end; i += channels)
      shuffle(pass.inputs[0].data + i, pass.output + i, channels, groups_);
  }
  void backward(const nn::BackwardPass& pass) override {
    const std::size_t channels = pass.shape.channels, end = pass.batch * pass.shape.size();
    if (float* const gradient = pass.input_gradients[0])
      for (std::size_t i = 0; i < end; i += channels)
        shuffle(pass.gradient + i, gradient + i, channels, channels / groups_);
  }

 private:
  static void shuffle(const float* from, float* to, std::size_t channels, std::size_t groups) noexcept {
    const std::size_t each = channels / groups;
    for (std::size_t c = 0; c < channels; ++c) to[c % each * groups + c / each] = from[c];
  }

  std::size_t groups_;
};

}  // namespace

int main() {
  nn::Graph net({8, 8, 4});
  nn::Map x = conv(net.input(), {.channels = 12, .groups = 4});
  x = add(ChannelShuffle(4), x);
  net.exit(linear(global_average_pool(x), {.outputs = 3}));
  for (const nn::Parameter& parameter : net.parameters())
    for (std::size_t i = 0; i < parameter.weights->size(); ++i)
      parameter.weights->values()[i] = .1f * static_cast<float>(i % 7);
  const nn::InferenceNetwork<3> blocks(net);
  nn::Features features = blocks.make_features();
  features.load(std::vector<float>(8 * 8 * 4, 1.f));
  const bool done = blocks[0].advance(features, einet::never_stop{});
  const float* const logits = blocks[0].logits(features);
  std::printf("%s, scores %.2f %.2f %.2f\n", done ? "done" : "stopped", double(logits[0]), double(logits[1]),
              double(logits[2]));
}
