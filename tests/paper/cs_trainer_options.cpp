#include "catch.hpp"

#include <einet/paper/cs_trainer_options.hpp>

#include <limits>
#include <stdexcept>
#include <string>

namespace {

using einet::CsTrainerOptions;
using einet::test::ContainsSubstring;

template <class Spoil>
std::string refusal_of(Spoil spoil) {
  CsTrainerOptions options;
  spoil(options);
  try {
    einet::validate(options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("settings that make no sense are refused by name", "[predict][cs_trainer_options]") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(refusal_of([](auto&) {}) == "accepted");
  CHECK_THAT(refusal_of([](auto& o) { o.epochs = 0; }), ContainsSubstring("epochs is 0"));
  CHECK_THAT(refusal_of([](auto& o) { o.batch = 0; }), ContainsSubstring("batch"));
  CHECK_THAT(refusal_of([](auto& o) { o.batch = std::size_t(-1); }), ContainsSubstring("batch"));
  CHECK_THAT(refusal_of([](auto& o) { o.learning_rate = 0.f; }), ContainsSubstring("learning_rate"));
  CHECK_THAT(refusal_of([=](auto& o) { o.learning_rate = nan; }), ContainsSubstring("learning_rate is nan"));
  CHECK_THAT(refusal_of([](auto& o) { o.final_learning_rate = -1.f; }),
             ContainsSubstring("final_learning_rate"));
  CHECK_THAT(refusal_of([](auto& o) { o.momentum = 1.f; }), ContainsSubstring("momentum"));
  CHECK_THAT(refusal_of([](auto& o) { o.dropout = 1.f; }), ContainsSubstring("dropout"));
  CHECK_THAT(refusal_of([](auto& o) { o.clip_norm = 0.f; }), ContainsSubstring("clip_norm"));
  CHECK_THAT(refusal_of([](auto& o) { o.skip_share = 1.1f; }), ContainsSubstring("skip_share"));
  CHECK_THAT(refusal_of([](auto& o) { o.validation_share = 0.f; }), ContainsSubstring("validation_share"));
  CHECK_THAT(refusal_of([](auto& o) { o.patience = 0; }), ContainsSubstring("patience"));
  CHECK_THAT(refusal_of([](auto& o) { o.initial = 2.f; }), ContainsSubstring("initial"));
}

}  // namespace
