#pragma once
// Random graphs: any layer may read any map that was made before it.

#include "small_network.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <random>
#include <vector>

namespace einet::test {

/// A graph of about `layers` layers and `exits` exits with 3 classes, of maps of 5×4 and 3×2 pixels.
[[nodiscard]] inline nn::Graph random_graph(std::mt19937& random, std::size_t layers, std::size_t exits) {
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  nn::Graph graph(nn::Shape{5, 4, 3});
  std::vector<nn::Map> maps{graph.input()};
  // Mostly a recent map, so that networks are deep.
  const auto any = [&] {
    return maps[pick(3) == 0 ? pick(maps.size())
                             : maps.size() - 1 - pick((std::min)(maps.size(), std::size_t{3}))];
  };
  const auto like = [&](nn::Shape shape, bool channels) {
    std::vector<nn::Map> found;
    for (const nn::Map& map : maps)
      if (map.shape().height == shape.height && map.shape().width == shape.width &&
          (!channels || map.shape().channels == shape.channels))
        found.push_back(map);
    return found[pick(found.size())];
  };
  const auto narrow = [&](const nn::Map& x) {
    return x.shape().channels < 24 ? x : conv(x, {.channels = 3, .kernel = 1});
  };
  const auto scores = [&](const nn::Map& x) -> nn::Map {
    switch (pick(6)) {
      case 0:
        return relu(linear(x, {.outputs = 3}));
      case 1:
        return norm(linear(relu(linear(x, {.outputs = 4})), {.outputs = 3}));
      case 2: {
        const nn::Map a = linear(x, {.outputs = 3});
        return a + linear(silu(a), {.outputs = 3});
      }
      case 3:
        return concat(linear(x, {.outputs = 1}), linear(x, {.outputs = 2}));
      case 4:
        return global_average_pool(conv(relu(x), {.channels = 3}));
      default:
        return linear(x, {.outputs = 3});
    }
  };
  for (std::size_t k = 0; k < exits; ++k) {
    for (std::size_t i = 0; i < layers / exits; ++i) {
      const nn::Map x = any();
      switch (pick(14)) {
        case 0:
        case 1:
          maps.push_back(conv(x, {.channels = 1 + pick(9), .kernel = 1 + 2 * pick(2)}));
          break;
        case 2:
          maps.push_back(relu(norm(conv(x, {.channels = x.shape().channels, .bias = false}))));
          break;
        case 3: {
          const nn::Map other = like(x.shape(), true);
          maps.push_back(pick(2) == 0 ? x + other : relu(other + x));
          break;
        }
        case 4: {
          const nn::Map y = norm(conv(x, {.channels = x.shape().channels}));
          maps.push_back(pick(2) == 0 ? relu(y + x) : x + y);
          break;
        }
        case 5: {
          const nn::Map a = conv(x, {.channels = 4}), b = conv(x, {.channels = 4, .kernel = 1});
          maps.push_back(silu(a + b));
          maps.push_back(a);
          break;
        }
        case 6:
        case 7:
          maps.push_back(narrow(concat(x, like(x.shape(), false))));
          break;
        case 8:
          maps.push_back(narrow(concat(x, conv(x, {.channels = 2}), x)));
          break;
        case 9:
          maps.push_back(norm(x));
          break;
        case 10:
          maps.push_back(pick(2) == 0 ? relu(x) : leaky_relu(x, .2f));
          break;
        case 11:
          maps.push_back(x * sigmoid(linear(global_average_pool(x), {.outputs = x.shape().channels})));
          break;
        case 12:
          if (x.shape().height == 5) maps.push_back(conv(x, {.channels = 3, .stride = 2}));
          break;
        default:
          maps.push_back(dropout(max_pool(x, {.kernel = 3, .stride = nn::Extent{1}, .padding = 1})));
      }
    }
    const nn::Map x = any();
    const nn::Map made = scores(x);
    if (pick(3) == 0) {
      graph.exit(made, x);
    } else {
      graph.exit(made);
    }
    // Scores that are read on, so that they lie in a conv part.
    if (pick(4) == 0) maps.push_back(x * sigmoid(linear(relu(made), {.outputs = x.shape().channels})));
    if (pick(6) == 0) maps.push_back(made);
  }
  return graph;
}

}  // namespace einet::test
