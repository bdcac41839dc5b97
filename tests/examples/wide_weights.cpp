// A few bytes that describe a network of a gigabyte are refused in little memory.

#include "examples/common/network_files.hpp"
#include "tests/limited_memory.hpp"
#include "tests/support.hpp"

#include <einet/io/weights_file.hpp>

#include <cstddef>
#include <cstdio>
#include <string>

namespace {

using example::NetworkSizes;

int failures = 0;

void check(bool holds, const std::string& what) {
  if (holds) return;
  std::printf("FAILED: %s\n", what.c_str());
  ++failures;
}

}  // namespace

int main() {
  const auto folder = einet::test::scratch_folder("weights");
  for (const NetworkSizes& wanted :
       {NetworkSizes{.width = 4}, NetworkSizes{.width = 0.01, .branch = {32, 4096, 4096}},
        NetworkSizes{.image = {32, 32, 4096}, .classes = 4096, .width = 4},
        NetworkSizes{.network = "resnet50", .width = 4, .every_unit = 1},
        NetworkSizes{.network = "vit", .width = 60},
        NetworkSizes{.network = "msdnet", .width = 1, .blocks = 100, .growth = 64, .head_channels = 4096}}) {
    einet::io::SafetensorsWriter writer(folder / "w.safetensors");
    writer.set_metadata(example::describe(wanted, {0.5f, 0.5f}));
    writer.save();
    const auto said = einet::test::in_limited_memory(std::size_t{1} << 24U, [&]() -> std::string {
      static_cast<void>(example::load_network(folder / "w.safetensors"));
      return "accepted";
    });
    check(!said || said->find("w.safetensors: metadata: describes a network of ") != std::string::npos,
          "wide weights: " + said.value_or(""));
  }

  const NetworkSizes small{.width = 0.05, .branch = {2, 3, 4}};
  einet::nn::Graph network = example::make_network(small);
  einet::io::save_parameters(folder / "w.safetensors", network, einet::io::Precision::f16,
                             example::describe(small, {0.5f, 0.5f}));
  check(example::load_network(folder / "w.safetensors").network.exits() == example::exits,
        "weights at two bytes a number");
  // Every network comes back with the sizes that it was saved with.
  const auto comes_back = [&](const std::string& choice, std::size_t branched) {
    NetworkSizes sizes = example::default_sizes(choice);
    sizes.image.channels = 3;
    sizes.width = .1;
    sizes.branched = branched;
    sizes.blocks = 5;
    sizes.branch.convolutions = 2;
    einet::nn::Graph saved = example::make_network(sizes);
    einet::io::save_parameters(folder / "w.safetensors", saved, einet::io::Precision::f16,
                               example::describe(sizes, {0.5f, 0.5f}));
    const example::Trained loaded = example::load_network(folder / "w.safetensors");
    check(example::describe(loaded.sizes) == example::describe(sizes), "the sizes of a " + choice);
    check(loaded.network.exits() == saved.exits(), "the exits of a " + choice);
    check(loaded.sizes.branched == branched, "the branches of a " + choice);
  };
  for (const std::string& choice : example::network_choices()) comes_back(choice, 0);
  comes_back("msdnet", 1);
  const std::string own = EINET_SOURCE_DIR "/examples/data/weights.safetensors";
  check(example::load_network(own).network.exits() == example::exits, "the demo's own weights");
  return failures == 0 ? 0 : 1;
}
