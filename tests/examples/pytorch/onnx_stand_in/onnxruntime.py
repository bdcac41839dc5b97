"""Runs ONNX models by PyTorch, as far as check_export.py needs it, where nothing is installed that does. Says something
else if EINET_TEST_ERROR is set."""
import os

import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper

__version__ = "stand-in"


def tensor(proto):
    return torch.from_numpy(numpy_helper.to_array(proto).copy())


def padded(x, a, value):
    pads = a.get("pads", [0, 0, 0, 0])
    assert pads[:2] == pads[2:] or a.get("ceil_mode"), pads
    return F.pad(x, [pads[1], pads[3], pads[0], pads[2]], value=value)


def with_border(x, pads):
    half = len(pads) // 2
    return F.pad(x, [int(p) for i in reversed(range(half)) for p in (pads[i], pads[half + i])])


def average(x, a):
    assert not any(a.get("pads", [])), "padded averages are not known here"
    pool = F.avg_pool2d if len(a["kernel_shape"]) == 2 else F.avg_pool3d
    return pool(x, a["kernel_shape"], a.get("strides"))


def normalized(x, a):
    """LRN by its definition: a channel's sum of squares is over size channels around it."""
    size, squares = a["size"], F.pad(x * x, [0, 0, 0, 0, (a["size"] - 1) // 2, a["size"] // 2])
    total = sum(squares[:, i:i + x.shape[1]] for i in range(size))
    return x / (a.get("bias", 1.0) + a["alpha"] / size * total) ** a["beta"]


def part(a, x, starts, ends, axes, steps=None):
    where = [slice(None)] * x.dim()
    for i, axis in enumerate(axes.tolist()):
        where[axis] = slice(int(starts[i]), int(ends[i]), 1 if steps is None else int(steps[i]))
    return x[tuple(where)]


def gathered(a, x, index):
    axis = a.get("axis", 0)
    return x.index_select(axis, index) if index.dim() == 1 else x.select(axis, int(index))


def gemm(a, x, y, z=0):
    return a.get("alpha", 1) * (x.T if a.get("transA") else x) @ (y.T if a.get("transB") else y) + a.get("beta", 1) * z


OPERATORS = {
    "Add": lambda a, x, y: x + y,
    "AveragePool": lambda a, x: average(x, a),
    "Concat": lambda a, *x: torch.cat(x, a["axis"]),
    "Constant": lambda a: tensor(a["value"]),
    "Conv": lambda a, x, w, b=None: F.conv2d(padded(x, a, 0.0), w, b, a.get("strides", 1), 0, a.get("dilations", 1),
                                             a.get("group", 1)),
    "Div": lambda a, x, y: x / y,
    "Erf": lambda a, x: x.erf(),
    "Expand": lambda a, x, shape: x.expand(torch.broadcast_shapes(x.shape, shape.tolist())),
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Gather": gathered,
    "Gemm": gemm,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
    "Identity": lambda a, x: x,
    "LRN": lambda a, x: normalized(x, a),
    "MatMul": lambda a, x, y: x @ y,
    "MaxPool": lambda a, x: F.max_pool2d(padded(x, a, -float("inf")), a["kernel_shape"], a.get("strides"), 0, 1,
                                         bool(a.get("ceil_mode"))),
    "Mul": lambda a, x, y: x * y,
    "Pad": lambda a, x, pads, value=None: with_border(x, pads),
    "Pow": lambda a, x, y: x ** y,
    "ReduceMean": lambda a, x: x.mean(a["axes"], bool(a.get("keepdims", 1))),
    "Relu": lambda a, x: x.relu(),
    "Reshape": lambda a, x, shape: x.reshape(shape.tolist()),
    "Slice": part,
    "Softmax": lambda a, x: x.softmax(a.get("axis", -1)),
    "Sqrt": lambda a, x: x.sqrt(),
    "Squeeze": lambda a, x: x.squeeze(a["axes"][0]),
    "Sub": lambda a, x, y: x - y,
    "Transpose": lambda a, x: x.permute(*a["perm"]),
    "Unsqueeze": lambda a, x: x.unsqueeze(a["axes"][0]),
}  # fmt: skip


class InferenceSession:
    def __init__(self, path, providers=None):
        self.model = onnx.load(path)

    def run(self, names, inputs):
        graph = self.model.graph
        known = {name: torch.from_numpy(array) for name, array in inputs.items()}
        known.update((each.name, tensor(each)) for each in graph.initializer)
        for node in graph.node:
            attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
            known[node.output[0]] = OPERATORS[node.op_type](attributes, *(known.get(name) for name in node.input))
        error = float(os.environ.get("EINET_TEST_ERROR", 0))
        return [known[value.name].numpy() + error for value in graph.output]
