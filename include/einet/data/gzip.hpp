#pragma once
// Reads a file that may be gzip-compressed, and compresses one. It uses inflate itself, because zlib's gzopen
// silently ignores bytes after the stream.

#include <einet/base/assert.hpp>
#include <einet/io/file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

namespace einet::data {

/// The contents of a file, read in order, decompressed if its first bytes are gzip's, whatever its name.
class MaybeGzip {
 public:
  /// @throws io::FileError if the file cannot be read
  explicit MaybeGzip(const std::filesystem::path& path) : path_(path), raw_(io::read_bytes(path)) {
    if (!at_member()) return;
    stream_ = std::make_unique<z_stream>();
    if (inflateInit2(stream_.get(), 15 + 16) != Z_OK) EINET_THROW(std::bad_alloc());
  }
  MaybeGzip(const MaybeGzip&) = delete;
  MaybeGzip& operator=(const MaybeGzip&) = delete;
  ~MaybeGzip() {
    if (stream_) inflateEnd(stream_.get());
  }

  /// The most bytes that can still follow; a header that promises more is refused without allocating.
  [[nodiscard]] std::uint64_t at_most() const noexcept {
    constexpr std::uint64_t best_ratio = 1032;  // of deflate: zlib's technical details
    const std::uint64_t left = raw_.size() - next_;
    return stream_ ? (left + window) * best_ratio : left;
  }

  /// Fills `out`. @throws io::FileError naming `field` if the contents end too early or are corrupt
  void read(std::span<std::uint8_t> out, const std::string& field) {
    if (const std::size_t got = read_some(out); got != out.size()) fail_short(field, out.size(), got);
  }

  /// The next `size` bytes. Uses at most three times the memory of the bytes that are really there, whatever
  /// `size` is.
  /// @throws io::FileError as read()
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t size, const std::string& field) {
    if (size > at_most())
      EINET_THROW(io::FileError(path_, field,
                                "cut short: the header promises " + std::to_string(size) +
                                    " bytes, the file can hold " + std::to_string(at_most())));
    if (size > (std::numeric_limits<std::size_t>::max)() / 2)
      EINET_THROW(io::FileError(path_, field, "is too large for the memory of this machine"));
    const auto wanted = static_cast<std::size_t>(size);
    std::vector<std::uint8_t> out;
    while (out.size() < wanted) {
      const std::size_t got = out.size();
      const std::size_t usual = (std::max)(std::size_t{1} << 16U, 2 * raw_.size());
      const std::size_t next = stream_ ? (std::min)(wanted, (std::max)(2 * got, usual)) : wanted;
      out.reserve(next);  // resize() alone would take up to twice as much
      out.resize(next);
      const std::size_t more = read_some(std::span(out).subspan(got));
      if (got + more != next) fail_short(field, wanted, got + more);
    }
    return out;
  }

  /// @throws io::FileError if anything follows, compressed or not, or the checksum is missing
  void expect_end() {
    std::array<std::uint8_t, 1> more{};
    if (read_some(more) != 0) EINET_THROW(io::FileError(path_, "", "has trailing bytes after its contents"));
    if (stream_ && !ended_) EINET_THROW(io::FileError(path_, "", "the gzip stream is cut short"));
    if (next_ != raw_.size())
      EINET_THROW(io::FileError(
          path_, "", std::to_string(raw_.size() - next_) + " trailing bytes after the gzip stream"));
  }

 private:
  static constexpr std::uint64_t window = 64;  // input that zlib may have taken but not given out yet

  [[noreturn]] void fail_short(const std::string& field, std::size_t wanted, std::size_t got) const {
    EINET_THROW(io::FileError(
        path_, field,
        "cut short: expected " + std::to_string(wanted) + " bytes, found " + std::to_string(got)));
  }

  bool at_member() const noexcept {
    return raw_.size() - next_ >= 2 && raw_[next_] == 0x1f && raw_[next_ + 1] == 0x8b;
  }

  std::size_t read_some(std::span<std::uint8_t> out) {
    if (!stream_) {
      const std::size_t count = (std::min)(out.size(), raw_.size() - next_);
      std::copy_n(raw_.begin() + static_cast<std::ptrdiff_t>(next_), count, out.begin());
      next_ += count;
      return count;
    }
    constexpr std::size_t chunk = std::size_t{1} << 30U;  // zlib counts in 32 bits
    std::size_t got = 0;
    while (got < out.size()) {
      if (ended_) {
        if (!at_member()) break;
        inflateReset(stream_.get());  // a gzip file may be several streams in a row
        ended_ = false;
      }
      stream_->next_in = raw_.data() + next_;
      stream_->avail_in = static_cast<uInt>((std::min)(chunk, raw_.size() - next_));
      stream_->next_out = out.data() + got;
      stream_->avail_out = static_cast<uInt>((std::min)(chunk, out.size() - got));
      const int status = inflate(stream_.get(), Z_NO_FLUSH);
      next_ = static_cast<std::size_t>(stream_->next_in - raw_.data());
      got = static_cast<std::size_t>(stream_->next_out - out.data());
      ended_ = status == Z_STREAM_END;
      if (status == Z_BUF_ERROR) break;
      if (status == Z_MEM_ERROR) EINET_THROW(std::bad_alloc());
      if (status != Z_OK && !ended_)
        EINET_THROW(io::FileError(path_, "",
                                  "the gzip stream is corrupt: " +
                                      std::string(stream_->msg == nullptr ? "unknown error" : stream_->msg)));
    }
    return got;
  }

  std::filesystem::path path_;
  std::vector<std::uint8_t> raw_;
  std::size_t next_ = 0;
  std::unique_ptr<z_stream> stream_;
  bool ended_ = false;
};

/// `bytes` as a gzip stream; the same bytes give the same stream.
[[nodiscard]] inline std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > (std::numeric_limits<uInt>::max)() / 2)
    EINET_THROW(std::length_error("gzip: more than 2 GiB in one piece"));
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    EINET_THROW(std::bad_alloc());
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, deflateEnd);
  std::vector<std::uint8_t> packed(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib's interface lacks const
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.erase(packed.end() - static_cast<std::ptrdiff_t>(stream.avail_out), packed.end());
  if (status != Z_STREAM_END) EINET_THROW(std::runtime_error("gzip: zlib could not compress"));
  return packed;
}

}  // namespace einet::data
