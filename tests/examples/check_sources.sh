#!/bin/sh
# What holds of the sources of examples and benchmarks. usage: check_sources.sh ROOT

set -u
cd "$1" || exit 1
found=0

# complain <what is wrong> <lines that show it>
complain() {
  [ -z "$2" ] && return
  printf '%s:\n%s\n' "$1" "$2"
  found=1
}

complain 'a lesson of more than 80 lines' "$(wc -l examples/*.cpp | awk '$2 != "total" && $1 > 80')"
complain 'a folder outside the repository' "$(grep -rnE '(^|[^.])\.\./+(\.\./+)*shared|shared/data' README.md docs include \
  examples benchmarks --include='*.?pp' --include='*.md' --include='*.py' --include='CMakeLists.txt')"
complain "an example that takes what is einet's own" \
  "$(grep -rnE 'einet::([a-z_]+::)?detail::|[^a-z_:](io|nn|eval|data|parallel)::detail::' examples --include='*.?pp')"
complain 'an example that includes a benchmark' "$(grep -rnE 'include "(\.\./)*(benchmarks|search|predict|runner|conv)/' \
  examples --include='*.?pp' | grep -v '"paper/')"
exit $found
