#include "catch.hpp"
#include "files.hpp"
#include "observations.hpp"
#include "support.hpp"

#include <einet/io/predictor_file.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/calibration.hpp>
#include <einet/predict/gaussian_parameters.hpp>
#include <einet/predict/table_predictor.hpp>
#include <einet/run/combined_answer.hpp>

#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using einet::io::identity_of;
using einet::io::load_predictor;
using einet::io::PredictorIdentity;
using einet::io::save_predictor;
using einet::test::ContainsSubstring;

namespace {

/// N → H → N, of sizes known only at run time.
struct Predictor {
  Predictor(std::size_t exits, std::size_t hidden)
      : shape{hidden, exits}, means_shape{exits}, weight(exits * hidden), means(exits) {}

  template <class F>
  void for_each_tensor(F&& f) {
    f("weight", std::span<const std::size_t>(shape), std::span<float>(weight));
    f("means", std::span<const std::size_t>(means_shape), std::span<float>(means));
  }

  std::vector<std::size_t> shape, means_shape;
  std::vector<float> weight, means;
};

const PredictorIdentity identity{.kind = "test", .exits = 3, .hidden = 4, .fingerprint = "abc"};

std::filesystem::path saved(Predictor& predictor) {
  const auto path = einet::test::scratch_folder("predictor") / "p.safetensors";
  for (std::size_t i = 0; i < predictor.weight.size(); ++i) predictor.weight[i] = static_cast<float>(i) / 7;
  predictor.means = {0.25f, 0.5f, 0.75f};
  save_predictor(path, predictor, identity, einet::io::Precision::f32, {{"note", "n"}, {"kind", "other"}});
  return path;
}

}  // namespace

TEST_CASE("a predictor comes back bit for bit, with its metadata", "[io][predictor]") {
  Predictor predictor(3, 4), loaded(3, 4);
  const auto path = saved(predictor);
  const auto metadata = load_predictor(path, loaded, identity);
  CHECK(loaded.weight == predictor.weight);
  CHECK(loaded.means == predictor.means);
  CHECK(metadata == einet::io::Metadata{{"kind", "test"},
                                        {"exits", "3"},
                                        {"hidden", "4"},
                                        {"inputs", "confidence"},
                                        {"target", "confidence"},
                                        {"fingerprint", "abc"},
                                        {"note", "n"}});
  PredictorIdentity any = identity;
  any.fingerprint.clear();
  CHECK_NOTHROW(load_predictor(path, loaded, any));
}

TEST_CASE(
    "a predictor for another N, H, kind, target, profile or other inputs is refused with both named, and "
    "left alone",
    "[io][predictor]") {
  Predictor predictor(3, 4), loaded(3, 4);
  const auto path = saved(predictor);
  const auto refuses = [&](PredictorIdentity other, const std::string& complaint) {
    CHECK_THROWS_WITH(load_predictor(path, loaded, other),
                      ContainsSubstring("p.safetensors: metadata '") && ContainsSubstring(complaint));
    CHECK(loaded.weight == std::vector<float>(12, 0.f));
  };
  PredictorIdentity other = identity;
  other.exits = 14;
  refuses(other, "the predictor is for 3 exits, expected 14");
  other = identity;
  other.hidden = 128;
  refuses(other, "the predictor is for 4 hidden units, expected 128");
  other = identity;
  other.kind = "else";
  refuses(other, "is 'test', expected 'else'");
  other = identity;
  other.fingerprint = "xyz";
  refuses(other, "metadata 'fingerprint': is 'abc', expected 'xyz'");
  other = identity;
  other.target = einet::Target::correctness;
  refuses(other, "metadata 'target': is 'confidence', expected 'correctness'");
  other = identity;
  other.inputs = {"confidence", "agreement"};
  refuses(other,
          "metadata 'inputs': the predictor observes 1 (confidence), expected 2 (confidence, agreement)");
  other.inputs = {"correctness"};
  refuses(other, "metadata 'inputs': the predictor observes 1 (confidence), expected 1 (correctness)");
}

TEST_CASE("a predictor's file cut off anywhere is refused, and the predictor left alone", "[io][predictor]") {
  Predictor predictor(3, 4), loaded(3, 4);
  const auto path = saved(predictor);
  const auto whole = einet::test::read_text(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    einet::test::write_text(path, whole.substr(0, length));
    CHECK_THROWS_AS(load_predictor(path, loaded, identity), einet::io::FileError);
  }
  CHECK(loaded.weight == std::vector<float>(12, 0.f));
  einet::test::write_text(path, whole);
  CHECK_NOTHROW(load_predictor(path, loaded, identity));
}

TEST_CASE(
    "numbers that no predictor can be made of are refused by file and tensor, and the predictor left alone",
    "[io][predictor]") {
  const auto path = einet::test::scratch_folder("predictor") / "p.safetensors";
  const auto refuses = [&](const auto& bad, const PredictorIdentity& what, const std::string& complaint) {
    save_predictor(path, bad, what);
    std::remove_cvref_t<decltype(bad)> loaded;
    const auto before = loaded;
    CHECK_THROWS_WITH(load_predictor(path, loaded, what),
                      ContainsSubstring("p.safetensors: ") && ContainsSubstring(complaint));
    CHECK(loaded == before);
  };
  using Law = einet::GaussianParameters<3, 2>;
  const auto law = identity_of<Law, einet::test::WithAgreement>("gaussian", einet::Target::correctness);
  Law bad;
  CHECK_THROWS_WITH(save_predictor(path, bad, law),
                    ContainsSubstring("tensor 'target': is not that of the predictor's 'correctness'"));
  bad.target[0] = 1;
  bad.covariance[1] = bad.covariance[6] = 2;
  refuses(bad, law, "covariance is not positive definite");
  bad = Law{};
  einet::io::SafetensorsWriter contradictory(path);
  contradictory.set_metadata({{"kind", "gaussian"},
                              {"exits", "3"},
                              {"hidden", "0"},
                              {"inputs", "confidence, agreement"},
                              {"target", "correctness"}});
  add_tensors(
      contradictory, [&](auto&& f) { bad.for_each_tensor(f); }, einet::io::Precision::f32);
  contradictory.save();
  CHECK_THROWS_WITH(load_predictor(path, bad, law), ContainsSubstring("tensor 'target': is not that of"));
  using Cs = einet::CsParameters<2, 2>;
  Cs improbable;
  improbable.means[1] = 1.5f;
  refuses(improbable, identity_of<Cs>("cs_predictor", einet::Target::confidence), "means[1] is 1.5");
  using Table = einet::TableParameters<2, 2>;
  Table below;
  below.means[0] = -.5f;
  refuses(below, identity_of<Table>("table", einet::Target::confidence), "means[0] is -0.5");
  Table holes;
  holes.values[3] = std::nanf("");
  CHECK_THROWS_WITH(save_predictor(path, holes, identity_of<Table>("table", einet::Target::confidence)),
                    ContainsSubstring("tensor 'values': element 3 is not finite"));
}

TEST_CASE("an identity is that of the parameters and of the observation", "[io][predictor]") {
  using einet::Target;
  const auto cs = identity_of<einet::CsParameters<3, 8>>("cs", Target::confidence, "f");
  CHECK(cs.kind == "cs");
  CHECK(cs.exits == 3);
  CHECK(cs.hidden == 8);
  CHECK(cs.fingerprint == "f");
  CHECK(cs.inputs == std::vector<std::string>{"confidence"});
  CHECK(cs.target == Target::confidence);
  const auto law =
      identity_of<einet::GaussianParameters<5, 2>, einet::test::WithAgreement>("g", Target::correctness);
  CHECK(law.exits == 5);
  CHECK(law.hidden == 0);
  CHECK(law.inputs == std::vector<std::string>{"confidence", "agreement"});
  CHECK(law.target == Target::correctness);
  CHECK(identity_of<einet::Calibration<3, 4>>("c", Target::correctness).exits == 3);
  PredictorIdentity nameless = cs;
  const auto path = einet::test::scratch_folder("predictor") / "p.safetensors";
  for (const std::string name : {"", "a,b"}) {
    nameless.inputs = {"confidence", name};
    CHECK_THROWS_WITH(save_predictor(path, einet::CsParameters<3, 8>{}, nameless),
                      ContainsSubstring("metadata 'inputs': '" + name + "'"));
  }
}

TEST_CASE("a file that is not a predictor, or whose tensors contradict its metadata, is refused",
          "[io][predictor]") {
  const auto path = einet::test::scratch_folder("predictor") / "p.safetensors";
  Predictor loaded(3, 4);
  einet::io::SafetensorsWriter(path).save();
  CHECK_THROWS_WITH(load_predictor(path, loaded, identity),
                    ContainsSubstring("metadata 'kind': is missing, expected 'test'"));
  einet::io::SafetensorsWriter writer(path);
  writer.set_metadata("kind", "test");
  writer.save();
  CHECK_THROWS_WITH(load_predictor(path, loaded, identity),
                    ContainsSubstring("for an unknown number of exits, expected 3"));
  writer.set_metadata("exits", "3");
  writer.set_metadata("hidden", "4");
  writer.save();
  CHECK_THROWS_WITH(load_predictor(path, loaded, identity),
                    ContainsSubstring("metadata 'inputs': is missing, expected 'confidence'"));
  writer.set_metadata("inputs", "confidence");
  writer.save();
  CHECK_THROWS_WITH(load_predictor(path, loaded, identity),
                    ContainsSubstring("metadata 'target': is missing, expected 'confidence'"));
  Predictor wide(3, 5);
  save_predictor(path, wide, identity);
  CHECK_THROWS_WITH(load_predictor(path, loaded, identity),
                    ContainsSubstring("tensor 'weight': has shape [5, 3], expected [4, 3]"));
}

TEST_CASE("the paper's predictor comes back whole, and one of another N or H is refused", "[io][predictor]") {
  const auto path = einet::test::scratch_folder("predictor") / "cs.safetensors";
  einet::CsParameters<3, 8> parameters, loaded;
  float next = 0;
  parameters.for_each_tensor([&](const std::string&, std::span<const std::size_t>, std::span<float> values) {
    for (float& value : values) value = next += 0.001f;
  });
  parameters.target[0] = 1.f;
  const auto cs = identity_of<einet::CsParameters<3, 8>>("cs_predictor", einet::Target::correctness);
  save_predictor(path, parameters, cs);
  load_predictor(path, loaded, cs);
  CHECK(loaded == parameters);
  einet::CsParameters<4, 8> longer;
  CHECK_THROWS_WITH(load_predictor(path, longer, {.kind = "cs_predictor", .exits = 4, .hidden = 8}),
                    ContainsSubstring("the predictor is for 3 exits, expected 4"));
  einet::CsParameters<3, 16> wider;
  CHECK_THROWS_WITH(load_predictor(path, wider, {.kind = "cs_predictor", .exits = 3, .hidden = 16}),
                    ContainsSubstring("the predictor is for 8 hidden units, expected 16"));
}

TEST_CASE("the closed-form predictors come back whole, and those of another N or other inputs are refused",
          "[io][predictor]") {
  const auto path = einet::test::scratch_folder("predictor") / "closed.safetensors";
  einet::GaussianParameters<3, 2> law, loaded_law;
  law.covariance[1] = law.covariance[6] = 0.25f;
  law.means = {0.25f, 0.5f, 0.75f};
  law.logit[0] = law.target[0] = 1;
  const auto gaussian = identity_of<einet::GaussianParameters<3, 2>, einet::test::WithAgreement>(
      "gaussian", einet::Target::correctness, "f");
  save_predictor(path, law, gaussian);
  load_predictor(path, loaded_law, gaussian);
  CHECK(loaded_law == law);
  einet::GaussianParameters<3, 1> fewer;
  CHECK_THROWS_WITH(load_predictor(path, fewer, gaussian), ContainsSubstring("tensor 'input.mean'"));
  CHECK_THROWS_WITH(
      load_predictor(path, fewer,
                     identity_of<einet::GaussianParameters<3, 1>>("gaussian", einet::Target::correctness)),
      ContainsSubstring("observes 2 (confidence, agreement), expected 1 (confidence)"));

  einet::TableParameters<3, 5> table, loaded_table;
  for (std::size_t i = 0; i < table.values.size(); ++i) table.values[i] = static_cast<float>(i) / 64;
  const PredictorIdentity tabulated{.kind = "table", .exits = 3, .hidden = 0, .fingerprint = ""};
  save_predictor(path, table, tabulated);
  load_predictor(path, loaded_table, tabulated);
  CHECK(loaded_table == table);
  einet::TableParameters<4, 5> longer;
  CHECK_THROWS_WITH(load_predictor(path, longer, {.kind = "table", .exits = 4}),
                    ContainsSubstring("the predictor is for 3 exits, expected 4"));

  einet::Calibration<3, 4> calibration, loaded_calibration;
  calibration.tables[2].values = {0.f, 0.25f, 0.5f, 1.f};
  const PredictorIdentity identity_of{.kind = "calibration", .exits = 3, .hidden = 0, .fingerprint = ""};
  save_predictor(path, calibration, identity_of);
  load_predictor(path, loaded_calibration, identity_of);
  CHECK(loaded_calibration == calibration);
}

TEST_CASE("the parameters of a run-time number of exits are those of the exact one, in the same file",
          "[io][predictor]") {
  using einet::up_to;
  const auto path = einet::test::scratch_folder("predictor") / "p.safetensors";
  const auto round_trip = [&]<class Exact, class AtRunTime>(Exact exact, AtRunTime at_most) {
    float next = 0;
    exact.for_each_tensor(
        [&](const std::string& name, std::span<const std::size_t>, std::span<float> values) {
          if (name.ends_with("covariance") || name == "logit" || name == "target" || name == "input.high")
            return;
          for (float& value : values) value = std::fmod(next += .125f, 1.f);
        });
    const auto of_file = identity_of<Exact>("test", einet::Target::confidence);
    save_predictor(path, exact, of_file);
    const auto wanted = identity_of<AtRunTime>("test", einet::Target::confidence, "", at_most);
    CHECK(wanted.exits == 3);
    load_predictor(path, at_most, wanted);
    std::vector<float> all;
    exact.for_each_tensor([&](const std::string&, auto, std::span<float> values) {
      all.insert(all.end(), values.begin(), values.end());
    });
    std::size_t at = 0;
    at_most.for_each_tensor([&](const std::string&, auto, std::span<float> values) {
      for (const float value : values) CHECK(value == all.at(at++));
    });
    CHECK(at == all.size());
  };
  round_trip(einet::CsParameters<3, 4>{}, einet::CsParameters<up_to(8), 4>(3));
  round_trip(einet::TableParameters<3, 5>{}, einet::TableParameters<up_to(8), 5>(3));

  einet::TableParameters<up_to(8), 5> four(4);
  CHECK_THROWS_WITH(
      load_predictor(path, four, identity_of<decltype(four)>("test", einet::Target::confidence, "", four)),
      ContainsSubstring("the predictor is for 3 exits, expected 4"));
}

TEST_CASE("weights of a combination come back whole, and what no combination has is refused",
          "[io][predictor]") {
  const auto path = einet::test::scratch_folder("combination") / "c.safetensors";
  const PredictorIdentity combination{.kind = "combination", .exits = 3, .inputs = {"scores"}};
  einet::CombinationWeights<3> weights, loaded;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      weights.of(i, j) = static_cast<float>(i + 1) / static_cast<float>(j + 7);
  save_predictor(path, weights, combination);
  load_predictor(path, loaded, combination);
  CHECK(loaded == weights);
  einet::CombinationWeights<einet::up_to(8)> counted{3};
  load_predictor(path, counted, combination);
  CHECK(counted.weight == weights.weight);

  einet::CombinationWeights<3> spoilt = weights;
  spoilt.of(0, 2) = 1;
  save_predictor(path, spoilt, combination);
  CHECK_THROWS_WITH(load_predictor(path, loaded, combination),
                    ContainsSubstring("c.safetensors") && ContainsSubstring("weights[0][2]"));
  CHECK(loaded == weights);
  einet::CombinationWeights<4> other;
  CHECK_THROWS_WITH(load_predictor(path, other, {.kind = "combination", .exits = 4, .inputs = {"scores"}}),
                    ContainsSubstring("for 3 exits, expected 4"));
}
