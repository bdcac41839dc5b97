#include "paper/report.hpp"

#include <einet/io/file.hpp>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>

namespace paper {

namespace {

void make_folder(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    throw einet::io::FileError(folder, "", "cannot be made a folder");
}

/// Columns on the screen: continuation bytes of UTF-8 take none.
std::size_t width(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(
      cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_number(const std::string& cell) {
  return !cell.empty() && cell.find_first_of("0123456789") != std::string::npos &&
         std::string("+-.0123456789").find(cell[0]) != std::string::npos;
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
  std::string result = "\"";
  for (const char c : cell) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + '"';
}

/// A string in gnuplot's double quotes.
std::string label(const std::string& words) {
  std::string result = "\"";
  for (const char c : words) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return result + "\"";
}

/// Marks of one group stand side by side: the place of one of them.
double place(const Plot& plot, std::size_t group, std::size_t series) {
  const double middle = (static_cast<double>(plot.series.size()) - 1) / 2;
  return static_cast<double>(group) +
         0.7 * (static_cast<double>(series) - middle) / static_cast<double>(plot.series.size());
}

void write_data(std::FILE* out, const Plot& plot) {
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    std::fprintf(out, "$data%zu << EOD\n", s);
    for (std::size_t i = 0; i < plot.series[s].y.size(); ++i)
      if (std::isfinite(plot.series[s].y[i]))
        std::fprintf(out, "%.9g %.9g\n", plot.groups.empty() ? plot.series[s].x[i] : place(plot, i, s),
                     plot.series[s].y[i]);
    std::fputs("EOD\n", out);
  }
}

/// A long name broken into two lines as near to its middle as can be, as groups are narrow.
std::string broken(std::string name) {
  const std::size_t half = name.size() / 2;
  const std::size_t before = name.find_last_of("_ ", half), behind = name.find_first_of("_ ", half);
  const bool first =
      before != std::string::npos && (behind == std::string::npos || half - before <= behind - half);
  const std::size_t at = first ? before : behind;
  if (name.size() > 12 && at != std::string::npos) name.insert(at + 1, "\n");
  return name;
}

/// Colours that most people with a colour-vision deficiency can tell apart, too (Okabe and Ito).
constexpr const char* colours[] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                   "#56B4E9", "#D55E00", "#999999", "#000000"};

void write_commands(std::FILE* out, const Plot& plot) {
  std::fprintf(out, "set title %s noenhanced\nset ylabel %s noenhanced\n", label(plot.title).c_str(),
               label(plot.y_label).c_str());
  std::fprintf(out, "set xlabel %s noenhanced\n", label(plot.x_label).c_str());
  std::fputs(
      "set grid ytics lc rgb '#dddddd'\nset border 3\nset tics nomirror\nset xzeroaxis lc rgb '#888888'\n",
      out);
  std::fputs("set key outside right center vertical noenhanced\n", out);
  if (!plot.second_label.empty())
    std::fprintf(
        out, "set border 11\nset y2label %s noenhanced\nset y2tics\nset logscale y2\nset format y2 '%%g'\n",
        label(plot.second_label).c_str());
  if (!plot.groups.empty()) {
    std::fputs("set bmargin 5\nset xlabel offset 0,-0.8\n", out);  // names take two lines
    std::fprintf(out, "set xrange [-0.6:%g]\nset xtics noenhanced scale 0 (",
                 static_cast<double>(plot.groups.size()) - 0.4);
    for (std::size_t g = 0; g < plot.groups.size(); ++g)
      std::fprintf(out, "%s%s %zu", g > 0 ? ", " : "", label(broken(plot.groups[g])).c_str(), g);
    std::fputs(")\n", out);
    for (std::size_t g = 1; g < plot.groups.size(); ++g)
      std::fprintf(out, "set arrow from %g, graph 0 to %g, graph 1 nohead lc rgb '#dddddd'\n",
                   static_cast<double>(g) - 0.5, static_cast<double>(g) - 0.5);
  }
  const auto whole = [](const Series& series) {
    return std::all_of(series.x.begin(), series.x.end(),
                       [](double x) { return x < 25 && x == std::floor(x); });
  };
  if (plot.groups.empty() && std::all_of(plot.series.begin(), plot.series.end(), whole))
    std::fputs("set xtics 1\n", out);
  std::fputs("plot ", out);
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    // Filled and open shapes in turn, so that colour is not the only difference.
    constexpr int shapes[] = {7, 5, 9, 13, 6, 4, 8, 12};
    constexpr std::size_t kinds = sizeof shapes / sizeof *shapes;
    const bool marks = !plot.groups.empty(), smooth = !marks && plot.series[s].y.size() > 20;
    std::fprintf(out, "%s$data%zu using 1:2 axes x1%s with %s lw 2 lc rgb '%s'", s > 0 ? ", " : "", s,
                 plot.series[s].second_axis ? "y2" : "y1",
                 marks    ? "points"
                 : smooth ? "lines"
                          : "linespoints",
                 colours[s % kinds]);
    if (!smooth) std::fprintf(out, " pt %d ps %g", shapes[s % kinds], marks ? 1.2 : 0.8);
    std::fprintf(out, " title %s", label(plot.series[s].name).c_str());
  }
  std::fputs("\n", out);
}

}  // namespace

std::string text(const char* format, ...) {
  std::va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  std::string result(static_cast<std::size_t>(std::vsnprintf(nullptr, 0, format, arguments)), '\0');
  va_end(arguments);
  std::vsnprintf(result.data(), result.size() + 1, format, again);
  va_end(again);
  return result;
}

std::string points(const einet::eval::Interval& share) {
  return text("%+.2f (%+.2f, %+.2f)", 100 * share.mean, 100 * share.low, 100 * share.high);
}

Report::Report(const Options& options) : options_(options) {
  make_folder(options.csv);
  make_folder(options.svg);
}

void Report::heading(const std::string& title) const {
  std::printf("\n== %s\n", title.c_str());
  std::fflush(stdout);
}

void Report::note(const std::string& line) const {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void Report::show(const Table& table) const {
  std::vector<std::size_t> widths(table.head.size());
  std::vector<bool> right(table.head.size(), true);
  for (std::size_t c = 0; c < widths.size(); ++c) {
    widths[c] = width(table.head[c]);
    for (const auto& row : table.rows) {
      widths[c] = (std::max)(widths[c], width(row[c]));
      right[c] = right[c] && (is_number(row[c]) || row[c].empty() || row[c] == "-");
    }
  }
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - width(row[c]), ' ');
      line += (c > 0 ? "  " : "") + (right[c] ? padding + row[c] : row[c] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  };
  print(table.head);
  for (const auto& row : table.rows) print(row);
  std::fflush(stdout);
  save(table);
}

void Report::save(const Table& table) const {
  if (options_.csv.empty()) return;
  const auto path = options_.csv / (table.name + ".csv");
  std::ofstream file(path);
  const auto write = [&](const std::vector<std::string>& row) {
    for (std::size_t c = 0; c < row.size(); ++c) file << (c > 0 ? "," : "") << quoted(row[c]);
    file << '\n';
  };
  write(table.head);
  for (const auto& row : table.rows) write(row);
  if (!file.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

void Report::draw(Plot plot) {
  if (options_.svg.empty() || told_) return;
  // gnuplot refuses to draw a series without points.
  std::erase_if(plot.series, [](const Series& series) {
    return std::none_of(series.y.begin(), series.y.end(), [](double y) { return std::isfinite(y); });
  });
  if (plot.series.empty()) return;
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) {
    told_ = true;
    return note("gnuplot is not installed: no SVG is written");
  }
  const auto path = options_.svg / (plot.name + ".svg");
  std::FILE* const gnuplot = popen("gnuplot", "w");
  if (gnuplot == nullptr) throw einet::io::FileError(path, "", "gnuplot cannot be started");
  std::fprintf(
      gnuplot,
      "set encoding utf8\nset terminal svg size %zu,520 background 'white' font 'sans,14' noenhanced\n"
      "set output %s\n",
      (std::max)(std::size_t{1000}, 300 + 100 * plot.groups.size()), label(path.string()).c_str());
  write_data(gnuplot, plot);
  write_commands(gnuplot, plot);
  if (pclose(gnuplot) != 0) throw einet::io::FileError(path, "", "gnuplot could not draw it");
}

void Report::claim(Claim claim) {
  claims_.push_back(std::move(claim));
}

void Report::show_claims() const {
  Table table{"claims", {"where", "the paper", "here", "holds?"}, {}};
  for (const Claim& claim : claims_)
    table.rows.push_back({claim.where, claim.paper, claim.ours, claim.verdict});
  show(table);
}

}  // namespace paper
