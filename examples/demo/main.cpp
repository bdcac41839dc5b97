// The demo: a network with exits classifies real images, and every run is stopped at a uniformly random
// moment, under several strategies.

#include "demo/options.hpp"
#include "demo/show.hpp"

#include <cstddef>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

namespace {

using namespace example::demo;

constexpr std::size_t built_for[] = {EINET_DEMO_EXITS};

template <std::size_t... I>
bool show_if_built(std::size_t exits, const Options& options, std::index_sequence<I...>) {
  return ((exits == built_for[I] && (show<built_for[I]>(options), true)) || ...);
}

void run(const Options& options) {
  const std::size_t exits =
      example::make_network(example::described_sizes(einet::io::SafetensorsFile(options.files.weights)))
          .exits();
  if (show_if_built(exits, options, std::make_index_sequence<std::size(built_for)>())) return;
  std::string list;
  for (const std::size_t known : built_for) list += (list.empty() ? "" : " or ") + std::to_string(known);
  throw einet::io::FileError(options.files.weights, "metadata",
                             "describes a network of " + std::to_string(exits) +
                                 " exits, this program is built for " + list +
                                 " (cmake -DEINET_DEMO_EXITS=" + std::to_string(exits) + ")");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (const auto options = parse(argc, argv)) run(*options);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::cerr << "elastic_demo: " << error.what() << " (--help shows the options)\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "elastic_demo: " << error.what() << '\n';
    return 1;
  }
}
