#pragma once
// The operators of ONNX that may be applied to maps.

#include <einet/onnx/activations.hpp>
#include <einet/onnx/arithmetic.hpp>
#include <einet/onnx/dense.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/normalisation.hpp>
#include <einet/onnx/rearranging.hpp>
#include <einet/onnx/resize.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/windows.hpp>

#include <string_view>

namespace einet::nn {

namespace onnx_detail {

struct Operator {
  std::string_view name;
  void (*read)(Values&, const Node&);
};

}  // namespace onnx_detail

/// The operators that a model may apply to maps, by name. Constants may be computed by more.
inline constexpr onnx_detail::Operator onnx_operators[] = {
    {"Add", onnx_detail::read_sum},
    {"AveragePool", onnx_detail::read_pool},
    {"BatchNormalization", onnx_detail::read_batch_norm},
    {"Cast", onnx_detail::read_cast},
    {"Clip", onnx_detail::read_clip},
    {"Concat", onnx_detail::read_concat},
    {"Conv", onnx_detail::read_conv},
    {"Div", onnx_detail::read_quotient},
    {"Dropout", onnx_detail::read_same},
    {"Erf", onnx_detail::read_activation},
    {"Expand", onnx_detail::read_expand},
    {"Flatten", onnx_detail::read_flatten},
    {"Gather", onnx_detail::read_gather},
    {"Gelu", onnx_detail::read_activation},
    {"Gemm", onnx_detail::read_gemm},
    {"GlobalAveragePool", onnx_detail::read_global_pool},
    {"GlobalMaxPool", onnx_detail::read_global_pool},
    {"HardSigmoid", onnx_detail::read_activation},
    {"HardSwish", onnx_detail::read_activation},
    {"Identity", onnx_detail::read_same},
    {"LRN", onnx_detail::read_response_norm},
    {"LayerNormalization", onnx_detail::read_layer_norm},
    {"LeakyRelu", onnx_detail::read_activation},
    {"MatMul", onnx_detail::read_matmul},
    {"MaxPool", onnx_detail::read_pool},
    {"Mul", onnx_detail::read_product},
    {"Neg", onnx_detail::read_negative},
    {"Pad", onnx_detail::read_pad},
    {"ReduceMean", onnx_detail::read_reduce_mean},
    {"Relu", onnx_detail::read_activation},
    {"Reshape", onnx_detail::read_reshape},
    {"Resize", onnx_detail::read_resize},
    {"Shape", onnx_detail::read_shape_of},
    {"Sigmoid", onnx_detail::read_activation},
    {"Slice", onnx_detail::read_slice},
    {"Split", onnx_detail::read_split},
    {"Squeeze", onnx_detail::read_squeeze},
    {"Sub", onnx_detail::read_difference},
    {"Tanh", onnx_detail::read_activation},
    {"Transpose", onnx_detail::read_transpose},
    {"Unsqueeze", onnx_detail::read_squeeze},
};

/// Operators that are known of constants, or as parts of what exporters write out: a softmax at the end of an
/// exit or within attention, powers and roots within norms, branches whose condition is known.
inline constexpr std::string_view onnx_constant_operators[] = {
    "Abs",   "And",        "Ceil",        "Constant",   "ConstantOfShape",
    "Equal", "Exp",        "Floor",       "Greater",    "GreaterOrEqual",
    "If",    "Less",       "LessOrEqual", "LogSoftmax", "Max",
    "Min",   "Mod",        "Not",         "Or",         "Pow",
    "Range", "ReduceProd", "Size",        "Softmax",    "Sqrt",
    "Where"};

}  // namespace einet::nn
