#pragma once
// The element types of stored tensors (format: https://github.com/huggingface/safetensors).

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace einet::io {

/// `other` stands for every type newer than this list. Tensors of a type that cannot be converted here are
/// still available as bytes.
enum class Dtype {
  boolean,
  u8,
  i8,
  u16,
  i16,
  f16,
  bf16,
  u32,
  i32,
  f32,
  u64,
  i64,
  f64,
  f8_e4m3,
  f8_e5m2,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  f6_e2m3,
  f6_e3m2,
  f4,
  c64,
  other
};

namespace detail {

struct DtypeName {
  Dtype dtype;
  std::string_view name;
  std::size_t bits;
};

inline constexpr std::array<DtypeName, 23> dtype_names{{{Dtype::boolean, "BOOL", 8},
                                                        {Dtype::u8, "U8", 8},
                                                        {Dtype::i8, "I8", 8},
                                                        {Dtype::u16, "U16", 16},
                                                        {Dtype::i16, "I16", 16},
                                                        {Dtype::f16, "F16", 16},
                                                        {Dtype::bf16, "BF16", 16},
                                                        {Dtype::u32, "U32", 32},
                                                        {Dtype::i32, "I32", 32},
                                                        {Dtype::f32, "F32", 32},
                                                        {Dtype::u64, "U64", 64},
                                                        {Dtype::i64, "I64", 64},
                                                        {Dtype::f64, "F64", 64},
                                                        {Dtype::f8_e4m3, "F8_E4M3", 8},
                                                        {Dtype::f8_e5m2, "F8_E5M2", 8},
                                                        {Dtype::f8_e8m0, "F8_E8M0", 8},
                                                        {Dtype::f8_e4m3fnuz, "F8_E4M3FNUZ", 8},
                                                        {Dtype::f8_e5m2fnuz, "F8_E5M2FNUZ", 8},
                                                        {Dtype::f6_e2m3, "F6_E2M3", 6},
                                                        {Dtype::f6_e3m2, "F6_E3M2", 6},
                                                        {Dtype::f4, "F4", 4},
                                                        {Dtype::c64, "C64", 64},
                                                        {Dtype::other, "of a kind unknown here", 0}}};

}  // namespace detail

/// Bits of one element; 0 if unknown.
[[nodiscard]] constexpr std::size_t bits_of(Dtype dtype) noexcept {
  return detail::dtype_names[static_cast<std::size_t>(dtype)].bits;
}

/// Bytes of one element; 0 if that is no whole number.
[[nodiscard]] constexpr std::size_t size_of(Dtype dtype) noexcept {
  return bits_of(dtype) % 8 == 0 ? bits_of(dtype) / 8 : 0;
}

/// The format's name of a dtype, such as "F32".
[[nodiscard]] constexpr std::string_view name_of(Dtype dtype) noexcept {
  return detail::dtype_names[static_cast<std::size_t>(dtype)].name;
}

/// The dtype that the format calls `name`; Dtype::other for an unknown name.
[[nodiscard]] constexpr Dtype dtype_of(std::string_view name) noexcept {
  const auto known = std::find_if(detail::dtype_names.begin(), detail::dtype_names.end() - 1,
                                  [&](const detail::DtypeName& candidate) { return candidate.name == name; });
  return known->dtype;
}

}  // namespace einet::io
