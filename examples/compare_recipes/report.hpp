#pragma once
// What the trainings gave, as a table to read and as CSV.

#include "compare_recipes/network_times.hpp"
#include "compare_recipes/recipes.hpp"
#include "compare_recipes/results.hpp"

#include <einet/io/atomic_file.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lab {

[[nodiscard]] inline double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.) / static_cast<double>(values.size());
}

[[nodiscard]] inline std::string number(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6g", value);
  return digits;
}

/// Refers to all that it is made of.
class Report {
 public:
  Report(std::span<const NamedRecipe> recipes, std::span<const Result> results, const NetworkTimes& times)
      : recipes_(recipes), results_(results), times_(times) {}

  void print(const std::string& network, std::size_t judged) const {
    std::printf("\n%s, stopped within %.3f ms; %zu images judged by; percent right\n", network.c_str(),
                1e3 * times_.last_stop(), judged);
    const std::string over = "over " + recipes_[0].name + ", +- seeds, +- samples";
    std::printf("%-20s %5s %8s %8s  %7s  %-34s  %8s  %-34s %6s %6s\n", "recipe", "seeds", "minutes", "ms",
                "uniform", over.c_str(), "combined", over.c_str(), "last", "mean");
    for (const NamedRecipe& recipe : recipes_) print(recipe);
  }

  /// A line for each training.
  /// @param of_all fields that are the same in all lines, with their names
  void save_csv(const std::filesystem::path& path,
                std::span<const std::pair<std::string, std::string>> of_all) const {
    std::string text;
    for (const auto& [name, value] : of_all) text += name + ",";
    text += "recipe,seed,epochs,seconds,ms,uniform,combined,last,mean,accuracy,settings\n";
    for (const Result& result : results_) {
      const std::vector<double> accuracy = result.answers.accuracy();
      std::string each;
      for (const double share : accuracy) each += (each.empty() ? "" : " ") + number(share);
      const NamedRecipe& recipe = *std::ranges::find(recipes_, result.recipe, &NamedRecipe::name);
      for (const auto& [name, value] : of_all) text += value + ",";
      for (const std::string& field :
           {result.recipe, std::to_string(result.seed), std::to_string(result.epochs),
            number(std::round(result.seconds)), number(1e3 * times_.of(recipe.sizes).total()),
            number(mean(result.newest)), number(mean(result.combined)), number(accuracy.back()),
            number(mean(accuracy)), each})
        text += field + ",";
      text += settings_of(recipe) + "\n";
    }
    einet::io::AtomicFile file(path);
    file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    file.commit();
  }

 private:
  /// Those that are not the usual ones.
  [[nodiscard]] std::string settings_of(const NamedRecipe& recipe) const {
    std::string settings;
    const auto add = [&](const std::string& word) { settings += (settings.empty() ? "" : " ") + word; };
    const einet::io::Metadata usual = train::settings_of(train::Recipe{});
    for (const auto& [key, value] : train::settings_of(recipe.recipe))
      if (value != usual.at(key)) add(key + "=" + value);
    for (const std::string& size : times_.other_sizes(recipe.sizes)) add(size);
    return settings;
  }

  /// The mean worth of a recipe, and how much it is above that of the first, whose newest answers count.
  [[nodiscard]] std::pair<double, std::string> compared(const NamedRecipe& recipe,
                                                        std::vector<double> Result::*worth) const {
    double sum = 0;
    std::size_t seeds = 0;
    std::vector<std::vector<double>> differences;
    for (const Result& result : results_) {
      if (result.recipe != recipe.name) continue;
      ++seeds;
      sum += mean(result.*worth);
      const auto base = std::ranges::find_if(results_, [&](const Result& other) {
        return other.recipe == recipes_[0].name && other.seed == result.seed;
      });
      if (base == results_.end() || &(result.*worth) == &base->newest) continue;
      std::vector<double> difference = result.*worth;
      std::ranges::transform(difference, base->newest, difference.begin(), std::minus<>{});
      differences.push_back(std::move(difference));
    }
    return {sum / static_cast<double>(seeds), differences.empty() ? "" : text_of(estimate(differences))};
  }

  /// In percent.
  [[nodiscard]] static std::string text_of(const Estimate& gain) {
    char text[64];
    if (std::isnan(gain.over_seeds))
      std::snprintf(text, sizeof text, "%+6.2f +-    - +- %.2f", 100 * gain.mean, 100 * gain.over_samples);
    else
      std::snprintf(text, sizeof text, "%+6.2f +- %.2f +- %.2f", 100 * gain.mean, 100 * gain.over_seeds,
                    100 * gain.over_samples);
    return text;
  }

  void print(const NamedRecipe& recipe) const {
    double seeds = 0, minutes = 0, last = 0, exits = 0;
    for (const Result& result : results_) {
      if (result.recipe != recipe.name) continue;
      ++seeds;
      minutes += result.seconds / 60;
      last += result.answers.accuracy().back();
      exits += mean(result.answers.accuracy());
    }
    if (seeds == 0) {
      std::printf("%-20s     0\n", recipe.name.c_str());
      return;
    }
    const auto [newest, over] = compared(recipe, &Result::newest);
    const auto [combined, combined_over] = compared(recipe, &Result::combined);
    std::printf("%-20s %5.0f %8.1f %8.3f  %7.2f  %-34s  %8.2f  %-34s %6.2f %6.2f\n", recipe.name.c_str(),
                seeds, minutes / seeds, 1e3 * times_.of(recipe.sizes).total(), 100 * newest, over.c_str(),
                100 * combined, combined_over.c_str(), 100 * last / seeds, 100 * exits / seeds);
  }

  std::span<const NamedRecipe> recipes_;
  std::span<const Result> results_;
  const NetworkTimes& times_;
};

}  // namespace lab
