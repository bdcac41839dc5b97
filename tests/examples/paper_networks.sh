#!/bin/sh
# The shipped profiles: all in the folder are shown without being named, in the paper's order, and what the paper has
# beyond them is marked. And Figure 14, from a file that fig14.sh makes with a stand-in for the trainer.
# usage: paper_networks.sh MAKE_PROFILES PAPER FIG14 FOLDER

set -eu
make_profiles=$1 paper=$2 fig14=$3 folder=$4

rm -rf "$folder"
"$make_profiles" "$folder"
data=$folder/data

# show COMMAND FOLDER: the tables of the shipped profiles, as CSV in the folder.
show() {
  "$paper" "$1" --data "$data" --epochs 1 --samples 40 --csv "$folder/$2" >"$folder/$2.log" 2>"$folder/warnings.log"
  [ ! -s "$folder/warnings.log" ] || { cat "$folder/warnings.log"; exit 1; }
}
# expect FILE: names its rows in the order of standard input.
expect() {
  tail -n +2 "$1" | cut -d , -f 1 >"$folder/names"
  diff - "$folder/names"
}
# has PATTERN FILE: the file has such a line.
has() { grep -q "$1" "$2" || { echo "no line '$1' in $2:"; cat "$2"; exit 1; }; }
# no NAME...: what a table calls a network that has no profile.
no() { for name; do echo "$name (not trained here)"; done; }

show fig8 before
{
  no b_alexnet_mnist resnet50_mnist flex_vgg16_mnist msdnet21_mnist vgg16_mnist msdnet40_mnist b_alexnet_cifar10
  echo resnet50_cifar10
  echo flex_vgg16_cifar10
  no msdnet21_cifar10
  echo vgg16_cifar10
  no msdnet40_cifar10 b_alexnet_cifar100 resnet50_cifar100 flex_vgg16_cifar100
  echo msdnet21_cifar100
  no vgg16_cifar100 msdnet40_cifar100
  echo shipped
} | expect "$folder/before/fig8.csv"
# No figure stands beside a name that is marked, and the claim says over how many networks it is judged.
if grep ")," "$folder/before/fig8.csv" | grep -qv "),-\(,-\)*$"; then echo "figures of a missing network"; exit 1; fi
there=$(tail -n +2 "$folder/before/fig8.csv" | grep -vc "),")
has "of $there networks" "$folder/before/claims.csv"

if grep -q "_classic" "$folder/before.log"; then echo "a partner of one exit is taken for a network"; exit 1; fi

# A profile that is dropped into the folder is shown, too.
cp "$folder/b_alexnet_mnist.safetensors" "$data/profiles"
show fig10 after
{
  echo b_alexnet_mnist
  echo resnet50_cifar10
  echo flex_vgg16_cifar10
  no msdnet21_cifar10
  echo vgg16_cifar10
  no msdnet40_cifar10
  echo msdnet21_cifar100
  echo shipped
} | expect "$folder/after/fig10.csv"
has "classic network by 40.4 to 61.5 points.* on 1 network," "$folder/after/claims.csv"
has "compressed network by 38.5 to 58.2 points.* on 1 network," "$folder/after/claims.csv"

has "VGG-16 against FlexVGG-16.*,in [01] of 1 pairs on the same data," "$folder/after/claims.csv"

# The paper's own figures stand in Table II beside our gaps.
show table2 gaps
has '^msdnet40_cifar10 (not trained here),.*,-,"86.38 to 86.60, +0.22"$' "$folder/gaps/table2.csv"
has '^vgg16_cifar10,.*,"88.98 to 89.12, +0.14"$' "$folder/gaps/table2.csv"

for figure in fig11 fig12 fig13; do
  show $figure $figure
  has '^msdnet40_cifar100 (not trained here),-' "$folder/$figure/$figure.csv"
done

# Without the file of Figure 14: one line. Its trainer's stand-in is interrupted once; what is there is kept. It
# measures the times of all shapes in turn.
refused() {
  if "$paper" fig14 --data "$data" >/dev/null 2>"$folder/error.log"; then echo "not refused: $1"; exit 1; fi
  if [ "$(wc -l <"$folder/error.log")" -ne 1 ] || ! grep -q "$1" "$folder/error.log"; then cat "$folder/error.log"; exit 1; fi
}
refused "data/fig14.csv: cannot be opened"
cat >"$folder/trainer" <<'TRAINER'
#!/bin/sh
if [ "$1" = --measure ]; then
  shift
  for name; do
    time=$(cat "$name/time")
    echo "$name: $time us now, up to the last exit alone 1.0 us; in its profile 1.0 and 1.0 us"
  done
  exit 0
fi
echo trained >>"$(dirname "$0")/trainings"
[ "$(wc -l <"$(dirname "$0")/trainings")" -ne 3 ] || exit 130
blocks=1 convolutions=1
while [ $# -gt 0 ]; do
  case $1 in --blocks) blocks=$2 ;; --branch-convolutions) convolutions=$2 ;; --out) out=$2 ;; esac
  shift
done
echo "epoch 1: loss 1.0, accuracy 0.300, 2 s"
k=0
while [ $k -lt "$blocks" ]; do
  echo "   $k    0.$((4000 + 10 * k - convolutions))      1.0 (   1.0-   1.0)      1.0 (   1.0-   1.0)"
  k=$((k + 1))
done
echo "$blocks${convolutions}00.0" >"$out/time"
TRAINER
chmod +x "$folder/trainer"
shapes() { sh "$fig14" "$folder/images" "$data/fig14.csv" --train "$folder/trainer" >"$folder/shapes" 2>"$folder/progress"; }
if shapes; then echo "an interrupted training was taken"; exit 1; fi
[ ! -e "$data/fig14.csv" ]
shapes
cmp "$folder/shapes" "$data/fig14.csv"
all=$(($(wc -l <"$data/fig14.csv") - 1))
shapes
[ "$(wc -l <"$folder/trainings")" -eq $((all + 1)) ]
[ ! -e "$data/fig14.csv.training" ]
if sh "$fig14" "$folder/images" "$data/fig14.csv" --train "$folder/trainer" --epochs 9 2>"$folder/progress"; then exit 1; fi
has "was trained by another command" "$folder/progress"

show fig14 fourteen
a=$(grep -c "^a," "$data/fig14.csv") b=$(grep -c "^b," "$data/fig14.csv")
[ "$(wc -l <"$folder/fourteen/fig14_a.csv")" -eq $((a + 1)) ]
[ "$(wc -l <"$folder/fourteen/fig14_b.csv")" -eq $((b + 1)) ]
# 1+2 is as accurate as 1+1 and 1+3, and better than with more convolutions.
has "^1+2,40.99,1,41.99,1,21.1000,1$" "$folder/fourteen/fig14_b.csv"
has "more blocks take longer,in 12 of 12 pairs,yes" "$folder/fourteen/claims.csv"
has "may decrease accuracy,\"longer in 4 of 4 pairs, less accurate in 4 of 4 pairs\",yes" "$folder/fourteen/claims.csv"
has "fully connected layers .*more accurate in 0 of .*,no" "$folder/fourteen/claims.csv"

cp "$data/fig14.csv" "$folder/sound"
# spoil SED WANT: a file changed so is refused by a line that names it, line and field.
spoil() {
  sed "$1" "$folder/sound" >"$data/fig14.csv"
  refused "fig14.csv: $2"
}
spoil '3s/^a/c/' "line 3, field 'part': is 'c', expected a or b"
spoil '2s/^a,5,/a,five,/' "line 2, field 'blocks': is 'five', expected a whole number from 1 to 4096"
spoil '4s/,0[.]4[0-9]*,/,nan,/' "line 4, field 'accuracy_mean': is 'nan', expected a number from 0 to 1"
spoil '5s/,train .*//' "line 5, field 'seed': the line ends here"
spoil '1s/base/bases/' "line 1: is 'part,blocks,bases,"
spoil "2,\$d" "line 2: is missing"

printf 'good: every network is there or marked, and Figure 14\n'
