#include "architectures.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <einet/paper/matrix_product.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using einet::AlignedVector;
using einet::detail::panel_width;
using einet::detail::round_up;
using einet::detail::row_block;

/// A matrix in panels, and its elements by row and column.
struct Panelled {
  Panelled(std::size_t height, std::size_t width)
      : rows(height), columns(round_up(width, panel_width)), values(rows * columns) {}

  [[nodiscard]] float& operator()(std::size_t row, std::size_t column) {
    return values[(column / panel_width * rows + row) * panel_width + column % panel_width];
  }
  [[nodiscard]] float* panel(std::size_t p) { return values.data() + p * rows * panel_width; }

  template <class Random>
  void fill(Random& random) {
    std::uniform_real_distribution<float> draw(-1.f, 1.f);
    for (float& value : values) value = draw(random);
  }

  std::size_t rows, columns;
  AlignedVector<float> values;
};

template <class Arch>
void multiplies_as_plain_loops(unsigned seed) {
  std::mt19937 random(seed);
  for (std::size_t run = 0; run < einet::test::cases(60); ++run) {
    const std::size_t rows = row_block * (1 + random() % 6), depth = 1 + random() % 100;
    const std::size_t columns = 1 + random() % 70, first = row_block * (random() % (rows / row_block)),
                      last = rows - row_block * (random() % ((rows - first) / row_block));
    CAPTURE(seed, run, rows, depth, columns, first, last);
    Panelled left(rows, depth), turned(depth, rows), right(depth, columns), start(1, columns);
    left.fill(random);
    right.fill(random);
    start.fill(random);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < depth; ++k) turned(k, r) = left(r, k);
    const bool with_start = run % 2 == 0;
    Panelled product(rows, columns), of_turned(rows, columns);
    std::ranges::fill(product.values, 99.f);
    for (std::size_t p = 0; p < right.columns / panel_width; ++p) {
      const float* added = with_start ? start.panel(p) : nullptr;
      einet::detail::multiply<Arch>(first, last, depth, left.values.data(), rows, right.panel(p), added,
                                    product.panel(p));
      einet::detail::multiply<Arch, true>(0, rows, depth, turned.values.data(), depth, right.panel(p), added,
                                          of_turned.panel(p));
    }
    double worst = 0, worst_turned = 0;
    bool kept = true;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        double sum = with_start ? static_cast<double>(start(0, c)) : 0;
        for (std::size_t k = 0; k < depth; ++k)
          sum += static_cast<double>(left(r, k)) * static_cast<double>(right(k, c));
        worst_turned = std::fmax(worst_turned, std::fabs(static_cast<double>(of_turned(r, c)) - sum));
        if (r >= first && r < last)
          worst = std::fmax(worst, std::fabs(static_cast<double>(product(r, c)) - sum));
        else
          kept = kept && product(r, c) == 99.f;
      }
    CHECK(worst < 2e-5);
    CHECK(worst_turned < 2e-5);
    CHECK(kept);  // other rows are untouched
  }
}

TEST_CASE("a matrix product equals plain loops, either way round, for any sizes and any rows of it",
          "[predict][matrix_product]") {
  unsigned seed = 0;
  einet::test::for_each_arch([&]<class Arch>(Arch) { multiplies_as_plain_loops<Arch>(++seed); });
}

TEST_CASE("a transposed panel holds the matrix's rows as columns", "[predict][matrix_product]") {
  std::mt19937 random(3);
  Panelled from(96, 64), to(64, 96);
  from.fill(random);
  for (std::size_t p = 0; p < 3; ++p)
    einet::detail::transpose_panel(64, from.values.data() + p * panel_width * panel_width, 96, to.panel(p));
  std::size_t wrong = 0;
  for (std::size_t r = 0; r < 96; ++r)
    for (std::size_t c = 0; c < 64; ++c) wrong += to(c, r) != from(r, c);
  CHECK(wrong == 0);
}

}  // namespace
