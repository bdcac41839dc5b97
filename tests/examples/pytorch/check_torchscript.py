"""Compares what LibTorch says of TorchScript parts, behind the blocks of C++, with what PyTorch says of the model; and
runs the example on the shipped network.

usage: check_torchscript.py EXAMPLES PRINT_TORCHSCRIPT WITH_LIBTORCH FOLDER; ends with 77 where torch or numpy is missing"""
import os
import shutil
import subprocess
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its threads wait for each other where processors are busy
try:
    import numpy
    import torch
    from torch import nn
except ImportError as error:
    print(f"not tested: {error}")
    sys.exit(77)

examples, print_torchscript, with_libtorch, folder = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, examples)
import make_profile  # noqa: E402
import networks  # noqa: E402
import torchscript  # noqa: E402

shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
torch.manual_seed(1)


class Both(nn.Module):
    """A conv part that hands on two maps."""

    def __init__(self):
        super().__init__()
        self.fine, self.coarse = nn.Conv2d(3, 4, 3, 1, 1), nn.Conv2d(3, 6, 3, 2, 1)

    def forward(self, x):
        return self.fine(x), self.coarse(x)


class Merge(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(4, 6, 3, 2, 1)

    def forward(self, fine, coarse):
        return self.down(fine) + coarse


class OfTwo(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 10)

    def forward(self, _, coarse):
        return self.linear(coarse.mean((2, 3)))


def randomised(module):
    """Batch norms that do something."""
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.uniform_(-0.5, 0.5)
            norm.running_var.uniform_(0.5, 2)
    return module.eval()


two_maps = [(Both(), OfTwo()), (Merge(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 10)))]
with torch.no_grad():
    vgg16 = randomised(networks.Vgg16(1 / 8)).blocks()
for name, blocks, shape in [("vgg16", vgg16, (3, 32, 32)), ("two_maps", two_maps, (3, 9, 7))]:
    parts, image = os.path.join(folder, name), torch.randn(1, *shape)
    worst = torchscript.write_parts(parts, blocks, torch.zeros(1, *shape))
    assert worst < 1e-5, worst
    file = os.path.join(folder, name + ".image")
    image.numpy().tofile(file)
    printed = subprocess.run([print_torchscript, parts, file, *map(str, shape)], check=True, capture_output=True,
                             text=True).stdout  # fmt: skip
    scores = numpy.array([line.split() for line in printed.splitlines()], dtype=float)
    with torch.no_grad():
        truth = torch.cat(torchscript.run(blocks, image)).numpy()
    assert scores.shape == truth.shape, scores.shape
    worst = (abs(scores - truth).max(1) / abs(truth).max(1)).max()
    print(f"{name}: scores of {len(truth)} exits differ by at most {worst:.1e} of the largest")
    assert worst < 1e-5

# From the command line, with the shipped network; the example answers after most stops, most often rightly.
script = [sys.executable, "-W", "ignore", os.path.join(examples, "torchscript.py")]
environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
parts = os.path.join(folder, "parts")
subprocess.run([*script, "shipped:vgg16", "--out", parts], check=True, env=environment)
said = subprocess.run([with_libtorch, parts], check=True, capture_output=True, text=True).stdout
print(said, end="")
words = said.split()
answered, right = int(words[words.index("have") - 1]), int(words[words.index("right") - 2])
assert words[0] == "14" and answered > 100 and right > 0.5 * answered, said

for wrong, told in [
    (["torchscript"], "is not of the form"),
    (["nowhere:vgg16"], "module nowhere: "),
    (["nowhere.py:vgg16"], "there is no file nowhere.py"),
    (["shipped:nothing"], "shipped has no nothing"),
    (["shipped:DATA"], "expected a function"),
    (["shipped:vgg16", "--shape", "3x32"], "--shape: is 3x32"),
]:
    ended = subprocess.run([*script, *wrong, "--out", folder], env=environment, capture_output=True, text=True)
    assert ended.returncode == 2 and told in ended.stderr and "Traceback" not in ended.stderr, ended.stderr
ended = subprocess.run([with_libtorch, folder], capture_output=True, text=True)
assert ended.returncode == 1 and "branch1.pt: is missing" in ended.stderr, ended.stderr
