#pragma once
// A small vision transformer (Dosovitskiy et al., 2021) with an exit after every block.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/layers/attention.hpp>
#include <einet/nn/layers/layer_norm.hpp>
#include <einet/nn/layers/tokens.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/nn/networks/parts.hpp>

#include <cstddef>
#include <string>

namespace einet::nn {

/// A transformer's block over tokens, the pixels of x: attention, then two fully connected layers with GELU
/// between them, each after a layer norm and added to what it read. Layers are named as in timm.
inline Map transformer_block(const Map& x, std::size_t heads, std::size_t hidden) {
  const std::size_t width = x.shape().channels;
  const Map qkv = conv(layer_norm(x, 1e-5f, "norm1"), {.channels = 3 * width, .kernel = 1}, "attn.qkv");
  const Map y = x + conv(attention(qkv, {.heads = heads}), {.channels = width, .kernel = 1}, "attn.proj");
  const Map wide = conv(layer_norm(y, 1e-5f, "norm2"), {.channels = hidden, .kernel = 1}, "mlp.fc1");
  return y + conv(gelu(wide), {.channels = width, .kernel = 1}, "mlp.fc2");
}

/// What an exit of a vision transformer reads.
enum class VitHead {
  class_token,  ///< a learned token that attends to all others
  mean,         ///< the mean of all tokens
};

/// The shape of a vision transformer.
struct VitOptions {
  Shape image{32, 32, 3};  ///< each side a multiple of `patch`
  std::size_t classes = 10;
  double width = 1.;          ///< factor on `channels`
  std::size_t patch = 4;      ///< pixels, both ways, that become a token
  std::size_t channels = 64;  ///< of a token
  std::size_t blocks = 8;     ///< exits
  std::size_t heads = 4;      ///< of attention; they divide `channels`
  std::size_t hidden = 2;     ///< of the fully connected layers of a block, times the tokens' channels
  VitHead head = VitHead::class_token;  ///< what the exits read
};

/// An exit: layer norm of the class token or of the mean, then FC classes.
///
/// Layers are named as in timm (patch_embed.proj, cls_token, pos_embed, blocks.0.attn.qkv); exits are
/// exits.0.norm, exits.0.head, …. Throws std::invalid_argument naming the option that cannot be.
[[nodiscard]] inline Graph vit(const VitOptions& options = {}) {
  constexpr const char* what = "vit";
  detail::at_least(what, "patch", options.patch);
  detail::at_least(what, "blocks", options.blocks);
  detail::at_least(what, "heads", options.heads);
  detail::at_least(what, "hidden", options.hidden);
  detail::at_least(what, "channels", options.channels);
  detail::check_network(what, options, options.patch);
  const auto divided = [](std::size_t value, const char* field, std::size_t by, const char* into) {
    einet::detail::expect(value % by == 0, what, field, value,
                          "a multiple of " + einet::detail::number(by) + ", its " + into);
  };
  divided(options.image.height, "image.height", options.patch, "patch");
  divided(options.image.width, "image.width", options.patch, "patch");
  divided(options.channels, "channels", options.heads, "heads");
  Graph graph(options.image);
  const std::size_t channels =
      options.heads * detail::scaled(options.channels / options.heads, options.width);
  Map x =
      conv(graph.input(),
           {.channels = channels, .kernel = options.patch, .stride = options.patch, .padding = Padding(0)},
           "patch_embed.proj");
  if (options.head == VitHead::class_token) x = class_token(x, "cls_token");
  x = position_embedding(x, "pos_embed");
  for (std::size_t k = 0; k < options.blocks; ++k) {
    {
      const Scope scope(graph, "blocks." + std::to_string(k));
      x = transformer_block(x, options.heads, options.hidden * channels);
    }
    const Scope scope(graph, "exits." + std::to_string(k));
    const Map read = options.head == VitHead::class_token ? token(x, 0) : global_average_pool(x);
    graph.exit(linear(layer_norm(read, 1e-5f, "norm"), {.outputs = options.classes}, "head"), x);
  }
  return graph;
}

}  // namespace einet::nn
