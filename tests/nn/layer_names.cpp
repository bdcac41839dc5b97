#include "catch.hpp"

#include <einet/nn/graph.hpp>
#include <einet/nn/layer_names.hpp>
#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/norm.hpp>

#include <string>
#include <vector>

using namespace einet;

TEST_CASE("layers are named by scopes, kinds and numbers, as PyTorch names them", "[nn][names]") {
  nn::Graph graph({4, 4, 2});
  nn::Map x = conv(graph.input(), {});
  {
    const nn::Scope layer(graph, "layer1");
    x = relu(conv(x, {}));
    for (int unit = 0; unit < 2; ++unit) {
      const nn::Scope inner(x, std::to_string(unit));
      x = norm(conv(x, {}, "first"));
      x = conv(x, {});
    }
    x = conv(x, {});
  }
  x = conv(x, {}, "conv2");  // takes the number that the next would have had
  x = conv(x, {});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < graph.layers(); ++i) names.push_back(graph.name(i));
  CHECK(names == std::vector<std::string>{"image", "conv1", "layer1.conv1", "layer1.relu1", "layer1.0.first",
                                          "layer1.0.norm1", "layer1.0.conv1", "layer1.1.first",
                                          "layer1.1.norm1", "layer1.1.conv1", "layer1.conv2", "conv2",
                                          "conv3"});
  CHECK_THROWS_WITH(conv(x, {}, "conv3"), "graph: a second layer is called conv3");
  CHECK(graph.layers() == 13);  // what was refused is not there
  CHECK(conv(x, {}).layer() == 13);
}
