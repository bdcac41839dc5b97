// A second translation unit with every public header, linked into every test: a function
// defined in a header without `inline` is then defined twice, and the test does not link.

#include "public_headers.hpp"
