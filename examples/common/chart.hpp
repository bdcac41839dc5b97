#pragma once
// A drawing of lines in several panels, as SVG. Its colours follow the reader's light or dark theme.

#include <filesystem>
#include <string>
#include <vector>

namespace example {

struct Point {
  double x, y;
};

struct Line {
  std::string name;
  std::vector<double> y{};     ///< one for each x of the chart, in [0, 1]
  std::vector<Point> marks{};  ///< on or beside the line
};

struct Panel {
  std::string title;
  std::vector<Line> lines{};
  double from = 0;  ///< where its axis begins, if lower values are of no interest: they are drawn on it
};

enum class Scale { linear, logarithmic };

/// There is one legend if all panels have lines of the same names, or else one for every panel.
struct Chart {
  std::string title, x_label, y_label;
  std::vector<double> x{};  ///< rising; > 0 if the axis is logarithmic, which then has a tick at each
  std::vector<Panel> panels{};
  Scale scale = Scale::logarithmic;
};

/// @throws einet::io::FileError if the file cannot be written
void draw(const Chart& chart, const std::filesystem::path& path);

}  // namespace example
