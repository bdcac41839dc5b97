#pragma once
// Reading a file that may be gzip-compressed, and compressing one. zlib's gzopen passes over bytes behind
// the stream in silence, hence inflate itself.

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

/// The contents of a file from its beginning on, decompressed if its first bytes are gzip's, whatever its
/// name.
class MaybeGzip {
 public:
  /// @throws io::FileError if the file cannot be read
  explicit MaybeGzip(const std::filesystem::path& path) : path_(path), raw_(io::read_bytes(path)) {
    if (!at_member()) return;
    stream_ = std::make_unique<z_stream>();
    if (inflateInit2(stream_.get(), 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  MaybeGzip(const MaybeGzip&) = delete;
  MaybeGzip& operator=(const MaybeGzip&) = delete;
  ~MaybeGzip() {
    if (stream_) inflateEnd(stream_.get());
  }

  /// The most bytes that can still follow; what a file promises beyond needs no memory to be refused.
  [[nodiscard]] std::uint64_t at_most() const noexcept {
    constexpr std::uint64_t best_ratio = 1032;  // of deflate: zlib's technical details
    const std::uint64_t left = raw_.size() - next_;
    return stream_ ? (left + window) * best_ratio : left;
  }

  /// Fills `out`. @throws io::FileError naming `field` if the contents end before or are corrupt
  void read(std::span<std::uint8_t> out, const std::string& field) {
    const std::size_t got = read_some(out);
    if (got != out.size())
      throw io::FileError(
          path_, field,
          "cut short: expected " + std::to_string(out.size()) + " bytes, found " + std::to_string(got));
  }

  /// @throws io::FileError if anything follows, compressed or not, or the checksum is missing
  void expect_end() {
    std::array<std::uint8_t, 1> more{};
    if (read_some(more) != 0) throw io::FileError(path_, "", "has trailing bytes after its contents");
    if (stream_ && !ended_) throw io::FileError(path_, "", "the gzip stream is cut short");
    if (next_ != raw_.size())
      throw io::FileError(path_, "",
                          std::to_string(raw_.size() - next_) + " trailing bytes after the gzip stream");
  }

 private:
  static constexpr std::uint64_t window = 64;  // input that zlib may have taken but not given out yet

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
        inflateReset(stream_.get());  // a gzip file may be several streams, one after the other
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
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status != Z_OK && !ended_)
        throw io::FileError(path_, "",
                            "the gzip stream is corrupt: " +
                                std::string(stream_->msg == nullptr ? "unknown error" : stream_->msg));
    }
    return got;
  }

  std::filesystem::path path_;
  std::vector<std::uint8_t> raw_;
  std::size_t next_ = 0;
  std::unique_ptr<z_stream> stream_;
  bool ended_ = false;
};

/// `bytes` as a gzip stream, the same on every run.
[[nodiscard]] inline std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > (std::numeric_limits<uInt>::max)() / 2)
    throw std::length_error("gzip: more than 2 GiB in one piece");
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::vector<std::uint8_t> packed;
  try {
    packed.resize(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  } catch (...) {
    deflateEnd(&stream);
    throw;
  }
  stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib's interface is older than const
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("gzip: zlib could not compress");
  return packed;
}

}  // namespace einet::data
