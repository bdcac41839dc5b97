#include "catch.hpp"

#include <einet/io/tensor_entry.hpp>

#include <vector>

TEST_CASE("a shape is written as in JSON", "[io][safetensors]") {
  const auto text = [](const std::vector<std::size_t>& shape) { return einet::io::shape_text(shape); };
  CHECK(text({}) == "[]");
  CHECK(text({7}) == "[7]");
  CHECK(text({2, 0, 345}) == "[2, 0, 345]");
}
