#pragma once
// Outputs that reveal a torn one, and files damaged on purpose, for the tests of slots.

#include <einet/posix/slot_layout.hpp>
#include <einet/run/answer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <vector>

namespace einet::test {

/// An odd size, so that the last word is only partly used.
struct Wide {
  std::array<std::uint32_t, 27> words;
  bool operator==(const Wide&) const = default;
};

inline Wide wide(std::uint32_t value) {
  Wide made;
  for (std::uint32_t k = 0; k < made.words.size(); ++k) made.words[k] = value * 31 + k;
  return made;
}

using HundredScores = Scores<100>;

/// Scores that differ in every class from those of any other number below 2^20, and of any other run.
inline HundredScores scores_of(std::uint64_t run, std::uint64_t number) {
  HundredScores output;
  const auto mark = static_cast<std::uint32_t>((run * 7919 + number) % 100000);
  for (std::uint32_t k = 0; k < 100; ++k)
    output.scores[k] = static_cast<float>(mark * 100 + k);  // below 2^24: exact
  output.label = static_cast<std::int32_t>(number);
  output.confidence = output.scores[number % 100];
  return output;
}

inline std::vector<char> file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Overwrites in place, so that processes that have mapped the file see it.
inline void overwrite(const std::filesystem::path& path, std::size_t at, const void* bytes,
                      std::size_t count) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
}

inline void flip_byte(const std::filesystem::path& path, std::size_t at, unsigned bits = 0x10) {
  const auto flipped = static_cast<char>(static_cast<unsigned char>(file_bytes(path).at(at)) ^ bits);
  overwrite(path, at, &flipped, 1);
}

}  // namespace einet::test
