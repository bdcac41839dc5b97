"""Splits the shipped network by examples/pytorch/export.py and runs the example of ONNX Runtime on the parts.

usage: check_onnx_parts.py EXAMPLES WITH_ONNXRUNTIME FOLDER; ends with 77 where torch or onnx is missing"""
import os
import shutil
import subprocess
import sys

try:
    import onnx  # noqa: F401
    import torch  # noqa: F401
except ImportError as error:
    print(f"not tested: {error}")
    sys.exit(77)

examples, with_onnxruntime, folder = sys.argv[1:]
export = os.path.join(examples, "export.py")
if not os.path.exists(export) or "--split" not in open(export).read():
    print("not tested: export.py --split is missing")
    sys.exit(77)

shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
parts = os.path.join(folder, "parts")
subprocess.run([sys.executable, "-W", "ignore", export, os.path.join(examples, "shipped.py:vgg16"), "--shape", "3x32x32", "--out",
                os.path.join(folder, "vgg16.onnx"), "--split", parts], check=True,
               env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})  # fmt: skip
said = subprocess.run([with_onnxruntime, parts], check=True, capture_output=True, text=True).stdout
print(said, end="")
words = said.split()
answered, right = int(words[words.index("have") - 1]), int(words[words.index("right") - 2])
assert words[0] == "14" and answered > 100 and right > 0.5 * answered, said
ended = subprocess.run([with_onnxruntime, folder], capture_output=True, text=True)
assert ended.returncode == 1 and "branch1.onnx: is missing" in ended.stderr, ended.stderr
