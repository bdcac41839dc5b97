#include "paper/fig14_rows.hpp"

#include <einet/io/file.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace paper {

namespace {

constexpr std::string_view head =
    "part,blocks,base,step,channels,growth,convolutions,fully_connected,exits,accuracy_mean,accuracy_last,"
    "milliseconds,epochs,seed,command";

/// One line, whose cells are asked for in the order of the head. The last cell, the command, may hold commas.
class Line {
 public:
  Line(const std::filesystem::path& path, std::size_t number, std::string_view text)
      : path_(path), number_(number), rest_(text) {}

  /// A number in [low, high].
  template <class T>
  [[nodiscard]] T number(T low, T high) {
    const std::string_view cell = next();
    T value{};
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error == std::errc() && end == cell.data() + cell.size() && value >= low && value <= high)
      return value;
    const auto shown = [](T bound) {
      char digits[32];
      return std::string(digits, std::to_chars(digits, digits + sizeof digits, bound).ptr);
    };
    refuse(cell, (std::is_integral_v<T> ? "a whole number from " : "a number from ") + shown(low) + " to " +
                     shown(high));
  }

  [[nodiscard]] char part() {
    const std::string_view cell = next();
    if (cell != "a" && cell != "b") refuse(cell, "a or b");
    return cell[0];
  }

  [[nodiscard]] std::string command() {
    name(names_);
    return std::string(rest_);
  }

 private:
  static std::string_view name(std::string_view& from) {
    const std::string_view first = from.substr(0, from.find(','));
    from.remove_prefix((std::min)(first.size() + 1, from.size()));
    return first;
  }

  std::string_view next() {
    field_ = name(names_);
    if (rest_.find(',') == std::string_view::npos)
      throw einet::io::FileError(path_, place(), "the line ends here, expected " + std::string(head));
    return name(rest_);
  }

  [[nodiscard]] std::string place() const {
    return "line " + std::to_string(number_) + ", field '" + std::string(field_) + "'";
  }

  [[noreturn]] void refuse(std::string_view cell, const std::string& wanted) const {
    throw einet::io::FileError(path_, place(), "is '" + std::string(cell) + "', expected " + wanted);
  }

  const std::filesystem::path& path_;
  std::size_t number_;
  std::string_view rest_, names_ = head, field_;
};

Shape shape_of(Line line) {
  constexpr std::size_t most = 4096;
  Shape shape;
  shape.part = line.part();
  for (std::size_t* const size : {&shape.blocks, &shape.base, &shape.step, &shape.channels, &shape.growth})
    *size = line.number(std::size_t{1}, most);
  shape.convolutions = line.number(std::size_t{0}, most);
  shape.fully_connected = line.number(std::size_t{1}, most);
  shape.exits = line.number(std::size_t{1}, most);
  shape.accuracy_mean = line.number(0., 1.);
  shape.accuracy_last = line.number(0., 1.);
  shape.milliseconds = line.number(1e-6, 1e9);
  shape.epochs = line.number(std::size_t{1}, std::size_t{1'000'000});
  shape.seed = line.number(std::size_t{0}, std::size_t{1} << 53U);
  shape.command = line.command();
  return shape;
}

}  // namespace

std::vector<Shape> read_shapes(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw einet::io::FileError(path, "", "cannot be opened; examples/paper/fig14.sh makes it");
  std::vector<Shape> shapes;
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    if (text.ends_with('\r')) text.pop_back();
    if (number > 1)
      shapes.push_back(shape_of({path, number, text}));
    else if (text != head)
      throw einet::io::FileError(path, "line 1",
                                 "is '" + text.substr(0, 200) + "', expected " + std::string(head));
  }
  if (shapes.empty()) throw einet::io::FileError(path, "line 2", "is missing, expected a shape");
  return shapes;
}

}  // namespace paper
