#!/usr/bin/env python3
"""Whole networks of einet and the same in PyTorch, in turn: ratios of times.

  benchmarks/network/pytorch.py build/release/benchmarks/bench_network [--rounds 15] [network...]
  benchmarks/network/pytorch.py build/release/benchmarks/bench_network --train [--batch 32] [--threads 1] [network...]

At batch 1 all exits are run on one thread, by PyTorch eagerly and as frozen TorchScript. With --train, a step of SGD, by
PyTorch with maps by channels and by pixels (channels_last)."""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/pytorch"))
import networks  # noqa: E402

KNOWN = {
    "vgg16_quarter": (["vgg16", "width=.25"], lambda: networks.Vgg16(0.25)),
    "vgg16": (["vgg16"], lambda: networks.Vgg16()),
    "resnet50_half": (["resnet50", "width=.5"], lambda: networks.ResNet50(0.5)),
    "msdnet21": (["msdnet21"], lambda: networks.MsdNet()),
    "msdnet40": (["msdnet40"], lambda: networks.MsdNet(40, 4, 1, 16)),
    "b_alexnet": (["b_alexnet"], lambda: networks.BAlexNet()),
    "vit": (["vit"], lambda: networks.ViT()),
}


class Ours:
    def __init__(self, program, arguments):
        self.process = subprocess.Popen(
            [program, *arguments, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def seconds(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def median_seconds(run):
    """Of the runs of about half a second."""
    seconds, begin = [], time.perf_counter()
    while time.perf_counter() - begin < 0.5 or len(seconds) < 3:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def inference(make):
    model = make().eval()
    image = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        frozen = torch.jit.freeze(torch.jit.trace(model, image))
        for _ in range(10):
            frozen(image)

    def eager():
        with torch.no_grad():
            model(image)

    def script():
        with torch.no_grad():
            frozen(image)

    return {"eager": eager, "frozen TorchScript": script}


def training(make, batch):
    def step_in(memory_format):
        model = make().train().to(memory_format=memory_format)
        sgd = torch.optim.SGD(model.parameters(), 1e-4, momentum=0.9, weight_decay=5e-4)
        images = torch.randn(batch, 3, 32, 32).to(memory_format=memory_format)
        labels = torch.arange(batch) % 10

        def step():
            sgd.zero_grad()
            sum(F.cross_entropy(scores, labels) for scores in model(images)).backward()
            sgd.step()

        return step

    return {"eager": step_in(torch.contiguous_format), "channels_last": step_in(torch.channels_last)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("networks", nargs="*", metavar="network", help=", ".join(KNOWN))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--batch", type=int, default=32, help="images that train")
    parser.add_argument("--threads", type=int, default=1, help="threads that train")
    options = parser.parse_intermixed_args()
    torch.set_num_threads(options.threads if options.train else 1)
    for name in options.networks or KNOWN:
        arguments, make = KNOWN[name]
        trained = [f"train={options.batch}", f"threads={options.threads}"] if options.train else []
        ours = Ours(options.program, [*arguments, *trained])
        theirs = training(make, options.batch) if options.train else inference(make)
        ours.seconds()
        times = {"einet": [], **{kind: [] for kind in theirs}}
        for _ in range(options.rounds):
            times["einet"].append(ours.seconds())
            for kind, run in theirs.items():
                times[kind].append(median_seconds(run))
        line = f"{name}: einet {1e3 * statistics.median(times['einet']):.3f} ms"
        for kind in theirs:
            ratios = sorted(b / a for a, b in zip(times["einet"], times[kind]))
            line += (
                f", {kind} {1e3 * statistics.median(times[kind]):.3f} ms"
                f" ({statistics.median(ratios):.2f}x, {ratios[0]:.2f} to {ratios[-1]:.2f})"
            )
        print(line, flush=True)
        ours.process.stdin.close()


if __name__ == "__main__":
    main()
