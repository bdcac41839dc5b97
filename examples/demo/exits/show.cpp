// Compiled once for every size of networks, up to EINET_EXITS exits: the demo. All strategies see the same
// images and are stopped at the same moments, in random order. They are compared by how often the answer in
// hand is right, live and in replays of the profile.

#include "demo/show.hpp"

#include "common/chart.hpp"
#include "demo/contender.hpp"
#include "demo/curves.hpp"
#include "demo/options.hpp"
#include "demo/report.hpp"
#include "demo/stage.hpp"
#include "demo/traces.hpp"
#include "demo/watch.hpp"

#include <einet/einet.hpp>
#include <einet/eval/strategies.hpp>
#include <einet/eval/swept.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/fit.hpp>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace example::demo {

namespace {

using namespace einet;

constexpr std::size_t N = up_to(EINET_EXITS);
using Times = TimeProfile<N>;
using Profile = ConfidenceProfile<N>;

/// The strategy that the others are compared with.
constexpr auto reference = eval::Strategy::best_static;

/// All strategies but random search, which would score 10,000 plans after every output.
std::vector<Contender<N>> make_contenders(const Options& options, const Times& times, const Profile& outputs,
                                          Stage<N>& stage, Slot& slot) {
  const auto fitting = io::load_confidence_profile<N>(options.files.profile).every(2, 1);
  const Uniform law{times.total()};
  auto fitted = eval::fit_strategies(times, fitting, law);
  CsParameters<N, hidden> parameters(fitting.counted);
  io::load_predictor(options.files.predictor, parameters, example::predictor_identity(fitting));
  const CsPredictor<N, hidden> published{parameters};
  const QuadraticPredictor<N> standard{fit_quadratic(fitting)};
  fitted.price = eval::fit_price(times, fitting, law, standard);
  std::vector<Contender<N>> contenders;
  for (const eval::Strategy strategy : eval::all_strategies) {
    if (strategy == eval::Strategy::random) continue;
    eval::visit_planner(
        strategy, fitted, [&] { return published; }, standard,
        [&](const auto& planner) {
          contenders.push_back(make_contender(eval::name_of(strategy), planner, stage, slot, outputs));
        });
  }
  std::printf("best static plan %s\nconfidence threshold %.2f, price of the whole time %.2f\n",
              to_string(fitted.best_static, times.exit_count()).c_str(), static_cast<double>(fitted.enough),
              fitted.price * times.total());
  return contenders;
}

void stop_once(Contender<N>& contender, Stage<N>& stage, const Slot& slot, Met<N>& met) {
  stage.keep_pace();
  met.times.push_back(stage.measured(met.image));
  Result result;
  const auto run = [&](double seconds) { return contender.live(stage.features(), stage.deadline(seconds)); };
  stage.undisturbed(
      met.image, [&] { run(Stage<N>::never); }, [&] { result = run(met.moment); });
  const auto in_hand = slot.read();
  const bool right = in_hand && in_hand->output.label == stage.label(met.image);
  contender.note(result, stage.plannings(), in_hand.has_value(), right);
}

/// Runs every image under every strategy. The stopping moment is drawn once per image.
std::vector<Met<N>> stop_all(std::vector<Contender<N>>& contenders, Stage<N>& stage, const Slot& slot,
                             double whole, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> moment(0, whole);
  std::vector<std::size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<Met<N>> runs;
  io::ProgressBar bar("live");
  for (std::size_t image = 0; image < stage.images(); ++image) {
    Met<N>& met = runs.emplace_back(Met<N>{image, moment(random), {}});
    std::ranges::shuffle(order, random);
    for (const std::size_t turn : order) stop_once(contenders[turn], stage, slot, met);
    bar.update(image + 1, stage.images());
  }
  return runs;
}

}  // namespace

template <>
void show<N>(const Options& options) {
  expect_writable(options.json);
  expect_writable(options.csv);
  expect_writable(options.svg);
  expect_writable(options.trace);
  Stage<N> stage(options);
  const Profile outputs = stage.outputs();
  const Times& times = stage.profile();
  std::printf("%zu exits on one thread: conv parts %.3f ms, branches %.3f ms\n", stage.exits(),
              1e3 * std::accumulate(times.conv.begin(), times.conv.end(), 0.),
              1e3 * std::accumulate(times.branch.begin(), times.branch.end(), 0.));
  Slot slot;
  auto contenders = make_contenders(options, times, outputs, stage, slot);
  if (options.watch) return watch<N>(contenders, stage, times, options.seed);
  const auto runs = stop_all(contenders, stage, slot, times.total(), options.seed);
  for (Contender<N>& contender : contenders) contender.replay_all(runs);
  const Figures<N> figures{contenders,
                           &*std::ranges::find(contenders, eval::name_of(reference), &Contender<N>::name),
                           &stage, &times};
  print(figures);
  if (!options.csv.empty()) write_csv(figures, options.csv);
  if (!options.json.empty()) write_json(figures, options);
  if (!options.trace.empty()) write_traces<N>(contenders, stage, slot, runs, times, options.trace);
  if (!options.svg.empty()) draw(curves<N>(contenders, runs, times, eval::name_of(reference)), options.svg);
}

}  // namespace example::demo
