#!/bin/sh
# pip builds and installs the module and its types, and the loop runs on it.
# usage: pip.sh PYTHON REPOSITORY FOLDER

set -eu
python=$1 repository=$2 folder=$3

rm -rf "$folder"
mkdir -p "$folder/examples" # pip builds where the sources are
cp -r "$repository/examples/python" "$folder/examples"
ln -s "$repository/include" "$folder/include"
CFLAGS="-O0" "$python" -m pip install --quiet --no-build-isolation --no-deps --no-index --target "$folder/installed" \
  "$folder/examples/python" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
[ -s "$folder/installed/einet-stubs/__init__.pyi" ]
grep -q '^Version: [0-9.]*$' "$folder"/installed/einet-*.dist-info/METADATA
PYTHONPATH="$folder/installed" PYTHONDONTWRITEBYTECODE=1 "$python" "$repository/examples/python/elastic_loop.py"
