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

/// What to build. Images of other sizes than 32 × 32 work if five halvings leave something.
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

}  // namespace detail

/// Thirteen conv parts (conv 3×3 without bias, batch norm, ReLU, and where VGG has one the 2×2 pool) with a
/// branch each, and exit 14 with an empty conv part: flatten → FC hidden, ReLU, dropout ½ → FC classes, where
/// hidden is the larger of the branches' and width · 512. Weights are not initialised. Throws
/// std::invalid_argument if a size is wrong or the image too small.
[[nodiscard]] inline MultiExitNetwork make_vgg16(const Vgg16& wanted) {
  einet::detail::expect(wanted.width > 0. && wanted.width <= 64., "Vgg16", "width", wanted.width,
                        "a number in (0, 64]");
  const auto scaled = [&](std::size_t channels) {
    return static_cast<std::size_t>((std::max)(1., std::round(static_cast<double>(channels) * wanted.width)));
  };
  std::vector<Sequential> parts;
  Shape shape = wanted.input;
  for (const detail::Vgg16Part& part : detail::vgg16_parts) {
    const std::size_t channels = scaled(part.channels);
    Sequential& conv =
        parts.emplace_back(Conv2d({shape, channels, 3, 1, 1}, false), BatchNorm(channels), Relu{});
    if (part.pool) conv.add(MaxPool{});
    shape = conv.output(shape);
  }
  const std::size_t hidden = (std::max)(wanted.branch.hidden, scaled(512));
  Sequential head(Flatten{}, Linear(shape.size(), hidden), Relu{}, Dropout(.5f),
                  Linear(hidden, wanted.classes));
  return insert_branches(std::move(parts), wanted.input, wanted.classes, wanted.branch, std::move(head));
}

}  // namespace einet::nn
