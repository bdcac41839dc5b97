#!/bin/sh
# Every command on a small profile of one's own: its table, its CSV and, where gnuplot is installed, its plot; and one
# line about each profile that is not as it should be.
# usage: paper_tables.sh MAKE_PROFILES PAPER FOLDER

set -eu
make_profiles=$1 paper=$2 folder=$3

rm -rf "$folder"
"$make_profiles" "$folder"
"$paper" all --profile "$folder/own.safetensors" --epochs 1 --runs 3 --csv "$folder/csv" --svg "$folder/svg" \
  >"$folder/all.log" 2>"$folder/warnings.log"
[ ! -s "$folder/warnings.log" ] || { cat "$folder/warnings.log"; exit 1; }

for table in table1 table2 table2_answers table2_protocol table3 fig4 fig8 fig9 fig10 fig11 fig12 fig13 claims; do
  [ "$(wc -l <"$folder/csv/$table.csv")" -ge 2 ] || { echo "$table.csv has no rows"; exit 1; }
done
# Every row has as many cells as the head, none of them not a number.
for file in "$folder"/csv/*.csv; do
  if grep -qi 'nan\|inf,' "$file"; then echo "$file holds what is no number"; exit 1; fi
done
grep -q "^own .*the same, weighted" "$folder/all.log"
grep -q "1036 .*1036" "$folder/csv/table3.csv" || grep -q "1036,1036" "$folder/csv/table3.csv"
if grep -q "stands in" "$folder/all.log"; then echo "fig10 did not find the classic network"; exit 1; fi
if command -v gnuplot >/dev/null; then
  for plot in fig4 fig8 fig9 fig10 fig11_own fig12_own fig13_own fig8_curve_own; do
    grep -q "</svg>" "$folder/svg/$plot.svg" || { echo "$plot.svg is not whole"; exit 1; }
  done
fi

# The same again, by the other protocol.
"$paper" fig9 --profile "$folder/own.safetensors" --epochs 1 --protocol paper >"$folder/protocol.log"
grep -q "as in the paper" "$folder/protocol.log"

refused() {
  want=$1
  shift
  if "$paper" "$@" >/dev/null 2>"$folder/error.log"; then echo "not refused: $*"; exit 1; fi
  [ "$(wc -l <"$folder/error.log")" -eq 1 ] && grep -q "$want" "$folder/error.log" || { cat "$folder/error.log"; exit 1; }
}
refused "six.safetensors: tensor 'confidence': has 6 exits" fig8 --profile "$folder/six.safetensors"
refused "backwards.safetensors.*conv\[0\]" fig8 --profile "$folder/backwards.safetensors"
refused "nameless.safetensors: tensors 'top_class'.*column\[7\]" fig8 --profile "$folder/nameless.safetensors"
refused "other_classic.safetensors: tensor 'label': sample 0" fig10 --profile "$folder/other.safetensors" --epochs 1

printf 'good: all tables, and a line about every bad profile\n'
