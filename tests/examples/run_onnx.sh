#!/bin/sh
# From a model and images to the table, what is kept of it, and answers until a signal comes.
# usage: run_onnx.sh RUN_ONNX SLOT_READER MODELS FOLDER
#   MODELS  folder with plain.onnx: 3 exits, 5 classes, images of 8x8x3
#   FOLDER  to work in

set -eu
run=$1 reader=$2 models=$3 folder=$4
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

# 40 images of bytes as NumPy writes them, and labels as IDX.
{
  printf '\223NUMPY\001\000v\000'
  printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 8, 8, 3), }"
  awk 'BEGIN { for (k = 0; k < 7680; ++k) printf "%c", 33 + k * k % 89 }'
} >images.npy
{
  printf '\000\000\010\001\000\000\000\050'
  for _ in 0 1 2 3 4 5 6 7; do printf '\000\001\002\003\004'; done
} >labels

expect() { # expect PATTERN FILE
  grep -Eq -- "$1" "$2" || { echo "run_onnx.sh: no '$1' in:" >&2; cat "$2" >&2; exit 1; }
}

"$run" "$models/plain.onnx" --data images.npy --labels labels --mean 0.5 --std 0.25 --repeats 5 --save kept.safetensors >table
expect '^3 exits, 5 classes, images of 8x8x3, one thread$' table
expect '^ +3 +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$' table
expect '^20 images, each stopped at a random moment of its run; none was fitted on$' table
expect '^EINet default +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$' table

"$run" "$models/plain.onnx" --data images.npy --load kept.safetensors >again
expect "^20 images.*without labels: 'right' is what the last exit says$" again
sed -n '3,7p' table >times.1
sed -n '3,7p' again >times.2
cmp times.1 times.2

# What was kept holds for that model alone.
cp "$models/plain.onnx" other.onnx
printf '\172\000' >>other.onnx # a field that nobody reads
! "$run" other.onnx --data images.npy --load kept.safetensors 2>refused
expect "metadata 'network': was made with '[0-9a-f]{16}', but this is '[0-9a-f]{16}'" refused
"$run" other.onnx --data images.npy --load kept.safetensors --any-origin >/dev/null
! "$run" "$models/plain.onnx" --data images.npy --load table 2>refused

# The kernels of all layers, as they are given back.
"$run" "$models/plain.onnx" --kernels measure --explain >kernels
expect '^[^# ]+ +(direct|by_taps|winograd_[24]) +[0-9]+x' kernels
sed 's/, [0-9.]* us$//' kernels >kernels.1
"$run" "$models/plain.onnx" --kernels kernels --explain >kernels.2
cmp kernels.1 kernels.2
echo 'conv99 direct' >>kernels
! "$run" "$models/plain.onnx" --kernels kernels --explain 2>refused
expect 'kernel of layer conv99' refused
! "$run" "$models/plain.onnx" --kernels table --explain 2>refused
expect "table: line [0-9]+: '.*' is no kernel" refused

slot=/einet-run-onnx-$$
"$run" "$models/plain.onnx" --data images.npy --load kept.safetensors --serve "$slot" >served &
server=$!
tries=0
while [ ! -s served ] || ! grep -q answering served; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || { echo "run_onnx.sh: it does not serve" >&2; exit 1; }
  sleep 0.1
done
sleep 0.2
"$reader" "$slot" >read
expect '^label [0-4] with confidence [01][.][0-9]+, from exit [0-2] of run [0-9]+$' read
kill -TERM "$server"
wait "$server"
expect '^[0-9]+ images; the newest answer is class [0-4] with confidence 0?[.0-9]+' served
