"""Weights of PyTorch modules as the safetensors files that einet reads and writes. As a program it writes the state_dict
of what a function makes: `weights.py torchvision.models:resnet50 --out resnet50.safetensors`."""
import argparse
import importlib
import json
import os
import struct
import sys

if __name__ == "__main__":
    sys.path.append(os.getcwd())  # where MODULE may lie

import numpy
import torch

from make_profile import exit_code, expect, write_safetensors

KINDS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "U8": "u1", "I32": "<i4", "I64": "<i8"}


def read_safetensors(path):
    """The arrays of a file by name."""
    with open(path, "rb") as file:
        begin = file.read(8)
        expect(len(begin) == 8, f"{path}: has {len(begin)} bytes, expected a safetensors file")
        (length,) = struct.unpack("<Q", begin)
        expect(length <= os.path.getsize(path) - 8, f"{path}: its header is cut short")
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        expect(entry["dtype"] in KINDS, f"{path}: tensor '{name}': has dtype {entry['dtype']}")
        expect(last <= len(data), f"{path}: tensor '{name}': is cut short")
        arrays[name] = numpy.frombuffer(data[first:last], KINDS[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def save_weights(path, module, half=False):
    """Parameters and buffers of a module, but its counts of batches; `half` is the precision that einet's own programs
    keep. The file is replaced when all is written."""
    values = {name: value.detach().cpu() for name, value in module.state_dict().items() if value.is_floating_point()}
    arrays = {name: (value.half() if half else value.float()).numpy() for name, value in values.items()}
    write_safetensors(path + ".part", arrays, {})
    os.replace(path + ".part", path)


def load_weights(path, module):
    """Fills a module from a file of its names and shapes; the module's counts of batches stay as they are."""
    state = {name: torch.from_numpy(array.copy()) for name, array in read_safetensors(path).items()}
    own = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    faults = [f"'{name}' is missing" for name in own if name not in state and not name.endswith("num_batches_tracked")]
    faults += [f"'{name}' is not of this module" for name in state if name not in own]
    faults += [f"'{name}' has shape {list(state[name].shape)}, expected {list(shape)}" for name, shape in own.items()
               if name in state and tuple(state[name].shape) != shape]  # fmt: skip
    expect(not faults, "\n  ".join([f"{path}: {len(faults)} faults", *faults]))
    module.load_state_dict(state, strict=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("make", help="MODULE:FUNCTION of a function that returns a torch.nn.Module")
    parser.add_argument("--out", required=True, help="file for its weights")
    options = parser.parse_args()

    def run():
        module, _, function = options.make.partition(":")
        expect(module and function, f"'{options.make}' is not of the form MODULE:FUNCTION")
        made = getattr(importlib.import_module(module), function)()
        expect(isinstance(made, torch.nn.Module), f"{options.make} returns {type(made).__name__}, expected a module")
        save_weights(options.out, made)

    return exit_code("weights.py", run)


if __name__ == "__main__":
    sys.exit(main())
