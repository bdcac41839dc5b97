#pragma once
// The image that a model reads: its input of images, with a batch of 1.

#include <einet/nn/graph.hpp>
#include <einet/onnx/constant.hpp>
#include <einet/onnx/model.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace einet::nn {

/// What to read of a model.
struct OnnxOptions {
  /// Names of the outputs that are exits, in the order in which they are run; none: all, as in the file.
  std::vector<std::string> exits{};
  /// Of the image, where the model leaves them open.
  std::optional<Shape> image{};
};

namespace onnx_detail {

class ModelImage {
 public:
  /// @throws io::FileError unless the model has one input, of an image whose size is known
  ModelImage(const Model& model, const OnnxOptions& options)
      : input_(find_input(model)), channels_last_(begins_with_channels(model, input_.name())) {
    const std::string field = "input '" + input_.name() + "'";
    for (const auto& dimension : input_.type().tensor_type().shape().dim())
      lengths_.push_back(dimension.has_dim_value() ? dimension.dim_value() : -1);
    if (lengths_.size() != 2 && lengths_.size() != 4)
      model.refuse(field, "has the shape " + text(lengths_) + ", expected [batch, channels, height, width]");
    lengths_[0] = 1;
    if (options.image && lengths_.size() == 4) fill_in(model, field, *options.image);
    for (const std::int64_t length : lengths_)
      if (length <= 0)
        model.refuse(field, "has the shape " + text(lengths_) + ": say how large the images are");
    if (!count_of(lengths_, Values::largest_map))
      model.refuse(field, "has the shape " + text(lengths_) + ", which is too large");
  }

  [[nodiscard]] const std::string& name() const noexcept { return input_.name(); }

  [[nodiscard]] Shape shape() const {
    const auto length = [&](std::size_t d) { return static_cast<std::size_t>(lengths_[d]); };
    if (lengths_.size() == 2) return {1, 1, length(1)};
    return channels_last_ ? Shape{length(1), length(2), length(3)} : Shape{length(2), length(3), length(1)};
  }

  /// How the model sees the graph's image.
  [[nodiscard]] View view(const Map& image) const {
    if (lengths_.size() == 2) return View::rows(image, lengths_);
    return channels_last_ ? View::channels_last(image) : View::image(image);
  }

 private:
  static const ::onnx::ValueInfoProto& find_input(const Model& model) {
    const ::onnx::ValueInfoProto* found = nullptr;
    for (const ::onnx::ValueInfoProto& input : model.graph().input()) {
      if (model.initialiser(input.name()) != nullptr) continue;  // a weight that may be given, too
      if (found != nullptr)
        model.refuse("input '" + input.name() + "'", "is a second input, expected the image alone");
      found = &input;
    }
    if (found == nullptr) model.refuse("", "the model has no input");
    return *found;
  }

  /// Whether the model begins by moving the channels from the end to the front.
  static bool begins_with_channels(const Model& model, const std::string& input) {
    for (const ::onnx::NodeProto& node : model.graph().node())
      if (std::find(node.input().begin(), node.input().end(), input) != node.input().end())
        return node.op_type() == "Transpose" && Node(model, node).integers("perm") == Lengths{0, 3, 1, 2};
    return false;
  }

  void fill_in(const Model& model, const std::string& field, Shape shape) {
    const auto given = [](std::size_t length) { return static_cast<std::int64_t>(length); };
    const Lengths asked = channels_last_
                              ? Lengths{1, given(shape.height), given(shape.width), given(shape.channels)}
                              : Lengths{1, given(shape.channels), given(shape.height), given(shape.width)};
    for (std::size_t d = 1; d < 4; ++d) {
      if (lengths_[d] > 0 && lengths_[d] != asked[d])
        model.refuse(field, "has the shape " + text(lengths_) + ", but " + text(asked) + " was asked for");
      lengths_[d] = asked[d];
    }
  }

  const ::onnx::ValueInfoProto& input_;
  bool channels_last_;
  Lengths lengths_;
};

}  // namespace onnx_detail

}  // namespace einet::nn
