#pragma once
// The fine-grained VGG-16 (Simonyan and Zisserman, 2015, with batch norm): thirteen convolutions, a branch
// after each, and the classifier: fourteen exits.

#include <einet/base/expect.hpp>
#include <einet/nn/branch.hpp>
#include <einet/nn/dropout.hpp>
#include <einet/nn/max_pool.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// What to build. Images of sizes other than 32 × 32 work if five halvings leave at least one pixel.
struct Vgg16 {
  Shape input{32, 32, 1};
  double width = 1.;  ///< factor on the published numbers of channels
  std::size_t classes = 10;
  BranchShape branch{};
};

/// Exits of make_vgg16's networks.
inline constexpr std::size_t vgg16_exits = 14;

namespace detail {

struct Vgg16Part {
  std::size_t channels;
  bool pool;
};

inline constexpr std::array<Vgg16Part, vgg16_exits - 1> vgg16_parts{{{64, false},
                                                                     {64, true},
                                                                     {128, false},
                                                                     {128, true},
                                                                     {256, false},
                                                                     {256, false},
                                                                     {256, true},
                                                                     {512, false},
                                                                     {512, false},
                                                                     {512, true},
                                                                     {512, false},
                                                                     {512, false},
                                                                     {512, true}}};

[[nodiscard]] inline std::size_t scaled_channels(const Vgg16& wanted, std::size_t channels) {
  return static_cast<std::size_t>((std::max)(1., std::round(static_cast<double>(channels) * wanted.width)));
}

}  // namespace detail

/// How many numbers `for_each_parameter` of make_vgg16(wanted) passes, without building the network, so that
/// a file that names sizes can be checked against its bytes first.
/// @pre `wanted` is one that make_vgg16 accepts
[[nodiscard]] inline std::size_t parameter_count(const Vgg16& wanted) {
  const auto linear = [](std::size_t in, std::size_t out) { return in * out + out; };
  const auto normed_conv = [](std::size_t in, std::size_t out) { return 9 * in * out + 4 * out; };
  const auto [pool, channels, units] = wanted.branch;
  std::size_t count = 0;
  std::size_t side = wanted.input.height;
  std::size_t in = wanted.input.channels;
  for (const detail::Vgg16Part& part : detail::vgg16_parts) {
    const std::size_t out = detail::scaled_channels(wanted, part.channels);
    if (part.pool) side /= 2;
    const std::size_t map = ((std::min)(side, pool) + 1) / 2;
    count += normed_conv(in, out) + normed_conv(out, channels) + linear(map * map * channels, units) +
             linear(units, wanted.classes);
    in = out;
  }
  const std::size_t last = (std::max)(units, detail::scaled_channels(wanted, 512));
  return count + linear(side * side * in, last) + linear(last, wanted.classes);
}

/// Thirteen conv parts (conv 3×3 without bias, batch norm, ReLU, and where VGG has one the 2×2 pool) with a
/// branch each, and a last exit with an empty conv part: flatten → FC hidden, ReLU, dropout ½ → FC classes,
/// where hidden is the larger of the branches' and width · 512. Weights are not initialised. Throws
/// std::invalid_argument if a size is wrong or the image too small.
[[nodiscard]] inline MultiExitNetwork make_vgg16(const Vgg16& wanted) {
  einet::detail::expect(wanted.width > 0. && wanted.width <= 64., "Vgg16", "width", wanted.width,
                        "a number in (0, 64]");
  std::vector<Sequential> parts;
  Shape shape = wanted.input;
  for (const detail::Vgg16Part& part : detail::vgg16_parts) {
    const std::size_t channels = detail::scaled_channels(wanted, part.channels);
    Sequential& conv =
        parts.emplace_back(Conv2d({shape, channels, 3, 1, 1}, false), BatchNorm(channels), Relu{});
    if (part.pool) conv.add(MaxPool{});
    shape = conv.output(shape);
  }
  const std::size_t hidden = (std::max)(wanted.branch.hidden, detail::scaled_channels(wanted, 512));
  Sequential head(Flatten{}, Linear(shape.size(), hidden), Relu{}, Dropout(.5f),
                  Linear(hidden, wanted.classes));
  return insert_branches(std::move(parts), wanted.input, wanted.classes, wanted.branch, std::move(head));
}

}  // namespace einet::nn
