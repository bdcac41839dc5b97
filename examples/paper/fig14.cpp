// Figure 14: MSDNets by their sizes (a) and by the structure of their branches (b), trained by fig14.sh.
// Shapes and trainings are smaller than the paper's, so claims are judged by ranks and never by levels.

#include "paper/accuracy.hpp"
#include "paper/fig14_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

namespace paper {

namespace {

using Size = std::size_t Shape::*;
using Shapes = std::vector<Shape>;

constexpr Size sizes[] = {&Shape::blocks,          &Shape::base,   &Shape::step,
                          &Shape::channels,        &Shape::growth, &Shape::convolutions,
                          &Shape::fully_connected, &Shape::epochs, &Shape::seed};

/// Whether two shapes differ in `size` alone.
bool differ_only_in(Size size, const Shape& one, const Shape& other) {
  return one.*size != other.*size && std::all_of(std::begin(sizes), std::end(sizes), [&](Size any) {
           return any == size || one.*any == other.*any;
         });
}

/// In how many pairs that differ in one size alone something holds of the smaller and the larger.
struct Pairs {
  std::size_t holding = 0, all = 0;
};
Pairs count_pairs(const Shapes& shapes, std::initializer_list<Size> by,
                  const std::function<bool(const Shape& smaller, const Shape& larger)>& holds) {
  Pairs pairs;
  for (const Size size : by)
    for (const Shape& one : shapes)
      for (const Shape& other : shapes)
        if (one.*size < other.*size && differ_only_in(size, one, other)) {
          ++pairs.all;
          pairs.holding += holds(one, other) ? 1U : 0U;
        }
  return pairs;
}
std::string of_pairs(const Pairs& pairs) {
  return text("in %zu of %zu pairs", pairs.holding, pairs.all);
}

bool slower(const Shape& smaller, const Shape& larger) {
  return larger.milliseconds > smaller.milliseconds;
}

std::string name_of(const Shape& shape) {
  if (shape.part == 'b') return text("%zu+%zu", shape.convolutions, shape.fully_connected);
  return text("%zu blocks, base %zu, step %zu, %zu channels", shape.blocks, shape.base, shape.step,
              shape.channels);
}

/// 1 for the best; the same for equals.
std::string rank(const Shapes& shapes, const Shape& shape, double Shape::*what, bool most) {
  const auto better = std::count_if(shapes.begin(), shapes.end(), [&](const Shape& other) {
    return most ? other.*what > shape.*what : other.*what < shape.*what;
  });
  return text("%td", better + 1);
}

void show(Session& session, const std::string& name, const std::string& title, const Shapes& shapes) {
  Table table{name,
              {"shape", "accuracy %, mean of exits", "rank", "accuracy %, last exit", "rank", "ms, all exits",
               "rank"},
              {}};
  Plot plot{name, title, "shape", "accuracy, %", {}, {}, "time of all exits, ms"};
  for (const char* series : {"mean of all exits", "last exit"}) plot.series.push_back({series, {}, {}});
  plot.series.push_back({"time (right)", {}, {}, true});
  for (const Shape& shape : shapes) {
    table.rows.push_back({name_of(shape), percent(shape.accuracy_mean),
                          rank(shapes, shape, &Shape::accuracy_mean, true), percent(shape.accuracy_last),
                          rank(shapes, shape, &Shape::accuracy_last, true), text("%.4f", shape.milliseconds),
                          rank(shapes, shape, &Shape::milliseconds, false)});
    plot.groups.push_back(
        shape.part == 'b' ? name_of(shape)
                          : text("%zu/%zu/%zu/%zu", shape.blocks, shape.base, shape.step, shape.channels));
    const double shown[] = {100 * shape.accuracy_mean, 100 * shape.accuracy_last, shape.milliseconds};
    for (std::size_t i = 0; i < 3; ++i) plot.series[i].y.push_back(shown[i]);
  }
  session.report.note("\n" + title);
  session.report.show(table);
  session.report.draw(plot);
}

/// In how many series of shapes that differ in their blocks alone the most accurate has 21 to 40 of them.
Pairs best_at_21_to_40(const Shapes& shapes) {
  Pairs series;
  for (const Shape& first : shapes) {
    Shapes line{first};
    for (const Shape& other : shapes)
      if (differ_only_in(&Shape::blocks, first, other)) line.push_back(other);
    const bool counted = std::any_of(line.begin(), line.end(),
                                     [&](const Shape& shape) { return shape.blocks < first.blocks; });
    if (counted || line.size() < 3) continue;
    const auto best = std::max_element(line.begin(), line.end(), [](const Shape& one, const Shape& other) {
      return one.accuracy_mean < other.accuracy_mean;
    });
    ++series.all;
    series.holding += best->blocks >= 21 && best->blocks <= 40 ? 1U : 0U;
  }
  return series;
}

void judge_sizes(Report& report, const Shapes& shapes) {
  const auto claim = [&](const char* paper, const Pairs& pairs, const std::string& ours) {
    if (pairs.all > 0) report.claim({"Figure 14 (a)", paper, ours, verdict(pairs.holding, pairs.all)});
  };
  const Pairs blocks = count_pairs(shapes, {&Shape::blocks}, slower);
  claim("more blocks take longer", blocks, of_pairs(blocks));
  const Pairs best = best_at_21_to_40(shapes);
  claim("21 to 40 blocks are nearly optimal", best,
        text("the highest mean accuracy in %zu of %zu series of blocks", best.holding, best.all));
  const Pairs steps = count_pairs(shapes, {&Shape::step}, slower);
  claim("more steps take longer", steps, of_pairs(steps));
  const auto smaller = {&Shape::base, &Shape::channels};
  const auto as_accurate = [](const Shape& small, const Shape& large) {
    return small.accuracy_mean >= large.accuracy_mean;
  };
  const Pairs both = count_pairs(shapes, smaller, [&](const Shape& small, const Shape& large) {
    return slower(small, large) && as_accurate(small, large);
  });
  claim("smaller base and fewer channels are preferable", both,
        text("faster %s, at least as accurate %s", of_pairs(count_pairs(shapes, smaller, slower)).c_str(),
             of_pairs(count_pairs(shapes, smaller, as_accurate)).c_str()));
}

void judge_branches(Report& report, const Shapes& shapes) {
  const char* const where = "Figure 14 (b)";
  const Pairs longer = count_pairs(shapes, {&Shape::convolutions}, slower);
  const Pairs worse = count_pairs(shapes, {&Shape::convolutions}, [](const Shape& few, const Shape& many) {
    return many.accuracy_mean < few.accuracy_mean;
  });
  if (longer.all > 0)
    report.claim({where, "more convolutions take longer and may decrease accuracy",
                  text("longer %s, less accurate %s", of_pairs(longer).c_str(), of_pairs(worse).c_str()),
                  longer.holding == longer.all && worse.holding > 0 ? "yes"
                  : longer.holding == 0                             ? "no"
                                                                    : "in part"});
  const auto deeper = {&Shape::fully_connected};
  const auto better = [](const Shape& few, const Shape& many) {
    return many.accuracy_last > few.accuracy_last;
  };
  const Pairs both = count_pairs(shapes, deeper, [&](const Shape& few, const Shape& many) {
    return slower(few, many) && better(few, many);
  });
  if (both.all > 0)
    report.claim({where, "more fully connected layers enhance the final accuracy and take longer",
                  text("more accurate %s, longer %s", of_pairs(count_pairs(shapes, deeper, better)).c_str(),
                       of_pairs(count_pairs(shapes, deeper, slower)).c_str()),
                  verdict(both.holding, both.all)});
  const auto chosen = std::find_if(shapes.begin(), shapes.end(), [](const Shape& shape) {
    return shape.convolutions == 1 && shape.fully_connected == 2;
  });
  if (chosen == shapes.end() || shapes.size() < 2) return;
  std::string ahead;
  for (const Shape& other : shapes)
    if (other.milliseconds < chosen->milliseconds && other.accuracy_mean > chosen->accuracy_mean)
      ahead += (ahead.empty() ? "" : ", ") + name_of(other);
  report.claim({where, "1+2 balances accuracy and latency",
                ahead.empty() ? text("none of %zu others is both faster and more accurate", shapes.size() - 1)
                              : "both faster and more accurate: " + ahead,
                ahead.empty() ? "yes" : "no"});
}

}  // namespace

void fig14(Session& session) {
  session.report.heading(
      "Figure 14: MSDNets of other sizes and branches, shrunken and trained briefly on CIFAR-10");
  const Shapes all = read_shapes(shapes_file(session.options));
  Shapes parts[2];
  for (const Shape& shape : all) parts[shape.part == 'a' ? 0 : 1].push_back(shape);
  if (!parts[0].empty()) show(session, "fig14_a", "(a) MSDNets by blocks/base/step/channels", parts[0]);
  if (!parts[1].empty())
    show(session, "fig14_b", "(b) Branches by their numbers of convolutions + fully connected layers",
         parts[1]);
  session.report.note(
      "The paper shows points without numbers. Ranks are comparable, levels are not: growth, channels of the "
      "heads, images and epochs are fewer than in the paper.");
  judge_sizes(session.report, parts[0]);
  judge_branches(session.report, parts[1]);
}

}  // namespace paper
