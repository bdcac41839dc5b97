#pragma once
// The gradient of a convolution with respect to its input, for whole batches in training.

#include <einet/nn/kernels/conv2d_gradient.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace einet::nn {

namespace detail {

/// One axis of the input positions phase, phase + stride, …: which taps meet them, and the padding of the
/// output gradient of which they are a convolution with stride 1.
struct PhaseAxis {
  std::size_t positions;  // of the input
  std::size_t first_tap;
  std::size_t taps;
  std::ptrdiff_t before, after;

  constexpr PhaseAxis(std::size_t in, std::size_t out, std::size_t kernel, std::size_t stride,
                      std::size_t padding, std::size_t phase) noexcept
      : positions((in + stride - 1 - phase) / stride),
        first_tap((phase + padding) % stride),
        taps(first_tap < kernel ? (kernel - 1 - first_tap) / stride + 1 : 0),
        // Tap first_tap + k · stride joins input position phase + u · stride and output u + shift - k.
        before(signed_of(taps) - 1 - signed_of((phase + padding) / stride)),
        after(signed_of(positions + taps) - 1 - signed_of(out) - before) {}

  [[nodiscard]] constexpr bool empty() const noexcept { return positions == 0 || taps == 0; }
  [[nodiscard]] constexpr bool possible() const noexcept { return empty() || (before >= 0 && after >= 0); }

 private:
  static constexpr std::ptrdiff_t signed_of(std::size_t value) noexcept {
    return static_cast<std::ptrdiff_t>(value);
  }
};

/// The input positions of one phase of both axes, as a convolution of the output gradient.
struct GradientPhase {
  PhaseAxis rows, columns;
  std::size_t row, column;  // the first position

  GradientPhase(const ConvShape& shape, std::size_t first_row, std::size_t first_column) noexcept
      : rows(shape.in.height, shape.out().height, shape.kernel.height, shape.stride.height, shape.padding.top,
             first_row),
        columns(shape.in.width, shape.out().width, shape.kernel.width, shape.stride.width, shape.padding.left,
                first_column),
        row(first_row),
        column(first_column) {}

  [[nodiscard]] bool empty() const noexcept { return rows.empty() || columns.empty(); }
  [[nodiscard]] bool possible() const noexcept { return rows.possible() && columns.possible(); }

  [[nodiscard]] ConvShape conv(const ConvShape& shape) const noexcept {
    const auto pixels = [](std::ptrdiff_t padding) { return static_cast<std::size_t>(padding); };
    ConvShape phase{shape.out(), shape.in.channels, {rows.taps, columns.taps}};
    phase.padding = {pixels(rows.before), pixels(rows.after), pixels(columns.before), pixels(columns.after)};
    phase.groups = shape.groups;
    return phase;
  }

  /// Weights of `shape` for `conv(shape)`: inputs and outputs exchanged, the taps of this phase in reverse.
  void gather(const ConvShape& shape, std::span<const float> weights, std::span<float> to) const noexcept {
    const std::size_t inputs = shape.in.channels / shape.groups, outputs = shape.out_channels / shape.groups;
    std::size_t at = 0;
    for (std::size_t in = 0; in < shape.in.channels; ++in)
      for (std::size_t out = 0; out < outputs; ++out)
        for (std::size_t r = rows.taps; r-- > 0;)
          for (std::size_t s = columns.taps; s-- > 0; ++at) {
            const std::size_t filter = (in / inputs * outputs + out) * inputs + in % inputs;
            const std::size_t y = rows.first_tap + r * shape.stride.height;
            const std::size_t x = columns.first_tap + s * shape.stride.width;
            to[at] = weights[(filter * shape.kernel.height + y) * shape.kernel.width + x];
          }
  }
};

}  // namespace detail

/// dx of a convolution. With strides above 1, every input position meets only some of the taps; positions
/// that meet the same ones are computed together, by a convolution of those taps alone. Where that does not
/// fit (dilated kernels, padding wider than the kernel), the output gradient is spread out with zeros
/// instead.
template <class Arch = xsimd::default_arch>
class InputGradient {
 public:
  /// `images` are expected per call; any other number works too. Throws std::invalid_argument if the shape is
  /// wrong.
  explicit InputGradient(const ConvShape& shape, std::size_t images = 1)
      : shape_((validate(shape), shape)), images_(images) {
    if (shape.stride != Extent{1} && shape.dilation == Extent{1}) add_phases();
  }

  /// Takes weights in PyTorch's order (see ConvShape), of `shape.weights()` values. Allocates at the first
  /// call alone.
  void repack(std::span<const float> weights) {
    for (Phase& phase : phases_) {
      if (phase.where.empty()) continue;
      phase.where.gather(shape_, weights, phase.weights);
      pack(
          phase.conv, [&] { return PackedConv<Arch>(phase.where.conv(shape_), phase.weights, {}, images_); },
          phase.weights);
    }
    if (phases_.empty())
      pack(
          whole_, [&] { return PackedConv<Arch>::for_input_gradient(shape_, weights, images_); }, weights);
  }

  /// Floats of workspace that a call needs.
  [[nodiscard]] std::size_t workspace(std::size_t images) const noexcept {
    if (phases_.empty()) return conv2d_backward_input_workspace(shape_, images);
    std::size_t most = 0;
    for (const Phase& phase : phases_) {
      if (phase.where.empty()) continue;
      const ConvShape conv = phase.where.conv(shape_);
      most = (std::max)(most, images * conv.out().size() + conv2d_workspace(conv, images));
    }
    return most;
  }

  /// Overwrites dx [images][height][width][in] from dy [images][out height][out width][out], by the weights
  /// of the last `repack`.
  void operator()(const float* dy, float* dx, float* workspace, std::size_t images) const noexcept {
    if (phases_.empty()) return conv2d_backward_input(*whole_, dy, dx, workspace, images);
    const bool gaps =
        std::any_of(phases_.begin(), phases_.end(), [](const Phase& phase) { return phase.where.empty(); });
    if (gaps) std::fill_n(dx, images * shape_.in.size(), 0.f);
    for (const Phase& phase : phases_) {
      if (phase.where.empty()) continue;
      conv2d_forward(*phase.conv, dy, workspace, workspace + images * phase.conv->shape().out().size(), {},
                     images);
      spread(phase.where, workspace, dx, images);
    }
  }

 private:
  struct Phase {
    detail::GradientPhase where;
    std::vector<float> weights;
    std::optional<PackedConv<Arch>> conv{};
  };

  void add_phases() {
    for (std::size_t row = 0; row < shape_.stride.height; ++row)
      for (std::size_t column = 0; column < shape_.stride.width; ++column) {
        const detail::GradientPhase where(shape_, row, column);
        if (!where.possible()) return phases_.clear();
        phases_.push_back({where, std::vector<float>(where.empty() ? 0 : where.conv(shape_).weights())});
      }
  }

  template <class Make>
  static void pack(std::optional<PackedConv<Arch>>& conv, const Make& make, std::span<const float> weights) {
    if (conv) {
      conv->repack(weights);
    } else {
      conv.emplace(make());
    }
  }

  /// Copies the pixels of a phase to where they belong.
  void spread(const detail::GradientPhase& where, const float* from, float* dx,
              std::size_t images) const noexcept {
    const std::size_t channels = shape_.in.channels;
    for (std::size_t image = 0; image < images; ++image)
      for (std::size_t u = 0; u < where.rows.positions; ++u) {
        const std::size_t row = image * shape_.in.height + where.row + u * shape_.stride.height;
        float* to = dx + (row * shape_.in.width + where.column) * channels;
        for (std::size_t v = 0; v < where.columns.positions; ++v) {
          std::copy_n(from, channels, to);
          from += channels;
          to += shape_.stride.width * channels;
        }
      }
  }

  ConvShape shape_;
  std::size_t images_;
  std::vector<Phase> phases_;  // none if the whole is one convolution
  std::optional<PackedConv<Arch>> whole_{};
};

}  // namespace einet::nn
