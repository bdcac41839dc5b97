#pragma once
// The profile of one network, of any number of exits: what the tables ask of it.

#include "paper/options.hpp"

#include <einet/eval/expectation_gap.hpp>
#include <einet/eval/frontier.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/search_score.hpp>
#include <einet/eval/strategies.hpp>
#include <einet/eval/timelines.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace paper {

/// Which samples are for fitting. Results are those of the even samples in either case.
enum class Protocol {
  held_out,  ///< the odd samples
  as_paper   ///< the very samples that are reported on
};

/// The result of a strategy on one network.
struct Outcome {
  double planning = 0;  ///< seconds charged for every planning
  einet::eval::Timelines runs;
  einet::eval::Replayed judged;
};

/// The result of an answer policy: its plan chosen on the fitting half, judged on the other.
struct Averaging {
  std::string policy;
  double fitted = 0;              ///< accuracy of its best static plan on the fitting half
  std::string plan;               ///< that plan
  double planning = 0;            ///< seconds charged for every planning
  einet::eval::Replayed fixed;    ///< that plan on the reported half
  einet::eval::Replayed planned;  ///< planned sample by sample by the worth of the averaged answer
  bool chosen = false;
};

/// Expected and true accuracy of a static plan.
struct Expected {
  std::size_t skipped = 0;
  einet::eval::ExpectationGap by_confidence, calibrated;
};

/// A search on the true confidences of many samples.
struct SearchRow {
  std::string search;
  einet::eval::SearchScore score;
  double enumerated = 0;  ///< mean expectation of what enumeration alone finds; figure 12
};

/// Milliseconds of one call.
struct CallTime {
  std::string work;
  double most = 0, mean = 0, least = 0;
};

struct SearchTables {
  std::vector<CallTime> calls;                 ///< Table I
  std::vector<SearchRow> by_enumerated;        ///< Figure 12, m = 0, 1, …; then exact search
  std::vector<std::vector<SearchRow>> by_law;  ///< Figure 13: [law][search]
};

/// What it took to train the paper's predictor.
struct Training {
  std::size_t epochs = 0;
  double seconds = 0;
  double error = 0;  ///< mean square, on its own validation samples
};

/// What replaying strategies has taken so far, without measuring planning costs and training predictors.
struct Effort {
  std::size_t strategies = 0, runs = 0;
  double seconds = 0;
};

/// Accuracy that the fitted price of time may cost, on the samples that it is fitted to.
inline constexpr double allowed_loss = .001;

/// Accuracy against busy time, judged on one half of the samples.
struct Frontiers {
  einet::eval::Frontier planned;  ///< sample by sample, by the price of time
  einet::eval::Frontier statics;  ///< the hull of static plans
  einet::eval::Frontier walk;     ///< the best static plan until an answer is sure enough, by the threshold
  einet::eval::OperatingPoint best_static;
  einet::eval::OperatingPoint priced;  ///< at the fitted price; `knob` is the price of a second
  double planning = 0, walking = 0;    ///< seconds charged for every planning
};

class Study {
 public:
  virtual ~Study() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
  [[nodiscard]] virtual std::size_t exits() const = 0;
  [[nodiscard]] virtual std::size_t hidden() const = 0;    ///< width of the paper's predictor
  [[nodiscard]] virtual std::size_t reported() const = 0;  ///< samples
  [[nodiscard]] virtual double horizon() const = 0;        ///< T in seconds
  [[nodiscard]] virtual const std::vector<std::int32_t>& labels() const = 0;  ///< of the reported samples

  /// Runs the strategy, once.
  /// @param free without charging for planning
  virtual const Outcome& outcome(einet::eval::Strategy strategy, Protocol protocol, bool free = false) = 0;
  virtual Outcome threshold(float enough) = 0;
  [[nodiscard]] virtual std::string best_plan(Protocol protocol) = 0;
  [[nodiscard]] virtual float fitted_threshold(Protocol protocol) = 0;
  [[nodiscard]] virtual Training training(Protocol protocol) = 0;

  [[nodiscard]] virtual Effort effort() const = 0;

  /// Nothing if no exit is ever right on the samples that are fitted to.
  /// @param swapped fitted on the even samples, judged on the odd ones
  [[nodiscard]] virtual std::optional<Frontiers> frontiers(Protocol protocol, bool swapped) = 0;

  /// Answer policies, the newest answer first. Without class scores in the profile there are no averages.
  virtual const std::vector<Averaging>& averagings() = 0;
  [[nodiscard]] virtual std::string why_no_averages() const = 0;

  [[nodiscard]] virtual std::vector<Expected> expectations(std::size_t most_skipped) = 0;
  /// Expected calibration error, mean of all exits: of the raw confidences, and calibrated on the fitting
  /// half.
  [[nodiscard]] virtual std::vector<double> calibration_errors() = 0;
  [[nodiscard]] virtual SearchTables searches() = 0;
};

/// @param exits of the profile; N has room for them
/// @throws einet::io::FileError naming file and field
template <std::size_t N>
std::unique_ptr<Study> make_study(const std::filesystem::path& path, std::size_t exits,
                                  const Options& options);

/// The tables of searches for random problems of 40 exits, as many as the paper's largest network has.
SearchTables search_random_problems();

}  // namespace paper
