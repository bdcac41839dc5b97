#pragma once
// How a network is trained: the settings of `train`, and of the recipes that compare_recipes compares. Those
// that are set here are what won there (docs/training.md).

#include <einet/io/safetensors.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <type_traits>

namespace train {

struct Recipe {
  std::size_t epochs = 12;
  std::size_t batch = 64;
  double rate = .1;
  double warm_up = 1;
  double decay = 5e-4;
  bool last_alone = false;
  std::size_t backbone = 0;
  bool frozen = false;
  bool equilibrium = true;
  std::size_t shift = 2;
  bool flip = false;
};

/// What a number may be.
struct Limits {
  double low = 0, high = 1;
};

/// f(name, value, limits, help) for every setting.
template <class Some, class F>
void for_each_setting(Some& recipe, F&& f) {
  f("epochs", recipe.epochs, Limits{1, 10000}, "epochs to train");
  f("batch", recipe.batch, Limits{2, 4096}, "images in a batch; batch norms need more than one");
  f("rate", recipe.rate, Limits{1e-6, 10}, "highest learning rate; it falls along half a cosine");
  f("warm_up", recipe.warm_up, Limits{0, 1000}, "epochs in which the rate rises");
  f("decay", recipe.decay, Limits{0, 1}, "weight decay");
  f("last_alone", recipe.last_alone, Limits{},
    "train the last exit alone, like a network without early exits");
  f("backbone", recipe.backbone, Limits{0, 10000}, "first epochs, in which the last exit alone is trained");
  f("frozen", recipe.frozen, Limits{},
    "after those epochs the backbone stays as it is; the branches are trained with a cosine of their own");
  f("equilibrium", recipe.equilibrium, Limits{},
    "gradient equilibrium between the exits; on, if not --equilibrium=0");
  f("shift", recipe.shift, Limits{0, 8}, "shift training images by up to this many pixels");
  f("flip", recipe.flip, Limits{}, "mirror half of the training images (not for digits)");
}

/// A number in as few digits as give it back.
template <class T>
[[nodiscard]] std::string setting_text(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
  } else
    return std::to_string(value);
}

/// All settings, by name.
[[nodiscard]] inline einet::io::Metadata settings_of(const Recipe& recipe) {
  einet::io::Metadata all;
  for_each_setting(recipe, [&](const char* name, const auto& value, const Limits&, const char*) {
    all[name] = setting_text(value);
  });
  return all;
}

}  // namespace train
