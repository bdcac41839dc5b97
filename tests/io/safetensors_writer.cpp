#include "catch.hpp"
#include "files.hpp"
#include "sanitized.hpp"
#include "support.hpp"

#include <einet/io/safetensors.hpp>

#include <bit>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace fs = std::filesystem;
using einet::io::FileError;
using einet::io::SafetensorsFile;
using einet::io::SafetensorsWriter;
using einet::test::ContainsSubstring;

namespace {

std::vector<std::size_t> random_shape(std::mt19937& random) {
  std::vector<std::size_t> shape(random() % 5);
  for (auto& extent : shape) extent = random() % 6;
  return shape;
}

std::size_t product(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  return count;
}

template <class T>
std::vector<T> random_values(std::mt19937& random, std::size_t count) {
  std::vector<T> values(count);
  for (auto& value : values) {
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(
          std::ldexp(static_cast<double>(random()) - 2e9, static_cast<int>(random() % 60) - 60));
    } else {
      value = static_cast<T>(random());
    }
  }
  return values;
}

}  // namespace

TEST_CASE("random tensors of every dtype are read back bit for bit", "[io][safetensors]") {
  const std::uint32_t seed = 31337;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const fs::path path = einet::test::scratch_folder("writer") / "random.safetensors";
  for (std::size_t i = 0; i < einet::test::cases(100); ++i) {
    SafetensorsWriter writer(path);
    writer.set_metadata("round", std::to_string(i));
    writer.set_metadata("text", "quote \" slash \\ newline \n é");
    const auto float_shape = random_shape(random), double_shape = random_shape(random),
               half_shape = random_shape(random), int_shape = random_shape(random),
               byte_shape = random_shape(random);
    const auto floats = random_values<float>(random, product(float_shape));
    const auto doubles = random_values<double>(random, product(double_shape));
    const auto ints = random_values<std::int32_t>(random, product(int_shape));
    const auto bytes = random_values<std::uint8_t>(random, product(byte_shape));
    std::vector<float> halves(product(half_shape));
    for (float& half : halves) half = einet::io::half_to_float(static_cast<std::uint16_t>(random() % 0x7c00));
    writer.add("bytes", byte_shape, bytes);
    writer.add_half("halves \"quoted\"", half_shape, halves);
    writer.add("floats", float_shape, floats);
    writer.add("ints", int_shape, ints);
    writer.add("doubles", double_shape, doubles);
    writer.save();

    const SafetensorsFile file(path);
    CHECK(file.metadata() ==
          einet::io::Metadata{{"round", std::to_string(i)}, {"text", "quote \" slash \\ newline \n é"}});
    CHECK(file.tensors().size() == 5);
    CHECK(file.tensor("floats").shape == float_shape);
    CHECK(file.read<float>("floats") == floats);
    CHECK(file.tensor("doubles").shape == double_shape);
    CHECK(file.read<double>("doubles") == doubles);
    CHECK(file.tensor("halves \"quoted\"").shape == half_shape);
    CHECK(file.read<float>("halves \"quoted\"") == halves);
    CHECK(file.read<std::int32_t>("ints") == ints);
    CHECK(file.read<std::uint8_t>("bytes") == bytes);
    for (const auto& [name, entry] : file.tensors()) CHECK(entry.begin % size_of(entry.dtype) == 0);
    std::uint64_t length = 0;
    std::memcpy(&length, einet::test::read_text(path).data(), sizeof(length));
    CHECK(length % 8 == 0);
  }
}

TEST_CASE("tensors of another file are copied as they are stored, whatever their type", "[io][safetensors]") {
  const fs::path folder = einet::test::scratch_folder("copied");
  SafetensorsWriter first(folder / "first.safetensors");
  const std::array<std::size_t, 2> shape{2, 3};
  const std::array<float, 6> values{1, 2, 3, 4, 5, 6};
  first.add_half("halves", shape, values);
  first.add("floats", shape, values);
  first.save();
  const SafetensorsFile from(folder / "first.safetensors");
  SafetensorsWriter second(folder / "second.safetensors");
  second.add("floats", shape, std::array<float, 6>{});
  second.add_stored("halves", from.tensor("halves"), from.bytes("halves"));
  CHECK_THROWS_WITH(second.add_stored("floats", from.tensor("floats"), from.bytes("floats")),
                    einet::test::ContainsSubstring("'floats': the name is taken"));
  CHECK_THROWS_WITH(second.add_stored("more", from.tensor("floats"), from.bytes("halves")),
                    einet::test::ContainsSubstring("'more': got 12 bytes for a tensor of 24"));
  second.save();
  const SafetensorsFile to(folder / "second.safetensors");
  CHECK(to.tensor("halves").dtype == einet::io::Dtype::f16);
  CHECK(to.tensor("halves").shape == from.tensor("halves").shape);
  CHECK(to.read<float>("halves") == std::vector<float>(values.begin(), values.end()));
}

TEST_CASE("a file without tensors is valid", "[io][safetensors]") {
  const fs::path path = einet::test::scratch_folder("writer") / "empty.safetensors";
  SafetensorsWriter(path).save();
  CHECK(SafetensorsFile(path).tensors().empty());
}

TEST_CASE("values that the format cannot hold are refused before the disk is touched", "[io][safetensors]") {
  const fs::path folder = einet::test::scratch_folder("writer");
  SafetensorsWriter writer(folder / "bad.safetensors");
  const std::vector<std::size_t> shape{2};
  const std::vector<float> values{1.f, 2.f};
  writer.add("x", shape, values);
  CHECK_THROWS_WITH(writer.add("x", shape, values), ContainsSubstring("tensor 'x': the name is taken"));
  CHECK_THROWS_WITH(writer.add("__metadata__", shape, values), ContainsSubstring("the name is taken"));
  CHECK_THROWS_WITH(writer.add("y", shape, std::span(values).first(1)),
                    ContainsSubstring("tensor 'y': got 1 values for shape [2]"));
  const std::vector<float> large{65504.f, 65520.f};
  CHECK_THROWS_WITH(writer.add_half("z", shape, large), ContainsSubstring("does not fit in 16 bits"));
  writer.set_metadata("k", "\xff");
  CHECK_THROWS_WITH(writer.save(), ContainsSubstring("not UTF-8"));
  CHECK(fs::is_empty(folder));
}

TEST_CASE("a full disk leaves the old file unharmed", "[io][safetensors]") {
  const fs::path folder = einet::test::scratch_folder("writer");
  const fs::path path = folder / "full.safetensors";
  const std::vector<std::size_t> shape{1000};
  SafetensorsWriter writer(path);
  writer.add("x", shape, std::vector<float>(1000, 1.f));
  writer.save();
  writer.add("y", shape, std::vector<float>(1000, 2.f));
  // A limit on the size of files stands for the full disk.
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 5000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  CHECK_THROWS_WITH(writer.save(), ContainsSubstring("full.safetensors: cannot be written: File too large"));
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(SafetensorsFile(path).tensors().size() == 1);
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 1);
}

TEST_CASE("a file that no reader accepts is not written", "[io][safetensors]") {
  const fs::path folder = einet::test::scratch_folder("writer");
  SafetensorsWriter writer(folder / "bad.safetensors");
  const std::vector<float> one{1.f};
  CHECK_THROWS_WITH(writer.add(std::string(1025, 'n'), {}, one), ContainsSubstring("more than 1024 bytes"));
  CHECK_NOTHROW(writer.add(std::string(1024, 'n'), {}, one));
  CHECK_THROWS_WITH(writer.add("x", std::vector<std::size_t>(65, 1), one),
                    ContainsSubstring("tensor 'x': got 1 values for shape"));
  CHECK_NOTHROW(writer.add("x", std::vector<std::size_t>(64, 1), one));
  const std::vector<std::size_t> wrapping{std::size_t{1} << 32U, std::size_t{1} << 32U};
  CHECK_THROWS_WITH(writer.add("y", wrapping, std::vector<float>{}), ContainsSubstring("tensor 'y': got 0"));
  writer.save();
  CHECK(SafetensorsFile(folder / "bad.safetensors").tensors().size() == 2);
  if (!einet::test::sanitized) {
    writer.set_metadata("k", std::string(100'000'000, 'x'));
    CHECK_THROWS_WITH(writer.save(), ContainsSubstring("header: its length 10") &&
                                         ContainsSubstring("exceeds the format's limit of 100000000 bytes"));
    writer.set_metadata("k", "");
  }
  writer.set_metadata(std::string(1025, 'k'), "");
  CHECK_THROWS_WITH(writer.save(), ContainsSubstring("header: the name 'kkk"));
  CHECK(SafetensorsFile(folder / "bad.safetensors").metadata().empty());
}

TEST_CASE("an independent reader in Python finds what was written", "[io][safetensors][python]") {
  const fs::path script = fs::path(__FILE__).parent_path() / "check_safetensors.py";
  if (!fs::exists(script) || std::system("python3 -c '' >/dev/null 2>&1") != 0) {
    WARN("no python3, or " << script << " is not there: not tested");
    return;
  }
  const fs::path path = einet::test::scratch_folder("writer") / "python.safetensors";
  // The script computes the values that it expects by the same formulas.
  std::vector<float> floats(6), halves(7);
  std::vector<double> doubles(3);
  std::vector<std::int32_t> ints(4);
  std::vector<std::uint8_t> bytes(5);
  for (int i = 0; i < 7; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (i < 6) floats[at] = static_cast<float>(i) * 0.1f - 0.25f;
    halves[at] = static_cast<float>(i) * 0.1f - 0.25f;
    if (i < 3) doubles[at] = static_cast<double>(i) / 3;
    if (i < 4) ints[at] = i * 1000000 - 2000000;
    if (i < 5) bytes[at] = static_cast<std::uint8_t>(i * 50);
  }
  SafetensorsWriter writer(path);
  writer.set_metadata("note", "é \"quoted\"");
  writer.add("bytes", std::vector<std::size_t>{5}, bytes);
  writer.add("floats", std::vector<std::size_t>{2, 3}, floats);
  writer.add_half("halves", std::vector<std::size_t>{7, 1}, halves);
  writer.add("ints", std::vector<std::size_t>{4}, ints);
  writer.add("doubles", std::vector<std::size_t>{3}, doubles);
  writer.add("scalar", {}, std::vector<float>{42.f});
  writer.save();
  CHECK(std::system(("python3 '" + script.string() + "' '" + path.string() + "'").c_str()) == 0);
}
