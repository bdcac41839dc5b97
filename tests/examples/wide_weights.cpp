// A few bytes that describe a network of a gigabyte are refused in little memory.

#include "examples/common/vgg16_files.hpp"
#include "tests/limited_memory.hpp"
#include "tests/support.hpp"

#include <cstddef>
#include <cstdio>
#include <string>

namespace {

using einet::nn::Vgg16Options;

int failures = 0;

void check(bool holds, const std::string& what) {
  if (holds) return;
  std::printf("FAILED: %s\n", what.c_str());
  ++failures;
}

}  // namespace

int main() {
  const auto folder = einet::test::scratch_folder("weights");
  for (const Vgg16Options& wanted :
       {Vgg16Options{.width = 4}, Vgg16Options{.width = 0.01, .branch = {32, 4096, 4096}},
        Vgg16Options{.image = {32, 32, 4096}, .classes = 4096, .width = 4}}) {
    einet::io::SafetensorsWriter writer(folder / "w.safetensors");
    writer.set_metadata(example::describe(wanted, {0.5f, 0.5f}));
    writer.save();
    const auto said = einet::test::in_limited_memory(std::size_t{1} << 24U, [&]() -> std::string {
      static_cast<void>(example::load_vgg16(folder / "w.safetensors"));
      return "accepted";
    });
    check(!said || said->find("w.safetensors: metadata: describes a network of ") != std::string::npos,
          "wide weights: " + said.value_or(""));
  }

  const Vgg16Options small{.width = 0.05, .branch = {2, 3, 4}};
  einet::nn::Graph network = einet::nn::vgg16(small);
  einet::io::save_parameters(folder / "w.safetensors", network, einet::io::Precision::f16,
                             example::describe(small, {0.5f, 0.5f}));
  check(example::load_vgg16(folder / "w.safetensors").network.exits() == example::exits,
        "weights at two bytes a number");
  const std::string own = EINET_SOURCE_DIR "/examples/data/weights.safetensors";
  check(example::load_vgg16(own).network.exits() == example::exits, "the demo's own weights");
  return failures == 0 ? 0 : 1;
}
