#pragma once
// PNG and JPEG files as pixels.

#include <einet/io/file.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <png.h>
#include <turbojpeg.h>

namespace example {

/// [height][width][channels], 1 or 3 channels.
struct Picture {
  std::size_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
};

namespace detail {

/// A file of a few bytes may claim any size.
inline constexpr std::size_t most_pixels = std::size_t{1} << 26U;

inline void expect_size(const std::filesystem::path& path, std::size_t height, std::size_t width) {
  if (height == 0 || width == 0 || height > most_pixels / width)
    throw einet::io::FileError(path, "",
                               "is a picture of " + std::to_string(height) + "x" + std::to_string(width));
}

inline Picture load_png(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> freed(&image, &png_image_free);
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
    throw einet::io::FileError(path, "", std::string("is no PNG: ") + image.message);
  expect_size(path, image.height, image.width);
  const bool colour = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Picture picture{image.height, image.width, colour ? 3U : 1U, {}};
  picture.pixels.resize(picture.height * picture.width * picture.channels);
  const png_color black{0, 0, 0};  // behind what is transparent
  if (png_image_finish_read(&image, &black, picture.pixels.data(), 0, nullptr) == 0)
    throw einet::io::FileError(path, "", std::string("is damaged: ") + image.message);
  return picture;
}

inline Picture load_jpeg(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes) {
  const std::unique_ptr<void, decltype(&tjDestroy)> jpeg(tjInitDecompress(), &tjDestroy);
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (!jpeg || tjDecompressHeader3(jpeg.get(), bytes.data(), static_cast<unsigned long>(bytes.size()), &width,
                                   &height, &sampling, &colours) != 0)
    throw einet::io::FileError(path, "", "is no JPEG");
  expect_size(path, static_cast<std::size_t>(height), static_cast<std::size_t>(width));
  const bool grey = colours == TJCS_GRAY;
  Picture picture{static_cast<std::size_t>(height), static_cast<std::size_t>(width), grey ? 1U : 3U, {}};
  picture.pixels.resize(picture.height * picture.width * picture.channels);
  if (tjDecompress2(jpeg.get(), bytes.data(), static_cast<unsigned long>(bytes.size()), picture.pixels.data(),
                    width, 0, height, grey ? TJPF_GRAY : TJPF_RGB, 0) != 0)
    throw einet::io::FileError(path, "", std::string("is damaged: ") + tjGetErrorStr2(jpeg.get()));
  return picture;
}

}  // namespace detail

/// Whether the name ends in .png, .jpg or .jpeg.
inline bool is_picture(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

/// @throws einet::io::FileError if it is neither PNG nor JPEG, damaged or absurdly large
inline Picture load_picture(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = einet::io::read_bytes(path);
  constexpr std::uint8_t png[] = {0x89, 'P', 'N', 'G'};
  return bytes.size() > 4 && std::equal(std::begin(png), std::end(png), bytes.begin())
             ? detail::load_png(path, bytes)
             : detail::load_jpeg(path, bytes);
}

}  // namespace example
