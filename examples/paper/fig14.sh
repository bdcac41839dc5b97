#!/bin/sh
# Trains the shapes of Figure 14 on CIFAR-10 and prints what `paper fig14` reads: MSDNets of other sizes (a) and other
# branches (b), shrunken so that each takes minutes. What is trained stays in CSV.training until all is, and is not
# trained again; a training that was interrupted continues. Times are measured at the end, all shapes in turn: what else
# the machine does slows them alike.
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

case $train in
  /*) ;;
  *) train=$PWD/$train ;;
esac
shapes=$csv.training
rows=''

# shape PART BLOCKS BASE STEP CHANNELS CONVOLUTIONS FULLY_CONNECTED OPTIONS...: trains one, unless it is there.
shape() {
  key=$1,$2,$3,$4,$5,$growth,$6,$7
  blocks=$2
  sizes="--blocks $2 --base $3 --step $4 --first-channels $5 --growth $growth"
  shift 7
  command="train --data CIFAR10 $* $sizes --flip --epochs $epochs --limit $limit --seed $seed"
  name=$(echo "$key" | tr , -)
  out=$shapes/$name
  rows="$rows$key|$name|$command
"
  there=
  if [ -s "$csv" ]; then
    there=$(grep "^$key," "$csv" | sed 's/.*,//')
    if [ -z "$there" ]; then echo "fig14.sh: $csv: no line of $key" >&2; exit 1; fi
  elif [ -s "$out/report" ]; then
    there=$(head -n 1 "$out/report")
  fi
  case $there in
    '') ;;
    "$command") return 0 ;;
    *) echo "fig14.sh: $key was trained by another command: $there" >&2; exit 1 ;;
  esac
  echo "fig14.sh: $command" >&2
  mkdir -p "$out"
  # shellcheck disable=SC2086
  "$train" --data "$data" "$@" $sizes --flip --epochs "$epochs" --limit "$limit" --seed "$seed" --out "$out" >"$out/log"
  # The report: a line for every exit, with its accuracy.
  report=$(awk '/^ *[0-9]+ +[01][.][0-9]+ / { sum += $2; last = $2; ++exits }
                END { if (exits > 0) printf "%d,%.6f,%s", exits, sum / exits, last }' "$out/log")
  if [ "${report%%,*}" != "$blocks" ]; then echo "fig14.sh: $out/log: no report of $blocks exits" >&2; exit 1; fi
  printf '%s\n%s\n' "$command" "$report" >"$out/report"
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
  shape b 21 4 2 8 "${branch%+*}" "${branch#*+}" --network msdnet --branched 1 --width 1 --branch-channels 32 --branch-hidden 64 \
    --branch-convolutions "${branch%+*}" --branch-fully-connected "${branch#*+}"
done

if [ ! -s "$csv" ]; then
  # A line for each folder: "FOLDER: 123.4 us now, ...".
  # shellcheck disable=SC2046
  (cd "$shapes" && "$train" --measure $(echo "$rows" | cut -d '|' -f 2)) >"$shapes/times"
  {
    echo "$head"
    echo "$rows" | while IFS='|' read -r key name command; do
      if [ -z "$key" ]; then continue; fi
      ms=$(awk -v name="$name:" '$1 == name && $3 == "us" { printf "%.3f", $2 / 1000 }' "$shapes/times")
      if [ -z "$ms" ]; then echo "fig14.sh: $shapes/times: no time of $name" >&2; exit 1; fi
      echo "$key,$(tail -n 1 "$shapes/$name/report"),$ms,$epochs,$seed,$command"
    done
  } >"$csv.part"
  if [ "$(wc -l <"$csv.part")" -ne "$(echo "$rows" | wc -l)" ]; then exit 1; fi
  mv "$csv.part" "$csv"
  rm -r "$shapes"
fi
cat "$csv"
