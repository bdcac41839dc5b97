#pragma once
// Which kernel computes each convolution of a network: by the model of conv_kernel.hpp, by measuring, or as
// an earlier choice says.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/inference/conv_step.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/kernels/conv_kernel.hpp>
#include <einet/run/clock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// The kernel of one convolution, or of one linear layer.
struct ChosenKernel {
  std::string layer;  ///< its name in the graph
  ConvShape shape{};
  ConvKernel kernel = ConvKernel::direct;
  double seconds = 0;  ///< what it took when it was measured; 0 if it was not
};

/// How an inference network chooses its kernels.
struct KernelOptions {
  /// Whether Winograd's algorithm may be chosen. It rounds more than the definition: by 1e-5 of a layer's
  /// largest output.
  bool winograd = true;
  /// Whether the kernels that suit are timed on this machine, for a few milliseconds a layer. What is chosen
  /// may then differ from run to run.
  bool measure = false;
  /// Layers whose kernels are given, such as what a network says of itself by `conv_kernels()`.
  std::vector<std::pair<std::string, ConvKernel>> chosen{};
};

namespace detail {

/// Chooses for one network.
class KernelChoice {
 public:
  /// @param weight_bytes of all convolutions, which tells whether they stay in the cache from run to run
  KernelChoice(const KernelOptions& options, std::size_t weight_bytes)
      : options_(options),
        given_(options.chosen.size(), false),
        lie_(weight_bytes > cached ? WeightsLie::in_memory : WeightsLie::in_cache) {}

  /// Throws std::invalid_argument if the kernel given does not suit.
  [[nodiscard]] ChosenKernel choose(const std::string& layer, const ConvShape& shape,
                                    std::span<const float> weights) {
    for (std::size_t i = 0; i < given_.size(); ++i) {
      const auto& [name, kernel] = options_.chosen[i];
      if (name != layer) continue;
      if (!suits(kernel, shape)) refuse(layer, std::string(name_of(kernel)), "a kernel that suits the layer");
      given_[i] = true;
      return {layer, shape, kernel};
    }
    ChosenKernel best{layer, shape, ConvKernel::direct, 0};
    double least = std::numeric_limits<double>::infinity();
    const auto candidates = std::count_if(conv_kernels.begin(), conv_kernels.end(),
                                          [&](ConvKernel kernel) { return allowed(kernel, shape); });
    for (const ConvKernel kernel : conv_kernels) {
      if (!allowed(kernel, shape)) continue;
      const bool timed = options_.measure && candidates > 1;
      const double cost = timed ? measure(kernel, shape, weights) : modelled_cycles(kernel, shape, lie_);
      if (cost >= least) continue;
      least = cost;
      best.kernel = kernel;
      best.seconds = timed ? cost : 0;
    }
    return best;
  }

  /// Throws std::invalid_argument if a kernel was given for a layer that is no convolution.
  void finish() const {
    for (std::size_t i = 0; i < given_.size(); ++i)
      if (!given_[i])
        refuse(options_.chosen[i].first, "given", "a convolution or linear layer of the network");
  }

 private:
  static constexpr std::size_t cached = std::size_t{1} << 20;

  [[noreturn]] static void refuse(const std::string& layer, const std::string& value, const char* wanted) {
    einet::detail::refuse("inference network", ("kernel of layer " + layer).c_str(), value, wanted);
  }

  [[nodiscard]] bool allowed(ConvKernel kernel, const ConvShape& shape) const noexcept {
    const bool winograd = kernel == ConvKernel::winograd_2 || kernel == ConvKernel::winograd_4;
    return suits(kernel, shape) && (options_.winograd || !winograd);
  }

  /// Seconds of one run on zeros, the median of several; whatever lies in the caches is swept out before each
  /// where the network's weights do not fit.
  [[nodiscard]] double measure(ConvKernel kernel, const ConvShape& shape, std::span<const float> weights) {
    const ConvStep step(pack_conv(kernel, shape, weights), {});
    const Place in{0, shape.in, shape.in.channels};
    const Place out{einet::detail::padded(shape.in.size()), shape.out(), shape.out_channels};
    const std::size_t maps = out.offset + einet::detail::padded(out.shape.size());
    AlignedVector<float> memory(maps + step.scratch());
    if (lie_ == WeightsLie::in_memory) swept_.resize(std::size_t{1} << 20);
    std::array<double, 7> seconds{};
    for (double& one : seconds) {
      for (std::size_t at = 0; at < swept_.size(); at += buffer_alignment / sizeof(float)) swept_[at] += 1;
      PacedStop never;
      const Stopwatch watch;
      static_cast<void>(step.run({memory.data(), {&in, 1}, out, memory.data() + maps}, never));
      one = watch();
    }
    std::nth_element(seconds.begin(), seconds.begin() + 3, seconds.end());
    return seconds[3];
  }

  const KernelOptions& options_;
  std::vector<bool> given_;
  WeightsLie lie_;
  std::vector<float> swept_;
};

}  // namespace detail

}  // namespace einet::nn
