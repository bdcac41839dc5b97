#include "catch.hpp"

#include <einet/io/dtype.hpp>

#include <string>

using einet::io::bits_of;
using einet::io::Dtype;
using einet::io::dtype_of;
using einet::io::name_of;
using einet::io::size_of;

TEST_CASE("every dtype has its own name and is found by it", "[io][dtype]") {
  for (std::size_t i = 0; i < einet::io::detail::dtype_names.size(); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    CHECK(einet::io::detail::dtype_names[i].dtype == dtype);
    if (dtype != Dtype::other) CHECK(dtype_of(name_of(dtype)) == dtype);
  }
  CHECK(dtype_of("F128") == Dtype::other);
  CHECK(dtype_of("") == Dtype::other);
  CHECK(dtype_of(name_of(Dtype::other)) == Dtype::other);
}

TEST_CASE("an element has the bits that its dtype's name says", "[io][dtype]") {
  for (const auto& known : einet::io::detail::dtype_names) {
    if (known.dtype == Dtype::other || known.dtype == Dtype::boolean) continue;
    const std::string name(known.name);
    CHECK(bits_of(known.dtype) == std::stoul(name.substr(name.find_first_of("0123456789"))));
  }
  CHECK(size_of(Dtype::boolean) == 1);
  CHECK(size_of(Dtype::f64) == 8);
  CHECK(size_of(Dtype::f4) == 0);
  CHECK(size_of(Dtype::other) == 0);
}
