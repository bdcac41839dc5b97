// Reads or writes a header with a given number of parts, so that instructions can be counted:
//   header_work <kind> <parts> <folder for files>

#include <einet/io/safetensors.hpp>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using einet::io::FileError;

std::string entry(std::size_t i, const std::string& rest) {
  return "\"" + std::to_string(i) + "\":" + rest;
}

/// `begin`, `parts` items with commas between them, `end`.
template <class Item>
std::string list(const std::string& begin, std::size_t parts, const std::string& end, Item item) {
  std::string text = begin;
  for (std::size_t i = 0; i < parts; ++i) text += (i > 0 ? "," : "") + item(i);
  return text + end;
}

std::string header(const std::string& kind, std::size_t parts) {
  const auto constant = [](const std::string& text) { return [=](std::size_t) { return text; }; };
  if (kind == "tensors")
    return list("{", parts, "}",
                [](std::size_t i) { return entry(i, R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})"); });
  if (kind == "metadata")
    return list(R"({"__metadata__":{)", parts, "}}", [](std::size_t i) { return entry(i, "\"\""); });
  if (kind == "numbers") return list(R"({"a":{"x":[)", parts, "]}}", constant("1"));
  if (kind == "objects") return list(R"({"a":[)", parts, "]}", constant("{}"));
  if (kind == "members") return list(R"({"a":{)", parts, "}}", constant(R"("x":1)"));
  if (kind == "name") return "{\"" + std::string(100 * parts, 'x') + "\":1}";
  return "{" + std::string(100 * parts, ' ') + "}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string kind = argv[1];
  const std::size_t parts = std::stoul(argv[2]);
  try {
    if (kind == "written") {
      einet::io::SafetensorsWriter writer(std::string(argv[3]) + "/written.safetensors");
      const std::vector<float> one{1.f};
      const std::vector<unsigned char> byte{1};
      for (std::size_t i = 0; i < parts; ++i)
        i % 2 == 0 ? writer.add(std::to_string(i), {}, byte) : writer.add(std::to_string(i), {}, one);
      writer.save();
    } else {
      (void)einet::io::parse_safetensors_header("header", header(kind, parts), 0);
    }
  } catch (const FileError&) {  // refusing is work, too
  }
}
