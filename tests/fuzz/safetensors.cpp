// Whole safetensors files: every tensor that can be read is written, and must be the same to the bit when
// read again.

#include "files.hpp"
#include "safetensors_mutator.hpp"

#include <einet/io/safetensors.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

using namespace einet;

namespace {

template <class T>
void add(io::SafetensorsWriter& writer, const io::SafetensorsFile& file, const std::string& name) {
  const std::vector<T> values = file.read<T>(name);
  writer.add(name, file.tensor(name).shape, std::span<const T>(values));
}

/// Whether its type can be written.
bool add(io::SafetensorsWriter& writer, const io::SafetensorsFile& file, const std::string& name) {
  switch (file.tensor(name).dtype) {
    case io::Dtype::f32:
      add<float>(writer, file, name);
      return true;
    case io::Dtype::f64:
      add<double>(writer, file, name);
      return true;
    case io::Dtype::i32:
      add<std::int32_t>(writer, file, name);
      return true;
    case io::Dtype::u8:
      add<std::uint8_t>(writer, file, name);
      return true;
    default:
      return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  static const std::filesystem::path path = fuzz::scratch() / "again.safetensors";
  fuzz::accepts([&] {
    const io::SafetensorsFile file(memory.with({data, size}));
    io::SafetensorsWriter writer(path);
    writer.set_metadata(file.metadata());
    std::vector<std::string> written;
    for (const auto& [name, entry] : file.tensors()) {
      fuzz::accepts([&, &tensor = name] { static_cast<void>(file.read<float>(tensor)); });
      fuzz::accepts([&, &tensor = name] { static_cast<void>(file.read<double>(tensor)); });
      fuzz::accepts([&, &tensor = name] { static_cast<void>(file.read<std::int8_t>(tensor)); });
      fuzz::accepts([&, &tensor = name] { static_cast<void>(file.read<std::uint64_t>(tensor)); });
      if (add(writer, file, name)) written.push_back(name);
    }
    fuzz::require(fuzz::accepts([&] {
                    writer.save();
                    const io::SafetensorsFile again(path);
                    fuzz::require(again.metadata() == file.metadata(), "metadata are read again");
                    fuzz::require(again.tensors().size() == written.size(), "tensors are read again");
                    for (const std::string& name : written) {
                      fuzz::require(again.tensor(name).shape == file.tensor(name).shape, "shapes are kept");
                      fuzz::require(std::ranges::equal(again.bytes(name), file.bytes(name)),
                                    "bytes are kept");
                    }
                  }),
                  "what was read can be written and read");
  });
  return 0;
}
