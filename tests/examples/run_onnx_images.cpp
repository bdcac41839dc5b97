// The images of run_onnx: pictures are decoded, resized and cut as others do it.

#include "catch.hpp"
#include "run_onnx/images.hpp"
#include "run_onnx/pictures.hpp"
#include "run_onnx/preprocessing.hpp"
#include "support.hpp"

#include <einet/io/file_error.hpp>
#include <einet/io/safetensors_reader.hpp>
#include <einet/io/safetensors_writer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <png.h>
#include <turbojpeg.h>

using einet::test::WithinAbs;
using einet::test::WithinRel;
using namespace example;

namespace {

/// Two dimensions of a slow wave, so that JPEG keeps it.
Picture wave(std::size_t height, std::size_t width, std::size_t channels) {
  Picture picture{height, width, channels, {}};
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 0; c < channels; ++c)
        picture.pixels.push_back(static_cast<std::uint8_t>(
            128 + 100 * std::sin(.1 * static_cast<double>(x + 2 * y) + static_cast<double>(c))));
  return picture;
}

void write_png(const std::filesystem::path& path, const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  REQUIRE(png_image_write_to_file(&image, path.c_str(), 0, picture.pixels.data(), 0, nullptr) != 0);
}

void write_jpeg(const std::filesystem::path& path, const Picture& picture) {
  tjhandle jpeg = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(jpeg, picture.pixels.data(), static_cast<int>(picture.width), 0,
                      static_cast<int>(picture.height), picture.channels == 1 ? TJPF_GRAY : TJPF_RGB, &bytes,
                      &size, picture.channels == 1 ? TJSAMP_GRAY : TJSAMP_444, 95, 0) == 0);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  tjFree(bytes);
  tjDestroy(jpeg);
}

std::string refusal(const std::filesystem::path& path) {
  try {
    static_cast<void>(load_picture(path));
  } catch (const einet::io::FileError& error) {
    return std::string(error.what()).substr(path.string().size() + 2);
  }
  return "nothing";
}

}  // namespace

TEST_CASE("PNG files are read as they were written, JPEG files nearly so") {
  const auto folder = einet::test::scratch_folder("pictures");
  for (const std::size_t channels : {std::size_t{1}, std::size_t{3}}) {
    const Picture picture = wave(17, 23, channels);
    write_png(folder / "p.png", picture);
    write_jpeg(folder / "p.JPG", picture);
    CHECK(load_picture(folder / "p.png").pixels == picture.pixels);
    const Picture jpeg = load_picture(folder / "p.JPG");
    REQUIRE(jpeg.pixels.size() == picture.pixels.size());
    CHECK(jpeg.channels == channels);
    for (std::size_t k = 0; k < jpeg.pixels.size(); ++k)
      CHECK(std::abs(int{jpeg.pixels[k]} - int{picture.pixels[k]}) <= 8);
  }
}

TEST_CASE("Pictures that are damaged or none are refused") {
  const auto folder = einet::test::scratch_folder("pictures");
  write_png(folder / "p.png", wave(40, 40, 3));
  write_jpeg(folder / "p.jpg", wave(40, 40, 3));
  const auto cut = [&](const char* name, std::size_t bytes) {
    std::filesystem::resize_file(folder / name, bytes);
    return refusal(folder / name);
  };
  CHECK(cut("p.png", 60).find("is damaged: ") == 0);
  CHECK(cut("p.png", 20).find("is no PNG: ") == 0);
  CHECK(cut("p.jpg", 10).find("is ") == 0);
  CHECK(cut("p.jpg", 0).find("is ") == 0);
}

TEST_CASE("Images are resized as by Pillow's triangle filter") {
  // Pillow 9.4: Image.fromarray(float32, "F").resize((3, 4), BILINEAR), and the fifth row of (8, 9).
  Values values{7, 5, 1, {}};
  for (int k = 0; k < 35; ++k) values.all.push_back(static_cast<float>(k * 37 % 256));
  const std::vector<float> smaller{100.571f, 73.381f, 100.177f, 124.177f, 142.498f, 113.194f,
                                   120.806f, 91.502f, 109.823f, 133.823f, 160.619f, 133.429f};
  const Values small = values.resized(4, 3);
  for (std::size_t k = 0; k < smaller.size(); ++k) CHECK_THAT(small.all[k], WithinAbs(smaller[k], .002));
  const std::vector<float> row{43.f, 59.188f, 82.312f, 105.438f, 128.562f, 151.688f, 174.812f, 191.f};
  const Values large = values.resized(9, 8);
  for (std::size_t k = 0; k < row.size(); ++k) CHECK_THAT(large.all[4 * 8 + k], WithinAbs(row[k], .002));
}

TEST_CASE("An image is cut in its middle, normalised, and its channels are in the order asked for") {
  Picture picture{2, 4, 3, {}};
  for (int k = 0; k < 24; ++k) picture.pixels.push_back(static_cast<std::uint8_t>(10 * k));
  const std::vector<float> found = prepared(picture, {0, 2, {.5f}, {.25f}, true}, {2, 2, 3});
  std::vector<float> expected;
  for (const int pixel : {1, 2, 5, 6})
    for (const int c : {2, 1, 0})
      expected.push_back((static_cast<float>(10 * (3 * pixel + c)) / 255 - .5f) / .25f);
  REQUIRE(found.size() == expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) CHECK_THAT(found[k], WithinRel(expected[k], 1e-5f));

  const std::vector<float> padded = prepared({1, 1, 1, {255}}, {0, 3, {0}, {1}, false}, {3, 3, 1});
  CHECK_THAT(padded[4], WithinRel(1.f, 1e-5f));
  CHECK(std::count(padded.begin(), padded.end(), 0.f) == 8);
  CHECK_THROWS_AS(prepared(picture, {}, {2, 2, 3}), std::invalid_argument);
  CHECK_THROWS_AS(prepared({0, 4, 1, {}}, {8, 8, {0}, {1}, false}, {8, 8, 1}), std::invalid_argument);
  const Picture thread{1, 1000, 1, std::vector<std::uint8_t>(1000)};
  CHECK_THROWS_AS(prepared(thread, {256, 224, {0}, {1}, false}, {224, 224, 1}), std::invalid_argument);
}

TEST_CASE("A folder of pictures has a class for each folder in it") {
  const auto folder = einet::test::scratch_folder("classes");
  for (const char* const name : {"cat", "ant", "bee"}) std::filesystem::create_directories(folder / name);
  for (int k = 0; k < 3; ++k) write_png(folder / "bee" / ("b" + std::to_string(k) + ".png"), wave(8, 8, 3));
  write_jpeg(folder / "cat" / "c.jpeg", wave(8, 8, 3));
  std::ofstream(folder / "cat" / "notes.txt") << "no picture";
  const Inputs inputs = load_inputs(folder, {}, {}, {8, 8, 3}, 100);
  CHECK(inputs.names == std::vector<std::string>{"ant", "bee", "cat"});
  REQUIRE(inputs.labels.size() == 4);
  std::array<int, 3> count{};
  for (const std::int32_t label : inputs.labels) ++count[static_cast<std::size_t>(label)];
  CHECK(count == std::array<int, 3>{0, 3, 1});
  CHECK(load_inputs(folder, {}, {}, {8, 8, 3}, 2).images.size() == 2);
  CHECK_THROWS_AS(load_inputs(folder / "ant", {}, {}, {8, 8, 3}, 2), einet::io::FileError);
}

TEST_CASE("Arrays of NumPy are bytes of pixels, or numbers that are ready") {
  const auto path = einet::test::scratch_folder("npy") / "a.npy";
  const auto write = [&](const std::string& dictionary, const std::string& data) {
    std::string header = dictionary;
    header.resize(117, ' ');
    std::ofstream(path, std::ios::binary) << std::string("\x93NUMPY\x01\x00v\x00", 10) << header << '\n'
                                          << data;
  };
  std::vector<float> numbers(2 * 3 * 2);
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<float>(k);
  const std::string data(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  write("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 2, 2), }", data);
  CHECK(load_inputs(path, {}, {}, {2, 2, 3}, 9).images ==
        std::vector<std::vector<float>>{{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}});
  const auto refused = [&](const std::string& dictionary) {
    write(dictionary, data);
    CHECK_THROWS_AS(load_inputs(path, {}, {}, {2, 2, 3}, 9), einet::io::FileError);
  };
  refused("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3, 2, 2), }");
  refused("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3, 2, 2), }");
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2, 2), }");
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2, 3), }");
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296, 3), }");
  refused("{'descr': '<f4', 'fortran_order': False, }");
  refused("nothing");
}

TEST_CASE("Preprocessing that was kept is that which was asked for") {
  const auto path = einet::test::scratch_folder("preprocessing") / "kept.safetensors";
  const Preprocessing how{256, 224, {.485f, .456f, .406f}, {.229f, .224f, .225f}, true};
  const auto keep = [&](einet::io::Metadata metadata) {
    einet::io::SafetensorsWriter writer(path);
    writer.set_metadata(metadata);
    writer.save();
    return einet::io::SafetensorsFile(path);
  };
  CHECK(described_preprocessing(keep(describe(how))) == how);
  for (const auto& [key, value] : {std::pair("resize", "-1"),
                                   {"crop", "many"},
                                   {"mean", "0.5,"},
                                   {"mean", "1,2"},
                                   {"std", "nan"},
                                   {"std", "0"}}) {
    einet::io::Metadata wrong = describe(how);
    wrong[key] = value;
    INFO(key << " " << value);
    CHECK_THROWS_AS(described_preprocessing(keep(wrong)), einet::io::FileError);
  }
  CHECK_THROWS_AS(described_preprocessing(keep({})), einet::io::FileError);
}
