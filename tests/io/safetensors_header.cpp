#include "catch.hpp"
#include "limited_memory.hpp"
#include "support.hpp"

#include <einet/io/header_events.hpp>
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
      {"{}" + std::string(1, '\0'), 0, "header", "zero byte"},
      {"{" + std::string(1, '\0') + "}", 0, "header", "zero byte"},
      {one("[[[[]]]]"), 0, "tensor 'a'", "not an object"},
      {R"({"a":)" + std::string(100000, '['), 0, "tensor 'a'", "not an object"},
      {R"({"a":{"x":)" + std::string(100000, '['), 0, "header", "nested deeper"},
      {R"({"a":{"shape":)" + std::string(100000, '['), 0, "tensor 'a'", "shape is not a list"},
      {one(R"({"b":{"c":{}}})"), 0, "header", "nested deeper"},
      {one(R"({"b":[{}]})"), 0, "header", "nested deeper"},
      {two(four, four).replace(2, 1, "b"), 4, "header", "'b' is there twice"},
      {one(R"({"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]})"), 4, "header",
       "'dtype' is there twice"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "header", "'k' is there twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "header", "'__metadata__' is there twice"},
      {R"({"__metadata__":{"k":{}}})", 0, "__metadata__", "'k' is not a string"},
      {R"({"__metadata__":"x"})", 0, "__metadata__", "not an object"},
      {R"({"__metadata__":[]})", 0, "__metadata__", "not an object"},
      {R"({"__metadata__":{"k":1}})", 0, "__metadata__", "'k' is not a string"},
      {one(R"({"shape":[4],"data_offsets":[0,4]})"), 4, "tensor 'a'", "dtype is missing"},
      {one(R"({"dtype":"U8","data_offsets":[0,4]})"), 4, "tensor 'a'", "shape is missing"},
      {one(R"({"dtype":"U8","shape":[4]})"), 4, "tensor 'a'", "data_offsets is missing"},
      {one(R"({"dtype":8,"shape":[4],"data_offsets":[0,4]})"), 4, "tensor 'a'", "dtype is not a string"},
      {one(R"({"dtype":["U8"],"shape":[4],"data_offsets":[0,4]})"), 4, "tensor 'a'", "dtype is not a string"},
      {one(tensor(std::string(65, 'F'), "4", "0,4")), 4, "tensor 'a'", "has the unknown dtype 'FFF"},
      {one(tensor("F4", "3", "0,1")), 1, "tensor 'a'", "need 12 bits, no whole bytes"},
      {one(tensor("F6_E2M3", "4", "0,4")), 4, "tensor 'a'", "need 3"},
      {one(tensor("C64", "1", "0,4")), 4, "tensor 'a'", "need 8"},
      {one(tensor("XYZ", "1", "0,5")), 4, "tensor 'a'", "point outside"},
      {one(tensor("XYZ", "1", "4,0")), 4, "tensor 'a'", "run backwards"},
      {one(tensor("XYZ", "4294967296,4294967296", "0,4")), 4, "tensor 'a'", "does not fit in 64 bits"},
      {one(tensor("U8", "4294967296,4294967296,0", "0,0")), 0, "tensor 'a'", "does not fit in 64 bits"},
      {one(tensor("U8", "-0", "0,0")), 0, "tensor 'a'", "shape is not a list of whole numbers"},
      {one(tensor("U8", "1e2", "0,100")), 100, "tensor 'a'", "shape is not a list of whole numbers"},
      {one(tensor("U8", "4", "0.0,4")), 4, "tensor 'a'", "data_offsets is not a list of whole numbers"},
      {one(tensor("U8", "4", "0,1e999")), 4, "header", "not valid JSON"},
      {one(tensor("U8", "[4]", "0,4")), 4, "tensor 'a'", "shape is not a list of whole numbers"},
      {one(tensor("U8", "null", "0,4")), 4, "tensor 'a'", "shape is not a list of whole numbers"},
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

TEST_CASE("members that the format does not know are ignored", "[io][safetensors]") {
  const auto header = parse_safetensors_header(
      "f", R"({"a":{"x":1,"x":[1,"y",null],"dtype":"U8","y":{"shape":9},"shape":[4],"data_offsets":[0,4]}})",
      4);
  CHECK(header.tensors.at("a").shape == std::vector<std::size_t>{4});
}

TEST_CASE("an unknown dtype is no reason to refuse the file", "[io][safetensors]") {
  const std::string text = R"({"a":)" + tensor("F8_E4M3", "2,2", "0,4") + R"(,"b":)" +
                           tensor("C64", "1", "4,12") + R"(,"c":)" + tensor("F4", "2,3", "12,15") +
                           R"(,"d":)" + tensor("F6_E3M2", "4", "15,18") + R"(,"e":)" +
                           tensor("Q5_K", "7", "18,23") + "}";
  const auto header = parse_safetensors_header("f", text, 23);
  CHECK(header.tensors.at("a").dtype == einet::io::Dtype::f8_e4m3);
  CHECK(header.tensors.at("a").other_dtype.empty());
  CHECK(header.tensors.at("e").dtype == einet::io::Dtype::other);
  CHECK(header.tensors.at("e").other_dtype == "Q5_K");
  CHECK(header.tensors.at("e").end == 23);
}

TEST_CASE("a header may reach its bounds, and not exceed them", "[io][safetensors]") {
  const auto named = [](std::size_t length) {
    return "{\"" + std::string(length, 'n') + "\":" + tensor("U8", "", "0,1") + "}";
  };
  CHECK_NOTHROW(parse_safetensors_header("f", named(1024), 1));
  CHECK_THROWS_WITH(parse_safetensors_header("f", named(1025), 1),
                    ContainsSubstring("header: the name 'nnn") && ContainsSubstring("more than 1024 bytes"));
  const auto ranked = [](std::size_t rank) {
    std::string shape = "1";
    for (std::size_t i = 1; i < rank; ++i) shape += ",1";
    return R"({"a":)" + tensor("U8", shape, "0,1") + "}";
  };
  CHECK_NOTHROW(parse_safetensors_header("f", ranked(64), 1));
  CHECK_THROWS_WITH(parse_safetensors_header("f", ranked(65), 1),
                    ContainsSubstring("tensor 'a': shape has more than 64 numbers"));
  const auto entries = [](std::size_t count) {
    std::string text = R"({"__metadata__":{"0":"")";
    for (std::size_t i = 1; i < count; ++i) text += ",\"" + std::to_string(i) + "\":\"\"";
    return text + "}}";
  };
  CHECK(parse_safetensors_header("f", entries(65536), 0).metadata.size() == 65536);
  CHECK_THROWS_WITH(parse_safetensors_header("f", entries(65537), 0),
                    ContainsSubstring("__metadata__: has more than 65536 entries"));
}

TEST_CASE("a hostile name does not reach a terminal, and makes no message longer", "[io][safetensors]") {
  const auto message = [](const std::string& text) {
    try {
      (void)parse_safetensors_header("f", text, 0);
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string escape = R"(\u001b[31m)";
  const std::string huge(1'000'000, 'x');
  for (const std::string& name : {escape, escape + huge, huge, std::string(R"(\u202e\u0000)")})
    for (const std::string& text :
         {"{\"" + name + "\":1}", "{\"" + name + "\":{\"shape\":[]}}",
          "{\"" + name + "\":{},\"" + name + "\":{}}",
          "{\"a\":{\"dtype\":\"" + name + "\",\"shape\":[],\"data_offsets\":[0,9]}}",
          R"({"__metadata__":{")" + name + "\":1}}", "{\"" + name, "{\"a\":" + name}) {
      const std::string said = message(text);
      CAPTURE(text.substr(0, 80), said.substr(0, 300));
      CHECK(said != "accepted");
      CHECK(said.size() < 500);
      for (const char byte : said) CHECK((byte < 0 || byte >= 0x20));
    }
}

TEST_CASE("memory for a header is bounded by its bytes, whatever they say", "[io][safetensors]") {
  if (!einet::test::memory_can_be_limited) return;
  const std::size_t size = 8'000'000;
  const auto repeated = [&](const std::string& begin, const std::string& item, const std::string& end) {
    std::string text = begin;
    while (text.size() < size) text += item;
    return text + end;
  };
  std::string tensors = "{", metadata = R"({"__metadata__":{)";
  for (std::size_t i = 0; tensors.size() < size; ++i)
    tensors += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":" + tensor("U8", "0", "0,0");
  tensors += "}";
  for (std::size_t i = 0; metadata.size() < size; ++i)
    metadata += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
  metadata += "}}";
  struct Case {
    std::string text;
    std::size_t times_its_size;
    std::string said;
  };
  const std::vector<Case> all{
      {tensors, 8, "accepted"},
      {metadata, 3, "more than 65536 entries"},
      {repeated(R"({"a":{"dtype":"U8","shape":[0)", ",0", R"(],"data_offsets":[0,0]}})"), 1, "more than 64"},
      {repeated(R"({"a":{"x":[0)", ",0", R"(],"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"), 1,
       "accepted"},
      {repeated(R"({"a":{"x":[{})", ",{}", "]}}"), 1, "nested deeper"},
      {repeated("{\"", "x", "\":{}}"), 8, "more than 1024 bytes"},
      {repeated(R"({"a":)", "1", "}"), 16, "number overflow"},
      {repeated(R"({"__metadata__":{"k":")", "x", "\"}}"), 8, "accepted"},
      {repeated(R"({"a":{"dtype":")", "x", "\"}}"), 8, "unknown dtype"},
      {repeated("{\"", "\x01", "\":{}}"), 8, "not valid JSON"},
  };
  for (const Case& each : all) {
    CAPTURE(each.text.substr(0, 40));
    const auto said = einet::test::in_limited_memory(each.times_its_size * size, [&]() -> std::string {
      (void)parse_safetensors_header("f", each.text, 0);
      return "accepted";
    });
    if (!said) return;
    CHECK_THAT(*said, ContainsSubstring(each.said));
  }
}

TEST_CASE("a header with random bytes changed is read or refused, nothing worse", "[io][safetensors]") {
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
