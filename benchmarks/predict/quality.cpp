// What each predictor is worth on real profiles: fitted on the odd samples, judged on the even ones. Error of
// the confidences and of the correctness that it predicts for exits to come, and the accuracy that the exact
// search comes to with it under a uniform exit, planning time charged, against the best static plan.

#include "predict/commands.hpp"

#include <einet/einet.hpp>
#include <einet/eval/bootstrap.hpp>
#include <einet/eval/fitting.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/predict/calibrated_predictor.hpp>
#include <einet/predict/carry_forward.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_predictor.hpp>
#include <einet/predict/linear_predictor.hpp>
#include <einet/predict/table_fit.hpp>
#include <einet/predict/table_predictor.hpp>
#include <einet/profile/signals.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using einet::Target;

struct Options {
  std::vector<std::filesystem::path> profiles;
  std::filesystem::path times;  ///< the profile whose times count; empty: each its own
  std::size_t epochs = 0;       ///< of the paper's predictor; 0 leaves it out
  bool swapped = false;         ///< fit on even samples, judge on odd ones
  bool csv = false;
};

/// One half of a profile, with all that any predictor may observe of it.
template <std::size_t N>
struct Half {
  einet::ConfidenceProfile<N> outputs;
  einet::SignalSamples<N> confidences;
  einet::SignalSamples<N, 2> agreements;  ///< confidence, and agreement with the answer in hand
  einet::SignalSamples<N, einet::shape_signals> shapes;
};

/// Samples `first`, `first` + 2, … of a file.
template <std::size_t N>
Half<N> half(const einet::io::SafetensorsFile& file, std::size_t first, const einet::ExitPlan<N>& plan) {
  const auto whole = einet::io::read_confidence_profile<N>(file);
  const auto tops = file.read<float>("top_logprob");
  const std::size_t listed = file.tensor("top_logprob").shape.back();
  Half<N> kept;
  std::vector<float> kept_tops;
  for (std::size_t s = first; s < whole.size(); s += 2) {
    kept.outputs.confidence.push_back(whole.confidence[s]);
    kept.outputs.predicted.push_back(whole.predicted[s]);
    kept.outputs.label.push_back(whole.label[s]);
    const auto* row = tops.data() + s * N * listed;
    kept_tops.insert(kept_tops.end(), row, row + N * listed);
  }
  kept.confidences = confidence_samples(kept.outputs);
  const auto classes =
      static_cast<std::size_t>(*std::max_element(whole.label.begin(), whole.label.end())) + 1;
  kept.shapes = shape_samples(kept.outputs, kept_tops, listed, classes, plan);
  kept.agreements.correct = kept.shapes.correct;
  for (const auto& row : kept.shapes.signals) {
    auto& two = kept.agreements.signals.emplace_back();
    for (std::size_t k = 0; k < N; ++k) two[k] = {row[k].front(), row[k].back()};
  }
  return kept;
}

template <std::size_t Signals, std::size_t N>
const auto& signals_of(const Half<N>& half) {
  if constexpr (Signals == 1)
    return half.confidences.signals;
  else if constexpr (Signals == 2)
    return half.agreements.signals;
  else
    return half.shapes.signals;
}

struct Errors {
  double confidence = 0;   ///< mean square, of all exits to come after every prefix
  double correctness = 0;  ///< the same: Brier's score
};

template <class Predictor, std::size_t N = Predictor::size>
Errors errors(Predictor predictor, const Half<N>& on) {
  const auto& signals = signals_of<Predictor::signals>(on);
  Errors sum;
  double count = 0;
  for (std::size_t s = 0; s < on.outputs.size(); ++s) {
    predictor.reset();
    for (std::size_t k = 0; k + 1 < N; ++k) {
      predictor.observe(k, signals[s][k]);
      for (std::size_t j = k + 1; j < N; ++j, ++count) {
        const double said = predictor.confidences()[j];
        const double off = said - static_cast<double>(on.outputs.confidence[s][j]);
        const double wrong = said - (on.outputs.correct(s, j) ? 1. : 0.);
        sum.confidence += off * off;
        sum.correctness += wrong * wrong;
      }
    }
  }
  return {sum.confidence / count, sum.correctness / count};
}

struct Judged {
  std::vector<double> correct;
  double accuracy = 0, exits = 0, planning = 0;
};

/// Replays under a predictor that observes more than the confidence, as eval::replayed does for those that do
/// not. Agreement is with the answer that really is in hand.
template <class Planner, std::size_t N>
Judged replayed_with_signals(Planner planner, const einet::TimeProfile<N>& times, const Half<N>& on,
                             const einet::Uniform& law, double charge, std::vector<double>* spent) {
  Judged result;
  for (std::size_t s = 0; s < on.outputs.size(); ++s) {
    planner.reset();
    double elapsed = 0, ready = 0, correct = 0;
    std::size_t at = 0, in_hand = N;
    while (const auto exit = planner.next_exit()) {
      for (; at <= *exit; ++at) elapsed += times.conv[at];
      elapsed += times.branch[*exit];
      const double now = law.cdf(elapsed);
      if (in_hand != N && on.outputs.correct(s, in_hand)) correct += now - ready;
      result.exits += 1 - now;
      ready = now;
      auto seen = signals_of<Planner::signals>(on)[s][*exit];
      seen.back() =
          in_hand == N || on.outputs.predicted[s][in_hand] == on.outputs.predicted[s][*exit] ? 1.f : 0.f;
      in_hand = *exit;
      const double before = spent == nullptr ? 0 : einet::SteadyClock::now();
      planner.observe(*exit, seen, elapsed);
      if (spent != nullptr) spent->push_back(einet::SteadyClock::now() - before);
      elapsed += charge;
    }
    if (in_hand != N && on.outputs.correct(s, in_hand)) correct += 1 - ready;
    result.correct.push_back(correct);
    result.accuracy += correct;
  }
  const auto samples = static_cast<double>(on.outputs.size());
  result.accuracy /= samples;
  result.exits /= samples;
  result.planning = charge;
  return result;
}

template <class Planner, std::size_t N>
Judged judged(const Planner& planner, const einet::TimeProfile<N>& times, const Half<N>& on,
              const einet::Uniform& law) {
  if constexpr (Planner::signals == 1) {
    const double charge = einet::eval::median_planning_seconds(planner, on.outputs);
    const auto run = einet::eval::replayed(planner, times, on.outputs, law, charge);
    return {run.correct, run.accuracy, run.exits_per_image, charge};
  } else {
    std::vector<double> spent;
    replayed_with_signals(planner, times, on, law, 0, &spent);
    return replayed_with_signals(planner, times, on, law, einet::detail::percentile(spent, .5), nullptr);
  }
}

/// Prints one row a predictor.
template <std::size_t N>
class Table {
 public:
  Table(std::string profile, const Options& options, const einet::TimeProfile<N>& times,
        const Half<N>& fitting, const Half<N>& other)
      : profile_(std::move(profile)), options_(options), times_(times), law_(times.total()), other_(other) {
    const einet::FixedPlan<N> fixed{einet::eval::best_static_plan(times, fitting.outputs, law_)};
    const einet::Planner planner{times, einet::PriorPredictor<N>{fitting.outputs.accuracy()}, fixed, law_};
    static_ = einet::eval::replayed(planner, times, other.outputs, law_, 0).correct;
    if (!options.csv)
      std::printf("%s\n%-34s %8s %8s %8s  %-32s %6s %9s\n", profile_.c_str(), "predictor", "MSE", "Brier",
                  "accuracy", "minus best static plan [95 %]", "exits", "planning");
    print("best static plan", errors(einet::PriorPredictor<N>{fitting.outputs.accuracy()}, other),
          {static_, mean(static_), 0, 0});
  }

  template <class Predictor>
  void add(const std::string& name, const Predictor& predictor) {
    print(name.c_str(), errors(predictor, other_),
          judged(einet::Planner{times_, predictor, einet::ExactSearch{}, law_}, times_, other_, law_));
  }

 private:
  static double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }

  void print(const char* name, const Errors& error, const Judged& run) const {
    std::vector<double> difference(run.correct.size());
    for (std::size_t s = 0; s < difference.size(); ++s) difference[s] = run.correct[s] - static_[s];
    const auto [gain, low, high] = einet::eval::bootstrap_mean(difference);
    std::printf(options_.csv ? "%s,%s,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.4f,%.9f\n"
                             : "%.0s%-34s %8.4f %8.4f %8.4f  %+.4f [%+.4f, %+.4f]       %6.2f %7.0f ns\n",
                profile_.c_str(), name, error.confidence, error.correctness, run.accuracy, gain, low, high,
                run.exits, options_.csv ? run.planning : run.planning * 1e9);
    std::fflush(stdout);
  }

  std::string profile_;
  const Options& options_;
  const einet::TimeProfile<N>& times_;
  einet::Uniform law_;
  const Half<N>& other_;
  std::vector<double> static_;
};

template <std::size_t H, std::size_t N>
void add_paper(Table<N>& table, const Half<N>& fitting, const char* name, std::size_t epochs) {
  einet::CsTrainerOptions options;
  options.epochs = epochs;
  const auto fit = einet::train_cs_predictor<H>(
      std::span<const std::array<float, N>>(fitting.outputs.confidence), options);
  table.add(name, einet::CsPredictor<N, H>(fit.parameters));
}

template <std::size_t N>
void compare(const Options& options, const std::filesystem::path& path) {
  const einet::io::SafetensorsFile file(path);
  const auto times = einet::io::read_time_profile<N>(
      options.times.empty() ? file : einet::io::SafetensorsFile(options.times));
  const auto everything = half<N>(file, options.swapped ? 0 : 1, {});
  const auto plan = einet::eval::best_static_plan(times, everything.outputs, einet::Uniform{times.total()});
  const auto fitting = half<N>(file, options.swapped ? 0 : 1, plan);
  const auto other = half<N>(file, options.swapped ? 1 : 0, plan);
  const auto samples = fitting.confidences.view();
  const auto shapes = fitting.shapes.view();
  const auto& agreements = fitting.agreements;

  Table<N> table(path.stem().string(), options, times, fitting, other);
  const auto sure = target_means(samples, Target::confidence);
  table.add("prior, confidence", einet::PriorPredictor<N>{sure});
  table.add("prior, correctness", einet::PriorPredictor<N>{fitting.outputs.accuracy()});
  table.add("carry forward", einet::CarryForward<N>{sure});
  table.add("linear, confidence", einet::LinearPredictor<N>{fit_linear(samples, Target::confidence)});
  table.add("linear, correctness", einet::LinearPredictor<N>{fit_linear(samples, Target::correctness)});
  const auto name = [](const char* what, double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return what + text;
  };
  for (const double prior : {0., 300., 1e5}) {
    table.add(name("table, confidence, prior ", prior),
              einet::TablePredictor<N>{einet::fit_table(samples, {Target::confidence, prior})});
    table.add(name("table, correctness, prior ", prior),
              einet::TablePredictor<N>{einet::fit_table(samples, {Target::correctness, prior})});
  }
  for (const double noise : {.01, .3, 1.}) {
    table.add(name("Gaussian, confidence, noise ", noise),
              einet::GaussianPredictor<N>{fit_gaussian(samples, {Target::confidence, noise, {false}})});
    table.add(name("Gaussian, correctness, noise ", noise),
              einet::GaussianPredictor<N>{fit_gaussian(samples, {Target::correctness, noise, {false}})});
    const einet::GaussianPredictor<N, 2> agreeing{
        fit_gaussian(agreements.view(), {Target::correctness, noise, {true}})};
    table.add(name("with agreement, noise ", noise), agreeing);
    table.add(name("the same, calibrated, noise ", noise), calibrated(agreeing, agreements.view()));
    const einet::GaussianPredictor<N, 4> shaped{fit_gaussian(shapes, {Target::correctness, noise, {true}})};
    table.add(name("with four signals, noise ", noise), shaped);
    table.add(name("the same, calibrated, noise ", noise), calibrated(shaped, shapes));
  }
  if (options.epochs > 0) {
    add_paper<64>(table, fitting, "paper, H = 64", options.epochs);
    add_paper<256>(table, fitting, "paper, H = 256", options.epochs);
  }
}

constexpr const char* help =
    "quality [--epochs N] [--times PROFILE] [--swap] [--csv] PROFILE...\n"
    "  PROFILE        confidence and time profile (safetensors) of 14 or 21 exits, with top_logprob\n"
    "  --epochs N     train the paper's predictor, too, so many epochs (default: leave it out)\n"
    "  --times FILE   take the block times from another profile of as many exits\n"
    "  --swap         fit on the even samples and judge on the odd ones\n"
    "  --csv          profile, predictor, MSE, Brier, accuracy, difference, its interval, exits, seconds\n";

int refuse(const std::string& what) {
  std::fprintf(stderr, "quality: %s; --help tells how\n", what.c_str());
  return 2;
}

}  // namespace

int einet::bench::quality(int count, char** arguments) try {
  Options options;
  for (int i = 0; i < count; ++i) {
    const std::string word = arguments[i];
    const bool more = i + 1 < count;
    if (word == "--help") {
      std::fputs(help, stdout);
      return 0;
    } else if (word == "--csv") {
      options.csv = true;
    } else if (word == "--swap") {
      options.swapped = true;
    } else if (word == "--times" && more) {
      options.times = arguments[++i];
    } else if (word == "--epochs" && more) {
      const std::string number = arguments[++i];
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.epochs);
      if (error != std::errc() || end != number.data() + number.size())
        return refuse("--epochs wants a whole number, not '" + number + "'");
    } else if (word.starts_with("--")) {
      return refuse("'" + word + "' is unknown or lacks its value");
    } else {
      options.profiles.emplace_back(word);
    }
  }
  if (options.profiles.empty()) return refuse("no profile given");
  for (const auto& path : options.profiles) {
    const std::size_t exits = einet::io::SafetensorsFile(path).tensor("confidence").shape.back();
    if (exits == 14)
      compare<14>(options, path);
    else if (exits == 21)
      compare<21>(options, path);
    else
      return refuse(path.string() + " has " + std::to_string(exits) + " exits, expected 14 or 21");
  }
  return 0;
} catch (const std::exception& error) {
  return refuse(error.what());
}
