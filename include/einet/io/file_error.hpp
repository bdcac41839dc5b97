#pragma once
// The error of everything that reads or writes files.

#include <einet/io/printable.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace einet::io {

/// What is wrong with a file: its path, the field (a tensor, a header entry) and what was expected. The
/// message is short and safe for a terminal, however long or strange the file's contents are.
class FileError : public std::runtime_error {
 public:
  FileError(const std::filesystem::path& file, const std::string& field, const std::string& complaint)
      : std::runtime_error(detail::printable(file.string(), 4096) + ": " + field_text(field) +
                           (field.empty() ? "" : ": ") + detail::printable(complaint, 1000)),
        file_(file),
        field_(field_text(field)) {}

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// The part of the file that is wrong, as in the message; empty if it is the file as a whole.
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 private:
  static std::string field_text(const std::string& field) { return detail::printable(field, 200); }

  std::filesystem::path file_;
  std::string field_;
};

}  // namespace einet::io
