#include "catch.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/onnx/view.hpp>
#include <einet/onnx/walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

using namespace einet;
using nn::onnx_detail::Lengths;
using nn::onnx_detail::View;

namespace {

/// A tensor that holds its values, row by row: what a view must look like.
struct Tensor {
  Lengths lengths;
  std::vector<std::size_t> values;

  [[nodiscard]] std::vector<std::size_t> strides() const {
    std::vector<std::size_t> all(lengths.size(), 1);
    for (std::size_t d = lengths.size(); d-- > 1;) all[d - 1] = all[d] * static_cast<std::size_t>(lengths[d]);
    return all;
  }
  /// The values at `first + step · index` in another order of dimensions.
  [[nodiscard]] Tensor picked(const Lengths& order, std::size_t cut, std::size_t first, std::size_t count,
                              std::size_t step) const {
    Tensor result;
    for (const std::int64_t d : order) result.lengths.push_back(lengths[static_cast<std::size_t>(d)]);
    if (cut < order.size()) result.lengths[cut] = static_cast<std::int64_t>(count);
    std::vector<std::int64_t> index(order.size(), 0);
    const auto size =
        std::accumulate(result.lengths.begin(), result.lengths.end(), std::int64_t{1}, std::multiplies<>{});
    for (std::int64_t k = 0; k < size; ++k) {
      std::size_t place = 0;
      for (std::size_t d = 0; d < order.size(); ++d) {
        auto at = static_cast<std::size_t>(index[d]);
        if (d == cut) at = first + step * at;
        place += at * strides()[static_cast<std::size_t>(order[d])];
      }
      result.values.push_back(values[place]);
      for (std::size_t d = order.size(); d-- > 0;) {
        if (++index[d] < result.lengths[d]) break;
        index[d] = 0;
      }
    }
    return result;
  }
};

void compare(const View& view, const Tensor& tensor) {
  REQUIRE(view.lengths() == tensor.lengths);
  std::vector<std::size_t> seen;
  view.each([&](std::size_t place) { seen.push_back(place); });
  CHECK(seen == tensor.values);
}

Lengths in_order(std::size_t rank) {
  Lengths order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace

TEST_CASE("A view shows what reshapes, transposes and slices of the tensor show", "[onnx]") {
  const std::uint32_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  std::size_t refused = 0, reshapes = 0;
  for (int round = 0; round < 400; ++round) {
    const nn::Shape shape{1 + below(4), 1 + below(4), 1 + below(6)};
    nn::Graph graph(shape);
    View view = View::image(graph.input());
    Tensor tensor{{1, static_cast<std::int64_t>(shape.channels), static_cast<std::int64_t>(shape.height),
                   static_cast<std::int64_t>(shape.width)},
                  {}};
    for (std::size_t c = 0; c < shape.channels; ++c)
      for (std::size_t p = 0; p < shape.pixels(); ++p) tensor.values.push_back(p * shape.channels + c);
    CHECK(view.whole());
    compare(view, tensor);
    for (int step = 0; step < 5; ++step) {
      const std::size_t rank = view.rank();
      switch (below(3)) {
        case 0: {
          Lengths order = in_order(rank);
          std::shuffle(order.begin(), order.end(), random);
          view = view.transposed(order);
          tensor = tensor.picked(order, rank, 0, 0, 1);
          break;
        }
        case 1: {
          const std::size_t d = below(rank), length = static_cast<std::size_t>(tensor.lengths[d]);
          const std::size_t first = below(length), stride = 1 + below(2),
                            count = (length - first - 1) / stride + 1;
          if (const auto slice = view.slice(d, first, count, stride)) {
            view = *slice;
            tensor = tensor.picked(in_order(rank), d, first, count, stride);
          }
          break;
        }
        default: {
          // Joins two neighbouring dimensions, or takes one apart.
          Lengths lengths = tensor.lengths;
          const std::size_t d = below(rank);
          if (d + 1 < rank && below(2) == 0) {
            lengths[d] *= lengths[d + 1];
            lengths.erase(lengths.begin() + static_cast<std::ptrdiff_t>(d) + 1);
          } else if (lengths[d] % 2 == 0) {
            lengths[d] /= 2;
            lengths.insert(lengths.begin() + static_cast<std::ptrdiff_t>(d) + 1, 2);
          } else {
            lengths.insert(lengths.begin() + static_cast<std::ptrdiff_t>(d), 1);
          }
          ++reshapes;
          if (const auto reshaped = view.reshaped(lengths)) {
            view = *reshaped;
            tensor.lengths = lengths;
          } else {
            ++refused;
          }
        }
      }
      compare(view, tensor);
      std::vector<std::size_t> sorted = tensor.values;
      std::sort(sorted.begin(), sorted.end());
      CHECK(view.whole() == (sorted.size() == shape.size()));
    }
  }
  // Lengths that are joined and split again always fit the axes, so that nothing has to be moved.
  CHECK(refused < reshapes / 4);
}

TEST_CASE("Views of maps of one shape are alike only if they show the same", "[onnx]") {
  nn::Graph graph(nn::Shape{2, 3, 4});
  const View image = View::image(graph.input());
  CHECK(image.alike(View::image(graph.input())));
  CHECK(!image.alike(View::channels_last(graph.input())));
  CHECK(!image.alike(*image.slice(1, 1, 3, 1)));
  CHECK(View::rows(graph.input(), Lengths{1, 6, 4}).whole());
  CHECK(image.reshaped(Lengths{1, 4, 6})->reshaped(Lengths{1, 4, 2, 3})->alike(image));
}
