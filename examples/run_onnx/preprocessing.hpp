#pragma once
// What a model's owner says of its images: how they are made larger or smaller, cut, and normalised.

#include "run_onnx/pictures.hpp"

#include <einet/io/safetensors_reader.hpp>
#include <einet/nn/shape.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace example {

struct Preprocessing {
  std::size_t resize = 0;  ///< pixels of the shorter side; 0: as it is
  std::size_t crop = 0;    ///< pixels of a square in the middle, with black around smaller images; 0: none
  std::vector<float> mean{0}, deviation{1};  ///< of values in [0, 1]: one number, or one per channel
  bool bgr = false;                          ///< channels in the order blue, green, red

  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

namespace detail {

/// One axis of a picture resized by a triangle filter, as wide as the step from pixel to pixel where the
/// picture shrinks: as of Pillow and torchvision.
struct ResizedAxis {
  struct Taps {
    std::size_t first;
    std::vector<float> weights;
  };

  static std::vector<Taps> taps(std::size_t in, std::size_t out) {
    std::vector<Taps> all;
    const double step = static_cast<double>(in) / static_cast<double>(out), reach = (std::max)(step, 1.);
    for (std::size_t o = 0; o < out; ++o) {
      const double centre = (static_cast<double>(o) + .5) * step;
      const auto first = static_cast<std::size_t>((std::max)(centre - reach + .5, 0.));
      const auto end = static_cast<std::size_t>((std::min)(centre + reach + .5, static_cast<double>(in)));
      Taps here{first, {}};
      double sum = 0;
      for (std::size_t i = first; i < end; ++i) {
        const double weight = (std::max)(0., 1 - std::abs(static_cast<double>(i) + .5 - centre) / reach);
        here.weights.push_back(static_cast<float>(weight));
        sum += weight;
      }
      for (float& weight : here.weights) weight /= static_cast<float>(sum);
      all.push_back(std::move(here));
    }
    return all;
  }
};

}  // namespace detail

/// Values in [0, 1], [height][width][channels].
struct Values {
  std::size_t height = 0, width = 0, channels = 0;
  std::vector<float> all;

  [[nodiscard]] Values resized(std::size_t new_height, std::size_t new_width) const {
    Values wide{height, new_width, channels, std::vector<float>(height * new_width * channels, 0.f)};
    const auto columns = detail::ResizedAxis::taps(width, new_width),
               rows = detail::ResizedAxis::taps(height, new_height);
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < new_width; ++x)
        for (std::size_t k = 0; k < columns[x].weights.size(); ++k)
          for (std::size_t c = 0; c < channels; ++c)
            wide.all[(y * new_width + x) * channels + c] +=
                columns[x].weights[k] * all[(y * width + columns[x].first + k) * channels + c];
    Values result{new_height, new_width, channels,
                  std::vector<float>(new_height * new_width * channels, 0.f)};
    const std::size_t row = new_width * channels;
    for (std::size_t y = 0; y < new_height; ++y)
      for (std::size_t k = 0; k < rows[y].weights.size(); ++k)
        for (std::size_t i = 0; i < row; ++i)
          result.all[y * row + i] += rows[y].weights[k] * wide.all[(rows[y].first + k) * row + i];
    return result;
  }

  /// The middle, with black where there is nothing.
  [[nodiscard]] Values cropped(std::size_t side) const {
    Values result{side, side, channels, std::vector<float>(side * side * channels, 0.f)};
    const auto before = [side](std::size_t length) {
      return (static_cast<std::ptrdiff_t>(length) - static_cast<std::ptrdiff_t>(side)) / 2;
    };
    for (std::size_t y = 0; y < side; ++y)
      for (std::size_t x = 0; x < side; ++x) {
        const std::size_t from_y = y + static_cast<std::size_t>(before(height)),
                          from_x = x + static_cast<std::size_t>(before(width));
        if (from_y >= height || from_x >= width) continue;
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>((from_y * width + from_x) * channels), channels,
                    result.all.begin() + static_cast<std::ptrdiff_t>((y * side + x) * channels));
      }
    return result;
  }
};

/// A picture as the input of a network.
/// @throws std::invalid_argument if it does not come out at the network's size
[[nodiscard]] inline std::vector<float> prepared(const Picture& picture, const Preprocessing& how,
                                                 einet::nn::Shape shape) {
  if (picture.pixels.empty()) throw std::invalid_argument("an image has no pixels");
  if (shape.channels != 1 && shape.channels != 3)
    throw std::invalid_argument("the network takes images of " + std::to_string(shape.channels) +
                                " channels, pictures have 1 or 3");
  Values values{picture.height, picture.width, shape.channels, {}};
  values.all.reserve(picture.height * picture.width * shape.channels);
  for (std::size_t p = 0; p < picture.height * picture.width; ++p) {
    const std::uint8_t* const from = picture.pixels.data() + p * picture.channels;
    const auto channel = [&](std::size_t c) {
      return static_cast<float>(from[picture.channels == 1 ? 0 : c]) / 255;
    };
    if (shape.channels == 1)
      values.all.push_back(.299f * channel(0) + .587f * channel(1) + .114f * channel(2));
    else
      for (std::size_t c = 0; c < 3; ++c) values.all.push_back(channel(how.bgr ? 2 - c : c));
  }
  if (how.resize > 0) {
    const std::size_t shorter = (std::min)(values.height, values.width);
    if ((std::max)(values.height, values.width) / shorter > 100)
      throw std::invalid_argument("an image is more than a hundred times as long as it is wide");
    values = values.resized(values.height * how.resize / shorter, values.width * how.resize / shorter);
  }
  if (how.crop > 0) values = values.cropped(how.crop);
  if (values.height != shape.height || values.width != shape.width)
    throw std::invalid_argument("an image comes out as " + std::to_string(values.height) + "x" +
                                std::to_string(values.width) + ", the network takes " +
                                std::to_string(shape.height) + "x" + std::to_string(shape.width) +
                                ": say --resize, --crop or both");
  for (std::size_t k = 0; k < values.all.size(); ++k) {
    const auto of = [&](const std::vector<float>& numbers) {
      return numbers[numbers.size() == 1 ? 0 : k % shape.channels];
    };
    values.all[k] = (values.all[k] - of(how.mean)) / of(how.deviation);
  }
  return values.all;
}

/// As metadata of a file.
[[nodiscard]] inline einet::io::Metadata describe(const Preprocessing& how) {
  const auto list = [](const std::vector<float>& numbers) {
    std::string text;
    for (const float number : numbers) {
      std::array<char, 32> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
      text += (text.empty() ? "" : ",") + std::string(digits.data(), end);
    }
    return text;
  };
  return {{"resize", std::to_string(how.resize)},
          {"crop", std::to_string(how.crop)},
          {"mean", list(how.mean)},
          {"std", list(how.deviation)},
          {"channels", how.bgr ? "bgr" : "rgb"}};
}

/// @throws einet::io::FileError naming what is missing or no number
[[nodiscard]] inline Preprocessing described_preprocessing(const einet::io::SafetensorsFile& file) {
  const auto word = [&](const char* key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end())
      throw einet::io::FileError(file.path(), std::string("metadata '") + key + "'", "is missing");
    return found->second;
  };
  const auto list = [&](const char* key) {
    const std::string text = word(key);
    std::vector<float> numbers;
    for (const char *at = text.data(), *const end = at + text.size(); at != end;) {
      float number = 0;
      const auto [next, error] = std::from_chars(at, end, number);
      if (error != std::errc() || (next != end && *next != ',') || !(std::abs(number) < 1e6f))
        throw einet::io::FileError(file.path(), std::string("metadata '") + key + "'",
                                   "is '" + text + "', expected numbers");
      numbers.push_back(number);
      if (next + 1 == end) numbers.clear();  // nothing behind the comma
      at = next == end ? end : next + 1;
    }
    if (numbers.size() != 1 && numbers.size() != 3)
      throw einet::io::FileError(file.path(), std::string("metadata '") + key + "'",
                                 "is '" + text + "', expected 1 or 3 numbers");
    return numbers;
  };
  const auto side = [&](const char* key) {
    const float number = list(key)[0];
    if (!(number >= 0 && number <= 4096))
      throw einet::io::FileError(file.path(), std::string("metadata '") + key + "'",
                                 "is '" + word(key) + "', expected 0 to 4096");
    return static_cast<std::size_t>(number);
  };
  Preprocessing how{side("resize"), side("crop"), list("mean"), list("std"), word("channels") == "bgr"};
  for (const float deviation : how.deviation)
    if (!(deviation >= 1e-6f))
      throw einet::io::FileError(file.path(), "metadata 'std'",
                                 "is '" + word("std") + "', expected numbers above 0");
  return how;
}

}  // namespace example
