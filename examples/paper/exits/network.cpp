// Compiled once for every size of networks, up to EINET_EXITS exits: replays of one profile under all
// strategies.

#include "paper/exits/frontiers.hpp"
#include "paper/exits/search_problems.hpp"
#include "paper/study.hpp"

#include <einet/einet.hpp>
#include <einet/eval/answered.hpp>
#include <einet/eval/calibration_error.hpp>
#include <einet/eval/class_scores.hpp>
#include <einet/eval/expectation_gap.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/strategies.hpp>
#include <einet/eval/swept.hpp>
#include <einet/eval/temperature.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/paper/evenly_spread.hpp>
#include <einet/paper/fit.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/parallel/tbb_executor.hpp>
#include <einet/predict/calibration.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/fit.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace paper {

namespace {

using namespace einet;

/// oneTBB's threads, with a progress bar.
class Shown {
 public:
  explicit Shown(io::ProgressBar& bar) : bar_(&bar) {}

  template <class Body>
  void operator()(std::size_t count, const Body& body) const noexcept {
    std::atomic<std::size_t> done{0};
    std::mutex one;
    parallel::TbbExecutor{}(count, [&](std::size_t k) {
      body(k);
      const std::size_t so_far = ++done;
      if (const std::unique_lock lock(one, std::try_to_lock); lock) bar_->update(so_far, count);
    });
  }

 private:
  io::ProgressBar* bar_;
};

constexpr std::size_t most_classes = 100;  // whose scores are averaged

/// The name of the file, after that of its folder if another profile has the same name. The files of the
/// shipped network are all called profile; their name is "shipped".
std::string name_of(const std::filesystem::path& path, const Options& options) {
  const std::string stem = path.stem().string(), shipped = "profile";
  if (path.parent_path() == options.data && stem.starts_with(shipped))
    return "shipped" + stem.substr(shipped.size());
  const auto same = std::count_if(options.profiles.begin(), options.profiles.end(),
                                  [&](const auto& other) { return other.stem() == path.stem(); });
  const std::string folder = std::filesystem::weakly_canonical(path).parent_path().filename().string();
  return same > 1 ? folder + "_" + stem : stem;
}

/// All but what depends on the width of the paper's predictor.
template <std::size_t N>
class NetworkStudy : public Study {
 protected:
  using Standard = QuadraticPredictor<N>;
  using Law = Uniform;

 public:
  NetworkStudy(const std::filesystem::path& path, const Options& options)
      : path_(path), name_(name_of(path, options)), epochs_(options.epochs) {
    const io::SafetensorsFile file(path);
    times_ = io::read_time_profile<N>(file);
    auto whole = io::read_confidence_profile<N>(file);
    auto scores = read_scores(file, whole);
    if (whole.samples() > options.samples) {
      whole.confidence.resize(options.samples);
      whole.predicted.resize(options.samples);
      whole.label.resize(options.samples);
      if (scores) {
        scores->label.resize(options.samples);
        scores->column.resize(options.samples * scores->exit_count() * scores->listed);
        scores->log.resize(options.samples * scores->exit_count() * scores->listed);
      }
    }
    if (whole.samples() < fewest_samples)
      throw io::FileError(path, "tensor 'label'",
                          "has " + std::to_string(whole.samples()) + " samples, expected at least " +
                              std::to_string(fewest_samples));
    fitting_ = whole.every(2, 1);
    reported_ = whole.every(2, 0);
    if (scores) {
      fitting_scores_ = scores->every(2, 1);
      reported_scores_ = scores->every(2, 0);
    }
  }

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] std::size_t exits() const override { return times_.exit_count(); }
  [[nodiscard]] std::size_t reported() const override { return reported_.samples(); }
  [[nodiscard]] double horizon() const override { return times_.total(); }
  [[nodiscard]] const std::vector<std::int32_t>& labels() const override { return reported_.label; }

  Outcome threshold(float enough) override {
    const auto& fit = fitted(Protocol::held_out).strategies;
    return replayed("threshold",
                    Planner{times_, PriorPredictor<N>{fit.accuracy, times_}, law(), ThresholdSearch{enough}},
                    false);
  }

  [[nodiscard]] std::string best_plan(Protocol protocol) override {
    return to_string(fitted(protocol).strategies.best_static, exits());
  }
  [[nodiscard]] float fitted_threshold(Protocol protocol) override {
    return fitted(protocol).strategies.enough;
  }
  [[nodiscard]] Effort effort() const override { return effort_; }

  [[nodiscard]] std::optional<Frontiers> frontiers(Protocol protocol, bool swapped) override {
    const auto& judged = swapped ? fitting_ : reported_;
    const auto& fitting = protocol == Protocol::as_paper ? judged : swapped ? reported_ : fitting_;
    io::ProgressBar bar(name_ + (swapped ? ": frontiers, halves swapped" : ": frontiers"));
    return make_frontiers(times_, law(), fitting, judged, Shown(bar));
  }

  const std::vector<Averaging>& averagings() override {
    if (!averagings_.empty()) return averagings_;
    const auto newest_of = [](const ConfidenceProfile<N>& profile) {
      return [&profile](std::size_t s, std::size_t k) { return profiled_output(profile, s, k); };
    };
    const auto single = replay(times_, reported_);
    add("newest", newest_of(fitting_), single, NewestAnswer{});
    add("most confident", newest_of(fitting_), single, MostConfidentAnswer{});
    if (fitting_scores_) {
      const auto temperature = eval::fit_temperatures(*fitting_scores_);
      const eval::ScoredOutputs<N, most_classes> fit(*fitting_scores_, temperature),
          report(*reported_scores_, temperature);
      const auto blocks = eval::replay_scores(times_, report);
      const std::vector<float> even(exits(), 1);
      std::vector<float> steep(exits());
      const auto accuracy = fitting_.accuracy();
      const float best = *std::max_element(accuracy.begin(), accuracy.end());
      for (std::size_t k = 0; k < exits(); ++k) steep[k] = std::exp(12 * (accuracy[k] - best));
      using Mean = AverageAnswer<N, most_classes, ProbabilityMean>;
      using Product = AverageAnswer<N, most_classes, LogMean>;
      add("mean of probabilities", fit, blocks, Mean{std::span(even)});
      add("the same, weighted", fit, blocks, Mean{std::span(std::as_const(steep))});
      add("mean of logarithms", fit, blocks, Product{std::span(even)});
      add("the same, weighted", fit, blocks, Product{std::span(std::as_const(steep))});
      const auto weights = fit_combination<N>(fitting_.label, fit, fitting_.counted);
      add("weights fitted", fit, blocks, CombinedAnswer<N, most_classes>{weights});
    }
    std::max_element(averagings_.begin(), averagings_.end(), [](const Averaging& a, const Averaging& b) {
      return a.fitted < b.fitted;
    })->chosen = true;
    return averagings_;
  }

  [[nodiscard]] std::string why_no_averages() const override { return no_scores_; }

  [[nodiscard]] std::vector<Expected> expectations(std::size_t most_skipped) override {
    const auto calibrated = eval::calibrated_profile(reported_, fit_calibration(fitting_));
    std::vector<Expected> rows;
    const std::size_t n = exits();
    for (std::size_t skipped = 0; skipped <= (std::min)(most_skipped, n - 1); ++skipped) {
      const auto plan = evenly_spread<N>(static_cast<double>(n - skipped) / static_cast<double>(n), times_);
      rows.push_back({skipped, eval::expectation_gap(times_, reported_, plan, law()),
                      eval::expectation_gap(times_, calibrated, plan, law())});
    }
    return rows;
  }

  [[nodiscard]] std::vector<double> calibration_errors() override {
    const auto calibrated = eval::calibrated_profile(reported_, fit_calibration(fitting_));
    std::vector<double> mean(2);
    std::vector<float> sure(reported_.samples()), mapped(reported_.samples()), right(reported_.samples());
    for (std::size_t k = 0; k < exits(); ++k) {
      for (std::size_t s = 0; s < reported_.samples(); ++s) {
        sure[s] = reported_.confidence[s][k];
        mapped[s] = calibrated.confidence[s][k];
        right[s] = reported_.correct(s, k) ? 1.f : 0.f;
      }
      mean[0] += eval::expected_calibration_error(sure, right) / static_cast<double>(exits());
      mean[1] += eval::expected_calibration_error(mapped, right) / static_cast<double>(exits());
    }
    return mean;
  }

  [[nodiscard]] SearchTables searches() override {
    std::vector<Problem<N>> problems;
    for (std::size_t s = 0; s < reported_.samples(); s += reported_.samples() / 100 + 1)
      problems.push_back({times_, reported_.confidence[s]});
    return score_searches(problems);
  }

 protected:
  /// What is fitted under one protocol.
  struct Fit {
    eval::FittedStrategies<N, Law> strategies;
    std::optional<Standard> standard;
  };

  [[nodiscard]] Law law() const { return Law{times_.total()}; }

  [[nodiscard]] const ConfidenceProfile<N>& fitted_on(Protocol protocol) const {
    return protocol == Protocol::held_out ? fitting_ : reported_;
  }

  std::optional<eval::ClassScores<N>> read_scores(const io::SafetensorsFile& file,
                                                  const ConfidenceProfile<N>& whole) {
    const auto refuse = [&](const std::string& why) {
      no_scores_ = why;
      return std::nullopt;
    };
    if (!file.contains("top_class") || !file.contains("top_logprob"))
      return refuse("the profile has no class scores (top_class, top_logprob)");
    const auto classes = io::read_class_count(file);
    if (!classes) return refuse("the profile does not say how many classes there are (metadata 'classes')");
    if (static_cast<std::size_t>(*classes) > most_classes)
      return refuse("it has " + std::to_string(*classes) + " classes, more than " +
                    std::to_string(most_classes));
    file.expect_shape("top_class", file.tensor("top_logprob").shape);
    eval::ClassScores<N> scores{static_cast<std::size_t>(*classes),
                                file.tensor("top_logprob").shape.back(),
                                file.read<std::int32_t>("top_class"),
                                file.read<float>("top_logprob"),
                                whole.label,
                                whole.counted};
    try {
      validate(scores);
    } catch (const std::invalid_argument& error) {
      throw io::FileError(file.path(), "tensors 'top_class' and 'top_logprob'", error.what());
    }
    return scores;
  }

  Fit& fitted(Protocol protocol) {
    std::optional<Fit>& fit = fits_[protocol == Protocol::held_out ? 0 : 1];
    if (fit) return *fit;
    const auto& on = fitted_on(protocol);
    fit.emplace();
    fit->strategies = eval::fit_strategies(times_, on, law(), parallel::TbbExecutor{});
    fit->standard.emplace(fit_quadratic(on));
    fit->strategies.price =
        eval::fit_price(times_, on, law(), *fit->standard, 0.0, .001, parallel::TbbExecutor{});
    return *fit;
  }

  template <class P>
  Outcome replayed(const std::string& what, const P& planner, bool free) {
    const auto blocks = replay(times_, reported_);
    Outcome result;
    if (!free) result.planning = eval::median_planning_seconds(planner, reported_);
    io::ProgressBar bar(name_ + ": " + what);
    const double start = SteadyClock::now();
    result.runs = eval::replay_runs(planner, blocks, reported_.label, result.planning, ConfidenceOnly{},
                                    NewestAnswer{}, Shown(bar));
    result.judged = eval::judged(result.runs, law());
    effort_ = {effort_.strategies + 1, effort_.runs + reported_.samples(),
               effort_.seconds + SteadyClock::now() - start};
    return result;
  }

  /// @param output_of outputs of the fitting half
  /// @param blocks outputs of the reported half
  template <class OutputOf, class Blocks, class Answers>
  void add(const std::string& policy, const OutputOf& output_of, const Blocks& blocks,
           const Answers& answers) {
    io::ProgressBar bar(name_ + ": " + policy);
    const auto best = eval::best_answered_plan(times_, law(), fitting_, output_of, answers, Shown(bar));
    Averaging row;
    row.policy = policy;
    row.fitted = best.accuracy;
    row.plan = to_string(best.plan, exits());
    const auto run = [&](const auto& planner) {
      row.planning = eval::median_planning_seconds(
          planner, blocks, (std::min)(reported_.samples(), std::size_t{200}), ConfidenceOnly{}, answers);
      return eval::judged(eval::replay_runs(planner, blocks, reported_.label, row.planning, ConfidenceOnly{},
                                            answers, Shown(bar)),
                          law());
    };
    row.fixed = run(
        Planner{times_, PriorPredictor<N>{best.profile.accuracy(), times_}, law(), FixedPlan<N>{best.plan}});
    const Standard predictor{fit_quadratic(best.profile)};
    row.planned = run(Planner{times_, predictor, law()});
    averagings_.push_back(std::move(row));
  }

  std::filesystem::path path_;
  std::string name_;
  std::size_t epochs_;
  TimeProfile<N> times_;
  ConfidenceProfile<N> fitting_, reported_;
  std::optional<eval::ClassScores<N>> fitting_scores_, reported_scores_;
  std::string no_scores_;
  std::array<std::optional<Fit>, 2> fits_;
  std::vector<Averaging> averagings_;
  Effort effort_;
};

/// With the paper's predictor, whose hidden layers have H units.
template <std::size_t N, std::size_t H>
class WideStudy final : public NetworkStudy<N> {
  using Published = CsPredictor<N, H>;

 public:
  using NetworkStudy<N>::NetworkStudy;

  [[nodiscard]] std::size_t hidden() const override { return H; }

  const Outcome& outcome(eval::Strategy strategy, Protocol protocol, bool free) override {
    const auto key = std::tuple{strategy, protocol, free};
    if (const auto found = outcomes_.find(key); found != outcomes_.end()) return found->second;
    auto& fit = this->fitted(protocol);
    Outcome result;
    const auto published = [&]() -> const Published& { return *trained(protocol).predictor; };
    eval::visit_planner(strategy, fit.strategies, published, *fit.standard, [&](const auto& planner) {
      result = this->replayed(eval::name_of(strategy), planner, free);
    });
    return outcomes_[key] = std::move(result);
  }

  [[nodiscard]] Training training(Protocol protocol) override { return trained(protocol).training; }

 private:
  /// The paper's predictor, fitted under one protocol.
  struct Trained {
    std::optional<Published> predictor;
    Training training;
  };

  Trained& trained(Protocol protocol) {
    Trained& fit = trained_[protocol == Protocol::held_out ? 0 : 1];
    if (fit.predictor) return fit;
    CsTrainerOptions training;
    training.epochs = this->epochs_;
    io::ProgressBar bar(this->name_ + ": training the paper's predictor");
    bar.update(0, this->epochs_);
    const double start = SteadyClock::now();
    const auto result = train_cs_predictor<H>(
        this->fitted_on(protocol), training,
        [&](std::size_t epoch, double, double error) {
          bar.update(epoch + 1, this->epochs_);
          fit.training.error = epoch == 0 ? error : (std::min)(fit.training.error, error);
          fit.training.epochs = epoch + 1;
          return true;
        },
        parallel::TbbExecutor{});
    fit.training.seconds = SteadyClock::now() - start;
    fit.predictor.emplace(result.parameters);
    return fit;
  }

  std::array<Trained, 2> trained_;
  std::map<std::tuple<eval::Strategy, Protocol, bool>, Outcome> outcomes_;
};

}  // namespace

/// Table III gives the width H of the paper's predictor as 2 H + N floats.
template <std::size_t N>
std::unique_ptr<Study> make_study(const std::filesystem::path& path, std::size_t exits,
                                  const Options& options) {
  if constexpr (most_exits<N> <= 32) {
    if (exits <= 4) return std::make_unique<WideStudy<N, 128>>(path, options);
    if (exits <= 10) return std::make_unique<WideStudy<N, 256>>(path, options);
    return std::make_unique<WideStudy<N, 1024>>(path, options);
  } else {
    return std::make_unique<WideStudy<N, 2048>>(path, options);
  }
}

template std::unique_ptr<Study> make_study<up_to(EINET_EXITS)>(const std::filesystem::path&, std::size_t,
                                                               const Options&);

}  // namespace paper
