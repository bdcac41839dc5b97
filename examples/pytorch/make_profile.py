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
    sys.path[0] = os.getcwd()  # where MODULE lies

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


class Refusal(Exception):
    """What keeps a model from being profiled or trained, in a line."""


def expect(sound, complaint):
    if not sound:
        raise Refusal(complaint)


def exit_code(program, run):
    """What a program ends with: 2 if `run` refuses something, which is then told in a line, else 0."""
    try:
        run()
    except (Refusal, OSError) as refusal:
        print(f"{program}: {refusal}", file=sys.stderr)
        return 2
    return 0


def within(kind, low, high):
    """A number of the command line."""

    def parsed(text):
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"is {text}, expected {low} to {high}")
        return value

    parsed.__name__ = "number"
    return parsed


def whole(low, high):
    return within(int, low, high)


def shape_of(tensor):
    return str(list(tensor.shape))


def exits_of(output):
    """The scores of every exit, the first exit first: a list or tuple, a dict in its order, or the tensor of the only
    exit."""
    if isinstance(output, torch.Tensor):
        return [output]
    exits = list(output.values()) if isinstance(output, dict) else output
    expect(isinstance(exits, (list, tuple)) and len(exits) > 0,
           f"the model returns {type(output).__name__}, expected a list of scores [batch, classes]")
    for k, exit in enumerate(exits):
        expect(isinstance(exit, torch.Tensor), f"exit {k} of the model is {type(exit).__name__}, expected a tensor")
    return list(exits)


def batches_of(samples):
    """Pairs of inputs [batch, ...] and labels [batch]; once through `samples`, as it may be a generator."""
    done = 0
    for batch in samples:
        expect(isinstance(batch, (list, tuple)) and len(batch) == 2,
               f"a batch of the samples is {type(batch).__name__}, expected a pair of inputs and labels")
        try:
            inputs, labels = map(torch.as_tensor, batch)
        except (TypeError, ValueError, RuntimeError) as error:
            raise Refusal(f"inputs or labels of a batch are no tensors: {error}") from None
        expect(inputs.dim() >= 1, "the inputs of a batch are a single number, expected [batch, ...]")
        if labels.dim() == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        expect(labels.dim() == 1, f"the labels of a batch have shape {shape_of(labels)}, expected [batch]"
               + ("; of one-hot labels take labels.argmax(1)" if labels.dim() == 2 else ""))
        expect(len(labels) == len(inputs), f"a batch has {len(inputs)} inputs and {len(labels)} labels")
        expect(not (labels.dtype.is_floating_point or labels.dtype.is_complex or labels.dtype == torch.bool),
               f"the labels are {labels.dtype}, expected whole numbers")
        if len(labels) > 0:
            yield inputs, labels.cpu().long()
        done += len(labels)
    expect(done > 0, "there are no samples")


def looks_softened(exits):
    """For every exit, whether all of its scores could be probabilities already."""
    return numpy.array([bool((exit >= 0).all()) and bool(((exit.double().sum(1) - 1).abs() < 1e-2).all())
                        for exit in exits])


def log_probabilities(output, samples, branches, done):
    """[batch, exits, classes], of a model's output for a batch behind `done` other samples."""
    exits = exits_of(output)
    expect(len(exits) == branches, f"the model returns {len(exits)} exits, there are {branches} branches")
    for k, exit in enumerate(exits):
        expect(exit.dim() == 2 and len(exit) == samples and exit.dtype.is_floating_point,
               f"exit {k} returns {exit.dtype} of shape {shape_of(exit)}, expected scores [{samples}, classes]")
        expect(exit.shape[1] >= 2, f"exit {k} has {exit.shape[1]} classes, expected 2 or more; a single score s is the "
               "two of torch.stack([0 * s, s], 1)")
        expect(exit.shape == exits[0].shape, f"exit {k} has {exit.shape[1]} classes, exit 0 has {exits[0].shape[1]}")
    log = torch.stack([torch.log_softmax(exit.double(), 1) for exit in exits], 1).cpu()
    bad = log.isnan().any(2).nonzero()
    if len(bad) > 0:
        raise Refusal(f"the scores of exit {int(bad[0, 1])} for sample {done + int(bad[0, 0])} are not numbers")
    return log


def same(exit, output):
    """Whether an exit's scores, or their log-softmax, are what a module put out."""
    if isinstance(output, (list, tuple, dict)):
        return any(same(exit, part) for part in (output.values() if isinstance(output, dict) else output))
    if not isinstance(output, torch.Tensor) or output.numel() != exit.numel():
        return False
    output = output.reshape(exit.shape)
    return torch.allclose(torch.log_softmax(output.double(), 1), torch.log_softmax(exit.double(), 1), 1e-4, 1e-4)


def check_structure(model, branches, inputs):
    """Whether every exit is what its branch puts out, and every branch runs before what the next one needs. What
    modules ran is seen by hooks."""
    inside = {module for branch in branches for module in branch.modules()}
    outside = [module for module in model.modules() if module not in inside]
    workers = {module for module in outside if list(module.parameters(recurse=False))}
    leaves = [module for module in outside if not list(module.children())]
    workers = workers or set(leaves)
    began, outputs, made, late, worked = [], {}, [], [], [0]

    def state(tensor):
        return (tensor.data_ptr(), tensor._version)

    def before(branch, given):
        known = [state(tensor) for tensor in made[:began[-1][1]]] if began else []
        if any(isinstance(tensor, torch.Tensor) and state(tensor) in known for tensor in given):
            late.append(branch)
        began.append((branch, len(made), worked[0]))

    def after(branch, given, output):
        outputs[branch] = output

    def note(module, given, output):
        made.extend(tensor for tensor in (output if isinstance(output, (list, tuple)) else [output])
                    if isinstance(tensor, torch.Tensor))
        worked[0] += module in workers

    hooks = [module.register_forward_hook(note) for module in {*leaves, *workers}]
    hooks += [hook for b in branches for hook in (b.register_forward_pre_hook(before), b.register_forward_hook(after))]
    try:
        exits = exits_of(model(inputs))
    finally:
        for hook in hooks:
            hook.remove()
    expect([branch for branch, _, _ in began] == branches,
           "the model does not run each of its branches once, in their order")
    log_probabilities(exits, len(inputs), len(branches), 0)
    for k, exit in enumerate(exits):
        if same(exit, outputs[branches[k]]):
            continue
        for j, branch in enumerate(branches):
            expect(not same(exit, outputs[branch]), f"exit {k} of the model is what branch {j} puts out: exits and "
                   "branches are not in the same order")
        raise Refusal(f"exit {k} of the model is not what branch {k} puts out; all that makes its scores belongs into "
                      "the branch, whose time is taken")
    seen = not any(isinstance(module, torch.jit.ScriptModule) for module in outside)  # their parts run unseen
    done = seen and len(branches) > 1 and worked[0] > 0 and began[0][2] == began[-1][2]
    expect(not late and not done, "the model runs its blocks before the branches that they follow, so that it could "
           "not stop between them; run branch k before block k + 1")


def confidence_profile(model, batches, branches, listed=10):
    """Tensors of what every exit says of every sample, and the number of classes."""
    columns, done, softened = [], 0, numpy.full(branches, True)

    def expect_scores():
        expect(not softened.any(), f"exit {softened.argmax()} returns probabilities, expected scores (logits); leave "
               "the softmax out, or return its log")

    for inputs, labels in batches:
        output = model(inputs.to(device_of(model)))
        log = log_probabilities(output, len(inputs), branches, done)
        many = log.shape[2]
        for i, label in enumerate(labels.tolist()):
            expect(0 <= label < many, f"the label of sample {done + i} is {label}, expected 0 to {many - 1}")
        top, classes = log.topk(min(listed, many), 2)  # [batch, exits, listed], the most probable first
        columns.append([top, classes, labels])
        done += len(labels)
        softened &= looks_softened(exits_of(output))
        if done >= 100:  # scores of a single sample may sum to 1 by chance
            expect_scores()
        print(f"\r{done} samples", end="", file=sys.stderr)
    print(file=sys.stderr)
    expect_scores()
    top, classes, label = (torch.cat(column).numpy() for column in zip(*columns))
    kind = numpy.uint8 if many <= 256 else numpy.int32
    return {
        "confidence": numpy.exp(top[:, :, 0]).astype(numpy.float32),
        "predicted": classes[:, :, 0].astype(kind),
        "label": label.astype(kind),
        "top_class": classes.astype(kind),
        "top_logprob": top.clip(-65504, 0).astype(numpy.float16),
    }, many


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
        expect([module for module, _ in marks[1:]] == [b for b in branches for _ in range(2)],
               "the model does not run each of its branches once, in their order")
        runs.append(numpy.diff([moment for _, moment in marks]))
    for hook in hooks:
        hook.remove()
    low, median, high = numpy.percentile(runs[warm_up:], [10, 50, 90], axis=0)
    parts = {"conv_seconds": slice(0, None, 2), "branch_seconds": slice(1, None, 2)}
    times = {name: median[part] for name, part in parts.items()}
    return {**times, **{name + "_spread": (high - low)[part] for name, part in parts.items()}}


def device_of(model):
    return next((parameter.device for parameter in model.parameters()), None)


def modules_of(branches):
    branches = branches.values() if isinstance(branches, (dict, torch.nn.ModuleDict)) else branches
    try:
        branches = list(branches)
    except TypeError:
        raise Refusal(f"branches is {type(branches).__name__}, expected a list of modules") from None
    expect(branches, "there are no branches")
    for k, branch in enumerate(branches):
        expect(isinstance(branch, torch.nn.Module), f"branch {k} is {type(branch).__name__}, expected a module")
        expect(branch not in branches[:k], f"branch {k} is the module of another branch, too")
    return branches


def write_profile(path, model, branches, samples):
    """Raises Refusal, before the evaluation where that can be told before, if there can be no sound profile."""
    folder = os.path.dirname(os.path.abspath(path))
    expect(os.path.isdir(folder), f"--out: there is no folder {folder}")
    expect(not os.path.isdir(path), f"--out: {path} is a folder, expected a file")
    expect(os.access(path if os.path.exists(path) else folder, os.W_OK), f"--out: {path} cannot be written")
    expect(isinstance(model, torch.nn.Module), f"the model is {type(model).__name__}, expected a module")
    branches = modules_of(branches)
    try:
        batches = batches_of(iter(samples))
    except TypeError:
        raise Refusal(f"samples is {type(samples).__name__}, expected batches of inputs and labels") from None
    model.eval()
    with torch.no_grad():
        first = next(batches)
        inputs = first[0].to(device_of(model))
        check_structure(model, branches, inputs)
        times = time_profile(model, branches, inputs)
        confidences, classes = confidence_profile(model, itertools.chain([first], batches), len(branches))
    write_safetensors(path, {**times, **confidences}, {"classes": str(classes)})


def made_by(name):
    """What MODULE:FUNCTION returns."""
    module, _, function = name.partition(":")
    expect(module and function, f"'{name}' is not of the form MODULE:FUNCTION")
    try:
        make = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0] and error.name != module:
            raise
        raise Refusal(f"there is no module {module} in {sys.path[0]}") from None
    expect(callable(make), f"{module} has no function {function}")
    made = make()
    expect(isinstance(made, (list, tuple)) and len(made) == 3,
           f"{name} returns {type(made).__name__}, expected (model, branches, samples)")
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("make", help="MODULE:FUNCTION of a function that returns (model, branches, samples)")
    parser.add_argument("--out", default="profile.safetensors")
    parser.add_argument("--threads", type=int, choices=range(1, 1025), metavar="1..1024", default=1, help="of PyTorch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    return exit_code("make_profile.py", lambda: write_profile(options.out, *made_by(options.make)))


if __name__ == "__main__":
    sys.exit(main())
