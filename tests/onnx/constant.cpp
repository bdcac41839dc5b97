#include "catch.hpp"
#include "model_builder.hpp"

#include <einet/io/file_error.hpp>
#include <einet/onnx/constant.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

using namespace einet;
using nn::onnx_detail::Constant;
using nn::onnx_detail::ConstantReader;
using nn::onnx_detail::Lengths;
using nn::onnx_detail::Model;
using Proto = ::onnx::TensorProto;

namespace {

Constant read(const Proto& tensor) {
  test::ModelBuilder builder(13);
  builder.node("Relu", {"x"}, {"y"});
  const Model model(builder.output("y").write());
  return ConstantReader(model).read(tensor, "it");
}

Proto tensor(Proto::DataType type, const std::vector<std::int64_t>& lengths = {3}) {
  Proto made;
  made.set_data_type(type);
  for (const std::int64_t length : lengths) made.add_dims(length);
  return made;
}

/// The same numbers as raw bytes of type T.
template <class T>
Constant raw(Proto::DataType type, const std::vector<T>& values) {
  Proto made = tensor(type, {static_cast<std::int64_t>(values.size())});
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  made.set_raw_data(bytes);
  return read(made);
}

std::string refused(const Proto& made) {
  try {
    static_cast<void>(read(made));
  } catch (const io::FileError& error) {
    const std::string message = error.what();
    return message.substr(message.find("it: "));
  }
  return "nothing";
}

}  // namespace

TEST_CASE("Every type of numbers is read, as raw bytes", "[onnx]") {
  const std::vector<float> real{1.5f, -2, 0};
  const std::vector<std::int64_t> whole{1, -2, 100}, natural{1, 200, 0};
  CHECK(raw<float>(Proto::FLOAT, {1.5f, -2, 0}).real == real);
  CHECK(raw<double>(Proto::DOUBLE, {1.5, -2, 0}).real == real);
  CHECK(raw<std::uint16_t>(Proto::FLOAT16, {0x3e00, 0xc000, 0}).real == real);
  CHECK(raw<std::uint16_t>(Proto::BFLOAT16, {0x3fc0, 0xc000, 0}).real == real);
  CHECK(raw<std::int64_t>(Proto::INT64, {1, -2, 100}).whole == whole);
  CHECK(raw<std::int32_t>(Proto::INT32, {1, -2, 100}).whole == whole);
  CHECK(raw<std::int16_t>(Proto::INT16, {1, -2, 100}).whole == whole);
  CHECK(raw<std::int8_t>(Proto::INT8, {1, -2, 100}).whole == whole);
  CHECK(raw<std::uint64_t>(Proto::UINT64, {1, 200, 0}).whole == natural);
  CHECK(raw<std::uint32_t>(Proto::UINT32, {1, 200, 0}).whole == natural);
  CHECK(raw<std::uint16_t>(Proto::UINT16, {1, 200, 0}).whole == natural);
  CHECK(raw<std::uint8_t>(Proto::UINT8, {1, 200, 0}).whole == natural);
  CHECK(raw<std::uint8_t>(Proto::BOOL, {1, 0, 1}).whole == std::vector<std::int64_t>{1, 0, 1});
}

TEST_CASE("Every type of numbers is read, as protobuf's numbers", "[onnx]") {
  const auto with = [](Proto::DataType type, const auto& add) {
    Proto made = tensor(type);
    add(made);
    return read(made);
  };
  const std::vector<float> real{1.5f, -2, 0};
  const std::vector<std::int64_t> whole{1, -2, 100};
  const auto integers = [](Proto& made) {
    for (const int value : {1, -2, 100}) made.add_int32_data(value);
  };
  CHECK(with(Proto::FLOAT, [&](Proto& made) {
          for (const float v : real) made.add_float_data(v);
        }).real == real);
  CHECK(with(Proto::DOUBLE, [&](Proto& made) {
          for (const float v : real) made.add_double_data(static_cast<double>(v));
        }).real == real);
  CHECK(with(Proto::FLOAT16, [&](Proto& made) {
          for (const int v : {0x3e00, 0xc000, 0}) made.add_int32_data(v);
        }).real == real);
  CHECK(with(Proto::BFLOAT16, [&](Proto& made) {
          for (const int v : {0x3fc0, 0xc000, 0}) made.add_int32_data(v);
        }).real == real);
  CHECK(with(Proto::INT64, [&](Proto& made) {
          for (const auto v : whole) made.add_int64_data(v);
        }).whole == whole);
  for (const Proto::DataType type : {Proto::INT32, Proto::INT16, Proto::INT8})
    CHECK(with(type, integers).whole == whole);
  CHECK(with(Proto::UINT64, [&](Proto& made) {
          for (const auto v : {7U, 8U, 9U}) made.add_uint64_data(v);
        }).whole == std::vector<std::int64_t>{7, 8, 9});
}

TEST_CASE("A tensor holds as many numbers as its shape says", "[onnx]") {
  Proto few = tensor(Proto::FLOAT);
  few.add_float_data(1);
  CHECK(refused(few) == "it: holds 1 numbers, expected 3 by its shape");
  Proto bytes = tensor(Proto::FLOAT);
  bytes.set_raw_data("12345");
  CHECK(refused(bytes) == "it: holds 5 bytes, expected 12 by its shape");
  CHECK(refused(tensor(Proto::FLOAT, {-1})) == "it: has the shape [-1], which makes no sense");
  CHECK(refused(tensor(Proto::STRING)) == "it: is of the element type 8 of ONNX, expected numbers");
  Proto complex = tensor(Proto::COMPLEX64);
  complex.set_raw_data("123456789012345678901234");
  CHECK(refused(complex) == "it: is of the element type 14 of ONNX, expected numbers");
  CHECK(read(tensor(Proto::FLOAT, {0, 5})).size() == 0);
  Proto scalar = tensor(Proto::FLOAT, {});
  scalar.add_float_data(4);
  CHECK(read(scalar).real == std::vector<float>{4});
}
