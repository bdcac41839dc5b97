#!/bin/sh
# Replayed streams: the same figures every time, and what they promise. usage: stream_replayed.sh STREAM FOLDER

set -u
stream=$1
folder=$2
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder" || exit 1

fail() {
  echo "$1"
  cat one.txt
  exit 1
}

# figures <strategy> <scenario and rate as the table's head has them>: the strategy's accuracy, share without an
# answer, share begun without one.
figures() {
  awk -v name="  $1 " -v head="$2" 'index($0, head) == 1 { here = 1 }
    here && index($0, name) == 1 { rest = substr($0, length(name) + 1); split(rest, f, " "); print f[1], f[2], f[3]; exit }' one.txt
}

"$stream" --replay --undisturbed --rate 4,2,2 --svg one.svg >one.txt || exit 1
"$stream" --replay --undisturbed --rate 2,4 --svg two.svg >two.txt || exit 1
cmp -s one.txt two.txt && cmp -s one.svg two.svg || fail 'a second replay differs'
"$stream" --replay --undisturbed --rate 2,4 --seed 2 >other.txt || exit 1
cmp -s one.txt other.txt && fail 'another seed makes the same stream'
grep -q '^replayed: 6 exits' one.txt || fail 'what was replayed is not said'
[ "$(grep -c 'samples in the time of one run;' one.txt)" -eq 8 ] || fail 'not four scenarios at two rates'
[ "$(grep -c '<polyline' one.svg)" -eq 16 ] || fail 'not four lines in four panels'
tail -n 1 one.svg | grep -q '^</svg>$' || fail 'the plot is cut off'

# expect <scenario and rate> <points by which the priced planner must be more accurate>
expect() {
  ours=$(figures 'EINet, time priced' "$1")
  theirs=$(figures 'best static plan' "$1")
  whole=$(figures 'whole network, late dropped' "$1")
  echo "$1: $ours; $theirs; $whole"
  echo "$ours $theirs $whole $2" | awk 'NF != 10 || $1 < $4 + $10 / 100 || $7 > $1 - .2 { exit 1 }' ||
    fail "$1: not $2 points better than the best static plan"
  [ "${ours##* }" = 0.0000 ] || fail "$1: a sample was begun and has no answer"
}
expect 'even arrivals, 2 ' 1
expect 'bursts of 8, 2 ' 3
expect 'even arrivals, 4 ' 3
expect 'bursts of 8, 4 ' 3

rm one.txt one.svg two.txt two.svg other.txt
