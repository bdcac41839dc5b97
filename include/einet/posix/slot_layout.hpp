#pragma once
// The layout of a slot in a file or in shared memory: a header that never changes, then two records that the
// writer fills in turn. Opening checks it, and errors name what differs.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/posix/checksum.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/slot_record.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace einet {

/// Why a slot cannot be opened: its file or name, the field that is wrong, what was found and what expected.
class SlotError : public std::runtime_error {
 public:
  SlotError(const std::string& slot, const std::string& field, const std::string& complaint)
      : std::runtime_error(slot + ": " + field + ": " + complaint), slot_(slot), field_(field) {}

  /// "<slot>: <field> is <value>, expected <wanted>"
  [[nodiscard]] static SlotError unexpected(const std::string& slot, const std::string& field,
                                            const std::string& value, const std::string& wanted) {
    SlotError error(slot + ": " + field + " is " + value + ", expected " + wanted);
    error.slot_ = slot;
    error.field_ = field;
    return error;
  }

  [[nodiscard]] const std::string& slot() const noexcept { return slot_; }
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 private:
  explicit SlotError(const std::string& message) : std::runtime_error(message) {}

  std::string slot_, field_;
};

/// Identifies an output type, so that a slot of one type is not read as another of the same size. Specialise
/// it for your own types, with numbers from 1000 on; types with the same number are told apart only by size.
template <class Output>
inline constexpr std::uint64_t slot_output_id = 0;
/// That of `Answer`.
template <>
inline constexpr std::uint64_t slot_output_id<Answer> = 1;
/// That of `Scores`.
template <std::size_t K>
inline constexpr std::uint64_t slot_output_id<Scores<K>> = 2;

namespace detail {

/// The sizes of a slot, in bytes. The header takes the first block.
struct SlotLayout {
  static constexpr std::uint64_t magic = 0x746C7374656E6965;  // "einetslt", least significant byte first
  static constexpr std::uint64_t version = 2;
  using Header = std::array<std::uint64_t, 8>;

  std::uint64_t output_size, output_id, block, record_size;

  [[nodiscard]] constexpr std::uint64_t record(std::size_t which) const noexcept {
    return block + which * record_size;
  }
  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return record(2); }

  [[nodiscard]] constexpr Header header() const noexcept {
    Header words{magic, version, output_size, output_id, block, record_size, size(), 0};
    words.back() = sum(words);
    return words;
  }

  static constexpr std::uint64_t sum(const Header& words) noexcept {
    return checksum(std::span<const std::uint64_t>(words).first<7>());
  }

  /// @throws SlotError naming the first field that differs from this layout
  void check(const Header& found, const std::string& slot) const {
    if (found[0] != magic) EINET_THROW(SlotError(slot, "magic", "this is not a result slot of einet"));
    expect(slot, "layout version", found[1], version);
    if (found[7] != sum(found)) EINET_THROW(SlotError(slot, "checksum", "the header is damaged"));
    expect(slot, "output size", found[2], output_size);
    expect(slot, "output type", found[3], output_id);
    expect(slot, "block size", found[4], block);
    expect(slot, "record size", found[5], record_size);
    expect(slot, "whole size", found[6], size());
  }

  static void expect(const std::string& slot, const char* field, std::uint64_t found,
                     std::uint64_t expected) {
    if (found != expected) EINET_THROW(SlotError::unexpected(slot, field, number(found), number(expected)));
  }
};

/// Records begin at multiples of `block`, so that no two share a block.
template <class Output>
[[nodiscard]] constexpr SlotLayout slot_layout(std::uint64_t block) noexcept {
  const std::uint64_t bytes = sizeof(typename SlotRecord<Output>::Words);
  return {sizeof(Output), slot_output_id<Output>, block, (bytes + block - 1) / block * block};
}

inline constexpr std::uint64_t cache_line = 64;    ///< block of the slots in memory
inline constexpr std::uint64_t disk_block = 4096;  ///< block of the durable slots

}  // namespace detail

}  // namespace einet
