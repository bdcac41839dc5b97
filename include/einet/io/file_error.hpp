#pragma once
// The error of everything that reads or writes files.

#include <einet/io/printable.hpp>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::io {

/// One of several things that are wrong with a file.
struct FileFault {
  std::string field;
  std::string complaint;
};

/// What is wrong with a file: its path, the field (a tensor, a header entry) and what was expected. The
/// message is short and safe for a terminal, however long or strange the file's contents are.
class FileError : public std::runtime_error {
 public:
  FileError(const std::filesystem::path& file, const std::string& field, const std::string& complaint)
      : std::runtime_error(detail::printable(file.string(), 4096) + ": " + fault_text({field, complaint})),
        file_(file),
        field_(field_text(field)) {}

  /// Everything that is wrong, a line each after the first; where it is one thing alone, as above.
  /// @param unlisted number of faults beyond those in `faults`
  /// @pre there is a fault
  FileError(const std::filesystem::path& file, const std::vector<FileFault>& faults, std::size_t unlisted = 0)
      : std::runtime_error(detail::printable(file.string(), 4096) + ": " + list_text(faults, unlisted)),
        file_(file),
        field_(faults.size() == 1 && unlisted == 0 ? field_text(faults.front().field) : std::string()) {}

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// The part of the file that is wrong, as in the message; empty if it is the file as a whole, or several
  /// parts.
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 private:
  static std::string fault_text(const FileFault& fault) {
    return field_text(fault.field) + (fault.field.empty() ? "" : ": ") +
           detail::printable(fault.complaint, 1000);
  }
  static std::string list_text(const std::vector<FileFault>& faults, std::size_t unlisted) {
    if (faults.size() == 1 && unlisted == 0) return fault_text(faults.front());
    std::string text = std::to_string(faults.size() + unlisted) + " faults";
    for (const FileFault& fault : faults) text += "\n  " + fault_text(fault);
    if (unlisted > 0) text += "\n  and " + std::to_string(unlisted) + " more";
    return text;
  }
  static std::string field_text(const std::string& field) { return detail::printable(field, 200); }

  std::filesystem::path file_;
  std::string field_;
};

}  // namespace einet::io
