// The header of a safetensors file, followed by as many bytes of data as the first two bytes say: a header
// that is accepted must agree with nlohmann's own tree of the text, and cover the data without a hole.

#include "files.hpp"

#include <einet/io/safetensors_header.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint64_t behind = data[0] | std::uint64_t{data[1]} << 8U;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  io::SafetensorsHeader header;
  if (!fuzz::accepts([&] { header = io::parse_safetensors_header("fuzz", text, behind); })) return 0;

  const auto tree = nlohmann::json::parse(text);
  std::size_t tensors = 0;
  for (const auto& [name, value] : tree.items()) {
    if (name == "__metadata__") {
      fuzz::require(value.get<io::Metadata>() == header.metadata, "metadata are the tree's");
      continue;
    }
    ++tensors;
    const io::TensorEntry& entry = header.tensors.at(name);
    fuzz::require(value["shape"].get<std::vector<std::uint64_t>>() ==
                      std::vector<std::uint64_t>(entry.shape.begin(), entry.shape.end()),
                  "a shape is the tree's");
    fuzz::require(value["data_offsets"].get<std::vector<std::uint64_t>>() ==
                      std::vector<std::uint64_t>{entry.begin, entry.end},
                  "offsets are the tree's");
    const auto& dtype = value["dtype"].get_ref<const std::string&>();
    fuzz::require(
        entry.dtype == io::Dtype::other ? dtype == entry.other_dtype : dtype == name_of(entry.dtype),
        "a dtype is the tree's");
  }
  fuzz::require(tensors == header.tensors.size(), "there are no more tensors than the tree's");

  std::vector<bool> covered(behind);
  for (const auto& [name, entry] : header.tensors)
    for (std::uint64_t byte = entry.begin; byte < entry.end; ++byte) {
      fuzz::require(byte < behind && !covered[byte], "every byte belongs to one tensor only");
      covered[byte] = true;
    }
  for (const bool byte : covered) fuzz::require(byte, "every byte belongs to a tensor");
  return 0;
}
