#include "catch.hpp"
#include "support.hpp"

#include <einet/io/safetensors_header.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

using einet::io::FileError;
using einet::io::parse_safetensors_header;
using einet::test::ContainsSubstring;

namespace {

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}";
}

struct Bad {
  std::string header;
  std::uint64_t data;
  std::string field;
  std::string complaint;
};

}  // namespace

TEST_CASE("a header yields its tensors and metadata, spaces at its end or not", "[io][safetensors]") {
  const std::string text = R"({"a":)" + tensor("F32", "2,3", "0,24") +
                           R"(,"__metadata__":{"k":"v","empty":""},"none":)" + tensor("U8", "0,7", "24,24") +
                           R"(,"one":)" + tensor("I64", "", "24,32") + "}";
  const std::string padding = GENERATE("", "   ");
  const auto header = parse_safetensors_header("f", text + padding, 32);
  CHECK(header.metadata == einet::io::Metadata{{"k", "v"}, {"empty", ""}});
  REQUIRE(header.tensors.size() == 3);
  CHECK(header.tensors.at("a").shape == std::vector<std::size_t>{2, 3});
  CHECK(header.tensors.at("a").dtype == einet::io::Dtype::f32);
  CHECK(header.tensors.at("none").begin == 24);
  CHECK(header.tensors.at("one").shape.empty());
  CHECK(header.tensors.at("one").end == 32);
  CHECK(parse_safetensors_header("f", "{}", 0).tensors.empty());
}

TEST_CASE("a header that breaks a rule of the format is refused with file, field and rule",
          "[io][safetensors]") {
  const auto one = [](const std::string& entry) { return R"({"a":)" + entry + "}"; };
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":)" + first + R"(,"b":)" + second + "}";
  };
  const std::string four = tensor("U8", "4", "0,4");
  const std::vector<Bad> all{
      {"", 0, "header", "does not begin with '{'"},
      {" {}", 0, "header", "does not begin with '{'"},
      {"[]", 0, "header", "does not begin with '{'"},
      {"{", 0, "header", "not valid JSON"},
      {"{}x", 0, "header", "not valid JSON"},
      {"{\"\xff\":1}", 0, "header", "not valid JSON"},
      {R"({"a":1})", 0, "tensor 'a'", "not an object"},
      {one("[[[[]]]]"), 0, "header", "nested deeper"},
      {R"({"a":)" + std::string(100000, '['), 0, "header", "nested deeper"},
      {one(R"({"b":{"c":{}}})"), 0, "header", "nested deeper"},
      {two(four, four).replace(2, 1, "b"), 4, "header", "'b' is there twice"},
      {one(R"({"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]})"), 4, "header",
       "'dtype' is there twice"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "header", "'k' is there twice"},
      {R"({"__metadata__":[]})", 0, "__metadata__", "not an object"},
      {R"({"__metadata__":{"k":1}})", 0, "__metadata__", "'k' is not a string"},
      {one(R"({"shape":[4],"data_offsets":[0,4]})"), 4, "tensor 'a'", "dtype is missing"},
      {one(R"({"dtype":"U8","data_offsets":[0,4]})"), 4, "tensor 'a'", "shape is missing"},
      {one(R"({"dtype":"U8","shape":[4]})"), 4, "tensor 'a'", "data_offsets is missing"},
      {one(R"({"dtype":8,"shape":[4],"data_offsets":[0,4]})"), 4, "tensor 'a'", "unknown dtype 8"},
      {one(tensor("F31", "4", "0,4")), 4, "tensor 'a'", "unknown dtype \"F31\""},
      {one(tensor("U8", "-4", "0,4")), 4, "tensor 'a'", "shape is not a list of whole numbers"},
      {one(tensor("U8", "4.0", "0,4")), 4, "tensor 'a'", "shape is not a list of whole numbers"},
      {one(tensor("U8", "18446744073709551616", "0,4")), 4, "tensor 'a'", "shape is not a list"},
      {one(tensor("U8", "\"4\"", "0,4")), 4, "tensor 'a'", "shape is not a list of whole numbers"},
      {one(R"({"dtype":"U8","shape":4,"data_offsets":[0,4]})"), 4, "tensor 'a'", "shape is not a list"},
      {one(tensor("F32", "4294967296,1073741824,4", "0,0")), 0, "tensor 'a'", "does not fit in 64 bits"},
      {one(tensor("F64", "2305843009213693952", "0,0")), 0, "tensor 'a'", "does not fit in 64 bits"},
      {one(tensor("U8", "4", "0")), 4, "tensor 'a'", "not two numbers"},
      {one(tensor("U8", "4", "0,2,4")), 4, "tensor 'a'", "not two numbers"},
      {one(tensor("U8", "4", "4,0")), 4, "tensor 'a'", "run backwards"},
      {one(tensor("U8", "4", "-4,0")), 4, "tensor 'a'", "data_offsets is not a list of whole numbers"},
      {one(tensor("U8", "5", "0,5")), 4, "tensor 'a'", "point outside the file, which has 4 bytes"},
      {one(tensor("U8", "4", "18446744073709551611,18446744073709551615")), 4, "tensor 'a'",
       "point outside the file"},
      {one(tensor("F32", "2", "0,4")), 4, "tensor 'a'", "span 4 bytes, its shape and dtype need 8"},
      {one(tensor("U8", "4", "1,5")), 5, "tensor 'a'", "leaving a hole"},
      {two(four, tensor("U8", "4", "5,9")), 9, "tensor 'b'", "leaving a hole"},
      {two(four, tensor("U8", "4", "3,7")), 7, "tensor 'b'", "overlaps"},
      {two(four, four), 4, "tensor 'b'", "overlaps"},
      {one(four), 5, "data", "1 trailing bytes"},
      {"{}", 3, "data", "3 trailing bytes"},
  };
  for (const Bad& bad : all) {
    CAPTURE(bad.header.substr(0, 200), bad.data);
    try {
      (void)parse_safetensors_header("some.safetensors", bad.header, bad.data);
      FAIL_CHECK("was accepted");
    } catch (const FileError& error) {
      CHECK(error.field() == bad.field);
      CHECK_THAT(error.what(), ContainsSubstring("some.safetensors: ") && ContainsSubstring(bad.complaint));
    }
  }
}

TEST_CASE("a header with random bytes changed is read or refused, never worse", "[io][safetensors]") {
  const std::string good = R"({"__metadata__":{"classes":"10"},"conv":)" + tensor("F32", "2,3", "0,24") +
                           R"(,"label":)" + tensor("U8", "5", "24,29") + R"(,"scalar":)" +
                           tensor("F16", "", "29,31") + "}";
  const std::uint32_t seed = 4711;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::size_t accepted = 0;
  const std::size_t tries = einet::test::cases(20000);
  for (std::size_t i = 0; i < tries; ++i) {
    std::string text = good;
    for (std::size_t flips = 1 + random() % 4; flips > 0; --flips)
      text[random() % text.size()] = static_cast<char>(random() % (random() % 2 == 0 ? 256 : 128));
    try {
      const auto header = parse_safetensors_header("f", text, 31);
      ++accepted;
      for (const auto& [name, entry] : header.tensors)
        if (entry.end > 31 || entry.begin > entry.end) FAIL(text);
    } catch (const FileError&) {
    }
  }
  CHECK(accepted < tries);
}
