#pragma once
// What a profile or a predictor was made with: it holds for that network, engine and number of threads alone.

#include <einet/base/assert.hpp>
#include <einet/io/file.hpp>
#include <einet/io/file_error.hpp>
#include <einet/io/safetensors_reader.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace einet::io {

/// What a profile was made with.
struct Origin {
  std::string network;      ///< such as `file_fingerprint` of its file
  std::string engine;       ///< name and version
  std::size_t threads = 1;  ///< on which it runs

  friend bool operator==(const Origin&, const Origin&) = default;
};

/// FNV-1a of 64 bits (Fowler, Noll, Vo) over all bytes of a file.
/// @return 16 hexadecimal digits
/// @throws FileError if it cannot be read
[[nodiscard]] inline std::string file_fingerprint(const std::filesystem::path& path) {
  InputFile file(path);
  std::array<std::uint8_t, 65536> bytes;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (std::uint64_t left = file.size(); left > 0;) {
    const auto count = static_cast<std::size_t>((std::min)(left, std::uint64_t{bytes.size()}));
    file.read(std::span(bytes).first(count), "");
    for (std::size_t k = 0; k < count; ++k) hash = (hash ^ bytes[k]) * 0x100000001b3ULL;
    left -= count;
  }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash >> shift) & 0xf];
  return digits;
}

/// As metadata of a file.
[[nodiscard]] inline Metadata describe(const Origin& origin) {
  return {
      {"network", origin.network}, {"engine", origin.engine}, {"threads", std::to_string(origin.threads)}};
}

/// Refuses a file that was made with another network, engine or number of threads.
/// @throws FileError naming the first that differs, and both values
inline void expect_origin(const SafetensorsFile& file, const Origin& origin) {
  for (const auto& [key, expected] : describe(origin)) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end())
      EINET_THROW(
          FileError(file.path(), "metadata '" + key + "'", "is missing, expected '" + expected + "'"));
    if (found->second != expected)
      EINET_THROW(FileError(file.path(), "metadata '" + key + "'",
                            "was made with '" + found->second + "', but this is '" + expected + "'"));
  }
}

}  // namespace einet::io
