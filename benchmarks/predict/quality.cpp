// How good each predictor is on real profiles: fitted on the odd samples, judged on the even ones. Its errors
// in the confidence and correctness of the exits to come, and the accuracy of exact search with it under a
// uniform stop, with planning time charged, against the best static plan.

#include "predict/commands.hpp"
#include "predict/quality_table.hpp"
#include "predict/rivals.hpp"

#include <einet/einet.hpp>
#include <einet/eval/calibration_error.hpp>
#include <einet/eval/temperature.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/parallel/tbb_executor.hpp>

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
#include <vector>

namespace {

using namespace einet;
using bench::QualityRow;
using bench::QualityTable;

struct Options {
  struct Given {
    std::filesystem::path profile;
    std::filesystem::path times;  ///< the profile whose times count; empty: its own
  };
  std::vector<Given> profiles;
  std::size_t epochs = 20;  ///< for the paper's predictor; 0 leaves it out
  bool wide = false;        ///< also train it 1024 wide
  bool swapped = false;     ///< fit on even samples, judge on odd ones
  bool all = false;         ///< also print what else was tried
  bool priced = false;      ///< also plan with time priced
  bool csv = false;
};

template <std::size_t H, std::size_t N>
void add_paper(QualityTable<N>& table, const FittingSamples<N>& samples, std::size_t epochs) {
  for (const Target target : {Target::confidence, Target::correctness}) {
    CsTrainerOptions options;
    options.epochs = epochs;
    options.target = target;
    const auto silent = [](std::size_t, double, double) { return true; };
    const auto fit = train_cs_predictor<H>(samples, options, silent, parallel::TbbExecutor{});
    table.add(std::string("paper, ") + (target == Target::confidence ? "confidence" : "correctness") +
                  ", H = " + std::to_string(H),
              CsPredictor<N, H>(fit.parameters));
  }
}

template <std::size_t N>
void add_gaussians(QualityTable<N>& table, const FittingSamples<N>& samples, double noise,
                   const std::string& suffix) {
  table.add("Gaussian, confidence" + suffix,
            GaussianPredictor<N>{fit_gaussian(samples, {Target::confidence, noise, {false}})});
  table.add("Gaussian, correctness" + suffix,
            GaussianPredictor<N>{fit_gaussian(samples, {Target::correctness, noise, {false}})});
}

/// Expected calibration error of the confidence, averaged over exits: as it is, and calibrated on the other
/// half by one temperature per exit and by isotonic regression.
template <std::size_t N>
void print_calibration(const io::SafetensorsFile& file, const ConfidenceProfile<N>& fitting,
                       const ConfidenceProfile<N>& judged, bool swapped, std::size_t classes) {
  const auto tops = file.read<float>("top_logprob");
  const auto ids = file.read<std::int32_t>("top_class");
  const std::size_t listed = file.tensor("top_logprob").shape.back();
  const auto samples = confidence_samples(fitting);
  const auto calibration = fit_calibration(samples.view());
  double raw = 0, tempered = 0, isotonic = 0;
  for (std::size_t k = 0; k < N; ++k) {
    // Rows of one exit, of the half that begins with sample `first`.
    const auto rows = [&](const ConfidenceProfile<N>& half, std::size_t first, std::vector<float>& values,
                          std::vector<std::int32_t>& truth) {
      for (std::size_t s = 0; s < half.samples(); ++s) {
        const std::size_t at = ((2 * s + first) * N + k) * listed;
        values.insert(values.end(), tops.begin() + static_cast<std::ptrdiff_t>(at),
                      tops.begin() + static_cast<std::ptrdiff_t>(at + listed));
        const auto* found = std::find(ids.data() + at, ids.data() + at + listed, half.label[s]);
        const auto column = static_cast<std::int32_t>(found - (ids.data() + at));
        truth.push_back(column == static_cast<std::int32_t>(listed) ? -1 : column);
      }
    };
    std::vector<float> values, other;
    std::vector<std::int32_t> truth, unused;
    rows(fitting, swapped ? 0 : 1, values, truth);
    rows(judged, swapped ? 1 : 0, other, unused);
    const double temperature = fit_temperature({values, listed, classes, truth});
    std::vector<float> right, sure, softened, mapped;
    for (std::size_t s = 0; s < judged.samples(); ++s) {
      right.push_back(judged.correct(s, k) ? 1.f : 0.f);
      sure.push_back(judged.confidence[s][k]);
      softened.push_back(
          tempered_confidence(std::span(other).subspan(s * listed, listed), classes - listed, temperature));
      mapped.push_back(calibration(k, judged.confidence[s][k]));
    }
    raw += eval::expected_calibration_error(sure, right) / static_cast<double>(N);
    tempered += eval::expected_calibration_error(softened, right) / static_cast<double>(N);
    isotonic += eval::expected_calibration_error(mapped, right) / static_cast<double>(N);
  }
  std::printf(
      "expected calibration error, mean of all exits: max softmax %.4f, by temperature %.4f, isotonic "
      "%.4f\n",
      raw, tempered, isotonic);
}

template <std::size_t N>
std::vector<QualityRow> compare(const Options& options, const std::filesystem::path& path,
                                const std::filesystem::path& times_from) {
  const io::SafetensorsFile file(path);
  const auto times = io::read_time_profile<N>(times_from.empty() ? file : io::SafetensorsFile(times_from));
  const auto whole = io::read_confidence_profile<N>(file);
  const auto fitting = whole.every(2, options.swapped ? 0 : 1);
  const auto judged = whole.every(2, options.swapped ? 1 : 0);
  const auto owned = confidence_samples(fitting);
  const auto samples = owned.view();

  QualityTable<N> table(path.stem().string(), times, fitting, judged, options.csv, options.priced);
  const auto sure = target_means(samples, Target::confidence);
  table.add("prior, confidence", PriorPredictor<N>{sure});
  table.add("prior, correctness", PriorPredictor<N>{fitting.accuracy()});
  table.add("carry forward", bench::CarryForward<N>{sure});
  for (const Target target : {Target::confidence, Target::correctness}) {
    const std::string of = target == Target::confidence ? ", confidence" : ", correctness";
    table.add("linear" + of, bench::LinearPredictor<N>{bench::fit_linear(samples, target)});
    table.add("table" + of, TablePredictor<N>{fit_table(samples, {.target = target})});
  }
  add_gaussians(table, samples, .01, "");
  table.add("quadratic, confidence", QuadraticPredictor<N>{fit_quadratic(samples, Target::confidence)});
  table.add("quadratic, correctness: the default", QuadraticPredictor<N>{fit_quadratic(samples)});
  if (options.epochs > 0) {
    add_paper<64>(table, samples, options.epochs);
    add_paper<256>(table, samples, options.epochs);
    if (options.wide) add_paper<1024>(table, samples, options.epochs);
  }
  if (options.all) {
    for (const double prior : {0., 1e5}) {
      const std::string suffix = prior > 0 ? ", all proportional" : ", no prior";
      table.add("table, confidence" + suffix,
                TablePredictor<N>{fit_table(samples, {Target::confidence, prior})});
      table.add("table, correctness" + suffix,
                TablePredictor<N>{fit_table(samples, {Target::correctness, prior})});
    }
    const auto suffix = [](double noise) { return ", noise " + std::to_string(noise).substr(0, 4); };
    for (const double noise : {.1, .3, 1.}) add_gaussians(table, samples, noise, suffix(noise));
    for (const double noise : {.01, .1, 1.})
      table.add("quadratic, correctness" + suffix(noise),
                QuadraticPredictor<N>{fit_quadratic(samples, Target::correctness, noise)});
  }
  if (const auto classes = file.metadata().find("classes");
      !options.csv && classes != file.metadata().end() && file.contains("top_logprob"))
    print_calibration(file, fitting, judged, options.swapped, std::stoul(classes->second));
  return table.rows();
}

constexpr const char* help =
    "bench_predict quality [--epochs N] [--wide] [--all] [--priced] [--times PROFILE] [--swap] [--csv] "
    "[PROFILE]...\n"
    "  PROFILE        confidence and time profile (safetensors) of 14 or 21 exits (default: those shipped)\n"
    "  --epochs N     epochs for the paper's predictor (default 20; 0 leaves it out)\n"
    "  --wide         also with H = 1024: minutes per profile\n"
    "  --all          also print what else was tried\n"
    "  --priced       also plan with time priced, against a threshold along the best static plan at equal "
    "time\n"
    "  --times FILE   for the profiles that follow, take the times from another with as many exits\n"
    "  --swap         fit on the even samples and judge on the odd ones\n"
    "  --csv          profile, predictor, MSE, Brier, accuracy, difference, its interval, exits, seconds\n"
    "                 and, if priced, that difference and its interval\n";

int refuse(const std::string& what) {
  std::fprintf(stderr, "bench_predict quality: %s; see --help\n", what.c_str());
  return 2;
}

}  // namespace

int einet::bench::quality(int count, char** arguments) try {
  Options options;
  std::filesystem::path times;
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
    } else if (word == "--wide") {
      options.wide = true;
    } else if (word == "--all") {
      options.all = true;
    } else if (word == "--priced") {
      options.priced = true;
    } else if (word == "--times" && more) {
      times = arguments[++i];
    } else if (word == "--epochs" && more) {
      const std::string number = arguments[++i];
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.epochs);
      if (error != std::errc() || end != number.data() + number.size())
        return refuse("--epochs wants a whole number, not '" + number + "'");
    } else if (word.starts_with("--")) {
      return refuse("'" + word + "' is unknown or lacks its value");
    } else {
      options.profiles.push_back({word, times});
    }
  }
  if (options.profiles.empty())
    options.profiles.push_back({EINET_SOURCE_DIR "/examples/data/profile.safetensors", times});
  std::vector<std::vector<QualityRow>> profiles;
  for (const auto& [path, times_from] : options.profiles) {
    const std::size_t exits = io::SafetensorsFile(path).tensor("confidence").shape.back();
    if (exits == 14)
      profiles.push_back(compare<14>(options, path, times_from));
    else if (exits == 21)
      profiles.push_back(compare<21>(options, path, times_from));
    else
      return refuse(path.string() + " has " + std::to_string(exits) + " exits, expected 14 or 21");
  }
  if (!options.csv && profiles.size() > 1) print_summary(profiles, options.priced);
  return 0;
} catch (const std::exception& error) {
  return refuse(error.what());
}
