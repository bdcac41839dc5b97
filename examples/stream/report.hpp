#pragma once
// What became of streams, as tables.

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/stream.hpp>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace example::stream {

/// A strategy and the samples that it served.
struct Row {
  std::string name;
  std::vector<einet::eval::Served> served;
};

/// The strategies at one rate.
struct Cell {
  double rate;
  std::vector<Row> rows;
};

[[nodiscard]] inline std::vector<double> right(const Row& row) {
  std::vector<double> right;
  for (const auto& sample : row.served) right.push_back(sample.correct ? 1 : 0);
  return right;
}

/// @param reference the row that the others are compared with
/// @param period mean seconds between two samples
inline void print(const Cell& cell, std::size_t reference, double period) {
  std::printf("  %-34s %8s %9s %13s %6s %8s  %s\n", "", "accuracy", "no answer", "begun, none", "busy",
              "late us", "points over the best static plan");
  for (const Row& row : cell.rows) {
    const auto score = einet::eval::score(row.served);
    std::printf("  %-34s %8.4f %9.4f %13.4f %6.3f %8.2f", row.name.c_str(), score.accuracy, score.unanswered,
                score.begun_unanswered, score.busy / period, 1e6 * score.late);
    if (&row != &cell.rows[reference]) {
      const auto gain = einet::eval::bootstrap_mean(
          einet::eval::paired_differences(right(row), right(cell.rows[reference])));
      std::printf("  %+.2f (%+.2f, %+.2f)", 100 * gain.mean, 100 * gain.low, 100 * gain.high);
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

}  // namespace example::stream
