// The demo: a network with exits classifies real images, and every run is stopped at a uniformly random
// moment, under several strategies.

#include "common/arguments.hpp"
#include "demo/options.hpp"
#include "demo/show.hpp"

#include <einet/plan/exits.hpp>

#include <cstddef>
#include <string>

namespace {

using namespace example::demo;

void run(const Options& options) {
  const std::size_t exits =
      example::make_network(example::described_sizes(einet::io::SafetensorsFile(options.files.weights)))
          .exits();
  if (exits > example::most_exits)
    throw einet::io::FileError(options.files.weights, "metadata",
                               "describes a network of " + std::to_string(exits) +
                                   " exits, expected at most " + std::to_string(example::most_exits));
  einet::with_exits<EINET_EXIT_SIZES>(exits, [&]<std::size_t N>() { show<N>(options); });
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program("elastic_demo", [&] {
    if (const auto options = parse(argc, argv)) run(*options);
    return 0;
  });
}
