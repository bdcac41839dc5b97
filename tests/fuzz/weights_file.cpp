// Tensors by name, as weights files have them: a file that is accepted is written, and must be the same when
// read again.

#include "files.hpp"
#include "safetensors_mutator.hpp"

#include <einet/io/weights_file.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

using namespace einet;

namespace {

struct Network {
  std::array<float, 4> weight{};
  std::array<float, 2> bias{};
  std::array<float, 1> scale{};

  template <class F>
  void for_each_parameter(F&& f) {
    visit(*this, f);
  }
  template <class F>
  void for_each_parameter(F&& f) const {
    visit(*this, f);
  }
  friend bool operator==(const Network&, const Network&) = default;

 private:
  template <class Self, class F>
  static void visit(Self& self, F& f) {
    constexpr static std::array<std::size_t, 3> two_by_two{2, 1, 2};
    f("fc.weight", std::span<const std::size_t>(two_by_two), std::span(self.weight));
    f("fc.bias", std::span<const std::size_t>(two_by_two).first(1), std::span(self.bias));
    f("scale", std::span<const std::size_t>{}, std::span(self.scale));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  static const std::filesystem::path path = fuzz::scratch() / "again.safetensors";
  Network network;
  io::Metadata metadata;
  if (!fuzz::accepts([&] { metadata = io::load_parameters(memory.with({data, size}), network); })) {
    fuzz::require(network == Network{}, "a network stays when a file is refused");
    return 0;
  }
  fuzz::require(fuzz::accepts([&] {
                  io::save_parameters(path, network, io::Precision::f32, metadata);
                  Network again;
                  fuzz::require(io::load_parameters(path, again) == metadata, "metadata are kept");
                  fuzz::require(again == network, "weights are kept");
                }),
                "weights that were read can be written and read");
  return 0;
}
