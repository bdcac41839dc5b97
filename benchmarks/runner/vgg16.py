"""A VGG-16 of width 1 with random weights, for bench_runner engines."""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples/pytorch"))
import networks  # noqa: E402


def make():
    torch.manual_seed(1)
    return networks.Vgg16(1).eval()
