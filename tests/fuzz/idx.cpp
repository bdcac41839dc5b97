// IDX files; the first byte says how the rest becomes one: as it is, compressed by gzip, or compressed and
// then damaged in one place. A file that is accepted is written, plain or compressed, and must be the same
// when read again.

#include "files.hpp"

#include <einet/data/idx.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  static const std::filesystem::path plain = fuzz::scratch() / "again", packed = fuzz::scratch() / "again.gz";
  if (size < 3) return 0;
  fuzz::Bytes bytes(data + 1, size - 1);
  std::vector<std::uint8_t> compressed;
  if (data[0] % 3 != 0) {
    compressed = data::gzip(bytes.subspan(data[0] % 3 == 2 ? 2 : 0));
    if (data[0] % 3 == 2) compressed[(data[1] * std::size_t{256} + data[2]) % compressed.size()] ^= data[0];
    bytes = compressed;
  }
  data::IdxArray array;
  if (!fuzz::accepts([&] { array = data::read_idx(memory.with(bytes)); })) return 0;
  fuzz::require(fuzz::accepts([&] {
                  const auto& path = size % 4 == 0 ? packed : plain;
                  data::write_idx(path, array.shape, array.values);
                  fuzz::require(data::read_idx(path) == array, "arrays are kept");
                }),
                "arrays that were read can be written and read");
  return 0;
}
