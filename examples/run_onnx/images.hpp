#pragma once
// Images to run a model on, from whatever they come: IDX, CIFAR, .npy, or a folder of pictures.

#include "run_onnx/inputs.hpp"
#include "run_onnx/pictures.hpp"
#include "run_onnx/preprocessing.hpp"

#include <einet/data/cifar.hpp>
#include <einet/data/dataset.hpp>
#include <einet/data/idx.hpp>
#include <einet/io/file.hpp>
#include <einet/nn/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace example {

namespace detail {

/// Picks `most` of `count`, the same ones always, in random order.
inline std::vector<std::size_t> picked(std::size_t count, std::size_t most) {
  std::vector<std::size_t> all(count);
  for (std::size_t k = 0; k < count; ++k) all[k] = k;
  std::mt19937_64 random(1);
  for (std::size_t k = count; k-- > 1;) std::swap(all[k], all[random() % (k + 1)]);
  all.resize((std::min)(count, most));
  return all;
}

inline Inputs from_dataset(const einet::data::Dataset& dataset, bool labelled, const Preprocessing& how,
                           einet::nn::Shape shape, std::size_t most) {
  Inputs inputs;
  for (const std::size_t k : picked(dataset.count, most)) {
    const auto pixels = dataset.image(k);
    inputs.images.push_back(prepared(
        {dataset.height, dataset.width, dataset.channels, {pixels.begin(), pixels.end()}}, how, shape));
    if (labelled) inputs.labels.push_back(dataset.labels[k]);
  }
  return inputs;
}

/// A folder of pictures, or of folders of them, one for each class in the order of their names.
inline Inputs from_folder(const std::filesystem::path& folder, const Preprocessing& how,
                          einet::nn::Shape shape, std::size_t most) {
  Inputs inputs;
  std::vector<std::filesystem::path> classes, files;
  std::vector<std::int32_t> labels;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_directory()) classes.push_back(entry.path());
    if (entry.is_regular_file() && is_picture(entry.path())) files.push_back(entry.path());
  }
  std::sort(classes.begin(), classes.end());
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    for (const auto& own : classes) {
      std::vector<std::filesystem::path> found;
      for (const auto& entry : std::filesystem::directory_iterator(own))
        if (entry.is_regular_file() && is_picture(entry.path())) found.push_back(entry.path());
      std::sort(found.begin(), found.end());
      labels.insert(labels.end(), found.size(), static_cast<std::int32_t>(inputs.names.size()));
      files.insert(files.end(), found.begin(), found.end());
      inputs.names.push_back(own.filename().string());
    }
  }
  if (files.empty())
    throw einet::io::FileError(folder, "", "has no .png, .jpg or .jpeg, nor folders of them");
  for (const std::size_t k : picked(files.size(), most)) {
    try {
      inputs.images.push_back(prepared(load_picture(files[k]), how, shape));
    } catch (const std::invalid_argument& error) {
      throw einet::io::FileError(files[k], "", error.what());
    }
    if (!labels.empty()) inputs.labels.push_back(labels[k]);
  }
  return inputs;
}

/// Arrays of NumPy: bytes are pixels, [count][height][width] with channels behind or not; floats are ready
/// for the network, [count][channels][height][width].
class Npy {
 public:
  explicit Npy(const std::filesystem::path& path) : path_(path), bytes_(einet::io::read_bytes(path)) {
    constexpr std::array<std::uint8_t, 6> magic{0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (bytes_.size() < 12 || !std::equal(magic.begin(), magic.end(), bytes_.begin()))
      refuse("is no .npy file");
    const std::size_t wide = bytes_[6] == 1 ? 2 : 4;
    std::size_t length = 0;
    for (std::size_t k = 0; k < wide; ++k) length |= std::size_t{bytes_[8 + k]} << (8 * k);
    begin_ = 8 + wide + length;
    if (begin_ > bytes_.size()) refuse("is cut short in its header");
    const std::string header(bytes_.begin() + static_cast<std::ptrdiff_t>(8 + wide),
                             bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    if (after(header, "'fortran_order':").starts_with("True")) refuse("is in Fortran's order, expected C's");
    const std::string type = after(header, "'descr':");
    width_ = type.starts_with("'|u1'") ? 1 : type.starts_with("'<f4'") ? 4 : 0;
    if (width_ == 0) refuse("holds " + type.substr(0, type.find(',')) + ", expected 'uint8' or 'float32'");
    std::size_t values = 1, number = 0;
    bool digits = false;
    for (const char letter : after(header, "'shape': (")) {
      if (letter >= '0' && letter <= '9') {
        number = number * 10 + static_cast<std::size_t>(letter - '0');
        digits = true;
        if (number > bytes_.size()) refuse("has a shape that is larger than the file");
        continue;
      }
      if (digits) {
        shape_.push_back(number);
        if (number != 0 && values > bytes_.size() / number)
          refuse("has a shape that is larger than the file");
        values *= number;
      }
      number = 0;
      digits = false;
      if (letter == ')') break;
    }
    if (bytes_.size() - begin_ != values * width_) refuse("has not as many values as its shape says");
  }

  [[nodiscard]] bool pixels() const noexcept { return width_ == 1; }
  [[nodiscard]] const std::vector<std::size_t>& shape() const noexcept { return shape_; }
  [[nodiscard]] const std::uint8_t* data() const noexcept { return bytes_.data() + begin_; }
  [[noreturn]] void refuse(const std::string& complaint) const {
    throw einet::io::FileError(path_, "", complaint);
  }

 private:
  [[nodiscard]] std::string after(const std::string& header, const std::string& key) const {
    std::size_t at = header.find(key);
    if (at == std::string::npos) refuse("has no " + key + " in its header");
    at += key.size();
    while (at < header.size() && header[at] == ' ') ++at;
    return header.substr(at);
  }

  std::filesystem::path path_;
  std::vector<std::uint8_t> bytes_;
  std::size_t begin_ = 0, width_ = 0;
  std::vector<std::size_t> shape_;
};

inline Inputs from_npy(const Npy& array, const Preprocessing& how, einet::nn::Shape shape, std::size_t most) {
  const std::vector<std::size_t>& is = array.shape();
  Inputs inputs;
  if (array.pixels()) {
    if (is.size() != 3 && (is.size() != 4 || (is[3] != 1 && is[3] != 3)))
      array.refuse("holds bytes of " + std::to_string(is.size()) +
                   " dimensions, expected [count, height, width, 1 or 3]");
    const std::size_t channels = is.size() == 4 ? is[3] : 1, size = is[1] * is[2] * channels;
    for (const std::size_t k : picked(is[0], most))
      inputs.images.push_back(prepared(
          {is[1], is[2], channels, {array.data() + k * size, array.data() + (k + 1) * size}}, how, shape));
    return inputs;
  }
  if (is.size() != 4 || is[1] != shape.channels || is[2] != shape.height || is[3] != shape.width)
    array.refuse("holds numbers of another shape than [count, " + std::to_string(shape.channels) + ", " +
                 std::to_string(shape.height) + ", " + std::to_string(shape.width) + "]");
  std::vector<float> image(shape.size());
  for (const std::size_t k : picked(is[0], most)) {
    const std::uint8_t* const from = array.data() + k * shape.size() * sizeof(float);
    for (std::size_t c = 0; c < shape.channels; ++c)
      for (std::size_t p = 0; p < shape.pixels(); ++p)
        std::memcpy(&image[p * shape.channels + c], from + (c * shape.pixels() + p) * sizeof(float),
                    sizeof(float));
    inputs.images.push_back(image);
  }
  return inputs;
}

}  // namespace detail

/// Images from `path`: a folder of CIFAR-10's or CIFAR-100's binary files, of MNIST's, or of pictures; an IDX
/// file, a CIFAR batch, or .npy.
/// @param labels an IDX file of labels, for images that have none of their own
/// @param most how many to read
/// @throws einet::io::FileError, std::invalid_argument
inline Inputs load_inputs(const std::filesystem::path& path,
                          const std::optional<std::filesystem::path>& labels, const Preprocessing& how,
                          einet::nn::Shape shape, std::size_t most) {
  using namespace einet::data;
  const auto dataset = [&](const Dataset& all, bool labelled = true) {
    return detail::from_dataset(all, labelled, how, shape, most);
  };
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path / "test_batch.bin"))
      return dataset(load_cifar10_folder(path, Split::test));
    if (std::filesystem::exists(path / "test.bin")) return dataset(load_cifar100_folder(path, Split::test));
    for (const char* const name :
         {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte"})
      if (std::filesystem::exists(path / name)) return dataset(load_mnist_folder(path, Split::test));
    return detail::from_folder(path, how, shape, most);
  }
  Inputs inputs;
  if (path.extension() == ".npy") {
    const detail::Npy array(path);
    inputs = detail::from_npy(array, how, shape, most);
    if (!labels) return inputs;
    const IdxArray all = read_idx(*labels);
    const std::size_t count = array.shape()[0];
    if (all.shape.size() != 1 || all.shape[0] != count)
      throw einet::io::FileError(*labels, "", "has not as many labels as there are images");
    for (const std::size_t k : detail::picked(count, most)) inputs.labels.push_back(all.values[k]);
    return inputs;
  }
  if (path.extension() == ".bin") return dataset(load_cifar10(std::array{path}));
  if (labels) return dataset(load_idx(path, *labels, 256));
  const IdxArray all = read_idx(path);
  if (all.shape.size() != 3 && all.shape.size() != 4) throw einet::io::FileError(path, "", "holds no images");
  return dataset(
      {all.shape[0], all.shape[1], all.shape[2], all.shape.size() == 4 ? all.shape[3] : 1, all.values, {}, 0},
      false);
}

}  // namespace example
