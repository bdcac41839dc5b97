"""Writes a PyTorch model with one or several exits as ONNX, each exit an output, and checks that both say the same of
random images. Splits ONNX models into blocks, and gives models with one exit more of them. README.md beside it shows
how."""
import argparse
import ast
import contextlib
import inspect
import os
import sys
import warnings

try:
    import numpy
    import onnx  # noqa: F401
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(f"export.py: {error}; it needs PyTorch, numpy and onnx", file=sys.stderr)
    sys.exit(2)

import add_exits
import onnx_blocks
from load_model import load_weights, make_model, object_at, told
from make_profile import exit_code, exits_of, expect, shape_of, whole, within
from onnx_checks import AGREE, check_agreement, check_blocks, largest_error, tell_operators


def scores_of(model, image):
    exits = exits_of(told("the model", model, image))
    for k, exit in enumerate(exits):
        expect(exit.dim() == 2 and len(exit) == 1 and exit.dtype.is_floating_point,
               f"exit{k + 1} returns {exit.dtype} of shape {shape_of(exit)}, expected scores [1, classes]")
        expect(exit.shape == exits[0].shape, f"exit{k + 1} has {exit.shape[1]} classes, exit1 has {exits[0].shape[1]}")
    return [exit.detach().cpu().float().numpy() for exit in exits]


class Exits(torch.nn.Module):
    """A model that returns its exits as a tuple, whatever it returned them in."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return tuple(exits_of(self.model(image)))


class Lrn(torch.autograd.Function):
    """Local response normalization as the one operator that ONNX has for it."""

    plain = staticmethod(F.local_response_norm)

    @staticmethod
    def forward(context, x, size, alpha, beta, k):
        return Lrn.plain(x, size, alpha, beta, k)

    @staticmethod
    def symbolic(graph, x, size, alpha, beta, k):
        return graph.op("LRN", x, size_i=size, alpha_f=alpha, beta_f=beta, bias_f=k)


@contextlib.contextmanager
def lrn_as_operator():
    def replacement(input, size, alpha=1e-4, beta=0.75, k=1.0):
        if size % 2 == 0:  # ONNX puts the middle of an even window elsewhere
            return Lrn.plain(input, size, alpha, beta, k)
        return Lrn.apply(input, size, alpha, beta, k)

    F.local_response_norm = replacement
    try:
        yield
    finally:
        F.local_response_norm = Lrn.plain


def write_onnx(model, image, exits, opset, path):
    model.requires_grad_(True)  # else attention takes a fused operator that ONNX has not
    outputs = [f"exit{k + 1}" for k in range(exits)]
    settings = {"opset_version": opset, "input_names": ["image"], "output_names": outputs}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        settings["dynamo"] = False
    with warnings.catch_warnings(record=True) as caught, lrn_as_operator():
        warnings.simplefilter("always")
        told("the model cannot be exported", torch.onnx.export, Exits(model).eval(), image, path, **settings)
    own = os.path.dirname(torch.__file__)
    places = {f"{w.filename}:{w.lineno}" for w in caught
              if issubclass(w.category, torch.jit.TracerWarning) and not w.filename.startswith(own)}  # fmt: skip
    for place in sorted(places):
        print(f"note: what {place} decides or computes in Python is as for the image that was traced")


def export(options):
    """Writes options.out; a file that is there stays if anything is refused."""
    torch.manual_seed(options.seed)
    numpy.random.seed(options.seed)
    model = make_model(options.model, dict(options.given))
    if options.weights:
        load_weights(model, options.weights)
    images = [torch.randn(1, *options.shape) for _ in range(3)]
    if options.add_exits:
        loader = object_at(options.data)
        expect(callable(loader), f"--data: {options.data} is {type(loader).__name__}, expected a function")
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        image = images[0].to(device)
        model = told("the model", add_exits.WithExits, model.to(device), options.add_exits, image,
                     options.branch_channels, options.branch_hidden)  # fmt: skip
        for k, name in enumerate(model.names):
            print(f"exit{k + 1} reads {name}")
        print(f"exit{len(model.names) + 1} is the model's own")
        told("training", add_exits.train, model, image, loader, options.epochs, options.rate)
    model = model.cpu().eval()
    with torch.no_grad():
        wanted = [scores_of(model, image) for image in images]
        again = scores_of(model, images[0])
    for k, exit in enumerate(wanted[0]):
        expect(numpy.isfinite(exit).all(), f"the scores of exit{k + 1} are not numbers")
        expect(largest_error([again[k]], [exit]) <= AGREE,
               f"exit{k + 1} says something else of the same image each time; is a dropout on?")
        if all((scores[k] >= 0).all() and abs(scores[k].sum() - 1) < 1e-3 for scores in wanted):
            print(f"note: exit{k + 1} returns probabilities; einet expects scores (logits)")
    part = options.out + ".part"
    try:
        write_onnx(model, images[0], len(wanted[0]), options.opset, part)
        check_agreement(model, images, wanted, part)
        os.replace(part, options.out)
    finally:
        if os.path.exists(part):
            os.remove(part)


def run(options):
    """What the program does; whether einet takes the model."""
    ready = options.model.endswith(".onnx")
    of_pytorch = {"--shape": options.shape, "--with": options.given, "--weights": options.weights, "--out": options.out,
                  "--add-exits": options.add_exits, "--data": options.data}  # fmt: skip
    given = [name for name, value in of_pytorch.items() if value]
    expect(not ready or not given, f"{' and '.join(given)} is not for a model that is ONNX already")
    expect(ready or options.shape, "--shape is missing: the sizes of an image, such as 3x32x32")
    expect(options.data or not options.add_exits, "--add-exits needs --data, to train the branches")
    expect(options.add_exits or not options.data, "--data needs --add-exits")
    path = options.model
    if not ready:
        path = options.out = options.out or "model.onnx"
        folder = os.path.dirname(os.path.abspath(path))
        expect(os.path.isdir(folder), f"--out: there is no folder {folder}")
        expect(not os.path.isdir(path), f"--out: {path} is a folder, expected a file")
        export(options)
    model = onnx_blocks.load(path)
    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 1)
    print(f"{path}: exits {len(model.graph.output)}, nodes {len(model.graph.node)}, opset {opset}")
    taken = tell_operators(model, options.run_onnx)
    if options.split:
        files, blocks = told(f"{path} cannot be split", onnx_blocks.split, model)
        onnx_blocks.write(options.split, files, blocks)
        print(f"{options.split}: {len(files)} parts of {len(blocks['blocks'])} blocks, listed in blocks.json")
        check_blocks(path, onnx_blocks.image_of(model.graph), options.split, blocks)
    return taken


def argument(text):
    """NAME=VALUE, the value as Python writes it, else text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"is '{text}', expected NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def sizes(text):
    parts = text.split("x")
    if not all(part.isdecimal() and 0 < int(part) < 2**31 for part in parts):
        raise argparse.ArgumentTypeError(f"is '{text}', expected sizes without the batch, such as 3x32x32")
    return [int(part) for part in parts]


def main(arguments=None):
    ends = "Ends with 1 if einet refuses an operator, with 2 if there is no sound model to write."
    parser = argparse.ArgumentParser(prog="export.py", description=__doc__, epilog=ends)
    add = parser.add_argument
    add("model", help="FILE.py:NAME or MODULE:NAME of a module or of a function that makes one; or FILE.onnx")
    add("--with", dest="given", type=argument, action="append", default=[], metavar="NAME=VALUE",
        help="argument of that function; may be repeated")  # fmt: skip
    add("--weights", help="state_dict of the model, .pt or .safetensors")
    add("--shape", type=sizes, help="sizes of an image without the batch, such as 3x32x32")
    add("--out", help="file to write (default: model.onnx)")
    add("--opset", type=whole(7, 99), default=17, help="version of ONNX's operators (default: 17)")
    add("--run-onnx", metavar="PROGRAM", help="einet's run_onnx, which is asked what operators it takes")
    add("--split", metavar="FOLDER", help="write every conv part and branch there as an ONNX file of its own")
    add("--add-exits", nargs="+", metavar="MODULE", help="names of modules behind which to insert exits")
    add("--data", metavar="LOADER", help="FILE.py:NAME of a function that returns batches of images and labels")
    add("--epochs", type=whole(1, 10000), default=5, help="epochs to train the new exits (default: 5)")
    add("--rate", type=within(float, 1e-6, 10), default=1e-3, help="highest learning rate (default: 0.001)")
    add("--branch-channels", type=whole(1, 4096), default=64, help="channels of a new exit's convolution (default: 64)")
    add("--branch-hidden", type=whole(1, 4096), default=128, help="hidden units of a new exit (default: 128)")
    add("--seed", type=whole(0, 2**32 - 1), default=1, help="seed of everything random (default: 1)")
    options = parser.parse_args(arguments)
    taken = []
    code = exit_code("export.py", lambda: taken.append(run(options)))
    return code or (0 if taken[0] else 1)


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # where MODULE lies
    sys.exit(main())
