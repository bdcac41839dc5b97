#!/usr/bin/env python3
"""Writes the networks of benchmarks/workloads.hpp, with random weights, for bench_network compare --models FOLDER:
NETWORK.pt as frozen TorchScript, and NETWORK.onnx, all exits of a network in one file.

  python3 benchmarks/network/models.py FOLDER [network...]"""

import argparse
import contextlib
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/pytorch"))
import networks  # noqa: E402


class MobileNet(nn.Module):
    """Depthwise-separable convolutions, an exit wherever the map is about to be halved."""

    units = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]

    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Sequential(*networks.conv_bn(3, 32, 3))
        self.layers, self.exits = nn.ModuleList(), nn.ModuleList()
        channels = 32
        for outputs, stride in self.units:
            if stride > 1:
                self.exits.append(nn.Linear(channels, classes))
            each = networks.conv_bn(channels, channels, 3, stride, channels)
            across = networks.conv_bn(channels, outputs, 1)
            self.layers.append(nn.Sequential(*each, nn.ReLU(), *across, nn.ReLU()))
            channels = outputs
        self.exits.append(nn.Linear(channels, classes))

    def forward(self, x):
        x, exits, scores = F.relu(self.stem(x)), iter(self.exits), []
        for (_, stride), layer in zip(self.units, self.layers):
            if stride > 1:
                scores.append(next(exits)(x.mean((2, 3))))
            x = layer(x)
        scores.append(next(exits)(x.mean((2, 3))))
        return scores


class AsTuple(nn.Module):
    """A traced function returns a tuple."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return tuple(self.model(x))


KNOWN = {
    "vgg16": lambda: networks.Vgg16(),
    "vgg16_quarter": lambda: networks.Vgg16(0.25),
    "resnet50_half": lambda: networks.ResNet50(0.5),
    "msdnet21": lambda: networks.MsdNet(),
    "mobilenet": lambda: MobileNet(),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("networks", nargs="*", metavar="network", help=", ".join(KNOWN))
    options = parser.parse_args()
    for name in options.networks:
        if name not in KNOWN:
            parser.error(f"network '{name}' is unknown, expected one of {', '.join(KNOWN)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.networks or KNOWN:
        torch.manual_seed(1)
        model, image = AsTuple(KNOWN[name]()).eval(), torch.randn(1, 3, 32, 32)
        with torch.no_grad():
            exits = len(model(image))
            torch.jit.freeze(torch.jit.trace(model, image)).save(str(options.folder / f"{name}.pt"))
        written = [f"{name}.pt"]
        with contextlib.suppress(ImportError):
            import onnx  # noqa: F401

            outputs = [f"exit{k + 1}" for k in range(exits)]
            torch.onnx.export(model, image, str(options.folder / f"{name}.onnx"), opset_version=13,
                              input_names=["image"], output_names=outputs)  # fmt: skip
            written.append(f"{name}.onnx")
        print(f"{name}: {exits} exits, {' and '.join(written)}", flush=True)


if __name__ == "__main__":
    main()
