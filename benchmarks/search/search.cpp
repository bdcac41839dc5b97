// bench_search: how fast the searches are, how their time grows, and how far they fall short of the optimum.

#include "search/tables.hpp"

#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

constexpr const char* usage =
    "usage: bench_search [--benchmark_...] [TABLE]... [PROFILE.safetensors]...\n"
    "tables: ratios     against plain transcriptions of the paper's algorithms, n = 40\n"
    "        growth     nanoseconds for n = 5 ... 200\n"
    "        compare    quality and time of every search in benchmarks/search/contenders.hpp\n"
    "        figure12   hybrid search by the number of exits enumerated\n"
    "        figure13   searches under three laws of the stop time\n"
    "        all        all of them (the default)\n"
    "the last three also search the samples of the profiles, of 14 or 21 exits (default: the shipped one)\n"
    "or:     bench_search once SEARCH RUNS\n"
    "                   runs only exact-uniform, exact-gaussian, greedy or hybrid, RUNS times, to count "
    "instructions\n";

int refuse(const std::string& why) {
  std::fprintf(stderr, "bench_search: %s; see bench_search --help\n", why.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace einet::bench;
  if (argc > 1 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    std::fputs(usage, stdout);
    return 0;
  }
  // Noise comes in waves: repetitions of product and baseline take turns unless the caller says otherwise.
  std::string interleaved = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> arguments{argv[0], interleaved.data()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());

  std::vector<std::string> tables;
  Profiles profiles;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[static_cast<std::size_t>(i)];
    if (word.ends_with(".safetensors"))
      profiles.emplace_back(word);
    else
      tables.push_back(word);
  }
  if (profiles.empty()) profiles = {EINET_SOURCE_DIR "/examples/data/profile.safetensors"};
  if (!tables.empty() && tables[0] == "once") {
    std::size_t runs = 0;
    if (tables.size() != 3) return refuse("'once' takes a search and a number of runs");
    const std::string& text = tables[2];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), runs);
    if (error != std::errc() || end != text.data() + text.size())
      return refuse("'" + text + "' is not a number of runs");
    return run_only(tables[1], runs) ? 0 : refuse("there is no search '" + tables[1] + "' to run");
  }
  if (tables.empty()) tables = {"all"};
  for (const std::string& table : tables)
    if (table != "ratios" && table != "growth" && table != "compare" && table != "figure12" &&
        table != "figure13" && table != "all")
      return refuse("there is no table '" + table + "'");
  const auto wanted = [&](const char* name) {
    for (const std::string& table : tables)
      if (table == name || table == "all") return true;
    return false;
  };
  if (wanted("ratios")) print_ratios();
  if (wanted("growth")) print_growth();
  if (wanted("compare")) print_comparison(profiles);
  if (wanted("figure12")) print_figure12(profiles);
  if (wanted("figure13")) print_figure13(profiles);
  return 0;
} catch (const std::exception& error) {
  return refuse(error.what());
}
