#!/bin/sh
# Trains the shapes of Figure 14 on CIFAR-10 and prints what `paper fig14` reads: MSDNets of other sizes (a) and other
# branches (b), shrunken so that each takes minutes. A line is written to CSV as soon as its shape is trained; lines that
# are there are not trained again, and a training that was interrupted continues.
# usage: fig14.sh CIFAR10 CSV [--train PROGRAM] [--epochs N] [--limit IMAGES] [--seed N]
#   CIFAR10  folder with the unpacked files of the binary version

set -eu
if [ $# -lt 2 ]; then
  sed -n 's/^# usage: /usage: /p' "$0" >&2
  exit 2
fi
data=$1 csv=$2
shift 2
train=$(dirname "$0")/../../build/release/examples/train epochs=3 limit=10000 seed=1
while [ $# -gt 0 ]; do
  if [ $# -lt 2 ]; then echo "fig14.sh: $1: a value is missing" >&2; exit 2; fi
  case $1 in
    --train) train=$2 ;;
    --epochs) epochs=$2 ;;
    --limit) limit=$2 ;;
    --seed) seed=$2 ;;
    *) echo "fig14.sh: $1: is no option" >&2; exit 2 ;;
  esac
  shift 2
done
growth=2
head=part,blocks,base,step,channels,growth,convolutions,fully_connected,exits,accuracy_mean,accuracy_last,milliseconds
head=$head,epochs,seed,command

[ -s "$csv" ] || echo "$head" >"$csv"
if [ "$(head -n 1 "$csv")" != "$head" ]; then echo "fig14.sh: $csv: line 1: expected $head" >&2; exit 1; fi

# shape PART BLOCKS BASE STEP CHANNELS CONVOLUTIONS FULLY_CONNECTED OPTIONS...: trains one, unless its line is there.
shape() {
  key=$1,$2,$3,$4,$5,$growth,$6,$7
  blocks=$2
  sizes="--blocks $2 --base $3 --step $4 --first-channels $5 --growth $growth"
  shift 7
  command="train --data CIFAR10 $* $sizes --flip --epochs $epochs --limit $limit --seed $seed"
  there=$(grep "^$key," "$csv" || true)
  case $there in
    '') ;;
    *",$command") return 0 ;;
    *) echo "fig14.sh: $csv: $key was trained by another command: ${there##*,}" >&2; exit 1 ;;
  esac
  echo "fig14.sh: $command" >&2
  out=$csv.training/$(echo "$key" | tr , -)
  mkdir -p "$out"
  # shellcheck disable=SC2086
  "$train" --data "$data" "$@" $sizes --flip --epochs "$epochs" --limit "$limit" --seed "$seed" --out "$out" >"$out/log"
  # The report: a line for every exit, with its accuracy, and then the time of all.
  row=$(awk '/^ *[0-9]+ +[01][.][0-9]+ / { sum += $2; last = $2; ++exits }
             /^all conv parts and branches: / { ms = $6 }
             END { if (exits > 0 && ms > 0) printf "%d,%.6f,%s,%s", exits, sum / exits, last, ms }' "$out/log")
  if [ "${row%%,*}" != "$blocks" ]; then echo "fig14.sh: $out/log: no report of $blocks exits" >&2; exit 1; fi
  echo "$key,$row,$epochs,$seed,$command" >>"$csv"
  rm -rf "$out"
}

# (a) One size at a time, about 21 blocks, base 4, step 2 and 8 channels; numbers of blocks that `train` is built for, each
# with both steps. The classifiers are MSDNet's own: two convolutions and one fully connected layer.
own='--network msdnet --width 1 --head-channels 32'
# shellcheck disable=SC2086
{
  for step in 1 2; do
    for blocks in 5 14 21 40; do shape a "$blocks" 4 "$step" 8 2 1 $own; done
  done
  for base in 2 8; do shape a 21 "$base" 2 8 2 1 $own; done
  for channels in 4 16; do shape a 21 4 2 "$channels" 2 1 $own; done
}

# (b) Numbers of convolutions and fully connected layers of a branch.
for branch in 1+1 1+2 1+3 2+1 2+2 3+1; do
  shape b 21 4 2 8 "${branch%+*}" "${branch#*+}" --network msdnet_branched --width 1 --branch-channels 32 --branch-hidden 64 \
    --branch-convolutions "${branch%+*}" --branch-fully-connected "${branch#*+}"
done

rmdir "$csv.training" 2>/dev/null || true
cat "$csv"
