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

for table in table1 table2 table2_answers table2_protocol table3 fig4 fig4_histogram fig8 fig9 fig10 fig11 fig12 fig13 \
  price price_budgets price_areas price_curve_own claims; do
  [ "$(wc -l <"$folder/csv/$table.csv")" -ge 2 ] || { echo "$table.csv has no rows"; exit 1; }
done
# Every row has as many cells as the head, none of them not a number.
for file in "$folder"/csv/*.csv; do
  if grep -qi 'nan\|inf,' "$file"; then echo "$file holds what is no number"; exit 1; fi
done
grep -q "^own .*the same, weighted" "$folder/all.log"
if grep -q "not trained here" "$folder/all.log"; then echo "networks are missed where one was named"; exit 1; fi
grep -q "1036 .*1036" "$folder/csv/table3.csv" || grep -q "1036,1036" "$folder/csv/table3.csv"
if grep -q "stands in" "$folder/all.log"; then echo "fig10 did not find the classic network"; exit 1; fi
if command -v gnuplot >/dev/null; then
  for plot in fig4 fig8 fig9 fig4_histogram fig10 fig11_own fig12_own fig13_own fig8_curve_own price_own; do
    grep -q "</svg>" "$folder/svg/$plot.svg" || { echo "$plot.svg is not whole"; exit 1; }
  done
fi

# The same again, by the other protocol.
"$paper" fig9 --profile "$folder/own.safetensors" --epochs 1 --protocol paper >"$folder/protocol.log"
grep -q "as in the paper" "$folder/protocol.log"

# Few samples make poor figures, but figures; profiles of one name are told apart by their folders.
few() {
  "$paper" "$2" --profile "$folder/few$1.safetensors" --epochs 1 --runs 1 --csv "$folder/few$1" >"$folder/few.log"
  if grep -qi 'nan\|inf,' "$folder/few$1"/*.csv; then echo "$2 of few$1: holds what is no number"; exit 1; fi
}
few 4 all
for samples in 5 7; do
  # Those whose figures depend on the samples.
  for command in table2 fig8 fig9 fig10 fig11 fig12 fig13 price; do few $samples $command; done
done
"$paper" fig8 --profile "$folder/own.safetensors" --profile "$folder/again/own.safetensors" --csv "$folder/both" \
  >"$folder/both.log"
[ -e "$folder/both/fig8_curve_again_own.csv" ] && [ "$(grep -c "_own" "$folder/both/fig8.csv")" -eq 2 ]

refused() {
  code=$1 want=$2
  shift 2
  "$paper" "$@" >/dev/null 2>"$folder/error.log" && got=0 || got=$?
  [ "$got" -eq "$code" ] || { echo "exit code $got: $*"; cat "$folder/error.log"; exit 1; }
  [ "$(wc -l <"$folder/error.log")" -eq 1 ] && grep -q "$want" "$folder/error.log" || { cat "$folder/error.log"; exit 1; }
}
refused 1 "many.safetensors: tensor 'confidence': has 129 exits, expected 1 to 128" fig8 --profile "$folder/many.safetensors"
refused 1 "backwards.safetensors.*conv\[0\]" fig8 --profile "$folder/backwards.safetensors"
refused 1 "nameless.safetensors: tensor 'top_class': element 7 is the class 4" fig8 --profile "$folder/nameless.safetensors"
refused 1 "other_classic.safetensors: tensor 'label': sample 0" fig10 --profile "$folder/other.safetensors" --epochs 1
refused 1 "few3.safetensors: tensor 'label': has 3 samples, expected at least 4" fig8 --profile "$folder/few3.safetensors"
refused 1 "scalar.safetensors: tensor 'top_logprob': has shape \[\]" table2 --profile "$folder/scalar.safetensors"
refused 1 "again/own.safetensors: would be called again_own" fig8 --profile "$folder/again/own.safetensors" \
  --profile "$folder/again/deeper/again/own.safetensors"
refused 2 "named twice" fig8 --profile "$folder/own.safetensors" --profile "$folder/again/../own.safetensors"
refused 2 "'--svg' is an option, not a path" fig8 --profile "$folder/own.safetensors" --csv --svg
refused 2 "'--csv' is an option, not a path" fig8 --profile --csv

printf 'good: all tables, and a line about every bad profile\n'
