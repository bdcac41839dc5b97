#pragma once
// The options for the settings of a recipe.

#include "common/arguments.hpp"
#include "train/recipe.hpp"

#include <cstddef>
#include <type_traits>

#include <CLI/CLI.hpp>

namespace train {

/// Adds an option for every setting.
inline void add_settings(CLI::App& app, Recipe& recipe) {
  for_each_setting(recipe, [&]<class T>(const char* name, T& value, const Limits& limits, const char* help) {
    if constexpr (std::is_same_v<T, bool>) {
      app.add_flag(example::option_of(name), value, help);
    } else {
      CLI::Option* const option =
          app.add_option(example::option_of(name), value, help)->capture_default_str();
      if constexpr (std::is_same_v<T, double>)
        option->check(example::a_number(limits.low, limits.high));
      else
        option->check(example::a_whole_number(static_cast<std::size_t>(limits.low),
                                              static_cast<std::size_t>(limits.high)));
    }
  });
}

}  // namespace train
