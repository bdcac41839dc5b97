#include "stream/chart.hpp"

#include <einet/io/file_error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

namespace example::stream {

namespace {

/// Colours that most people with a colour-vision deficiency can tell apart, too (Okabe and Ito).
constexpr std::array colours{"#0072B2", "#E69F00", "#009E73", "#CC79A7"};
constexpr double width = 470, height = 300;                     // of a panel with its labels
constexpr double left = 66, right = 16, top = 34, bottom = 46;  // around its plot
constexpr double head = 40, legend = 40;

std::string escaped(const std::string& words) {
  std::string result;
  for (const char c : words)
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return result;
}

/// @param anchor start, middle or end
void write(std::ostream& out, double x, double y, const std::string& words, const char* anchor,
           const std::string& more = "") {
  out << "<text x='" << x << "' y='" << y << "' text-anchor='" << anchor << "'" << more << ">"
      << escaped(words) << "</text>\n";
}

/// A mark of another shape for every line, so that colour is not the only difference.
void mark(std::ostream& out, double x, double y, std::size_t line) {
  const char* const colour = colours[line % colours.size()];
  const auto polygon = [&](const std::string& points) {
    out << "<polygon transform='translate(" << x << "," << y << ")' points='" << points << "' fill='"
        << colour << "'/>\n";
  };
  if (line % 4 == 0) out << "<circle cx='" << x << "' cy='" << y << "' r='4.5' fill='" << colour << "'/>\n";
  if (line % 4 == 1) polygon("-4,-4 4,-4 4,4 -4,4");
  if (line % 4 == 2) polygon("0,-5 5,4 -5,4");
  if (line % 4 == 3) polygon("0,-5.5 5.5,0 0,5.5 -5.5,0");
}

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::setprecision(digits) << value;
  return text.str();
}

/// The plot of a panel whose top left corner is the origin.
void write_panel(std::ostream& out, const Chart& chart, const Panel& panel, double low, double high) {
  const double first = std::log(chart.x.front()), last = std::log(chart.x.back());
  const auto across = [&](double x) {
    const double way = last > first ? (std::log(x) - first) / (last - first) : .5;
    return left + (.04 + .92 * way) * (width - left - right);
  };
  const auto down = [&](double y) { return top + (high - y) / (high - low) * (height - top - bottom); };
  write(out, (left + width - right) / 2, top - 12, panel.title, "middle", " font-weight='bold'");
  for (int tenth = static_cast<int>(std::lround(10 * low)); tenth <= std::lround(10 * high); ++tenth) {
    const double y = down(tenth / 10.);
    out << "<line x1='" << left << "' x2='" << width - right << "' y1='" << y << "' y2='" << y
        << "' stroke='#dddddd'/>\n";
    write(out, left - 8, y + 4, number(tenth / 10., 2), "end");
  }
  for (const double x : chart.x) write(out, across(x), height - bottom + 18, number(x, 3), "middle");
  write(out, (left + width - right) / 2, height - bottom + 36, chart.x_label, "middle");
  const double middle = (top + height - bottom) / 2;
  write(out, 20, middle, chart.y_label, "middle", " transform='rotate(-90 20 " + number(middle, 4) + ")'");
  for (std::size_t line = panel.lines.size(); line-- > 0;) {
    out << "<polyline fill='none' stroke-width='2' stroke='" << colours[line % colours.size()]
        << "' points='";
    for (std::size_t k = 0; k < chart.x.size(); ++k)
      out << across(chart.x[k]) << ',' << down(panel.lines[line].y[k]) << ' ';
    out << "'/>\n";
    for (std::size_t k = 0; k < chart.x.size(); ++k)
      mark(out, across(chart.x[k]), down(panel.lines[line].y[k]), line);
  }
}

}  // namespace

void draw(const Chart& chart, const std::filesystem::path& path) {
  double low = 1, high = 0;
  for (const Panel& panel : chart.panels)
    for (const Line& line : panel.lines)
      for (const double y : line.y) {
        low = (std::min)(low, y);
        high = (std::max)(high, y);
      }
  low = std::floor(10 * low) / 10;
  high = (std::max)(std::ceil(10 * high) / 10, low + .1);

  const std::size_t columns = (std::min)(chart.panels.size(), std::size_t{2});
  const std::size_t rows = (chart.panels.size() + columns - 1) / columns;
  const double all = width * 2, tall = head + height * static_cast<double>(rows) + legend;
  std::ofstream out(path);
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << all << "' height='" << tall
      << "' font-family='sans-serif' font-size='13'>\n<rect width='100%' height='100%' fill='white'/>\n";
  write(out, all / 2, 26, chart.title, "middle", " font-size='16'");
  for (std::size_t k = 0; k < chart.panels.size(); ++k) {
    const double x = columns == 1 ? width / 2 : width * static_cast<double>(k % columns);
    out << "<g transform='translate(" << x << "," << head + height * static_cast<double>(k / columns)
        << ")'>\n";
    write_panel(out, chart, chart.panels[k], low, high);
    out << "</g>\n";
  }
  if (!chart.panels.empty()) {
    const auto& lines = chart.panels.front().lines;
    for (std::size_t line = 0; line < lines.size(); ++line) {
      const double x = 40 + (all - 60) * static_cast<double>(line) / static_cast<double>(lines.size());
      out << "<line x1='" << x << "' x2='" << x + 26 << "' y1='" << tall - 20 << "' y2='" << tall - 20
          << "' stroke-width='2' stroke='" << colours[line % colours.size()] << "'/>\n";
      mark(out, x + 13, tall - 20, line);
      write(out, x + 34, tall - 16, lines[line].name, "start");
    }
  }
  out << "</svg>\n";
  if (!out.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace example::stream
