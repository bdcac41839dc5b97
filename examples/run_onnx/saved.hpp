#pragma once
// What run_onnx keeps of a model: its times, the answers that the predictor was fitted on, and the predictor.

#include "run_onnx/preprocessing.hpp"

#include <einet/io/named_tensors.hpp>
#include <einet/io/origin.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/safetensors_reader.hpp>
#include <einet/io/safetensors_writer.hpp>
#include <einet/io/tensor_map.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/gaussian_parameters.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

namespace example {

template <std::size_t N>
struct Saved {
  einet::TimeProfile<N> times;
  einet::ConfidenceProfile<N> fitting;
  einet::GaussianParameters<N, 2> parameters;

  [[nodiscard]] einet::QuadraticPredictor<N> predictor() const {
    return einet::QuadraticPredictor<N>{parameters};
  }
};

/// Before the names of the predictor's tensors.
inline const std::string of_predictor = "predictor.";

template <std::size_t N>
void save(const std::filesystem::path& path, const Saved<N>& plan, const einet::io::Origin& origin,
          const Preprocessing& how) {
  einet::io::SafetensorsWriter writer(path);
  writer.set_metadata(einet::io::describe(origin));
  writer.set_metadata(describe(how));
  einet::io::add_profile(writer, plan.times);
  einet::io::add_profile(writer, plan.fitting);
  einet::io::add_tensors(
      writer,
      [&](auto&& f) {
        plan.parameters.for_each_tensor(
            [&](const std::string& name, std::span<const std::size_t> shape, std::span<const float> values) {
              f(of_predictor + name, shape, values);
            });
      },
      einet::io::Precision::f32);
  writer.save();
}

/// @throws einet::io::FileError naming file and field
template <std::size_t N>
[[nodiscard]] Saved<N> load_saved(const std::filesystem::path& path, const einet::io::Origin& origin,
                                  bool any_origin) {
  const einet::io::SafetensorsFile file(path);
  if (!any_origin) einet::io::expect_origin(file, origin);
  Saved<N> plan{einet::io::read_time_profile<N>(file), einet::io::read_confidence_profile<N>(file),
                einet::GaussianParameters<N, 2>{einet::ExitCount<N>(einet::io::read_exit_count(file))}};
  einet::io::TensorMap map;
  map.source = [](const std::string& name) { return of_predictor + name; };
  map.may_be_unused = [](const std::string& name) { return !name.starts_with(of_predictor); };
  einet::io::read_tensors(
      file, [&](auto&& f) { plan.parameters.for_each_tensor(f); }, map);
  try {
    validate(plan.parameters);
  } catch (const std::invalid_argument& error) {
    throw einet::io::FileError(path, "", error.what());
  }
  return plan;
}

}  // namespace example
