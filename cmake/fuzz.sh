#!/bin/sh
# Runs the libFuzzer targets, as many at once as there are processors, and prints a line of figures for each. Inputs
# that reached new code are kept next to the programs, where the next run begins with them; those that broke something
# are in findings/ there.
#
#   sh cmake/fuzz.sh [--built <folder>] [<seconds> | -runs=<executions>] [<target>...]

set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
# shellcheck source=cmake/install.sh
. "$root/cmake/install.sh"

folder=
if [ "${1:-}" = --built ]; then
  folder=${2:?a folder of built targets}
  shift 2
fi
limit=-max_total_time=5
case "${1:-}" in
  -h | --help)
    echo "usage: sh cmake/fuzz.sh [--built <folder>] [<seconds> | -runs=<executions>] [<target>...]   e.g. 60 idx"
    exit 0
    ;;
  -runs=* | -max_total_time=*)
    limit=$1
    shift
    ;;
  [0-9]*)
    limit=-max_total_time=$1
    shift
    ;;
esac

if [ -z "$folder" ]; then
  install_packages clang libclang-rt-14-dev cmake ninja-build libxsimd-dev xtl-dev zlib1g-dev nlohmann-json3-dev catch2 \
    libonnx-dev libprotobuf-dev
  build_preset "$root" fuzz fuzzers
  folder=$root/build/fuzz/tests/fuzz
fi
if [ $# -eq 0 ]; then
  for program in "$folder"/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] && set -- "$@" "${program##*/fuzz_}"
  done
fi
[ $# -gt 0 ] || fail "there are no fuzz targets in $folder"

if [ $# -gt 1 ]; then
  # This script once for each, of which each has a folder of its own for files.
  printf '%s\n' "$@" | xargs -P "$(processors)" -I '{}' sh "$0" --built "$folder" "$limit" '{}' || exit 1
  exit 0
fi
target=$1

# Freed memory is held back for a while to be watched; by default more of it than a target may take in all.
ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=16}
export ASAN_OPTIONS
EINET_FUZZ_FOLDER=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)/einet-fuzz-XXXXXX") || exit 1
export EINET_FUZZ_FOLDER
trap 'rm -rf "$EINET_FUZZ_FOLDER"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$folder/corpus/$target" "$folder/seeds/$target" "$folder/findings" || exit 1
set -- "$folder/corpus/$target" "$folder/seeds/$target"
if grep -q 'safetensors' "$root/tests/fuzz/$target.cpp"; then
  set -- "-dict=$root/tests/fuzz/safetensors.dict" "$@"
fi
# For a few thousand bytes of input, no reader may allocate more than 64 MB at once, nor keep a gigabyte.
nice -n 10 "$folder/fuzz_$target" "$limit" -rss_limit_mb=1024 -malloc_limit_mb=64 -timeout=30 \
  -print_final_stats=1 "-artifact_prefix=$folder/findings/$target-" "$@" >"$folder/$target.log" 2>&1
status=$?
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$target.log")
speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$folder/$target.log")
if [ "$status" -ne 0 ]; then
  say "fuzz $target: BAD after ${executions:-some} executions"
  tail -n 40 "$folder/$target.log"
  exit 1
fi
say "fuzz $target: ${executions:-no} executions, ${speed:-?} a second, nothing found"
