// The demo: a network with exits classifies real images, and every run is stopped at a uniformly random
// moment, under several strategies.

#include "common/arguments.hpp"
#include "common/exit_counts.hpp"
#include "demo/options.hpp"
#include "demo/show.hpp"

#include <cstddef>

namespace {

using namespace example::demo;

using BuiltFor = example::ExitCounts<EINET_DEMO_EXITS>;

void run(const Options& options) {
  const std::size_t exits =
      example::make_network(example::described_sizes(einet::io::SafetensorsFile(options.files.weights)))
          .exits();
  if (!BuiltFor::visit(exits, [&]<std::size_t N>() { show<N>(options); }))
    throw einet::io::FileError(options.files.weights, "metadata",
                               "describes a network that " + BuiltFor::refusal(exits, "EINET_DEMO_EXITS"));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program("elastic_demo", [&] {
    if (const auto options = parse(argc, argv)) run(*options);
    return 0;
  });
}
