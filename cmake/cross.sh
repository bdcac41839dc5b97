#!/bin/sh
# Builds the core's tests for other processors and runs them in qemu; on Debian it first installs the packages needed.
#
#   sh cmake/cross.sh [aarch64] [armhf] [armhf-neon] [riscv64]      all of them unless some are named
#
# EINET_CROSS_AREAS lists the areas to test, by default all of the core's, and on aarch64 the kernels of networks.

set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
# shellcheck source=cmake/install.sh
. "$root/cmake/install.sh"

processors_known='aarch64 armhf armhf-neon riscv64'
[ $# -gt 0 ] || set -- aarch64 armhf armhf-neon riscv64

packages='cmake ninja-build libxsimd-dev xtl-dev catch2 qemu-user'
for processor in "$@"; do
  case "$processor" in
    -h | --help)
      echo "usage: sh cmake/cross.sh [processor]...   of $processors_known"
      exit 0
      ;;
    aarch64 | riscv64) packages="$packages g++-$processor-linux-gnu" ;;
    armhf | armhf-neon) packages="$packages g++-arm-linux-gnueabihf" ;;
    *) fail "there is no processor '$processor', expected some of: $processors_known" ;;
  esac
done
# shellcheck disable=SC2086 # a list of words
install_packages $packages

cd "$root" || exit 1
broken=
for processor in "$@"; do
  areas='base plan search predict run posix profile'
  [ "$processor" != aarch64 ] || areas="$areas nn/kernels"
  areas=${EINET_CROSS_AREAS:-$areas}
  targets=
  for area in $areas; do targets="$targets test_$(echo "$area" | tr / _)"; done
  case " $areas " in *" run "*) targets="$targets tell_both_linked tell_both_loaded" ;; esac
  # shellcheck disable=SC2086 # a list of words
  build_preset "$root" "$processor" $targets
  ctest --preset "$processor" --label-regex "^($(echo "$areas" | tr ' ' '|'))\$" --parallel "$(processors)" ||
    broken="$broken $processor"
done
[ -z "$broken" ] || fail "some tests failed on:$broken"
