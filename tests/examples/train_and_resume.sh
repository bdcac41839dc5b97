#!/bin/sh
# Training interrupted between two epochs and started again must come to the very weights of one that ran through,
# and the demo must run on what it saved.
# usage: train_and_resume.sh MAKE_IMAGES TRAIN ELASTIC_DEMO FOLDER

set -eu
make_images=$1 train=$2 demo=$3 folder=$4

rm -rf "$folder"
mkdir -p "$folder"
"$make_images" "$folder/images"
recipe="--width 0.05 --branch-channels 4 --branch-hidden 8 --batch 20"

# shellcheck disable=SC2086
"$train" --data "$folder/images" $recipe --epochs 30 --out "$folder/through" >"$folder/through.log"

# shellcheck disable=SC2086
"$train" --data "$folder/images" $recipe --epochs 30 --out "$folder/resumed" >"$folder/first.log" 2>&1 &
job=$!
while [ ! -e "$folder/resumed/checkpoint.safetensors" ]; do
  kill -0 "$job" || { cat "$folder/first.log"; exit 1; }
  sleep 0.02
done
kill -INT "$job"
wait "$job" && code=0 || code=$?
if [ "$code" -eq 0 ]; then
  echo "the training was done before it could be interrupted"
else
  [ "$code" -eq 130 ] || { echo "expected exit code 130 after an interruption, got $code"; exit 1; }
  grep -q "start again to continue" "$folder/first.log"
  # shellcheck disable=SC2086
  "$train" --data "$folder/images" $recipe --epochs 30 --out "$folder/resumed" >"$folder/second.log"
  grep -q "continuing after epoch" "$folder/second.log"
fi
cmp "$folder/through/weights.safetensors" "$folder/resumed/weights.safetensors"

# Another recipe must not go on from this checkpoint.
# shellcheck disable=SC2086
if "$train" --data "$folder/images" $recipe --epochs 31 --out "$folder/resumed" >/dev/null 2>"$folder/other.log"; then exit 1; fi
grep -q "checkpoint.safetensors: metadata 'epochs'" "$folder/other.log"

# A checkpoint without a number of epochs is refused.
cp -r "$folder/through" "$folder/broken"
sed 's/"done":"30"/"done":"3O"/' "$folder/through/checkpoint.safetensors" >"$folder/broken/checkpoint.safetensors"
# shellcheck disable=SC2086
if "$train" --data "$folder/images" $recipe --epochs 30 --out "$folder/broken" >/dev/null 2>"$folder/broken.log"; then exit 1; fi
grep -q "checkpoint.safetensors: metadata 'done': is '3O', expected a number from 1 to 30" "$folder/broken.log"

# Interrupted after the last epoch, it says so, and leaves profile and predictor alone; started again, it makes them.
for signal in INT TERM; do
  # The log goes, too: that of the signal before already says what is waited for.
  rm -f "$folder/resumed/profile.safetensors" "$folder/resumed/predictor.safetensors" "$folder/late.log"
  # shellcheck disable=SC2086
  "$train" --data "$folder/images" $recipe --epochs 30 --out "$folder/resumed" >"$folder/late.log" 2>&1 &
  job=$!
  until grep -qs "continuing after epoch 30" "$folder/late.log" || ! kill -0 "$job" 2>/dev/null; do sleep 0.01; done
  kill -$signal "$job" 2>/dev/null || true
  wait "$job" && code=0 || code=$?
  if [ "$code" -ne 0 ]; then
    [ "$code" -eq 130 ] || { echo "expected exit code 130 after an interruption, got $code"; exit 1; }
    grep -q "interrupted after the last epoch" "$folder/late.log"
    [ ! -e "$folder/resumed/profile.safetensors" ]
  fi
done
# shellcheck disable=SC2086
"$train" --data "$folder/images" $recipe --epochs 30 --out "$folder/resumed" >"$folder/last.log"
cmp "$folder/through/weights.safetensors" "$folder/resumed/weights.safetensors"
cmp "$folder/through/predictor.safetensors" "$folder/resumed/predictor.safetensors"

"$demo" --data "$folder/through" --images 20 --json "$folder/demo.json" --csv "$folder/demo.csv" \
  --svg "$folder/demo.svg" --trace "$folder/demo.trace" >"$folder/demo.log"
if LC_ALL=C.UTF-8 grep '.\{81\}' "$folder/demo.log"; then echo "wider than 80 columns"; exit 1; fi
[ "$(grep -c '"live_accuracy"' "$folder/demo.json")" -eq 9 ]
[ "$(wc -l <"$folder/demo.csv")" -eq 10 ]
[ "$(grep -c '<polyline' "$folder/demo.svg")" -eq 10 ]
tail -n 1 "$folder/demo.svg" | grep -q '^</svg>$'
python3 -m json.tool "$folder/demo.trace" >"$folder/trace.json"
python3 "$(dirname "$0")/check_trace.py" "$folder/demo.trace" 9 10

printf 'good: same weights, and the demo runs on them\n'
