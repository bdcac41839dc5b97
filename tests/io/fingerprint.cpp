#include "catch.hpp"

#include <einet/io/fingerprint.hpp>

#include <string>
#include <utility>

using einet::ConfidenceProfile;
using einet::fingerprint;

TEST_CASE("a fingerprint is FNV-1a over sizes and contents", "[profile][fingerprint]") {
  // Computed outside einet from the bytes 02 00 … 01 00 … 0.5f 0.25f 1 2 1, and 03 00 … 00 …
  CHECK(fingerprint(ConfidenceProfile<2>{{{.5f, .25f}}, {{1, 2}}, {1}}) == "1698dab09514c1bb");
  CHECK(fingerprint(ConfidenceProfile<3>{}) == "d71e358174147ca6");
}

TEST_CASE("any change to a profile changes its fingerprint", "[profile][fingerprint]") {
  const ConfidenceProfile<2> profile{{{.5f, .25f}, {.1f, 1.f}}, {{1, 2}, {0, 3}}, {1, 3}};
  const std::string print = fingerprint(profile);
  const auto changed = [&](auto&& change) {
    auto other = profile;
    change(other);
    return fingerprint(other) != print;
  };
  CHECK(changed([](auto& p) { p.confidence[1][0] = .10000001f; }));
  CHECK(changed([](auto& p) { p.predicted[0][1] = 3; }));
  CHECK(changed([](auto& p) { p.label[1] = 2; }));
  CHECK(changed([](auto& p) { p = p.every(2, 0); }));
  CHECK(changed([](auto& p) {
    std::swap(p.confidence[0], p.confidence[1]);
    std::swap(p.predicted[0], p.predicted[1]);
    std::swap(p.label[0], p.label[1]);
  }));
  CHECK(fingerprint(ConfidenceProfile<4>{}) != fingerprint(ConfidenceProfile<3>{}));
}
