#pragma once
// Writes traces of runs in the trace event format of Chrome, which Perfetto (https://ui.perfetto.dev) opens.

#include <einet/eval/run_trace.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace einet::eval {

/// Writes rows of runs, counted from 0; as threads in the file from 1, because viewers take thread 0 for
/// idle. What is written is complete once it is destroyed or `finish` has been called.
class ChromeTrace {
 public:
  /// @param out must outlive it; its state tells whether all could be written
  /// @param process what the rows are grouped under
  ChromeTrace(std::ostream& out, std::string_view process) : out_(&out) {
    *out_ << R"({"displayTimeUnit":"ns","traceEvents":[)";
    name("process_name", 0, process);
  }
  ChromeTrace(const ChromeTrace&) = delete;
  ChromeTrace& operator=(const ChromeTrace&) = delete;
  ~ChromeTrace() { finish(); }

  /// Names a row. Rows are counted from 0, and shown in this order.
  void name_row(std::size_t row, std::string_view words) { name("thread_name", row, words); }

  /// Writes the events of a run to a row. Runs in one row must not overlap.
  /// @param title of the run
  /// @param origin the moment by the trace's clock that is shown as 0
  void write(const RunTrace& run, std::size_t row, std::string_view title, double origin) {
    for (std::size_t k = 0; k < run.events().size(); ++k) {
      const TraceEvent& event = run.events()[k];
      // Rounded by themselves, begin and end keep their order: what lies within a run still does.
      const std::int64_t begin = nanoseconds(event.begin - origin), end = nanoseconds(event.end - origin);
      next();
      *out_ << R"({"name":)" << quoted(event.work == TracedWork::run ? title : name_of(event))
            << R"(,"cat":")" << category_of(event.work) << R"(","ts":)" << microseconds(begin);
      if (event.work == TracedWork::stop)
        *out_ << R"(,"ph":"i","s":"t")";
      else
        *out_ << R"(,"ph":"X","dur":)" << microseconds(end - begin);
      *out_ << R"(,"pid":1,"tid":)" << std::to_string(row + 1) << R"(,"args":{)" << arguments(event, run, k)
            << "}}";
    }
  }

  /// Ends the file; nothing may follow.
  void finish() {
    if (out_ != nullptr) *out_ << "\n]}\n";
    out_ = nullptr;
  }

 private:
  static std::int64_t nanoseconds(double seconds) { return std::llround(1e9 * seconds); }

  /// With all digits, whatever the stream's or the system's locale.
  static std::string microseconds(std::int64_t nanoseconds) {
    const bool negative = nanoseconds < 0;
    std::string digits = std::to_string(negative ? -nanoseconds : nanoseconds);
    if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
    digits.insert(digits.size() - 3, ".");
    return negative ? "-" + digits : digits;
  }

  static std::string quoted(std::string_view words) {
    std::string text = "\"";
    for (const char c : words) {
      constexpr std::string_view hex = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(c);
      if (code < 0x20) {
        text += "\\u00";
        text += hex[code >> 4U];
        text += hex[code & 15U];
        continue;
      }
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text + '"';
  }

  static const char* category_of(TracedWork work) {
    switch (work) {
      case TracedWork::run:
        return "run";
      case TracedWork::conv_part:
      case TracedWork::branch:
        return "part";
      case TracedWork::publish:
        return "answer";
      case TracedWork::plan:
        return "planner";
      case TracedWork::stop:
        return "stop";
    }
    return "unknown";
  }

  static std::string name_of(const TraceEvent& event) {
    const std::string block = event.block ? std::to_string(*event.block) : "";
    switch (event.work) {
      case TracedWork::conv_part:
        return "conv " + block + (event.whole ? "" : ", unfinished");
      case TracedWork::branch:
        return "branch " + block + (event.whole ? "" : ", unfinished");
      case TracedWork::publish:
        return "publish";
      case TracedWork::plan:
        return "plan";
      default:
        return "stop";
    }
  }

  static std::string arguments(const TraceEvent& event, const RunTrace& run, std::size_t k) {
    switch (event.work) {
      case TracedWork::run:
        return run.outcome() ? R"("outcome":)" + quoted(to_string(*run.outcome())) : "";
      case TracedWork::plan: {
        std::string plan(run.exits(), '0');
        for (std::size_t exit = 0; exit < run.exits(); ++exit)
          if (run.plans(k, exit)) plan[exit] = '1';
        return R"("plan":")" + plan + R"(","next exit":)" +
               (event.block ? std::to_string(*event.block) : std::string("\"none\""));
      }
      case TracedWork::publish:
        return R"("exit":)" + std::to_string(*event.block) + R"(,"confidence in %":)" +
               std::to_string(std::lround(100 * event.confidence)) +
               (event.label ? R"(,"label":)" + std::to_string(*event.label) : std::string());
      default:
        return "";
    }
  }

  void next() {
    *out_ << (first_ ? "\n" : ",\n");
    first_ = false;
  }

  void name(const char* what, std::size_t row, std::string_view words) {
    next();
    *out_ << R"({"name":")" << what << R"(","ph":"M","pid":1,"tid":)" << std::to_string(row + 1)
          << R"(,"args":{"name":)" << quoted(words) << "}}";
    if (std::string_view(what) != "thread_name") return;
    next();
    *out_ << R"({"name":"thread_sort_index","ph":"M","pid":1,"tid":)" << std::to_string(row + 1)
          << R"(,"args":{"sort_index":)" << std::to_string(row + 1) << "}}";
  }

  std::ostream* out_;
  bool first_ = true;
};

}  // namespace einet::eval
