#!/bin/sh
# Builds and runs all tests; on Debian it first installs the packages needed.
#
#   sh cmake/test.sh [argument of ctest]...

set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
# shellcheck source=cmake/install.sh
. "$root/cmake/install.sh"

case "${1:-}" in
  -h | --help)
    echo "usage: sh cmake/test.sh [argument of ctest]...   e.g. -R search"
    exit 0
    ;;
esac

install_packages g++ cmake ninja-build libxsimd-dev xtl-dev libxtensor-dev libtbb-dev zlib1g-dev nlohmann-json3-dev catch2 \
  libonnx-dev libprotobuf-dev
build_preset "$root" test
ctest --test-dir "$root/build/test" --output-on-failure --no-tests=error --parallel "$(processors)" "$@" ||
  fail "some tests failed"
