"""Trains one of the networks of networks.py on the binary files of CIFAR-10 or CIFAR-100, all exits jointly, and writes
its weights for the C++ program `train --weights`. On a GPU it takes minutes where a processor takes hours. README.md
beside it shows both commands."""
import argparse
import math
import pathlib
import sys

import numpy
import torch
import torch.nn.functional as F

import networks
from make_profile import exit_code, expect, whole, within
from weights import save_weights

MSDNETS = {"msdnet": {}, "msdnet21": {"blocks": 21, "base": 4, "step": 2}, "msdnet40": {"blocks": 40, "base": 4, "step": 1}}
NAMES = ["b_alexnet", "vgg16", "flex_vgg16", "resnet50", *MSDNETS]


def make_network(options, classes):
    branch = {"pool": options.branch_pool, "width": options.branch_channels, "hidden": options.branch_hidden,
              "linears": options.branch_fully_connected}  # fmt: skip
    if options.network == "b_alexnet":
        return networks.BAlexNet(options.width, classes)
    if options.network == "vgg16":
        return networks.Vgg16(options.width, classes, branch=branch)
    if options.network == "flex_vgg16":
        return networks.Vgg16(options.width, classes, flex=networks.Branch, branch=branch)
    if options.network == "resnet50":
        return networks.ResNet50(options.width, classes, branch=branch)
    size = {key: getattr(options, key) for key in ("blocks", "base", "step")} | MSDNETS[options.network]
    return networks.MsdNet(**size, channels=options.first_channels, growth=options.growth, classes=classes,
                           head_channels=options.head_channels)  # fmt: skip


def read_cifar(folder, part):
    """Images [N, 3, 32, 32] and labels [N], the fine ones of CIFAR-100, as numpy.uint8; and the number of classes."""
    folder = pathlib.Path(folder)
    of_hundred = (folder / "train.bin").exists()
    if of_hundred:
        names = [f"{part}.bin"]
    else:
        names = [f"data_batch_{k}.bin" for k in range(1, 6)] if part == "train" else ["test_batch.bin"]
    pixels = 3 * 32 * 32
    size = (2 if of_hundred else 1) + pixels
    records = []
    for name in names:
        data = numpy.fromfile(folder / name, dtype=numpy.uint8)
        expect(len(data) > 0 and len(data) % size == 0,
               f"{folder / name}: has {len(data)} bytes, expected a multiple of {size}")  # fmt: skip
        records.append(data.reshape(-1, size))
    records = numpy.concatenate(records)
    classes = 100 if of_hundred else 10
    labels = records[:, size - pixels - 1]
    expect(labels.max() < classes, f"{folder}: label {labels.max()}, expected 0 to {classes - 1}")
    return records[:, size - pixels:].reshape(-1, 3, 32, 32), labels, classes


class Images:
    """A data set on the device. The networks see pixels less the mean of all, over their deviation, as in C++."""

    def __init__(self, images, labels, device, scale=None):
        self.mean, self.deviation = scale or (float(images.mean(dtype=numpy.float64)) / 255,
                                              float(images.std(dtype=numpy.float64)) / 255)  # fmt: skip
        self.pixels = torch.from_numpy(images).to(device)
        self.labels = torch.from_numpy(labels).to(device).long()

    def __len__(self):
        return len(self.labels)

    def normal(self, pixels):
        return (pixels.float() / 255 - self.mean) / self.deviation

    def varied(self, picked, down, right, mirrored):
        """The images `picked` [B], moved by `down` and `right` pixels [B], and their labels."""
        side, channels = torch.arange(32, device=picked.device), torch.arange(3, device=picked.device)
        rows = (side + down[:, None]).clamp(0, 31)
        columns = (torch.where(mirrored[:, None], 31 - side, side) + right[:, None]).clamp(0, 31)
        pixels = self.pixels[picked[:, None, None, None], channels[:, None, None], rows[:, None, :, None],
                             columns[:, None, None, :]]  # fmt: skip
        return self.normal(pixels), self.labels[picked]


class Training:
    """What the C++ program does, too: the sum of the exits' losses, momentum .9, decay 5e-4, a rate that rises over the
    first epoch and falls along half a cosine. On a GPU a whole step is one captured graph: these networks are hundreds
    of small operations, which would take longer to start than to run."""

    def __init__(self, network, images, options, device):
        self.network, self.images, self.options = network.to(device).train(), images, options
        self.on_gpu = device.type == "cuda"
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.num_batches_tracked = None  # it only counts
        self.parameters = list(network.parameters())
        self.speeds = [torch.zeros_like(p) for p in self.parameters]
        self.steps = max(1, len(images) // options.batch)  # in an epoch
        self.batch = min(options.batch, len(images))
        self.rates = torch.tensor([self.rate(t) for t in range(self.steps * options.epochs)], device=device)
        self.at, self.done = (torch.zeros(1, dtype=torch.int64, device=device) for _ in range(2))
        self.loss = torch.zeros((), device=device)
        self.draws = torch.zeros(4, self.steps, self.batch, dtype=torch.int64, device=device)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.graph = None

    def rate(self, step):
        done = step / self.steps
        if done < 1:
            return self.options.rate * (step + 1) / self.steps
        return self.options.rate * 0.5 * (1 + math.cos(math.pi * (done - 1) / max(1e-9, self.options.epochs - 1)))

    def epoch(self):
        """Returns the loss of its last batch."""
        g, shape = self.generator, (self.steps, self.batch)
        order = torch.randperm(len(self.images), generator=g)[: self.steps * self.batch].view(1, *shape)
        shifts = torch.randint(-self.options.shift, self.options.shift + 1, (2, *shape), generator=g)
        mirrored = torch.randint(0, 2 if self.options.flip else 1, (1, *shape), generator=g)
        self.draws.copy_(torch.cat([order, shifts, mirrored]))
        self.at.zero_()
        first = self.capture() if self.on_gpu and self.graph is None and self.steps > 3 else 0
        for _ in range(first, self.steps):
            if self.graph is None:
                self.step()
            else:
                self.graph.replay()
        return float(self.loss)

    def step(self):
        picked, down, right, mirrored = self.draws.index_select(1, self.at)[:, 0]
        inputs, labels = self.images.varied(picked, down, right, mirrored.bool())
        scores = self.network(inputs)
        loss = sum(F.cross_entropy(s, labels) for s in (scores[-1:] if self.options.last_alone else scores))
        for p in self.parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            pairs = [(p, speed) for p, speed in zip(self.parameters, self.speeds) if p.grad is not None]
            values, speeds = [p for p, _ in pairs], [speed for _, speed in pairs]
            torch._foreach_mul_(speeds, 0.9)
            torch._foreach_add_(speeds, torch._foreach_add([p.grad for p in values], values, alpha=5e-4))
            rate = self.rates.index_select(0, self.done)[0]
            torch._foreach_sub_(values, torch._foreach_mul(speeds, rate if self.on_gpu else float(rate)))
            self.loss.copy_(loss)
            self.at += 1
            self.done += 1

    def capture(self):
        """Captures a step and returns how many were run before it, which warm up all that it uses."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step()
        torch.cuda.synchronize()
        return 3


@torch.no_grad()
def accuracies(network, images, batch=500):
    network.eval()
    hits = []
    for pixels, labels in zip(images.pixels.split(batch), images.labels.split(batch)):
        hits.append([int((scores.argmax(1) == labels).sum()) for scores in network(images.normal(pixels))])
    return numpy.sum(hits, 0) / len(images)


def run(options):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pixels, labels, classes = read_cifar(options.data, "train")
    limit = options.limit or len(labels)
    images = Images(pixels[:limit], labels[:limit], device)
    pixels, labels, _ = read_cifar(options.data, "test")
    test = Images(pixels[:limit], labels[:limit], device, (images.mean, images.deviation))
    torch.manual_seed(options.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    training = Training(make_network(options, classes), images, options, device)
    for epoch in range(options.epochs):
        loss = training.epoch()
        expect(math.isfinite(loss), f"the loss in epoch {epoch + 1} is {loss}; a lower --rate may help")
        print(f"epoch {epoch + 1} of {options.epochs}: loss {loss:.4f}", flush=True)
    save_weights(options.out, training.network, half=True)
    print("accuracy on the test images:", *(f"{a:.4f}" for a in accuracies(training.network, test)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--network", choices=NAMES, default="vgg16", help="what to train")
    add("--data", required=True, help="folder of data_batch_1.bin … or train.bin")
    add("--out", required=True, help="file for the weights")
    add("--epochs", type=whole(1, 10000), default=14, help="epochs to train")
    add("--batch", type=whole(2, 4096), default=128, help="images in a batch")
    add("--rate", type=within(float, 1e-6, 10), default=0.1, help="highest learning rate")
    add("--shift", type=whole(0, 8), default=2, help="shift images by up to this many pixels")
    add("--no-flip", dest="flip", action="store_false", help="mirror no images")
    add("--last-alone", action="store_true", help="train the last exit alone")
    add("--limit", type=whole(0, 10**9), default=0, help="use at most this many images; 0: all")
    add("--seed", type=whole(0, 2**53), default=1, help="seed of everything random")
    add("--width", type=within(float, 0.001, 64), default=0.25, help="factor on the published numbers of channels; not of an MSDNet")
    add("--branch-pool", type=whole(1, 4096), default=4, help="pixels each way that a branch averages its map to")
    add("--branch-fully-connected", type=whole(1, 16), default=1, help="fully connected layers of a branch")
    add("--branch-channels", type=whole(1, 4096), default=16, help="channels of a branch's convolutions")
    add("--branch-hidden", type=whole(1, 4096), default=64, help="hidden units of a branch")
    add("--blocks", type=whole(1, 256), default=21, help="blocks of an msdnet")
    add("--base", type=whole(1, 64), default=4, help="layers of its first block")
    add("--step", type=whole(1, 64), default=2, help="layers of every other block")
    add("--first-channels", type=whole(1, 1024), default=16, help="channels of an MSDNet's first layer")
    add("--growth", type=whole(1, 1024), default=6, help="channels that a layer adds")
    add("--head-channels", type=whole(1, 4096), default=128, help="channels of an MSDNet's classifiers")
    options = parser.parse_args()
    return exit_code("train.py", lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
