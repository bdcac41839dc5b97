#include "common/chart.hpp"

#include <einet/io/file_error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

namespace example {

namespace {

/// Colours that most people with a colour-vision deficiency can tell apart, too (after Okabe and Ito), darker
/// on white and lighter on black than theirs.
constexpr const char* style = R"(<style>
  text { font-family: sans-serif; fill: #24292f }
  .card { fill: #ffffff }
  .grid { stroke: #d8dde3 }
  .c0 { fill: #0072b2; stroke: #0072b2 }
  .c1 { fill: #d98200; stroke: #d98200 }
  .c2 { fill: #008f67; stroke: #008f67 }
  .c3 { fill: #bb5c92; stroke: #bb5c92 }
  .c4 { fill: #57606a; stroke: #57606a }
  .c5 { fill: #b5442b; stroke: #b5442b }
  .line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .card { fill: #0d1117 }
    .grid { stroke: #30363d }
    .c0 { fill: #56b4e9; stroke: #56b4e9 }
    .c1 { fill: #e69f00; stroke: #e69f00 }
    .c2 { fill: #2bbf92; stroke: #2bbf92 }
    .c3 { fill: #e08cbb; stroke: #e08cbb }
    .c4 { fill: #adb6c0; stroke: #adb6c0 }
    .c5 { fill: #ff8f70; stroke: #ff8f70 }
    .line { fill: none }
  }
</style>
)";
constexpr std::size_t colours = 6;
constexpr double width = 470, height = 300;                     // of a panel with its labels
constexpr double left = 66, right = 16, top = 34, bottom = 46;  // around its plot
constexpr double head = 40, entry = 20;                         // heights of the title and of a legend's row

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
  static constexpr std::array shapes{"",
                                     "-4,-4 4,-4 4,4 -4,4",
                                     "0,-5 5,4 -5,4",
                                     "0,-5.5 5.5,0 0,5.5 -5.5,0",
                                     "0,5 5,-4 -5,-4",
                                     "-2,-5 2,-5 2,-2 5,-2 5,2 2,2 2,5 -2,5 -2,2 -5,2 -5,-2 -2,-2"};
  const std::size_t colour = line % colours;
  out << "<g class='c" << colour << "' transform='translate(" << x << "," << y << ")'>";
  if (colour == 0)
    out << "<circle r='4.5' stroke='none'/></g>\n";
  else
    out << "<polygon stroke='none' points='" << shapes[colour] << "'/></g>\n";
}

std::string number(double value, int digits) {
  std::ostringstream text;
  text << std::setprecision(digits) << value;
  return text.str();
}

/// 1, 2 or 5 times a power of ten, so that 4 to 10 of it make `range`.
double round_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 4)));
  for (const double times : {5., 2.})
    if (range / (times * power) >= 4) return times * power;
  return power;
}

/// Where the axis has ticks.
std::vector<double> ticks(const Chart& chart) {
  if (chart.scale == Scale::logarithmic) return chart.x;
  std::vector<double> result;
  const double first = chart.x.front(), last = chart.x.back(), step = round_step(last - first);
  for (double k = std::ceil(first / step - 1e-9); k * step <= last * (1 + 1e-9); ++k)
    result.push_back(k * step + 0.);  // which makes -0 a 0
  return result;
}

/// The plot of a panel whose top left corner is the origin.
void write_panel(std::ostream& out, const Chart& chart, const Panel& panel, double low, double high) {
  const auto scaled = [&](double x) { return chart.scale == Scale::logarithmic ? std::log(x) : x; };
  const double first = scaled(chart.x.front()), last = scaled(chart.x.back());
  const auto across = [&](double x) {
    const double way = last > first ? (scaled(x) - first) / (last - first) : .5;
    return left + (.04 + .92 * way) * (width - left - right);
  };
  low = (std::max)(low, panel.from);
  const auto down = [&](double y) {
    return top + (high - (std::max)(y, low)) / (high - low) * (height - top - bottom);
  };
  write(out, (left + width - right) / 2, top - 12, panel.title, "middle", " font-weight='bold'");
  const double step = high - low > .55 ? .2 : high - low > .25 ? .1 : .05;
  for (int k = 0; low + k * step < high + .01; ++k) {
    const double y = down(low + k * step);
    out << "<line class='grid' x1='" << left << "' x2='" << width - right << "' y1='" << y << "' y2='" << y
        << "'/>\n";
    write(out, left - 8, y + 4, number(low + k * step, 2), "end");
  }
  for (const double x : ticks(chart)) write(out, across(x), height - bottom + 18, number(x, 3), "middle");
  write(out, (left + width - right) / 2, height - bottom + 36, chart.x_label, "middle");
  const double middle = (top + height - bottom) / 2;
  write(out, 20, middle, chart.y_label, "middle", " transform='rotate(-90 20 " + number(middle, 4) + ")'");
  for (std::size_t line = panel.lines.size(); line-- > 0;) {
    out << "<polyline class='c" << line % colours << " line' points='";
    for (std::size_t k = 0; k < chart.x.size(); ++k)
      out << across(chart.x[k]) << ',' << down(panel.lines[line].y[k]) << ' ';
    out << "'/>\n";
    for (const auto& [x, y] : panel.lines[line].marks)
      if (y >= low) mark(out, across(x), down(y), line);
  }
}

/// @param columns entries in a row
void write_legend(std::ostream& out, const std::vector<Line>& lines, double x, double y, double across,
                  std::size_t columns) {
  for (std::size_t line = 0; line < lines.size(); ++line) {
    const double at = x + across * static_cast<double>(line % columns) / static_cast<double>(columns);
    const double middle = y + entry * static_cast<double>(line / columns);
    out << "<line class='c" << line % colours << " line' x1='" << at << "' x2='" << at + 26 << "' y1='"
        << middle << "' y2='" << middle << "'/>\n";
    mark(out, at + 13, middle, line);
    write(out, at + 34, middle + 4, lines[line].name, "start");
  }
}

/// How many entries fit side by side, at most four; letters take some 7 of width on average.
std::size_t entries_in_row(const std::vector<Line>& lines, double across) {
  std::size_t longest = 0;
  for (const Line& line : lines) longest = (std::max)(longest, line.name.size());
  const auto fit = static_cast<std::size_t>(across / (48 + 7 * static_cast<double>(longest)));
  return std::clamp(fit, std::size_t{1}, std::clamp(lines.size(), std::size_t{1}, std::size_t{4}));
}

std::size_t rows_of(std::size_t entries, std::size_t columns) {
  return (entries + columns - 1) / columns;
}

/// From the tenth below all values to the tenth above.
std::array<double, 2> range_of(const Chart& chart) {
  double low = 1, high = 0;
  const auto take = [&](double y) {
    low = (std::min)(low, y);
    high = (std::max)(high, y);
  };
  for (const Panel& panel : chart.panels)
    for (const Line& line : panel.lines) {
      std::ranges::for_each(line.y, take);
      for (const Point& each : line.marks) take(each.y);
    }
  low = std::floor(10 * low) / 10;
  return {low, (std::max)(std::ceil(10 * high) / 10, low + .1)};
}

}  // namespace

void draw(const Chart& chart, const std::filesystem::path& path) {
  const auto [low, high] = range_of(chart);
  const auto names_differ = [&](const Panel& panel) {
    return !std::ranges::equal(panel.lines, chart.panels.front().lines, {}, &Line::name, &Line::name);
  };
  const bool own_legends = std::ranges::any_of(chart.panels, names_differ);
  constexpr double all = width * 2, beside = 30;
  const double across = own_legends ? width - left - right : all - 2 * beside;
  std::size_t most_lines = 0, in_row = 4;
  for (const Panel& panel : chart.panels) {
    most_lines = (std::max)(most_lines, panel.lines.size());
    in_row = (std::min)(in_row, entries_in_row(panel.lines, across));
  }

  const std::size_t columns = (std::min)(chart.panels.size(), std::size_t{2});
  const double legend = 20 + entry * static_cast<double>(rows_of(most_lines, in_row));
  const double panel_height = height + (own_legends ? legend : 0);
  const double tall =
      head + panel_height * static_cast<double>(rows_of(chart.panels.size(), 2)) + (own_legends ? 0 : legend);
  std::ofstream out(path);
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << all << "' height='" << tall << "' viewBox='0 0 "
      << all << ' ' << tall << "' font-size='13'>\n"
      << style << "<rect class='card' width='100%' height='100%'/>\n";
  write(out, all / 2, 26, chart.title, "middle", " font-size='16'");
  for (std::size_t k = 0; k < chart.panels.size(); ++k) {
    const double x = columns == 1 ? width / 2 : width * static_cast<double>(k % columns);
    out << "<g transform='translate(" << x << "," << head + panel_height * static_cast<double>(k / columns)
        << ")'>\n";
    write_panel(out, chart, chart.panels[k], low, high);
    if (own_legends) write_legend(out, chart.panels[k].lines, left, height + 10, across, in_row);
    out << "</g>\n";
  }
  if (!own_legends && !chart.panels.empty())
    write_legend(out, chart.panels.front().lines, beside, tall - legend + 20, across, in_row);
  out << "</svg>\n";
  if (!out.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace example
