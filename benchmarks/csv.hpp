#pragma once
// Figures for other programs to read.

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::bench {

/// A file of comma-separated values, or nothing where no file was named.
class Csv {
 public:
  /// @throws std::invalid_argument if the file cannot be written
  Csv(const std::string& path, const char* header) {
    if (path.empty()) return;
    file_.reset(std::fopen(path.c_str(), "w"));
    if (!file_) throw std::invalid_argument("--csv: cannot write '" + path + "'");
    std::fprintf(file_.get(), "%s\n", header);
  }

  void row(const std::vector<std::string>& fields) {
    if (!file_) return;
    for (std::size_t i = 0; i < fields.size(); ++i)
      std::fprintf(file_.get(), "%s%s", i > 0 ? "," : "", fields[i].c_str());
    std::fputc('\n', file_.get());
    std::fflush(file_.get());
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

/// A number with as many digits as matter.
[[nodiscard]] inline std::string csv_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace einet::bench
