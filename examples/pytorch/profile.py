"""Writes the profile of a multi-exit PyTorch model: what every exit says of every sample, and how long every block
takes. README.md beside it says what the model must offer, and what stands in the file."""
import argparse
import importlib
import itertools
import json
import os
import struct
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # where MODULE lies; and this file is not Python's own module of its name

import numpy
import torch

DTYPES = {"uint8": "U8", "int32": "I32", "float16": "F16", "float32": "F32", "float64": "F64"}


def write_safetensors(path, tensors, metadata):
    header, end = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": DTYPES[array.dtype.name], "shape": array.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the data is aligned
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.astype(array.dtype.newbyteorder("<")).tobytes())


def confidence_profile(model, samples, listed=10):
    """Tensors of what every exit says of every sample, and the number of classes."""
    columns, done = [], 0
    for inputs, labels in samples:
        log = torch.stack([torch.log_softmax(exit.double(), 1) for exit in model(inputs)], 1).cpu()
        top, classes = log.topk(min(listed, log.shape[2]), 2)  # [batch, exits, listed], the most probable first
        columns.append([top, classes, -(log.exp() * log).sum(2), torch.as_tensor(labels).cpu()])
        done += len(labels)
        print(f"\r{done} samples", end="", file=sys.stderr)
    print(file=sys.stderr)
    top, classes, entropy, label = (torch.cat(column).numpy() for column in zip(*columns))
    kind = numpy.uint8 if log.shape[2] <= 256 else numpy.int32
    return {
        "confidence": numpy.exp(top[:, :, 0]).astype(numpy.float32),
        "predicted": classes[:, :, 0].astype(kind),
        "label": label.astype(kind),
        "margin": (top[:, :, 0] - top[:, :, 1]).clip(0, 30).astype(numpy.float32),
        "entropy": entropy.clip(0).astype(numpy.float32),
        "top_class": classes.astype(kind),
        "top_logprob": top.clip(-65504, 0).astype(numpy.float16),
    }, log.shape[2]


def time_profile(model, branches, inputs, warm_up=10, repeats=101):
    """Seconds of every part, one sample at a time: a branch is what its module takes, a conv part what passes until
    the branch begins. Medians, and the distance from the 10th to the 90th percentile."""
    marks, runs = [], []

    def mark(module, *_):
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        marks.append((module, time.perf_counter()))

    hooks = [hook for b in branches for hook in (b.register_forward_pre_hook(mark), b.register_forward_hook(mark))]
    for single in itertools.islice(itertools.cycle(inputs), warm_up + repeats):
        marks.clear()
        mark(model)
        model(single[None])
        if [module for module, _ in marks[1:]] != [b for b in branches for _ in range(2)]:
            raise SystemExit("profile.py: the model does not run each of its branches once, in their order")
        runs.append(numpy.diff([moment for _, moment in marks]))
    for hook in hooks:
        hook.remove()
    low, median, high = numpy.percentile(runs[warm_up:], [10, 50, 90], axis=0)
    parts = {"conv_seconds": slice(0, None, 2), "branch_seconds": slice(1, None, 2)}
    times = {name: median[part] for name, part in parts.items()}
    return {**times, **{name + "_spread": (high - low)[part] for name, part in parts.items()}}


def write_profile(path, model, branches, samples):
    model.eval()
    with torch.no_grad():
        times = time_profile(model, list(branches), next(iter(samples))[0])
        confidences, classes = confidence_profile(model, samples)
    write_safetensors(path, {**times, **confidences}, {"classes": str(classes)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("make", help="MODULE:FUNCTION of a function that returns (model, branches, samples)")
    parser.add_argument("--out", default="profile.safetensors")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    module, _, function = options.make.partition(":")
    write_profile(options.out, *getattr(importlib.import_module(module), function)())
