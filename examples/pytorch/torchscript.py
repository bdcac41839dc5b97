"""Writes the conv parts and branches of a multi-exit PyTorch model as TorchScript, for einet/engines/libtorch.hpp:
FOLDER/conv1.pt and branch1.pt, conv2.pt and branch2.pt, … They are traced with the example, frozen, and checked against
the modules they come from on other inputs."""
import argparse
import os
import pathlib
import sys

if __name__ == "__main__":
    sys.path.append(os.getcwd())  # where MODULE may lie

import torch

from load_model import object_at, told
from make_profile import exit_code, expect


def maps_of(output):
    return output if isinstance(output, tuple) else (output,)


def run(blocks, image):
    """The scores of all exits."""
    maps, scores = (image,), []
    for conv, branch in blocks:
        maps = maps_of(conv(*maps)) if conv is not None else maps
        scores.append(branch(*maps))
    return scores


@torch.no_grad()
def write_parts(folder, blocks, image):
    """Returns the largest difference to the scores of `blocks`, relative to the largest score of an exit."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)

    def written(kind, number, module, maps):
        path = os.path.join(folder, f"{kind}{number}.pt")
        torch.jit.freeze(torch.jit.trace(module.eval(), maps)).save(path)
        return torch.jit.load(path)

    maps, parts = (image,), []
    for number, (conv, branch) in enumerate(blocks, 1):
        part = None
        if conv is not None:
            part = written("conv", number, conv, maps)
            maps = maps_of(conv(*maps))
        parts.append((part, written("branch", number, branch, maps)))
    worst = 0
    for seed in range(3):
        other = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
        for k, (own, scores) in enumerate(zip(run(parts, other), run(blocks, other))):
            expect(own.shape == scores.shape, f"exit {k + 1}: has shape {list(own.shape)}, expected {list(scores.shape)}")
            worst = max(worst, float((own - scores).abs().max() / scores.abs().max()))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("make", help="FILE.py:FUNCTION or MODULE:FUNCTION of a function that returns a list of (conv part, "
                        "branch), modules or None for no conv part, or a module whose blocks() does; a conv part that "
                        "hands on several maps returns a tuple")  # fmt: skip
    parser.add_argument("--out", required=True, help="folder for the parts")
    parser.add_argument("--shape", default="3x32x32", help="channels, height and width of an image")
    options = parser.parse_args()

    def made():
        sizes = options.shape.split("x")
        expect(len(sizes) == 3 and all(size.isdecimal() and int(size) > 0 for size in sizes),
               f"--shape: is {options.shape}, expected channels, height and width, as in 3x32x32")  # fmt: skip
        function = object_at(options.make)
        expect(callable(function), f"{options.make} is {type(function).__name__}, expected a function")
        blocks = told(options.make, function)
        blocks = blocks.blocks() if isinstance(blocks, torch.nn.Module) else blocks
        worst = write_parts(options.out, blocks, torch.zeros(1, *map(int, sizes)))
        expect(worst < 1e-5, f"{options.out}: the parts differ from the model by {worst:.1e} of its largest score")
        print(f"{options.out}: {len(blocks)} blocks, as the model to {worst:.0e}")

    return exit_code("torchscript.py", made)


if __name__ == "__main__":
    sys.exit(main())
