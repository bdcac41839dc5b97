#!/usr/bin/env python3
"""Writes the ONNX files in onnx/, parts of tiny networks, with onnx (1.12 was used): run it in this folder."""
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def constant(name, values, kind=np.float32):
    return numpy_helper.from_array(np.array(values, dtype=kind), name)


def write(file, nodes, inputs, outputs, weights=(), kind=FLOAT):
    """inputs, outputs: shapes by name."""
    maps = [[helper.make_tensor_value_info(name, kind, shape) for name, shape in some.items()] for some in (inputs, outputs)]
    graph = helper.make_graph(nodes, "part", *maps, list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.checker.check_model(model)
    path = os.path.join("onnx", file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    onnx.save(model, path)


def branch(file, read, shape=(1, 2, 2, 2), classes=3, second=None):
    """Score k is the sum of (k + 1) times the map, plus k; the map is the sum of two if there is a second."""
    nodes, source = [], read
    if second:
        nodes, source = [helper.make_node("Add", [read, second], ["both"])], "both"
    nodes += [helper.make_node("Flatten", [source], ["flat"]),
              helper.make_node("Gemm", ["flat", "w", "b"], ["scores"])]  # fmt: skip
    count = int(np.prod(shape[1:]))
    weights = [constant("w", [[k + 1 for k in range(classes)]] * count), constant("b", range(classes))]
    write(file, nodes, {name: list(shape) for name in (read, second) if name}, {"scores": [1, classes]}, weights)


def conv1(folder, image=(1, 1, 2, 2), out="y1"):
    """Two channels, x and 2 x; and x + 1, which only a later branch reads."""
    nodes = [helper.make_node("Conv", ["x", "w"], [out]), helper.make_node("Add", [out, "one"], ["skip"])]
    write(f"{folder}/conv1.onnx", nodes, {"x": list(image)}, {out: [image[0], 2, 2, 2], "skip": [image[0], 2, 2, 2]},
          [constant("w", [[[[1]]], [[[2]]]]), constant("one", [1])])  # fmt: skip


# image -> y1 (and skip) -> y2; exit 3 has no conv part, and reads a map of the first.
conv1("three")
branch("three/branch1.onnx", "y1")
write("three/conv2.onnx",
      [helper.make_node("Sub", ["y1", "four"], ["moved"]), helper.make_node("Relu", ["moved"], ["y2"])],
      {"y1": [1, 2, 2, 2]}, {"y2": [1, 2, 2, 2]}, [constant("four", [4])])  # fmt: skip
branch("three/branch2.onnx", "y2")
branch("three/branch3.onnx", "y2", second="skip")

# Any batch.
conv1("batch", image=("n", 1, 2, 2))
branch("batch/branch1.onnx", "y1")

# A conv part that never ends.
body = helper.make_graph(
    [helper.make_node("Identity", ["go_on"], ["still"]), helper.make_node("Relu", ["state"], ["next"])], "body",
    [helper.make_tensor_value_info("turn", TensorProto.INT64, []), helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
     helper.make_tensor_value_info("state", FLOAT, [1, 2, 2, 2])],
    [helper.make_tensor_value_info("still", TensorProto.BOOL, []), helper.make_tensor_value_info("next", FLOAT, [1, 2, 2, 2])])  # fmt: skip
write("endless/conv1.onnx", [helper.make_node("Loop", ["turns", "always", "x"], ["y1"], body=body)],
      {"x": [1, 2, 2, 2]}, {"y1": [1, 2, 2, 2]},
      [constant("turns", 2**62, np.int64), constant("always", True, np.bool_)])  # fmt: skip
branch("endless/branch1.onnx", "y1")

# What must be refused.
conv1("unknown")
branch("unknown/branch1.onnx", "elsewhere")
conv1("twice")
branch("twice/branch1.onnx", "y1")
write("twice/conv2.onnx", [helper.make_node("Relu", ["y1"], ["skip"])], {"y1": [1, 2, 2, 2]}, {"skip": [1, 2, 2, 2]})
branch("twice/branch2.onnx", "skip")
conv1("shape")
branch("shape/branch1.onnx", "y1", shape=(1, 8, 1, 1))
conv1("classes")
branch("classes/branch1.onnx", "y1", classes=4)
conv1("loose", image=(1, 1, 2, 2))
write("loose/branch1.onnx", [helper.make_node("Relu", ["y1"], ["scores"])], {"y1": [1, 2, "h", 2]}, {"scores": [1, 2, "h", 2]})
write("integers/branch1.onnx", [helper.make_node("Identity", ["x"], ["scores"])], {"x": [1, 3]}, {"scores": [1, 3]},
      kind=TensorProto.INT32)  # fmt: skip
