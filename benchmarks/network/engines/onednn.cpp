// oneDNN: in einet's graph, and in a chain of its own.

#include "network/engines/onednn_chain.hpp"
#include "network/rivals.hpp"

#include <einet/engines/onednn.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/profile/keep.hpp>

#include <memory>
#include <string>

namespace einet::bench {

std::string set_up_onednn(std::string_view isa) {
  cap_onednn(isa);
  static const engines::detail::OneThread one_thread;
  return onednn_title();
}

std::vector<NetworkRival> onednn_rivals(const nn::Graph& graph, std::span<const float> image) {
  using Network = nn::InferenceNetwork<nn::any_classes>;
  struct InGraph {
    Network network;
    nn::Features features;
    std::vector<float> scores{};
  };
  std::vector<NetworkRival> all;
  Network network(graph, {engines::onednn_step});
  nn::Features features = network.make_features();
  const auto own = std::make_shared<InGraph>(InGraph{std::move(network), std::move(features)});
  all.push_back({"oneDNN in einet's graph",
                 [own, image] {
                   own->features.load(image);
                   own->scores.clear();
                   for (const auto& block : own->network.blocks()) {
                     block.advance(own->features);
                     const float* const found = block.logits(own->features);
                     own->scores.insert(own->scores.end(), found, found + block.classes());
                   }
                 },
                 [own] { return own->scores; }, true});
  for (const auto& [name, tag] : {std::pair{"oneDNN chained, nhwc", dnnl::memory::format_tag::nhwc},
                                  std::pair{"oneDNN chained, blocked", dnnl::memory::format_tag::any}}) {
    try {
      const auto chain = std::make_shared<OneDnnChain>(graph, image, tag);
      all.push_back({name, [chain] { chain->run(); }, [chain] { return chain->scores(); }, true});
    } catch (const std::exception& error) {
      std::fprintf(stderr, "note: no '%s': %s\n", name, error.what());
    }
  }
  return all;
}

}  // namespace einet::bench
