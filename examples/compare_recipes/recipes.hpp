#pragma once
// A file of recipes: lines "name: setting=value flag ...", settings as `train` has them, without hyphens in
// front, and sizes of the network's parts, where a recipe wants others. Those of a line "all: ..." hold for
// the lines after it. '#' begins a comment.

#include "train/recipe_options.hpp"
#include "train/size_options.hpp"

#include <einet/io/file_error.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace lab {

struct NamedRecipe {
  std::string name;
  train::Recipe recipe{};
  example::NetworkSizes sizes{};
};

/// Settings as words, read like the options of `train`.
/// @param sizes of a network for which the settings say no others
/// @throws CLI::ParseError
[[nodiscard]] inline NamedRecipe read_recipe(const std::string& name, const std::string& settings,
                                             const example::NetworkSizes& sizes) {
  NamedRecipe result{name};
  CLI::App app;
  app.set_help_flag();
  train::add_settings(app, result.recipe);
  const train::SizeFields own(app);
  // A recipe may say otherwise than the line for all, which comes first.
  for (CLI::Option* const option : app.get_options())
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  std::vector<std::string> words;
  std::istringstream text(settings);
  for (std::string word; text >> word;) {
    const std::size_t end = std::min(word.find('='), word.size());
    words.insert(words.begin(), example::option_of(word.substr(0, end)) + word.substr(end));  // CLI11's order
  }
  app.parse(words);
  result.sizes = own.over(sizes, app);
  return result;
}

/// @param sizes of the network
/// @throws einet::io::FileError naming file and line
[[nodiscard]] inline std::vector<NamedRecipe> read_recipes(const std::filesystem::path& path,
                                                           const example::NetworkSizes& sizes) {
  std::ifstream file(path);
  if (!file) throw einet::io::FileError(path, "", "cannot be opened");
  std::vector<NamedRecipe> recipes;
  std::string all, line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    line = line.substr(0, line.find('#'));
    if (std::ranges::all_of(line, [](unsigned char c) { return std::isspace(c); })) continue;
    const auto refuse = [&](const std::string& why) {
      throw einet::io::FileError(path, "line " + std::to_string(number), why);
    };
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    const bool good = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) || c == '_' || c == '.' || c == '-';
    });
    if (colon == std::string::npos || !good || name[0] == '.')
      refuse("expected a name of letters, digits, '_', '.' or '-', and a colon");
    const std::string settings = line.substr(colon + 1);
    if (name == "all") {
      all = settings;
      continue;
    }
    if (std::ranges::find(recipes, name, &NamedRecipe::name) != recipes.end())
      refuse("'" + name + "' is there twice");
    try {
      recipes.push_back(read_recipe(name, all + " " + settings, sizes));
    } catch (const CLI::ParseError& error) {
      refuse(error.what());
    }
  }
  if (recipes.empty()) throw einet::io::FileError(path, "", "has no recipe");
  return recipes;
}

}  // namespace lab
