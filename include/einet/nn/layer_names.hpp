#pragma once
// Names of a graph's layers: each its own, with the scopes in which the layer is added before it.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace einet::nn::detail {

class LayerNames {
 public:
  /// The full name of a new layer: its own, or its kind and the lowest number that is free.
  [[nodiscard]] std::string name_of(std::string_view kind, std::string own) {
    if (!own.empty()) return std::move(own.insert(0, scope_));
    const std::string begin = scope_ + std::string(kind);
    std::size_t& number = untried_.try_emplace(begin, 1).first->second;
    while (taken(begin + std::to_string(number))) ++number;
    return begin + std::to_string(number);
  }

  [[nodiscard]] bool taken(const std::string& name) const { return names_.contains(name); }
  void take(const std::string& name) { names_.insert(name); }

  /// Puts "name." before the names that follow. Returns what `leave` wants to undo it.
  [[nodiscard]] std::size_t enter(std::string_view name) {
    const std::size_t outer = scope_.size();
    scope_.append(name).append(".");
    return outer;
  }
  void leave(std::size_t outer) noexcept { scope_.resize(outer); }

 private:
  std::string scope_;  // "layer1.0."
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, std::size_t> untried_;  // by scope and kind: all lower numbers are taken
};

}  // namespace einet::nn::detail
