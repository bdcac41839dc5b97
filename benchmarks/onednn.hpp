#pragma once
// What benchmarks of oneDNN share.

#include <einet/engines/onednn.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

#include <oneapi/dnnl/dnnl.hpp>

namespace einet::bench {

/// Instruction sets that oneDNN can be kept to, by the names of its ONEDNN_MAX_CPU_ISA.
struct OneDnnSet {
  std::string_view name;
  dnnl::cpu_isa isa;
};
inline constexpr OneDnnSet onednn_sets[] = {{"sse41", dnnl::cpu_isa::sse41},
                                            {"avx", dnnl::cpu_isa::avx},
                                            {"avx2", dnnl::cpu_isa::avx2},
                                            {"avx512_core", dnnl::cpu_isa::avx512_core}};

/// Keeps oneDNN to an instruction set, or to none if the name is empty. Before anything else uses oneDNN.
/// @throws std::invalid_argument if the set is unknown
inline void cap_onednn(std::string_view name) {
  if (name.empty()) return;
  std::string known;
  for (const OneDnnSet& set : onednn_sets) {
    if (set.name == name) {
      if (dnnl::set_max_cpu_isa(set.isa) != dnnl::status::success)
        throw std::invalid_argument("--onednn-isa: oneDNN refuses '" + std::string(name) + "'");
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(set.name);
  }
  throw std::invalid_argument("--onednn-isa: '" + std::string(name) + "' is unknown, expected one of " +
                              known);
}

/// The instruction set that oneDNN uses now.
[[nodiscard]] inline std::string onednn_set() {
  const dnnl::cpu_isa now = dnnl::get_effective_cpu_isa();
  for (const OneDnnSet& set : onednn_sets)
    if (set.isa == now) return std::string(set.name);
  return "all that the processor has";
}

/// Version and instruction set.
[[nodiscard]] inline std::string onednn_title() {
  const dnnl_version_t* const version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch) + " (" + onednn_set() + ")";
}

[[nodiscard]] inline dnnl::memory::dim dim(std::size_t value) {
  return static_cast<dnnl::memory::dim>(value);
}

/// A convolution's description.
/// @param tag nhwc, or any: then the kernel chooses
[[nodiscard]] inline dnnl::convolution_forward::desc onednn_conv(const nn::ConvShape& shape,
                                                                 dnnl::algorithm algorithm,
                                                                 const dnnl::memory::desc& from,
                                                                 const dnnl::memory::desc& to) {
  using dnnl::memory;
  memory::dims sizes{dim(shape.out_channels / shape.groups), dim(shape.in.channels / shape.groups),
                     dim(shape.kernel.height), dim(shape.kernel.width)};
  if (shape.groups > 1) sizes.insert(sizes.begin(), dim(shape.groups));
  return {dnnl::prop_kind::forward_inference,
          algorithm,
          from,
          memory::desc(sizes, memory::data_type::f32, memory::format_tag::any),
          memory::desc({dim(shape.out_channels)}, memory::data_type::f32, memory::format_tag::x),
          to,
          {dim(shape.stride.height), dim(shape.stride.width)},
          {dim(shape.dilation.height - 1), dim(shape.dilation.width - 1)},
          {dim(shape.padding.top), dim(shape.padding.left)},
          {dim(shape.padding.bottom), dim(shape.padding.right)}};
}

[[nodiscard]] inline dnnl::memory::desc onednn_map(nn::Shape shape, dnnl::memory::format_tag tag) {
  return {{1, dim(shape.channels), dim(shape.height), dim(shape.width)}, dnnl::memory::data_type::f32, tag};
}

/// `values` in the order of `tag`, put into another.
[[nodiscard]] inline dnnl::memory onednn_packed(const float* values, const dnnl::memory::dims& sizes,
                                                dnnl::memory::format_tag tag, const dnnl::memory::desc& to) {
  const dnnl::engine& processor = engines::detail::onednn_processor();
  dnnl::memory plain({sizes, dnnl::memory::data_type::f32, tag}, processor, const_cast<float*>(values));
  dnnl::memory packed(to, processor);
  dnnl::stream stream(processor);
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  stream.wait();
  return packed;
}

/// A convolution's weights, packed.
[[nodiscard]] inline dnnl::memory onednn_weights(const nn::ConvShape& shape, const float* weights,
                                                 const dnnl::memory::desc& to) {
  using Tag = dnnl::memory::format_tag;
  return onednn_packed(weights, to.dims(), shape.groups > 1 ? Tag::goihw : Tag::oihw, to);
}

}  // namespace einet::bench
