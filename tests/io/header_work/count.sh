#!/bin/sh
# Twice the input may cost at most 2.5 times the work: counts the instructions of header_work for every kind of input.
#
#   sh count.sh <header_work> <folder for files>

set -u
program=$1
folder=$2
skipped=77

command -v valgrind >/dev/null 2>&1 || {
  echo "valgrind is not installed: not tested"
  exit $skipped
}
mkdir -p "$folder" || exit 1

# instructions <kind> <parts>
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" "$folder" 2>&1 |
    sed -n 's/.*Collected *: *\([0-9][0-9]*\).*/\1/p'
}

result=0
for kind in tensors metadata numbers objects members name spaces written; do
  once=$(instructions "$kind" 3000)
  twice=$(instructions "$kind" 6000)
  if [ -z "$once" ] || [ -z "$twice" ]; then
    echo "valgrind counts nothing here: not tested"
    exit $skipped
  fi
  echo "$kind: $once instructions, $twice for twice as much"
  if [ $((twice * 10)) -gt $((once * 25)) ]; then
    echo "$kind: more than 2.5 times"
    result=1
  fi
done
rm -rf "$folder"
exit $result
