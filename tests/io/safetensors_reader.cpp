#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/safetensors_reader.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using einet::io::FileError;
using einet::io::SafetensorsFile;
using einet::test::ContainsSubstring;
using einet::test::safetensors_bytes;
using einet::test::write_text;

namespace {

/// One tensor 'x' of these values, in its own file.
template <class Stored>
SafetensorsFile file_of(const std::string& dtype, const std::vector<Stored>& values) {
  const std::string count = std::to_string(values.size());
  const std::size_t bytes = values.size() * sizeof(Stored);
  std::string text = safetensors_bytes(R"({"x":{"dtype":")" + dtype + R"(","shape":[)" + count +
                                           R"(],"data_offsets":[0,)" + std::to_string(bytes) + "]}}",
                                       bytes);
  if (bytes > 0) std::memcpy(text.data() + text.size() - bytes, values.data(), bytes);
  const auto path = einet::test::scratch_folder("reader") / "x.safetensors";
  write_text(path, text);
  return SafetensorsFile(path);
}

/// The extremes of `Stored` come through as `T`.
template <class Stored, class T>
void check_integers(const std::string& dtype) {
  CAPTURE(dtype);
  const std::vector<Stored> values{std::numeric_limits<Stored>::min(), 0, 1, 100,
                                   std::numeric_limits<Stored>::max()};
  const auto read = file_of(dtype, values).template read<T>("x");
  REQUIRE(read.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(read[i] == static_cast<T>(values[i]));
}

}  // namespace

TEST_CASE("every integer dtype is read whole into a type that holds it", "[io][safetensors]") {
  check_integers<std::uint8_t, std::int32_t>("U8");
  check_integers<std::int8_t, std::int16_t>("I8");
  check_integers<std::uint16_t, std::int32_t>("U16");
  check_integers<std::int16_t, std::int64_t>("I16");
  check_integers<std::uint32_t, std::uint64_t>("U32");
  check_integers<std::int32_t, std::int32_t>("I32");
  check_integers<std::uint64_t, std::uint64_t>("U64");
  check_integers<std::int64_t, std::int64_t>("I64");
}

TEST_CASE("an integer that does not fit the type asked for is refused with its value", "[io][safetensors]") {
  CHECK_THROWS_WITH(file_of<std::int64_t>("I64", {1, 256}).read<std::uint8_t>("x"),
                    ContainsSubstring("tensor 'x': the value 256 is not in [0, 255]"));
  CHECK_THROWS_WITH(file_of<std::int32_t>("I32", {-1}).read<std::size_t>("x"),
                    ContainsSubstring("the value -1"));
  CHECK_THROWS_AS(file_of<std::uint64_t>("U64", {1ULL << 63U}).read<std::int64_t>("x"), FileError);
}

TEST_CASE("halves, bfloat16 and floats are read as float, doubles only as double", "[io][safetensors]") {
  CHECK(file_of<std::uint16_t>("F16", {0x3c00, 0xc000, 0x0001}).read<float>("x") ==
        std::vector<float>{1.f, -2.f, std::ldexp(1.f, -24)});
  CHECK(file_of<std::uint16_t>("BF16", {0x3f80, 0xc040}).read<float>("x") == std::vector<float>{1.f, -3.f});
  CHECK(file_of<float>("F32", {0.1f, -3e38f}).read<float>("x") == std::vector<float>{0.1f, -3e38f});
  CHECK(file_of<float>("F32", {0.1f}).read<double>("x") == std::vector<double>{static_cast<double>(0.1f)});
  CHECK(file_of<double>("F64", {0.1, -1e300}).read<double>("x") == std::vector<double>{0.1, -1e300});
  CHECK(std::isnan(file_of<std::uint16_t>("F16", {0x7e00}).read<float>("x")[0]));
  CHECK(std::isinf(file_of<std::uint16_t>("F16", {0x7c00}).read<float>("x")[0]));
}

TEST_CASE("a dtype of the wrong kind is refused by name", "[io][safetensors]") {
  CHECK_THROWS_WITH(file_of<double>("F64", {1.}).read<float>("x"),
                    ContainsSubstring("tensor 'x': has dtype F64, expected F32, F16 or BF16"));
  CHECK_THROWS_WITH(file_of<std::int32_t>("I32", {1}).read<float>("x"), ContainsSubstring("has dtype I32"));
  CHECK_THROWS_WITH(file_of<float>("F32", {1.f}).read<int>("x"),
                    ContainsSubstring("has dtype F32, expected an integer type"));
  CHECK_THROWS_AS(file_of<std::uint8_t>("BOOL", {1}).read<int>("x"), FileError);
}

TEST_CASE("tensors of an unknown type do not make a file unreadable", "[io][safetensors]") {
  const auto path = einet::test::scratch_folder("reader") / "x.safetensors";
  write_text(path, safetensors_bytes(R"({"f8":{"dtype":"F8_E5M2","shape":[3],"data_offsets":[0,3]},)"
                                     R"("f4":{"dtype":"F4","shape":[2],"data_offsets":[3,4]},)"
                                     R"("complex":{"dtype":"C64","shape":[],"data_offsets":[4,12]},)"
                                     R"("new":{"dtype":"Q\u001b5","shape":[9,9],"data_offsets":[12,15]},)"
                                     R"("ours":{"dtype":"U8","shape":[1],"data_offsets":[15,16]}})",
                                     16));
  const SafetensorsFile file(path);
  CHECK(file.read<int>("ours") == std::vector<int>{0});
  CHECK(file.bytes("f8").size() == 3);
  CHECK(file.bytes("new").size() == 3);
  CHECK_THROWS_WITH(file.read<float>("f8"),
                    ContainsSubstring("tensor 'f8': has dtype F8_E5M2, expected F32,"));
  CHECK_THROWS_WITH(file.read<double>("f4"), ContainsSubstring("has dtype F4, expected F64,"));
  CHECK_THROWS_WITH(file.read<int>("complex"), ContainsSubstring("has dtype C64, expected an integer type"));
  CHECK_THROWS_WITH(file.read<float>("new"), ContainsSubstring("has dtype 'Q\\x1b5', expected F32,"));
}

TEST_CASE("a missing tensor, another shape and other metadata are refused by name", "[io][safetensors]") {
  const SafetensorsFile file = file_of<float>("F32", {1.f, 2.f});
  CHECK(file.contains("x"));
  CHECK_THROWS_WITH(file.read<float>("y"), ContainsSubstring("x.safetensors: tensor 'y': is missing"));
  const std::vector<std::size_t> shape{2}, other{2, 1};
  CHECK_NOTHROW(file.expect_shape("x", shape));
  CHECK_THROWS_WITH(file.expect_shape("x", other), ContainsSubstring("has shape [2], expected [2, 1]"));
  CHECK_THROWS_WITH(expect_metadata(file, "kind", "a"),
                    ContainsSubstring("metadata 'kind': is missing, expected 'a'"));
  const auto path = einet::test::scratch_folder("reader") / "y.safetensors";
  write_text(path,
             safetensors_bytes(R"({"__metadata__":{"kind":"\u001bc)" + std::string(1000, 'x') + "\"}}", 0));
  CHECK_THROWS_WITH(expect_metadata(SafetensorsFile(path), "kind", "a"),
                    ContainsSubstring("metadata 'kind': is '\\x1bcxxx") &&
                        ContainsSubstring("… (1002 bytes)', expected 'a'"));
}

TEST_CASE("a file cut short at any byte, or with a byte too many, is refused", "[io][safetensors]") {
  const std::string good =
      safetensors_bytes(R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                        R"("b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})",
                        11);
  const auto path = einet::test::scratch_folder("reader") / "cut.safetensors";
  write_text(path, good);
  REQUIRE_NOTHROW(SafetensorsFile(path));
  for (std::size_t length = 0; length < good.size(); ++length) {
    write_text(path, good.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_AS(SafetensorsFile(path), FileError);
  }
  write_text(path, good + "x");
  CHECK_THROWS_WITH(SafetensorsFile(path), ContainsSubstring("1 trailing bytes"));
}

TEST_CASE("an absurd header length costs no memory, and other files are not safetensors",
          "[io][safetensors]") {
  const auto folder = einet::test::scratch_folder("reader");
  const auto path = folder / "bad.safetensors";
  write_text(path, std::string(8, '\xff'));
  CHECK_THROWS_WITH(SafetensorsFile(path), ContainsSubstring("exceeds the format's limit"));
  write_text(path, "\x89PNG\r\n\x1a\n and more");
  CHECK_THROWS_WITH(SafetensorsFile(path), ContainsSubstring("not a safetensors file"));
  write_text(path, std::string("\x00\xe1\xf5\x05\0\0\0\0{}", 10));
  CHECK_THROWS_WITH(SafetensorsFile(path),
                    ContainsSubstring("its length is 100000000, the file has 2 bytes more"));
  write_text(path, "");
  CHECK_THROWS_WITH(SafetensorsFile(path), ContainsSubstring("the file has 0 bytes"));
  CHECK_THROWS_WITH(SafetensorsFile(folder), ContainsSubstring("is a folder"));
  CHECK_THROWS_WITH(SafetensorsFile(folder / "none"), ContainsSubstring("no such file"));
}

TEST_CASE("a file with random bits near its beginning flipped is read or refused, nothing worse",
          "[io][safetensors]") {
  const std::string good = safetensors_bytes(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})",
      11);
  const std::uint32_t seed = 99;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto path = einet::test::scratch_folder("reader") / "flip.safetensors";
  for (std::size_t i = 0; i < einet::test::cases(1000); ++i) {
    std::string bytes = good;
    for (std::size_t flips = 1 + random() % 3; flips > 0; --flips) {
      char& byte = bytes[random() % (good.size() - 11)];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (random() % 8)));
    }
    write_text(path, bytes);
    try {
      const SafetensorsFile file(path);
      for (const auto& [name, entry] : file.tensors()) (void)file.bytes(name);
    } catch (const FileError&) {
    }
  }
  SUCCEED();
}

TEST_CASE("files written by Python's safetensors are read", "[io][safetensors][data]") {
  for (const std::string name : {"vgg16_cifar100", "msdnet21_cifar100", "vgg16_cifar100_plan_aware"}) {
    const auto path = einet::test::outside_data() / "profiles" / (name + ".safetensors");
    if (!std::filesystem::exists(path)) {
      WARN(path << " is not here: not tested");
      continue;
    }
    const SafetensorsFile file(path);
    const std::size_t exits = name == "msdnet21_cifar100" ? 21 : 14;
    CHECK(file.tensors().size() == 7);
    CHECK_NOTHROW(expect_metadata(file, "classes", "100"));
    CHECK(file.read<float>("top_logprob").size() == 10000 * exits * 10);
    CHECK(file.read<int>("label").size() == 10000);
    // The tensors agree: the most probable class is the predicted one, and its probability the confidence.
    const auto confidence = file.read<float>("confidence");
    const auto logprob = file.read<float>("top_logprob");
    const auto top = file.read<int>("top_class");
    const auto predicted = file.read<int>("predicted");
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < confidence.size(); ++i)
      wrong += std::fabs(std::exp(logprob[i * 10]) - confidence[i]) > 2e-3f || top[i * 10] != predicted[i]
                   ? 1U
                   : 0U;
    CHECK(wrong == 0);
  }
}
