#include "catch.hpp"
#include "files.hpp"
#include "sanitized.hpp"
#include "support.hpp"
#include "within_memory.hpp"

#include <einet/io/profile_file.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace einet;
using einet::io::SafetensorsWriter;
using einet::test::ContainsSubstring;

namespace {

enum class Stored { f16, f32, f64 };

/// The output of an exit for a sample, in double precision and straight from the definitions.
struct Outputs {
  std::size_t samples = 0, classes = 0, listed = 0;
  std::vector<double> confidence{}, logs{};
  std::vector<std::int32_t> predicted{}, columns{}, label{};

  void add(const std::vector<double>& probabilities) {
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
    confidence.push_back(probabilities[order[0]]);
    predicted.push_back(static_cast<std::int32_t>(order[0]));
    for (std::size_t i = 0; i < listed; ++i) {
      columns.push_back(static_cast<std::int32_t>(order[i]));
      logs.push_back((std::max)(-65504., std::log(probabilities[order[i]])));
    }
    label.push_back(predicted.back());
    ++samples;
  }
};

struct Parts {
  bool logs = true, columns = true, classes = true;
};

/// Of one exit.
std::filesystem::path save_outputs(const Outputs& all, Stored stored, Parts parts = {}) {
  static const auto path = test::scratch_folder("consistency") / "c.safetensors";
  SafetensorsWriter writer(path);
  const auto add = [&](const std::string& name, const std::vector<std::size_t>& shape,
                       const std::vector<double>& values) {
    const std::vector<float> narrow(values.begin(), values.end());
    if (stored == Stored::f16) return writer.add_half(name, shape, narrow);
    stored == Stored::f64 ? writer.add(name, shape, values) : writer.add(name, shape, narrow);
  };
  add("confidence", {all.samples, 1}, all.confidence);
  writer.add("predicted", std::vector<std::size_t>{all.samples, 1}, all.predicted);
  writer.add("label", std::vector<std::size_t>{all.samples}, all.label);
  if (parts.logs) add("top_logprob", {all.samples, 1, all.listed}, all.logs);
  if (parts.columns)
    writer.add("top_class", std::vector<std::size_t>{all.samples, 1, all.listed}, all.columns);
  if (parts.classes) writer.set_metadata("classes", std::to_string(all.classes));
  writer.save();
  return path;
}

Outputs example() {
  Outputs all{.classes = 4, .listed = 3};
  all.add({.1, .6, .05, .25});
  all.add({.4, .3, .2, .1});
  return all;
}

void refuses_outputs(const Outputs& all, const std::string& complaint) {
  CHECK_THROWS_WITH(io::load_confidence_profile<1>(save_outputs(all, Stored::f32)),
                    ContainsSubstring("c.safetensors: ") && ContainsSubstring(complaint));
}

}  // namespace

TEST_CASE("values of a softmax are accepted in every type, sure or unsure, of one class or a thousand",
          "[io][profile_consistency]") {
  const std::uint32_t seed = 31;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  for (const std::size_t classes : {1U, 2U, 3U, 10U, 100U, 1000U})
    for (const std::size_t listed : {std::size_t{1}, (classes + 1) / 2, classes}) {
      Outputs all{.classes = classes, .listed = listed};
      for (const double scale : {0., 1e-3, .1, 1., 3., 10., 100., 1e4})
        for (int i = 0; i < (test::sanitized ? 4 : 20); ++i) {
          std::vector<double> p(classes);
          for (double& value : p) value = scale * normal(random);
          const double most = *std::max_element(p.begin(), p.end());
          for (double& value : p)
            value = i % 4 == 3 && value < most && random() % 3 == 0 ? 0 : std::exp(value - most);
          const double sum = std::accumulate(p.begin(), p.end(), 0.);
          for (double& value : p) value /= sum;
          all.add(p);
        }
      for (const Stored stored : {Stored::f16, Stored::f32, Stored::f64})
        for (const Parts parts : {Parts{}, Parts{.logs = false, .columns = false}, Parts{.columns = false},
                                  Parts{.classes = false}}) {
          CAPTURE(classes, listed, stored, parts.logs, parts.columns, parts.classes);
          CHECK_NOTHROW(io::load_confidence_profile<1>(save_outputs(all, stored, parts)));
        }
    }
}

TEST_CASE("columns that contradict one another are refused by column, sample and exit",
          "[io][profile_consistency]") {
  CHECK_NOTHROW(io::load_confidence_profile<1>(save_outputs(example(), Stored::f32)));
  const auto refused = [](const std::function<void(Outputs&)>& spoil, const std::string& complaint) {
    Outputs all = example();
    spoil(all);
    refuses_outputs(all, complaint);
  };
  refused([](Outputs& all) { all.logs[1] = std::log(.5); }, "tensor 'top_logprob': sample 0, exit 0: is 1.2");
  refused([](Outputs& all) { all.logs[3] = all.logs[4] = all.logs[5] = std::log(.4); },
          "expected at most 1 as the sum of all its probabilities");
  refused([](Outputs& all) { all.logs[4] = all.logs[5] = std::log(.05); },
          "expected more as the sum of all its probabilities, as the 1 other classes have no more than 0.0");
  for (const double off : {-.01, .01})
    refused([&](Outputs& all) { all.confidence[1] += off; }, "tensor 'confidence': sample 1, exit 0: is " +
                                                                 std::string(off < 0 ? "0.39" : "0.41") +
                                                                 ", expected 0.");
  refused([](Outputs& all) { all.predicted[0] = 3; },
          "tensor 'predicted': sample 0, exit 0: is 3, expected the most probable class of top_class");
  refused([](Outputs& all) { all.predicted[0] = 2; }, "is 2, expected the most probable class");
  refused([](Outputs& all) { all.columns[5] = all.columns[3]; },
          "tensor 'top_class': sample 1, exit 0: is 0, expected every class at most once");
  refused([](Outputs& all) { all.columns[5] = 4; },
          "tensor 'top_class': element 5 is the class 4, expected 0 to 3");
}

TEST_CASE("a profile without samples is neither read nor written, and takes no memory for its classes",
          "[io][profile_consistency]") {
  const auto path = test::scratch_folder("consistency") / "none.safetensors";
  CHECK_THROWS_WITH(io::save_profile(path, ConfidenceProfile<2>{}, 3),
                    ContainsSubstring("tensor 'label': has no samples"));
  const std::string empty = R"("data_offsets":[0,0]})";
  test::write_text(path, test::safetensors_bytes(
                             R"({"__metadata__":{"classes":"2147483647"},)"
                             R"("confidence":{"dtype":"F32","shape":[0,2],)" +
                                 empty + R"(,"predicted":{"dtype":"U8","shape":[0,2],)" + empty +
                                 R"(,"label":{"dtype":"U8","shape":[0],)" + empty +
                                 R"(,"top_logprob":{"dtype":"F32","shape":[0,2,2147483647],)" + empty + "}",
                             0));
  CHECK(test::within_memory(64'000'000, [&] {
    try {
      static_cast<void>(io::load_confidence_profile<2>(path));
    } catch (const io::FileError& error) {
      return std::string(error.what()).find("tensor 'label': has no samples") != std::string::npos;
    }
    return false;
  }));
}

namespace {

/// Whether it has N exits and is read.
template <std::size_t N>
bool loads(const std::filesystem::path& path, std::size_t exits) {
  return exits == N && io::load_time_profile<N>(path).total() > 0 &&
         io::load_confidence_profile<N>(path).samples() == 5000;
}

}  // namespace

TEST_CASE("in every shipped profile all columns belong to one distribution",
          "[io][profile_consistency][data]") {
  const std::filesystem::path shipped = std::filesystem::path(__FILE__).parent_path() / "../../examples/data";
  CHECK(io::load_confidence_profile<14>(shipped / "profile.safetensors").samples() == 10000);
  CHECK(io::load_confidence_profile<1>(shipped / "profile_classic.safetensors").samples() == 10000);
  CHECK(io::load_confidence_profile<1>(shipped / "profile_compressed.safetensors").samples() == 10000);
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shipped / "profiles")) {
    const auto& path = entry.path();
    const std::size_t exits = io::SafetensorsFile(path).tensor("conv_seconds").shape.at(0);
    CAPTURE(path.string());
    ++found;
    if (test::sanitized && exits >= 14) continue;
    CHECK((loads<1>(path, exits) || loads<3>(path, exits) || loads<5>(path, exits) || loads<6>(path, exits) ||
           loads<14>(path, exits) || loads<21>(path, exits) || loads<40>(path, exits)));
  }
  CHECK(found == 16);
  if (test::sanitized) return;
  const std::filesystem::path shared = test::outside_data() / "profiles";
  if (!std::filesystem::exists(shared)) {
    WARN(shared << " is not here: not tested");
    return;
  }
  CHECK(io::load_confidence_profile<14>(shared / "vgg16_cifar100.safetensors").samples() == 10000);
  CHECK(io::load_confidence_profile<14>(shared / "vgg16_cifar100_plan_aware.safetensors").samples() == 10000);
  CHECK(io::load_confidence_profile<21>(shared / "msdnet21_cifar100.safetensors").samples() == 10000);
}
