// einet for Python: profiles from numpy arrays, laws, the exact plan, predictors, and the planner step by
// step, for networks that Python runs. Everything is einet's own; this only passes it on.

#include "python/erased.hpp"

#include <einet/einet.hpp>
#include <einet/profile/fit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;

namespace {

using example::python::Found, example::python::Law, example::python::N, example::python::Predictor;
using example::python::law_of, example::python::most, example::python::Search;
using Times = einet::TimeProfile<N>;
using Profile = einet::ConfidenceProfile<N>;
using Numbers = py::array_t<double, py::array::c_style | py::array::forcecast>;

[[noreturn]] void refuse(const std::string& text) {
  throw std::invalid_argument(text);
}

/// A one-dimensional array.
std::span<const double> row(const Numbers& numbers, const char* name) {
  if (numbers.ndim() != 1) refuse(std::string(name) + ": expected one dimension");
  return {numbers.data(), static_cast<std::size_t>(numbers.size())};
}

/// One float for each exit.
std::array<float, most> confidences(const Numbers& numbers, std::size_t exits, const char* name) {
  const auto values = row(numbers, name);
  if (values.size() != exits)
    refuse(std::string(name) + ": " + std::to_string(values.size()) + " numbers, expected " +
           std::to_string(exits));
  std::array<float, most> all{};
  std::ranges::transform(values, all.begin(), [](double value) { return static_cast<float>(value); });
  return all;
}

template <class Values>
py::array_t<double> array_of(const Values& values, std::size_t exits) {
  py::array_t<double> array(static_cast<py::ssize_t>(exits));
  std::copy_n(values.begin(), exits, array.mutable_data());
  return array;
}

using Planner = einet::Planner<Predictor, Law, Search>;

std::vector<std::size_t> exits_of(const einet::ExitPlan<N>& plan) {
  std::vector<std::size_t> exits;
  for (auto exit = plan.next(0); exit; exit = plan.next(*exit + 1)) exits.push_back(*exit);
  return exits;
}

/// @throws std::invalid_argument unless `exit` is one that comes after `last`
std::size_t coming(std::size_t exit, const Planner& planner, const char* what) {
  if (exit >= planner.exit_count() || exit < planner.problem().first)
    refuse(std::string(what) + ": " + std::to_string(exit) + ", expected one of those to come, " +
           std::to_string(planner.problem().first) + " to " + std::to_string(planner.exit_count() - 1));
  return exit;
}

Profile profile_of(const Numbers& confidence,
                   const py::array_t<bool, py::array::c_style | py::array::forcecast>& correct) {
  if (confidence.ndim() != 2 || correct.ndim() != 2 || confidence.shape(0) != correct.shape(0) ||
      confidence.shape(1) != correct.shape(1))
    refuse("ConfidenceProfile: expected confidence and correct of one shape, [samples, exits]");
  Profile profile;
  const auto samples = static_cast<std::size_t>(confidence.shape(0));
  profile.counted = einet::ExitCount<N>(static_cast<std::size_t>(confidence.shape(1)));
  profile.confidence.resize(samples);
  profile.predicted.resize(samples);
  profile.label.assign(samples, 1);
  for (std::size_t s = 0; s < samples; ++s)
    for (std::size_t k = 0; k < profile.exit_count(); ++k) {
      const auto sample = static_cast<py::ssize_t>(s), exit = static_cast<py::ssize_t>(k);
      profile.confidence[s][k] = static_cast<float>(confidence.at(sample, exit));
      profile.predicted[s][k] = correct.at(sample, exit) ? 1 : 0;
    }
  validate(profile);
  return profile;
}

}  // namespace

PYBIND11_MODULE(einet, m) {
  m.doc() = "Elastic inference: plans the exits of multi-exit networks that can be stopped at any moment.";
  m.attr("most_exits") = most;

  py::class_<Times>(m, "TimeProfile")
      .def(py::init([](const Numbers& conv, const Numbers& branch) {
             Times times{row(conv, "conv"), row(branch, "branch")};
             validate(times);
             return times;
           }),
           py::arg("conv"), py::arg("branch"))
      .def_property_readonly("exits", [](const Times& times) { return times.exit_count(); })
      .def_property_readonly("conv",
                             [](const Times& times) { return array_of(times.conv, times.exit_count()); })
      .def_property_readonly("branch",
                             [](const Times& times) { return array_of(times.branch, times.exit_count()); })
      .def("total", [](const Times& times) { return times.total(); });

  py::class_<Profile>(m, "ConfidenceProfile")
      .def(py::init(&profile_of), py::arg("confidence"), py::arg("correct"))
      .def_property_readonly("exits", [](const Profile& profile) { return profile.exit_count(); })
      .def_property_readonly("samples", [](const Profile& profile) { return profile.samples(); })
      .def("accuracy",
           [](const Profile& profile) { return array_of(profile.accuracy(), profile.exit_count()); })
      .def("every", &Profile::every, py::arg("stride"), py::arg("first"));

  py::class_<Law>(m, "Law").def("cdf", &Law::cdf, py::arg("seconds"));
  m.def(
      "uniform",
      [](std::optional<double> horizon) {
        return horizon ? Law(einet::Uniform(einet::Seconds{*horizon})) : Law();
      },
      py::arg("horizon") = py::none());
  m.def(
      "deadline", [](double seconds) { return law_of(einet::PointMass(einet::Seconds{seconds})); },
      py::arg("seconds"));
  m.def(
      "exponential", [](double mean) { return law_of(einet::Exponential(einet::Seconds{mean})); },
      py::arg("mean"));
  m.def(
      "gaussian",
      [](double mean, double deviation, double horizon) {
        return law_of(einet::TruncatedGaussian(einet::Seconds{mean}, einet::Seconds{deviation},
                                               einet::Seconds{horizon}));
      },
      py::arg("mean"), py::arg("deviation"), py::arg("horizon"));
  m.def(
      "histogram",
      [](const Numbers& weights, double horizon, double beyond) {
        return law_of(einet::PiecewiseLinear(row(weights, "weights"), einet::Seconds{horizon}, beyond));
      },
      py::arg("weights"), py::arg("horizon"), py::arg("beyond") = 0.);
  m.def(
      "mixture",
      [](double weight, const Law& first, const Law& second) {
        return law_of(einet::Mixture{std::array{weight, 1 - weight}, first, second});
      },
      py::arg("weight"), py::arg("first"), py::arg("second"));

  py::class_<Found>(m, "Plan")
      .def_property_readonly("exits", [](const Found& found) { return exits_of(found.plan); })
      .def_readonly("worth", &Found::worth)
      .def_readonly("optimal", &Found::optimal)
      .def_readonly("bound", &Found::bound);
  m.def(
      "exact_plan",
      [](const Times& times, const Numbers& worths, const Law& law, float in_hand, std::size_t first,
         double elapsed, double price) {
        if (first > times.exit_count() || !(elapsed >= 0) || !std::isfinite(elapsed) || !(price >= 0) ||
            !std::isfinite(price))
          refuse("exact_plan: expected first <= exits, and elapsed and price finite and >= 0");
        einet::Problem<N> problem{times};
        problem.confidences = confidences(worths, times.exit_count(), "confidences");
        problem.in_hand = in_hand;
        problem.first = first;
        problem.elapsed = elapsed;
        problem.price = price;
        return law.over(times.total()).search(problem);
      },
      py::arg("times"), py::arg("confidences"), py::arg("law") = Law(), py::arg("in_hand") = 0.f,
      py::arg("first") = 0, py::arg("elapsed") = 0., py::arg("price") = 0.);

  py::class_<Predictor>(m, "Predictor")
      .def_property_readonly("exits", &Predictor::exit_count)
      .def("reset", &Predictor::reset)
      .def(
          "observe",
          [](Predictor& predictor, std::size_t exit, float confidence) {
            if (exit >= predictor.exit_count()) refuse("observe: there is no exit " + std::to_string(exit));
            predictor.observe(exit, std::span<const float, 1>(&confidence, 1));
          },
          py::arg("exit"), py::arg("confidence"))
      .def("confidences", [](const Predictor& predictor) {
        return array_of(predictor.confidences(), predictor.exit_count());
      });
  m.def(
      "prior_predictor",
      [](const Numbers& means) {
        const auto values = row(means, "means");
        const std::vector<float> floats(values.begin(), values.end());
        return Predictor(einet::PriorPredictor<N>(std::span(floats)));
      },
      py::arg("means"));
  m.def(
      "fit_quadratic",
      [](const Profile& profile) {
        return Predictor(einet::QuadraticPredictor<N>(einet::fit_quadratic(profile)));
      },
      py::arg("profile"));

  py::class_<Planner>(m, "Planner")
      .def(py::init([](const Times& times, const Predictor& predictor, const Law& law, double margin,
                       double price, bool follow_pace, float initial_worth) {
             einet::PlannerOptions options;
             options.margin = margin;
             options.price = price;
             options.follow_pace = follow_pace;
             options.initial_worth = initial_worth;
             return Planner(times, predictor, law, Search{}, options);
           }),
           py::arg("times"), py::arg("predictor"), py::arg("law") = Law(), py::kw_only(),
           py::arg("margin") = 1., py::arg("price") = 0., py::arg("follow_pace") = true,
           py::arg("initial_worth") = 0.f)
      .def_property_readonly("exits", &Planner::exit_count)
      .def("reset", &Planner::reset)
      .def("next_exit", &Planner::next_exit)
      .def(
          "observe",
          [](Planner& planner, std::size_t exit, float confidence, double ready,
             std::optional<double> elapsed) {
            return planner.observe(coming(exit, planner, "observe"), confidence, ready,
                                   elapsed.value_or(ready));
          },
          py::arg("exit"), py::arg("confidence"), py::arg("ready"), py::arg("elapsed") = py::none())
      .def(
          "pass_part",
          [](Planner& planner, std::size_t part, double elapsed) {
            return planner.pass(coming(part, planner, "pass_part"), elapsed);
          },
          py::arg("part"), py::arg("elapsed"))
      .def("set_law", &Planner::set_law, py::arg("law"))
      .def("set_price", &Planner::set_price, py::arg("price"))
      .def("plan", [](const Planner& planner) { return planner.plan(); })
      .def("confidences",
           [](const Planner& planner) {
             return array_of(planner.problem().confidences, planner.exit_count());
           })
      .def_property_readonly("pace", &Planner::pace);
}
