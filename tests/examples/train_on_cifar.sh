#!/bin/sh
# Training on images in colour, of a hundred classes, for all exits and for the last alone; weights that are taken as they
# are; and times measured in turn, which must leave all of a profile but the times as it was.
# usage: train_on_cifar.sh MAKE_IMAGES TRAIN FOLDER

set -eu
make_images=$1 train=$2 folder=$3

rm -rf "$folder"
mkdir -p "$folder"
"$make_images" "$folder/images" cifar100
recipe="--branch-channels 4 --branch-hidden 8 --batch 20 --epochs 1"

# shellcheck disable=SC2086
"$train" --data "$folder/images" $recipe --width 0.05 --out "$folder/all" >"$folder/all.log"
# shellcheck disable=SC2086
"$train" --data "$folder/images" --format cifar100 $recipe --last-alone --width 0.1 --out "$folder/last" \
  >"$folder/last.log"
[ -e "$folder/all/predictor.safetensors" ]
[ ! -e "$folder/last/predictor.safetensors" ]
for file in all last; do
  grep -aq '"channels":"3"' "$folder/$file/weights.safetensors"
  grep -aq '"classes":"100"' "$folder/$file/weights.safetensors"
  grep -aq '"classes":"100"' "$folder/$file/profile.safetensors"
done
shape() { grep -ao "\"$2\":{[^}]*" "$folder/$1/profile.safetensors" | grep -o '"shape":\[[0-9,]*\]'; }
[ "$(shape all conv_seconds)" = '"shape":[14]' ]
[ "$(shape all confidence)" = '"shape":[200,14]' ]
[ "$(shape last conv_seconds)" = '"shape":[1]' ]
[ "$(shape last branch_seconds)" = '"shape":[1]' ]
[ "$(shape last confidence)" = '"shape":[200,1]' ]
if "$train" --data "$folder/images" --format mnist --out "$folder/none" 2>"$folder/mnist.log"; then exit 1; fi
grep -q "train-images-idx3-ubyte" "$folder/mnist.log"

# All of the last exit's profile lies behind its two times, 16 bytes in all.
cp "$folder/all/profile.safetensors" "$folder/all-before"
cp "$folder/last/profile.safetensors" "$folder/last-before"
"$train" --measure "$folder/all" "$folder/last" >"$folder/measure.log"
cmp "$folder/all/profile.safetensors" "$folder/all-before"
behind=$((200 * (4 + 1 + 1)))
for file in last/profile.safetensors last-before; do tail -c $behind "$folder/$file" >"$folder/$(basename "$file").behind"; done
cmp "$folder/profile.safetensors.behind" "$folder/last-before.behind"
if cmp -s "$folder/last/profile.safetensors" "$folder/last-before"; then echo "no times were put in"; exit 1; fi

# Every network is trained, with the number of exits that it should have, and the same command gives the same weights.
for network in b_alexnet:3 flex_vgg16:5 resnet50:6 vit:8 msdnet21:21 msdnet40:40; do
  name=${network%:*}
  sizes='--width 0.05'
  case $name in msdnet*) sizes='--width 1 --growth 2 --first-channels 2 --head-channels 4' ;; esac
  for time in once again; do
    # shellcheck disable=SC2086
    "$train" --data "$folder/images" --network "$name" $sizes --batch 20 --epochs 1 --limit 40 --top-scores 5 \
      --threads $([ $time = once ] && echo 1 || echo 2) --out "$folder/$name-$time" \
      >"$folder/$name.log"
  done
  cmp "$folder/$name-once/weights.safetensors" "$folder/$name-again/weights.safetensors"
  cmp "$folder/$name-once/predictor.safetensors" "$folder/$name-again/predictor.safetensors"
  [ "$(shape "$name-once" top_logprob)" = "\"shape\":[40,${network#*:},5]" ]
done

# A network of another number of exits can be measured beside the first.
"$train" --measure "$folder/all" "$folder/resnet50-once" >"$folder/measure.log"
grep -q 'resnet50-once: .* us now' "$folder/measure.log"
[ "$(shape resnet50-once conv_seconds)" = '"shape":[6]' ]

# Weights that are there already are profiled, and must be those of the network.
# shellcheck disable=SC2086
"$train" --data "$folder/images" $recipe --width 0.05 --weights "$folder/all/weights.safetensors" --out "$folder/taken" \
  >"$folder/taken.log"
cmp "$folder/taken/weights.safetensors" "$folder/all/weights.safetensors"
cmp "$folder/taken/predictor.safetensors" "$folder/all/predictor.safetensors"
[ ! -e "$folder/taken/checkpoint.safetensors" ]
# shellcheck disable=SC2086
if "$train" --data "$folder/images" $recipe --width 0.1 --weights "$folder/all/weights.safetensors" --out "$folder/none" \
  2>"$folder/taken.log"; then exit 1; fi
grep -q "all/weights.safetensors: 81 faults" "$folder/taken.log"
grep -q "^  tensor 'features.0.weight': has shape" "$folder/taken.log"
[ ! -e "$folder/none/profile.safetensors" ]

printf 'good: trained in colour, on a hundred classes\n'
