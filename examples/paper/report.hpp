#pragma once
// The program's output: tables on standard output and as CSV, plots as SVG by gnuplot, and the paper's claims
// with a verdict on each.

#include "paper/options.hpp"

#include <einet/eval/bootstrap.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace paper {

/// As printf, but returns a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

/// Percentage points with their interval: "+0.45 (+0.20, +0.71)".
std::string points(const einet::eval::Interval& share);

/// A table of text, numbers right-aligned.
struct Table {
  std::string name;  ///< of its CSV file
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

/// One plotted line, or one mark in every group.
struct Series {
  std::string name;
  std::vector<double> x;  ///< empty where there are groups
  std::vector<double> y;
  bool second_axis = false;
};

struct Plot {
  std::string name;  ///< of its SVG file
  std::string title;
  std::string x_label, y_label;
  std::vector<Series> series;
  std::vector<std::string> groups{};  ///< marks side by side, one per series and group; empty: lines
  std::string second_label{};         ///< of the right-hand axis, logarithmic
};

/// What the paper says, our result, and whether the claim holds.
struct Claim {
  std::string where, paper, ours, verdict;
};

class Report {
 public:
  /// @throws einet::io::FileError if a folder cannot be made
  explicit Report(const Options& options);

  void heading(const std::string& title) const;
  void note(const std::string& line) const;
  void show(const Table& table) const;
  /// Writes its CSV without showing it.
  void save(const Table& table) const;
  void draw(Plot plot);
  void claim(Claim claim);
  /// All claims so far, as a table.
  void show_claims() const;

 private:
  Options options_;
  bool told_ = false;  // that gnuplot is missing
  std::vector<Claim> claims_;
};

}  // namespace paper
