#pragma once
// How the tensors of a file become parameters that are named otherwise, or only some of them.

#include <functional>
#include <string>
#include <vector>

namespace einet::io {

/// Where each parameter comes from. As it is, every parameter comes from the tensor of its own name, and no
/// tensor may be left over.
struct TensorMap {
  /// The tensor that fills a parameter; empty if the parameter is to stay as it is.
  std::function<std::string(const std::string& parameter)> source = [](const std::string& name) {
    return name;
  };
  /// A tensor of the same shape that is then subtracted from it; empty for none.
  std::function<std::string(const std::string& parameter)> subtrahend = [](const std::string&) {
    return std::string();
  };
  /// Whether a tensor that fills nothing is let pass. PyTorch's num_batches_tracked always is.
  std::function<bool(const std::string& tensor)> may_be_unused = [](const std::string&) { return false; };
};

/// What a map did not use.
struct Untouched {
  std::vector<std::string> parameters;  ///< that stayed as they were
  std::vector<std::string> tensors;     ///< of the file, that filled nothing
};

}  // namespace einet::io
