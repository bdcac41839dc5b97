// A price on time, which the paper does not know: accuracy against the time that the device is busy, of
// planning sample by sample, of static plans and of a threshold along the best of them.

#include "paper/accuracy.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/frontier.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace paper {

namespace {

using einet::eval::Frontier;
using einet::eval::Interval;
using einet::eval::OperatingPoint;

/// A difference of accuracies, sample by sample.
Interval difference(const std::vector<double>& ours, const std::vector<double>& theirs) {
  return einet::eval::bootstrap_mean(einet::eval::paired_differences(ours, theirs));
}

/// The halves of a network's samples, each judged by what was fitted to the other. Budgets are shares of the
/// busy time of the best static plan.
struct Network {
  std::string name;
  double horizon;
  std::vector<Frontiers> halves;

  /// The samples of both halves.
  template <class Of>
  [[nodiscard]] std::vector<double> samples(Of&& of) const {
    std::vector<double> all;
    for (const Frontiers& half : halves) {
      const std::vector<double> some = of(half);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  /// The mean over the halves.
  template <class Of>
  [[nodiscard]] double mean(Of&& of) const {
    double sum = 0;
    for (const Frontiers& half : halves) sum += of(half);
    return sum / static_cast<double>(halves.size());
  }

  [[nodiscard]] Interval over(const Frontier Frontiers::*other, double budget) const {
    const auto correct = [&](const Frontier Frontiers::*frontier) {
      return samples(
          [&](const Frontiers& half) { return (half.*frontier).correct(budget * half.best_static.busy); });
    };
    return difference(correct(&Frontiers::planned), correct(other));
  }
  /// Over all budgets up to the busy time of the best static plan.
  [[nodiscard]] Interval mean_over(const Frontier Frontiers::*other) const {
    const auto correct = [&](const Frontier Frontiers::*frontier) {
      return samples(
          [&](const Frontiers& half) { return (half.*frontier).mean_correct(0, half.best_static.busy); });
    };
    return difference(correct(&Frontiers::planned), correct(other));
  }
  [[nodiscard]] Interval over_best_static(double budget) const {
    return difference(
        samples([&](const Frontiers& half) { return half.planned.correct(budget * half.best_static.busy); }),
        samples([](const Frontiers& half) { return half.best_static.correct; }));
  }
  [[nodiscard]] double accuracy(const Frontier Frontiers::*frontier, double budget) const {
    return mean(
        [&](const Frontiers& half) { return (half.*frontier).accuracy(budget * half.best_static.busy); });
  }
  /// As a share of the best static plan's.
  [[nodiscard]] double until_stop(const Frontier Frontiers::*frontier, double budget) const {
    return mean([&](const Frontiers& half) {
      return (half.*frontier).busy_until_stop(budget * half.best_static.busy) /
             half.best_static.busy_until_stop;
    });
  }
  /// The budget from which on the planned runs have an answer.
  [[nodiscard]] double first_answer() const {
    double most = 0;
    for (const Frontiers& half : halves)
      most = (std::max)(most, half.planned.points().front().busy / half.best_static.busy);
    return most;
  }
  /// The least budget with which a strategy is at most so much less accurate than the best static plan.
  [[nodiscard]] std::string budget_for(const Frontier Frontiers::*frontier, double less) const {
    const double least = mean([](const Frontiers& half) { return half.best_static.accuracy; }) - less;
    for (int step = 1; step <= 1000; ++step)
      if (accuracy(frontier, step / 1000.) >= least) return text("%.1f", step / 10.);
    return "-";
  }
};

/// The strategies, in the order in which they are shown.
constexpr std::pair<const char*, const Frontier Frontiers::*> lines[] = {
    {"EINet, by the price of time", &Frontiers::planned},
    {"static plans", &Frontiers::statics},
    {"threshold along the best static plan", &Frontiers::walk}};

using Networks = std::vector<Network>;

void show_fitted(Session& session, const Networks& networks) {
  Table table{"price",
              {"network", "best static %", "busy, % of T", "until the stop", "EINet, time priced %",
               "busy, % of T", "until the stop", "priced - best static", "price of T", "µs/plan"},
              {}};
  for (const Network& network : networks) {
    std::vector<std::string> row{network.name};
    for (const auto point : {&Frontiers::best_static, &Frontiers::priced})
      for (const auto figure :
           {&OperatingPoint::accuracy, &OperatingPoint::busy, &OperatingPoint::busy_until_stop}) {
        const double mean = network.mean([&](const Frontiers& half) { return half.*point.*figure; });
        row.push_back(figure == &OperatingPoint::accuracy ? percent(mean)
                                                          : text("%.1f", 100 * mean / network.horizon));
      }
    row.push_back(
        points(difference(network.samples([](const Frontiers& half) { return half.priced.correct; }),
                          network.samples([](const Frontiers& half) { return half.best_static.correct; }))));
    row.push_back(
        text("%.3f", network.horizon * network.mean([](const Frontiers& half) { return half.priced.knob; })));
    row.push_back(text("%.2f", 1e6 * network.mean([](const Frontiers& half) { return half.planning; })));
    table.rows.push_back(std::move(row));
  }
  session.report.show(table);
  session.report.note(text(
      "busy: mean time of a run that nobody stops. The price of a second is the highest that costs at most "
      "%.1f points where it is fitted; what all of T costs at it is shown, in worth.",
      100 * allowed_loss));
}

void show_budgets(Session& session, const Networks& networks) {
  Table table{"price_budgets",
              {"network", "budget %", "planned %", "static hull %", "threshold %", "planned - hull",
               "planned - threshold", "until the stop, %: planned", "hull", "threshold"},
              {}};
  for (const Network& network : networks)
    for (const double budget : {.25, .4, .5}) {
      std::vector<std::string> row{network.name, text("%.0f", 100 * budget)};
      if (budget < network.first_answer()) {
        row.insert(row.end(), table.head.size() - row.size(), "-");
      } else {
        for (const auto& [name, frontier] : lines) row.push_back(percent(network.accuracy(frontier, budget)));
        row.push_back(points(network.over(&Frontiers::statics, budget)));
        row.push_back(points(network.over(&Frontiers::walk, budget)));
        for (const auto& [name, frontier] : lines)
          row.push_back(text("%.1f", 100 * network.until_stop(frontier, budget)));
      }
      table.rows.push_back(std::move(row));
    }
  session.report.note(
      "\nAt equal busy time, a share of that of the best static plan; the time until the stop is a share of "
      "its time until the stop. Where there is no figure, no exit is ready by then.");
  session.report.show(table);
}

void show_areas(Session& session, const Networks& networks) {
  Table table{"price_areas",
              {"network", "planned - hull", "planned - threshold", "budget % for 0.1 points less: planned",
               "hull", "threshold", "for 0.5 less: planned", "hull", "threshold", "first answer at %"},
              {}};
  for (const Network& network : networks) {
    std::vector<std::string> row{network.name, points(network.mean_over(&Frontiers::statics)),
                                 points(network.mean_over(&Frontiers::walk))};
    for (const double less : {.001, .005})
      for (const auto& [name, frontier] : lines) row.push_back(network.budget_for(frontier, less));
    row.push_back(text("%.1f", 100 * network.first_answer()));
    table.rows.push_back(std::move(row));
  }
  session.report.note(
      "\nThe area between, as the mean difference over all budgets up to the busy time of the best static "
      "plan; and the budget with which a strategy is so little less accurate than that plan");
  session.report.show(table);
}

/// As a plot by hundredths of the budget, and as a table by twentieths.
void draw(Session& session, const Network& network) {
  const double busy = network.mean([](const Frontiers& half) { return half.best_static.busy; });
  const int first = static_cast<int>(std::ceil(100 * network.first_answer()));
  Plot plot{"price_" + network.name,
            network.name + ": accuracy under a uniform stop",
            "mean time that the device is busy if nobody stops it, % of T",
            "accuracy, %",
            {}};
  for (const auto& [name, frontier] : lines) {
    Series series{name, {}, {}};
    for (int step = first; step <= 100; ++step) {
      series.x.push_back(step * busy / network.horizon);
      series.y.push_back(100 * network.accuracy(frontier, step / 100.));
    }
    plot.series.push_back(std::move(series));
  }
  session.report.draw(plot);

  Table table{"price_curve_" + network.name,
              {"budget %", "planned %", "static hull %", "threshold %", "planned - hull", "low", "high",
               "planned - threshold", "low", "high"},
              {}};
  for (int step = 1; step <= 20; ++step) {
    std::vector<std::string> row{text("%d", 5 * step)};
    for (const auto& [name, frontier] : lines) row.push_back(percent(network.accuracy(frontier, step / 20.)));
    for (const auto other : {&Frontiers::statics, &Frontiers::walk}) {
      const auto [mean, low, high] = network.over(other, step / 20.);
      for (const double share : {mean, low, high}) row.push_back(text("%.3f", 100 * share));
    }
    table.rows.push_back(std::move(row));
  }
  session.report.save(table);
}

enum class Data { fashion, cifar10, others };

Data data_of(const std::string& name) {
  return name.starts_with("shipped") ? Data::fashion
         : name.find("_cifar10") != std::string::npos && name.find("_cifar100") == std::string::npos
             ? Data::cifar10
             : Data::others;
}

/// What is asked of the networks on one data set.
struct Asked {
  Data data;
  const char* name;
  double less, budget;  // so much less accurate than the best static plan at most, at this budget
  double ahead;         // of the hull at half the budget
};

/// Networks that have an answer by `budget`, and those of them that hold; the others are named.
template <class Holds>
void claim(Session& session, const Networks& networks, const Asked& asked, double budget,
           const std::string& what, Holds&& holds) {
  std::size_t holding = 0, all = 0;
  std::string others;
  for (const Network& network : networks) {
    if (data_of(network.name) != asked.data) continue;
    if (budget < network.first_answer()) {
      others += text("; %s has no answer before %.0f %%", network.name.c_str(), 100 * network.first_answer());
      continue;
    }
    ++all;
    const auto [held, figure] = holds(network);
    holding += held ? 1U : 0U;
    others += (held ? "; " : "; not ") + network.name + " " + figure;
  }
  if (all == 0) return;
  session.report.claim({"price", "(not of the paper) " + what + ", " + asked.name,
                        "on " + of_networks(holding, all) + others, verdict(holding, all)});
}

void claim_floors(Session& session, const Networks& networks) {
  constexpr Asked both[] = {{Data::fashion, "Fashion-MNIST", .001, .3, .002},
                            {Data::cifar10, "CIFAR-10", .002, .6, .004}};
  for (const Asked& asked : both) {
    claim(session, networks, asked, asked.budget,
          text("within %.1f points of the best static plan at %.0f %% of its busy time", 100 * asked.less,
               100 * asked.budget),
          [&](const Network& network) {
            const Interval gap = network.over_best_static(asked.budget);
            return std::pair{gap.mean >= -asked.less, points(gap)};
          });
    claim(session, networks, asked, .5,
          text("%.1f points over the hull of static plans at half of that time", 100 * asked.ahead),
          [&](const Network& network) {
            const Interval gap = network.over(&Frontiers::statics, .5);
            return std::pair{gap.mean >= asked.ahead, points(gap)};
          });
    claim(session, networks, asked, .25,
          "never significantly worse than the threshold at 5, 10, … 100 % of that time, and better somewhere "
          "at "
          "40 % or less",
          [&](const Network& network) {
            std::string worse, better;
            for (int step = 1; step <= 20; ++step) {
              const double budget = step / 20.;
              if (budget < network.first_answer()) continue;
              const Interval gap = network.over(&Frontiers::walk, budget);
              if (gap.high < 0) worse += text(" %d", 5 * step);
              if (gap.low > 0 && budget <= .4) better += text(" %d", 5 * step);
            }
            return std::pair{worse.empty() && !better.empty(),
                             "better at" + (better.empty() ? " none" : better) +
                                 (worse.empty() ? "" : ", worse at" + worse)};
          });
  }
}

}  // namespace

void price(Session& session) {
  session.report.heading(
      "A price on time: accuracy against busy time (uniform stop, planning charged; points, paired 95 % "
      "interval)");
  session.report.note("Here both halves of the samples are judged, each by what was fitted to " +
                      std::string(session.options.held_out ? "the other." : "itself, as in the paper."));
  Networks networks;
  for (const auto& study : session.studies) {
    Network network{study->name(), study->horizon(), {}};
    for (const bool swapped : {false, true})
      if (auto half = study->frontiers(session.protocol(), swapped))
        network.halves.push_back(std::move(*half));
    if (network.halves.empty())
      session.report.note(network.name + " is left out: no exit is right on any sample");
    else
      networks.push_back(std::move(network));
  }
  show_fitted(session, networks);
  show_budgets(session, networks);
  show_areas(session, networks);
  for (const Network& network : networks) draw(session, network);
  claim_floors(session, networks);
}

}  // namespace paper
