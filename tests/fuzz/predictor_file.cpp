// Parameters of predictors for three exits: a file that is accepted is written, and must be the same when
// read again.

#include "files.hpp"
#include "safetensors_mutator.hpp"

#include <einet/io/predictor_file.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/predict/calibration.hpp>

#include <cstdint>
#include <filesystem>

using namespace einet;

namespace {

template <class Parameters>
void check(const std::filesystem::path& file, const io::PredictorIdentity& identity) {
  static const std::filesystem::path path = fuzz::scratch() / "again.safetensors";
  Parameters parameters;
  const Parameters before = parameters;
  if (!fuzz::accepts([&] { io::load_predictor(file, parameters, identity); })) {
    fuzz::require(parameters == before, "parameters stay when a file is refused");
    return;
  }
  fuzz::require(fuzz::accepts([&] {
                  io::save_predictor(path, parameters, identity);
                  Parameters again;
                  io::load_predictor(path, again, identity);
                  fuzz::require(again == parameters, "parameters are kept");
                }),
                "parameters that were read can be written and read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  const std::filesystem::path& file = memory.with({data, size});
  check<CsParameters<3, 2>>(file, {.kind = "cs_predictor", .exits = 3, .hidden = 2});
  check<Calibration<3, 4>>(
      file, {.kind = "calibration", .exits = 3, .fingerprint = "f", .target = Target::correctness});
  return 0;
}
