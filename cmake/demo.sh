#!/bin/sh
# Builds and runs the demo; on Debian it first installs the packages needed.
#
#   sh cmake/demo.sh [argument of elastic_demo]...

set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
# shellcheck source=cmake/install.sh
. "$root/cmake/install.sh"

install_packages g++ cmake ninja-build libxsimd-dev xtl-dev libxtensor-dev libtbb-dev zlib1g-dev nlohmann-json3-dev \
  libcli11-dev
build_preset "$root" demo elastic_demo
exec "$root/build/demo/examples/elastic_demo" "$@"
