// How long the CS-Predictor takes to train on half of a profile of 14 exits, how good it is on the other
// half, and how near its matrix products come to the machine's peak.

#include "conv/fma_peak.hpp"
#include "predict/commands.hpp"

#include <einet/io/profile_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/parallel/tbb_executor.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_predictor.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace einet::bench {

namespace {

constexpr std::size_t N = 14;
using Clock = std::chrono::steady_clock;

[[nodiscard]] double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr const char* help =
    "usage: bench_predict training [OPTION]... [PROFILE]\n"
    "  PROFILE        confidence profile (safetensors) of 14 exits, fitted on its odd samples, judged on "
    "the\n"
    "                 even ones (default: the shipped one)\n"
    "  --hidden H     64, 256 or 1024 (default) units in both hidden layers\n"
    "  --target T     confidence (default) or correctness\n"
    "  --threads N    default: all processors\n"
    "  --epochs N     most epochs (default 20)\n"
    "  --seed N       for weights, masks and dropout (default 1)\n"
    "  --csv          hidden, target, threads, epochs, best epoch, seconds, seconds to the best, validation "
    "and\n"
    "                 held-out error, the same of the joint Gaussian, GFLOP/s, peak of one thread\n";

struct Options {
  CsTrainerOptions training;
  std::filesystem::path profile = EINET_SOURCE_DIR "/examples/data/profile.safetensors";
  std::size_t hidden = 1024;
  std::size_t threads = (std::max)(1u, std::thread::hardware_concurrency());
  bool csv = false;
};

struct Samples {
  std::vector<FittingSamples<N>::Row> inputs;
  std::vector<std::array<bool, N>> correct;
  [[nodiscard]] FittingSamples<N> view() const { return {inputs, correct}; }
};

/// Fits on the first, judges on the second.
struct Halves {
  std::string name;
  Samples fitting, other;
};

Halves read_halves(const std::filesystem::path& path) {
  const auto profile = io::read_confidence_profile<N>(io::SafetensorsFile(path));
  Halves halves{path.stem().string(), {}, {}};
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    Samples& half = s % 2 == 1 ? halves.fitting : halves.other;
    auto& row = half.inputs.emplace_back();
    auto& correct = half.correct.emplace_back();
    for (std::size_t k = 0; k < N; ++k) {
      row[k][0] = profile.confidence[s][k];
      correct[k] = profile.correct(s, k);
    }
  }
  return halves;
}

/// Mean squared error of the predictions for all exits to come, after every exit.
template <class Predictor>
double held_out_error(Predictor predictor, const FittingSamples<N>& on, Target target) {
  double sum = 0, count = 0;
  for (std::size_t s = 0; s < on.count(); ++s) {
    predictor.reset();
    for (std::size_t k = 0; k + 1 < N; ++k) {
      predictor.observe(k, on.inputs[s][k]);
      for (std::size_t j = k + 1; j < N; ++j, ++count) {
        const double off = static_cast<double>(predictor.confidences()[j]) - on.wanted(target, s, j);
        sum += off * off;
      }
    }
  }
  return sum / count;
}

/// Operations per second of one thread in the products of the second layer, the best of several runs.
double product_speed(std::size_t hidden, std::size_t rows, bool transposed) {
  using einet::detail::panel_width;
  const std::size_t panels = hidden / panel_width;
  AlignedVector<float> units(rows * hidden, .5f), weights(hidden * hidden, .5f);
  double best = 1e9;
  for (int run = 0; run < 30; ++run) {
    const auto start = Clock::now();
    for (std::size_t p = 0; p < panels; ++p) {
      float* of_weights = weights.data() + p * hidden * panel_width;
      float* of_units = units.data() + p * rows * panel_width;
      if (transposed)  // gradients of the weights
        einet::detail::multiply<einet::simd::default_arch, true>(0, hidden, rows, units.data(), rows,
                                                                 of_units, nullptr, of_weights);
      else
        einet::detail::multiply<einet::simd::default_arch>(0, rows, hidden, units.data(), rows, of_weights,
                                                           nullptr, of_units);
    }
    best = (std::min)(best, seconds_since(start));
    // The sums must not grow from run to run.
    std::ranges::fill(transposed ? weights : units, .5f);
  }
  return 2. * static_cast<double>(rows * hidden * hidden) / best;
}

/// Floating-point operations in the products for one row, training or validating.
[[nodiscard]] double operations(std::size_t hidden, bool training) {
  const auto h = static_cast<double>(hidden);
  const double once = 2. * h * (h + 2. * N);
  return training ? 2 * once + 2. * h * (h + N) : once;
}

template <std::size_t H>
void train(const Options& options, const Halves& halves) {
  const CsTrainerOptions& how = options.training;
  const FittingSamples<N> samples = halves.fitting.view();
  const double peak = 2 * fma_peak();
  const double forward = product_speed(H, how.batch, false), slopes = product_speed(H, how.batch, true);
  const bool confidence = how.target == Target::confidence;
  if (!options.csv) {
    std::printf("%s, %zu samples to fit, %zu others; N = %zu, H = %zu, %s, %zu threads\n",
                halves.name.c_str(), samples.count(), halves.other.inputs.size(), N, H,
                confidence ? "confidence" : "correctness", options.threads);
    std::printf("products on one thread: %.1f and %.1f GFLOP/s, %.0f and %.0f %% of the peak of %.1f\n",
                forward * 1e-9, slopes * 1e-9, 100 * forward / peak, 100 * slopes / peak, peak * 1e-9);
    std::fflush(stdout);
  }

  const tbb::global_control most(tbb::global_control::max_allowed_parallelism, options.threads);
  tbb::task_arena arena(static_cast<int>(options.threads));
  io::ProgressBar bar("training");
  double to_best = 0, best = 1e9;
  const auto start = Clock::now();
  const auto fit = arena.execute([&] {
    return train_cs_predictor<H>(
        samples, how,
        [&](std::size_t epoch, double, double validation) {
          if (validation < best) {
            best = validation;
            to_best = seconds_since(start);
          }
          bar.update(epoch + 1, how.epochs, "error " + std::to_string(validation));
          return true;
        },
        parallel::TbbExecutor{});
  });
  const double all = seconds_since(start);

  // A row for every exit after which there is something to predict, of the samples trained on and held back.
  const std::size_t rows = confidence ? N - 1 : N;
  const auto validating = std::clamp(
      static_cast<std::size_t>(double{how.validation_share} * static_cast<double>(samples.count())),
      std::size_t{1}, samples.count() - 1);
  const double done = static_cast<double>(fit.history.size() * rows) *
                      (static_cast<double>(samples.count() - validating) * operations(H, true) +
                       static_cast<double>(validating) * operations(H, false));
  const FittingSamples<N> other = halves.other.view();
  const double held_out = held_out_error(CsPredictor<N, H>(fit.parameters), other, how.target);
  // Fitted as for the table of `quality`.
  const double gaussian = held_out_error(
      GaussianPredictor<N>(fit_gaussian(samples, {how.target, .01, {false}})), other, how.target);
  if (options.csv) {
    std::printf("%zu,%s,%zu,%zu,%zu,%.2f,%.2f,%.6f,%.6f,%.6f,%.2f,%.2f\n", H,
                confidence ? "confidence" : "correctness", options.threads, fit.history.size(),
                fit.best_epoch, all, to_best, best, held_out, gaussian, done / all * 1e-9, peak * 1e-9);
    return;
  }
  std::printf("%zu epochs in %.1f s, the best after %.1f s (wanted: 300 s on 2 cores); %.1f GFLOP/s\n",
              fit.history.size(), all, to_best, done / all * 1e-9);
  std::printf("mean squared error: validation %.4f, held out %.4f; the joint Gaussian's %.4f (%.2fx)\n", best,
              held_out, gaussian, held_out / gaussian);
}

/// A whole number of at least `least`.
std::optional<std::size_t> number(const std::string& text, std::size_t least) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) return std::nullopt;
  return value;
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "bench_predict training: %s; see bench_predict training --help\n", why.c_str());
  return 2;
}

/// The exit code if the program should end; none if it should go on.
std::optional<int> read(int count, char** arguments, Options& options) {
  bool given = false;
  for (int i = 0; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--help" || word == "-h") {
      std::fputs(help, stdout);
      return 0;
    }
    if (word == "--csv") {
      options.csv = true;
      continue;
    }
    if (!word.starts_with("--")) {
      if (given) return refuse("more than one profile given");
      options.profile = word;
      given = true;
      continue;
    }
    const std::string value = i + 1 < count ? arguments[++i] : "";
    const auto whole = number(value, word == "--seed" ? 0 : 1);
    if (word == "--target") {
      if (value != "confidence" && value != "correctness")
        return refuse("--target wants confidence or correctness, not '" + value + "'");
      options.training.target = value == "confidence" ? Target::confidence : Target::correctness;
    } else if (word == "--hidden" || word == "--threads" || word == "--epochs" || word == "--seed") {
      if (!whole) return refuse(word + " wants a whole number, not '" + value + "'");
      if (word == "--hidden") options.hidden = *whole;
      if (word == "--threads") options.threads = *whole;
      if (word == "--epochs") options.training.epochs = *whole;
      if (word == "--seed") options.training.seed = *whole;
    } else {
      return refuse("there is no option '" + word + "'");
    }
  }
  if (options.threads > 1024) return refuse("--threads wants at most 1024");
  if (options.hidden != 64 && options.hidden != 256 && options.hidden != 1024)
    return refuse("--hidden wants 64, 256 or 1024");
  return std::nullopt;
}

}  // namespace

int training(int count, char** arguments) try {
  Options options;
  if (const auto code = read(count, arguments, options)) return *code;
  const Halves halves = read_halves(options.profile);
  if (options.hidden == 64)
    train<64>(options, halves);
  else if (options.hidden == 256)
    train<256>(options, halves);
  else
    train<1024>(options, halves);
  return 0;
} catch (const std::exception& error) {
  return refuse(error.what());
}

}  // namespace einet::bench
