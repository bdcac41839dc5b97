#!/bin/sh
# Recipes are compared, from where an interruption left them, to the same figures; broken recipes, and answers of another
# training, are refused by one line.
# usage: compare_recipes.sh MAKE_IMAGES COMPARE_RECIPES FOLDER

set -eu
make_images=$1 compare=$2 folder=$3

rm -rf "$folder"
mkdir -p "$folder"
"$make_images" "$folder/images"
cat >"$folder/recipes" <<'RECIPES'
# a comment
all: batch=20 epochs=3 equilibrium=0
plain: rate=.05
much:  rate=.1 equilibrium flip decay=1e-3 \
  batch=10 warm_up=.5 backbone=1
heads: rate=.05 branch_fully_connected=2 branch_pool=2 backbone=2
RECIPES
judged=100
cat >"$folder/run" <<'RUN'
compare=$1 folder=$2 judged=$3
shift 3
exec "$compare" "$folder/recipes" --data "$folder/images" --width .05 --branch-channels 4 --branch-hidden 8 \
  --validation "$judged" --seeds 1,2 "$@"
RUN
compare() { sh "$folder/run" "$compare" "$folder" "$judged" "$@"; }

# A backslash does not join lines.
if compare --out "$folder/joined" 2>"$folder/error"; then exit 1; fi
grep -q "recipes: line 4: " "$folder/error"
sed -i -e 's/ \\$/ batch=10 warm_up=.5 backbone=1/' -e '/^  batch/d' "$folder/recipes"

compare --out "$folder/through" --csv "$folder/through.csv" >"$folder/through.log"
[ "$(wc -l <"$folder/through.csv")" -eq 7 ]
grep -q "^plain  *2 .* [+-][0-9.]* +- [0-9.]* +- [0-9.]* " "$folder/through.log"
for recipe in much heads; do
  grep -q "^$recipe  *2 .* [+-][0-9.]* +- [0-9.]* +- [0-9.]* .* [+-][0-9.]* +- [0-9.]* +- [0-9.]* " "$folder/through.log"
done
# A backbone that is trained to the end is the last exit alone; until the last epoch, it is neither that nor plain. One that
# is frozen then is trained as if that were all.
cat >"$folder/backbones" <<'RECIPES'
all: batch=20 epochs=2 rate=.05
last: last_alone
all_epochs: backbone=2
one_epoch: backbone=1
none:
short: last_alone epochs=1
frozen: backbone=1 frozen
RECIPES
"$compare" "$folder/backbones" --data "$folder/images" --width .05 --branch-channels 4 --branch-hidden 8 --validation 100 \
  --out "$folder/backbone" --times "$folder/through/times.safetensors" --csv "$folder/backbone.csv" >"$folder/backbone.log"
losses() { sed -n "/^$1, seed 1\$/,/^$1, seed 1:/p" "$folder/backbone.log" | grep '^epoch' | sed 's/,[^,]*s$//'; }
for recipe in last all_epochs one_epoch none short frozen; do losses $recipe >"$folder/losses.$recipe"; done
cmp "$folder/losses.last" "$folder/losses.all_epochs"
[ "$(head -n 1 "$folder/losses.last")" = "$(head -n 1 "$folder/losses.one_epoch")" ]
[ "$(tail -n 1 "$folder/losses.last")" != "$(tail -n 1 "$folder/losses.one_epoch")" ]
if cmp -s "$folder/losses.last" "$folder/losses.none"; then exit 1; fi
[ "$(cat "$folder/losses.short")" = "$(head -n 1 "$folder/losses.frozen")" ]
[ "$(wc -l <"$folder/losses.frozen")" -eq 2 ]

# A network with other branches has times of its own.
[ -e "$folder/through/times-branch_pool=2-branch_fully_connected=2.safetensors" ]
[ "$(tail -n +2 "$folder/through.csv" | cut -d , -f 10 | sort -u | wc -l)" -eq 2 ]
# Only what is not the default is listed.
grep -q "^vgg16,.*,plain,.*,batch=20 epochs=3 equilibrium=0 rate=0.05$" "$folder/through.csv"
grep -q "^vgg16,.*,heads,.*backbone=2.*branch_pool=2 branch_fully_connected=2$" "$folder/through.csv"
[ ! -e "$folder/through/much-2/checkpoint.safetensors" ]

mkdir "$folder/resumed"
cp "$folder/through/times-"* "$folder/resumed"
sh "$folder/run" "$compare" "$folder" "$judged" --out "$folder/resumed" --times "$folder/through/times.safetensors" \
  >"$folder/first.log" 2>&1 &
job=$!
while [ ! -e "$folder/resumed/much-1/checkpoint.safetensors" ] && kill -0 "$job" 2>/dev/null; do sleep 0.02; done
kill -INT "$job" 2>/dev/null || true
wait "$job" && code=0 || code=$?
if [ "$code" -eq 0 ]; then
  echo "the trainings were done before they could be interrupted"
else
  [ "$code" -eq 130 ] || { cat "$folder/first.log"; exit 1; }
fi
compare --out "$folder/resumed" --times "$folder/through/times.safetensors" --csv "$folder/resumed.csv" >"$folder/second.log"
for csv in through resumed; do cut -d , -f 1-8,10- "$folder/$csv.csv" >"$folder/$csv.figures"; done
cmp "$folder/through.figures" "$folder/resumed.figures"

# Other images to judge by, or another recipe: not these answers.
judged=90
if compare --out "$folder/through" 2>"$folder/error" >/dev/null; then exit 1; fi
grep -q "plain-1/answers.safetensors: metadata '[a-z]*': is '.*', expected" "$folder/error"
judged=100
sed -i 's/rate=.05/rate=.06/' "$folder/recipes"
if compare --out "$folder/through" 2>"$folder/error" >/dev/null; then exit 1; fi
grep -q "plain-1/answers.safetensors: metadata 'rate': is '0.05', expected '0.06'" "$folder/error"
judged=200
if compare --out "$folder/other" 2>"$folder/error" >/dev/null; then exit 1; fi
grep -q -e "--validation.*leaves none of the 200" "$folder/error"
judged=100

# refuse TEXT WANT: a file of recipes that is wrong.
refuse() {
  printf '%s\n' "$1" >"$folder/recipes"
  if compare --out "$folder/none" 2>"$folder/error" >/dev/null; then echo "not refused: $1"; exit 1; fi
  if [ "$(wc -l <"$folder/error")" -ne 1 ] || ! grep -q -e "$2" "$folder/error"; then cat "$folder/error"; exit 1; fi
}
refuse "" "recipes: has no recipe"
refuse "a: rate=nan" "recipes: line 1: --rate: 'nan' is not a number"
refuse "a: rat=1" "recipes: line 1: .*--rat"
refuse "a: step=2" "recipes: line 1: --step: is no size of a vgg16"
refuse "a: last_alone=odd" "recipes: line 1: .*odd"
refuse "a rate=1" "recipes: line 1: expected a name"
refuse "../a: rate=1" "recipes: line 1: expected a name"
refuse "a: flip
a: rate=1" "recipes: line 2: 'a' is there twice"
if compare --out "$folder/none" --seeds 3,4,3 2>"$folder/error" >/dev/null; then exit 1; fi
grep -q -e "--seeds: 3 is there twice" "$folder/error"
if "$compare" "$folder/nothing" --data "$folder/images" 2>"$folder/error"; then exit 1; fi
grep -q "nothing: cannot be opened" "$folder/error"

printf 'good: the same figures after an interruption, and nonsense is refused\n'
