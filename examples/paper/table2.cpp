// Table II: the best static plan against planning sample by sample; the effects of the paper's protocol and
// of averaging answers.

#include "paper/accuracy.hpp"
#include "paper/cells.hpp"

#include <algorithm>

namespace paper {

namespace {

using einet::eval::Strategy;

void print_gains(Session& session) {
  Table table{"table2",
              {"network", "best static %", "published %", "published - static", "were planning free",
               "default %", "default - static", "the paper's"},
              {}};
  std::size_t ahead = 0;
  double least = 1, most = -1;
  for (const auto& study : session.studies) {
    const auto& base = study->outcome(Strategy::best_static, session.protocol()).judged;
    const auto& ours = study->outcome(Strategy::published, session.protocol()).judged;
    const auto& free = study->outcome(Strategy::published, session.protocol(), true).judged;
    const auto& standard = study->outcome(Strategy::standard, session.protocol()).judged;
    table.rows.push_back({study->name(), percent(base.accuracy), percent(ours.accuracy),
                          points(gain(ours, base)), points(gain(free, base)), percent(standard.accuracy),
                          points(gain(standard, base)), ""});
    const auto difference = gain(ours, base);
    ahead += difference.low > 0 ? 1U : 0U;
    least = (std::min)(least, difference.mean);
    most = (std::max)(most, difference.mean);
  }
  mark_missing(session, table, cells({}, {"cifar10", "cifar100"}));
  for (auto& row : table.rows) row.back() = table2_says(cell_of(row[0]));
  session.report.show(table);
  session.report.note(
      "Accuracies are not comparable: the paper's networks are wider and were trained for 300 epochs. Gains "
      "are comparable in kind.");
  session.report.claim({"Table II", "EINet beats the best static plan, by 0.01 to 1.79 points",
                        text("as published %+.2f to %+.2f; significantly ahead on %s", 100 * least,
                             100 * most, of_networks(ahead, session.studies.size()).c_str()),
                        verdict(ahead, session.studies.size())});
}

void print_costs(Session& session) {
  Table table{"table2_costs",
              {"network", "T ms", "best static plan", "threshold", "threshold µs/plan", "random µs/plan",
               "published µs/plan", "default µs/plan", "published planning %", "default planning %",
               "predictor", "epochs", "trained s", "error"},
              {}};
  for (const auto& study : session.studies) {
    const auto cost = [&](Strategy strategy) {
      return text("%.2f", 1e6 * study->outcome(strategy, session.protocol()).planning);
    };
    const auto share = [&](Strategy strategy) {
      return percent(study->outcome(strategy, session.protocol()).judged.planning_share);
    };
    const Training training = study->training(session.protocol());
    table.rows.push_back({study->name(), text("%.3f", 1e3 * study->horizon()),
                          study->best_plan(session.protocol()),
                          text("%.2f", static_cast<double>(study->fitted_threshold(session.protocol()))),
                          cost(Strategy::threshold), cost(Strategy::random), cost(Strategy::published),
                          cost(Strategy::standard), share(Strategy::published), share(Strategy::standard),
                          text("H = %zu", study->hidden()), text("%zu", training.epochs),
                          text("%.1f", training.seconds), text("%.5f", training.error)});
  }
  session.report.show(table);
}

void print_protocols(Session& session) {
  session.report.note(
      "\nHow much of the gain is due to the protocol: fitted on other samples than are reported on, and, as "
      "in "
      "the paper, on the same");
  Table table{
      "table2_protocol",
      {"network", "strategy", "gain, held out", "gain, paper's protocol", "accuracy by the protocol alone"},
      {}};
  std::size_t more = 0;
  double sum = 0;
  for (const auto& study : session.studies)
    for (const Strategy strategy : {Strategy::published, Strategy::standard}) {
      const auto gained = [&](Protocol protocol) {
        return gain(study->outcome(strategy, protocol).judged,
                    study->outcome(Strategy::best_static, protocol).judged);
      };
      const auto difference = gain(study->outcome(strategy, Protocol::as_paper).judged,
                                   study->outcome(strategy, Protocol::held_out).judged);
      table.rows.push_back({study->name(), einet::eval::name_of(strategy), points(gained(Protocol::held_out)),
                            points(gained(Protocol::as_paper)), points(difference)});
      if (strategy == Strategy::published) {
        more += difference.low > 0 ? 1U : 0U;
        sum += difference.mean / static_cast<double>(session.studies.size());
      }
    }
  session.report.show(table);
  session.report.claim({"section VI-A", "predictors are fitted on the samples that are reported on",
                        text("adds %+.2f points to EINet as published on average; significant on %s",
                             100 * sum, of_networks(more, session.studies.size()).c_str()),
                        "-"});
}

void print_averages(Session& session) {
  session.report.note(
      "\nHow several outputs make one answer: policy and plan are chosen on the fitting half (odd samples) "
      "and "
      "judged on the other; differences are to the best static plan with the newest answer");
  Table table{"table2_answers",
              {"network", "answer", "fitting half %", "static plan %", "static - best static", "planned %",
               "planned - best static", "µs a plan", "chosen"},
              {}};
  for (const auto& study : session.studies) {
    const auto& base = study->outcome(Strategy::best_static, Protocol::held_out).judged;
    for (const Averaging& row : study->averagings())
      table.rows.push_back({study->name(), row.policy, percent(row.fitted), percent(row.fixed.accuracy),
                            points(gain(row.fixed, base)), percent(row.planned.accuracy),
                            points(gain(row.planned, base)), text("%.2f", 1e6 * row.planning),
                            row.chosen ? "yes" : ""});
  }
  session.report.show(table);
  for (const auto& study : session.studies)
    if (!study->why_no_averages().empty())
      session.report.note(study->name() + ": no averages, " + study->why_no_averages());
}

}  // namespace

void table2(Session& session) {
  session.report.heading(
      "Table II: planning sample by sample against the best static plan (uniform exit, planning charged; "
      "points, paired 95 % interval)");
  print_gains(session);
  session.report.note("");
  print_costs(session);
  print_protocols(session);
  print_averages(session);
}

}  // namespace paper
