#pragma once
// A drawing of lines in several panels, as SVG.

#include <filesystem>
#include <string>
#include <vector>

namespace example::stream {

struct Line {
  std::string name;
  std::vector<double> y;  ///< one for each x of the chart, in [0, 1]
};

struct Panel {
  std::string title;
  std::vector<Line> lines;  ///< of the same names in every panel
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<double> x;  ///< rising, > 0; the axis is logarithmic
  std::vector<Panel> panels;
};

/// @throws einet::io::FileError if the file cannot be written
void draw(const Chart& chart, const std::filesystem::path& path);

}  // namespace example::stream
