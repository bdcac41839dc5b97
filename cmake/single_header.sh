#!/bin/sh
# Writes the core as one header, for projects that keep what they use in one file each. It needs xsimd, as the core does.
#
#   sh cmake/single_header.sh [FILE]     FILE is build/einet.hpp if it is not said

set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
# shellcheck source=cmake/install.sh
. "$root/cmake/install.sh"

case "${1:-}" in
  -h | --help)
    echo "usage: sh cmake/single_header.sh [FILE]   (build/einet.hpp)"
    exit 0
    ;;
  -*) printf '%s\n' "einet: unknown option $1; usage: sh cmake/single_header.sh [FILE]" >&2 && exit 2 ;;
esac
[ $# -le 1 ] || { printf '%s\n' "einet: more than one file; usage: sh cmake/single_header.sh [FILE]" >&2 && exit 2; }
out=${1:-$root/build/einet.hpp}
mkdir -p "$(dirname -- "$out")" || fail "cannot make the folder of $out"

# Headers of einet take the place of the first line that includes them. Headers of others are included once, but inside
# a condition, where it may not hold, as they are.
awk -v folder="$root/include/" -v license="$root/LICENSE" '
  function emit(text) {  # no two empty lines in a row
    if (text != "" || last != "") print text
    last = text
  }
  function paste(name,   path, line, depth, other, got) {
    path = folder name
    depth = 0
    emit("")
    emit("// ---- " name)
    while ((got = (getline line < path)) > 0) {
      if (line ~ /^#pragma once/) continue
      if (line ~ /^ *# *if/) ++depth
      if (line ~ /^ *# *endif/) --depth
      if (line ~ /^ *# *include <einet\//) {
        other = line
        sub(/^[^<]*</, "", other)
        sub(/>.*/, "", other)
        if (depth > 0) broken("a header of einet inside a condition: " name)
        if (!(other in seen)) {
          seen[other] = 1
          paste(other)
        }
        continue
      }
      if (line ~ /^#include </ && depth == 0) {
        if (line in seen) continue
        seen[line] = 1
      }
      emit(line)
    }
    if (got < 0) broken("cannot read " path)
    close(path)
  }
  function broken(text) {
    print "einet: " text > "/dev/stderr"
    exit 1
  }
  BEGIN {
    while ((getline line < (folder "einet/version.hpp")) > 0)
      if (line ~ /^#define EINET_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$/) {
        split(line, words, " ")
        version = version (version == "" ? "" : ".") words[3]
      }
    close(folder "einet/version.hpp")
    printf "// einet %s, the core in one header; made by cmake/single_header.sh. Needs C++20 and xsimd.\n//\n", version
    while ((getline line < license) > 0) print (line == "" ? "//" : "// " line)
    print "#pragma once"
    seen["einet/einet.hpp"] = 1
    paste("einet/einet.hpp")
  }
' >"$out.part" || fail "could not write $out"
mv "$out.part" "$out" || fail "could not write $out"
say "wrote $out"
