#pragma once
// Changes to safetensors files that get past their first eight bytes: three in four are made to the header or
// to the data alone, and the header's length is put right. Include it once per target.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::uint64_t length = 0;
  if (seed % 4 == 0 || size < sizeof(length)) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(&length, data, sizeof(length));
  const std::size_t behind = size - sizeof(length);
  const auto middle = static_cast<std::size_t>((std::min)(length, std::uint64_t{behind}));
  std::vector<std::uint8_t> header(data + sizeof(length), data + sizeof(length) + middle);
  std::vector<std::uint8_t> values(data + sizeof(length) + middle, data + size);

  std::vector<std::uint8_t>& part = seed % 4 == 1 ? values : header;
  const std::size_t used = part.size();
  part.resize(used + (max_size - size));
  part.resize(part.empty() ? 0 : LLVMFuzzerMutate(part.data(), used, part.size()));

  length = header.size();
  std::memcpy(data, &length, sizeof(length));
  std::copy(header.begin(), header.end(), data + sizeof(length));
  std::copy(values.begin(), values.end(), data + sizeof(length) + header.size());
  return sizeof(length) + header.size() + values.size();
}
