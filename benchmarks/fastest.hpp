#pragma once
// Keeps the fastest repetition of every benchmark: what disturbs a measurement only ever makes it slower.

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace einet::bench {

/// A reporter that prints nothing but, on the error stream, which benchmark has been measured.
class Fastest : public benchmark::BenchmarkReporter {
 public:
  std::map<std::string, double> nanoseconds;  ///< by name

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      double& fastest =
          nanoseconds.try_emplace(run.run_name.function_name, std::numeric_limits<double>::infinity())
              .first->second;
      fastest = (std::min)(fastest, run.GetAdjustedRealTime());
    }
    std::fprintf(stderr, "measured %s\n", runs.empty() ? "" : runs.front().run_name.function_name.c_str());
  }
};

}  // namespace einet::bench
