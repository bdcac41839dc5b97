"""Replaces what an ONNX model computes of shapes by constants, for batches of one, as far as it can be told."""
import numpy
import onnx
from onnx import helper, numpy_helper, shape_inference

MOST = 4096  # elements of what is computed here; weights are left to the engine
TYPES = {1: numpy.float32, 6: numpy.int32, 7: numpy.int64, 9: numpy.bool_, 11: numpy.float64}  # by TensorProto.DataType


def along(values, attributes):
    """Axes of a Squeeze or Unsqueeze: an attribute until opset 12, an input since."""
    return tuple(int(axis) for axis in (values[1] if len(values) > 1 else attributes.get("axes", ())))


def unsqueezed(values, attributes):
    axes = along(values, attributes)
    rank = values[0].ndim + len(axes)
    return numpy.expand_dims(values[0], tuple(axis % rank for axis in axes))


def sliced(values, attributes):
    data, starts, ends = values[:3]
    axes = values[3] if len(values) > 3 else range(len(starts))
    steps = values[4] if len(values) > 4 else [1] * len(starts)
    where = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps):
        where[int(axis)] = slice(int(start), None if step < 0 and end < -data.shape[axis] else int(end), int(step))
    return data[tuple(where)]


def quotient(values, attributes):
    a, b = values
    return (numpy.trunc(a / b).astype(a.dtype) if a.dtype.kind in "iu" else a / b)


def reshaped(values, attributes):
    data, shape = values
    return data.reshape([data.shape[i] if size == 0 else int(size) for i, size in enumerate(shape)])


def filled(values, attributes):
    value = numpy_helper.to_array(attributes["value"]) if "value" in attributes else numpy.zeros(1, numpy.float32)
    return numpy.full([int(size) for size in values[0]], value[0], value.dtype)


FOLDED = {
    "Add": lambda v, a: v[0] + v[1],
    "Cast": lambda v, a: v[0].astype(TYPES[a["to"]]),
    "Concat": lambda v, a: numpy.concatenate(v, a["axis"]),
    "ConstantOfShape": filled,
    "Div": quotient,
    "Equal": lambda v, a: v[0] == v[1],
    "Gather": lambda v, a: numpy.take(v[0], v[1], a.get("axis", 0)),
    "Identity": lambda v, a: v[0],
    "Mul": lambda v, a: v[0] * v[1],
    "Reshape": reshaped,
    "Slice": sliced,
    "Squeeze": lambda v, a: numpy.squeeze(v[0], along(v, a) or None),
    "Sub": lambda v, a: v[0] - v[1],
    "Transpose": lambda v, a: numpy.transpose(v[0], a.get("perm")),
    "Unsqueeze": unsqueezed,
    "Where": lambda v, a: numpy.where(*v),
}


def attributes_of(node):
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def value_of(node, known, shape):
    """What a node computes, None if that is not known or large. `shape` is that of its first input, if known."""
    attributes = attributes_of(node)
    if node.op_type == "Constant":
        return numpy_helper.to_array(attributes["value"]) if "value" in attributes else None
    if node.op_type == "Shape":
        whole = None if shape is None else shape[attributes.get("start", 0):attributes.get("end", len(shape))]
        return None if whole is None else numpy.array(whole, numpy.int64)
    fold = FOLDED.get(node.op_type)
    values = [known.get(name) for name in node.input]
    if fold is None or node.domain not in ("", "ai.onnx") or any(value is None for value in values):
        return None
    if node.op_type == "ConstantOfShape" and numpy.prod(values[0]) > MOST:
        return None
    return numpy.asarray(fold(values, attributes))


def known_shape(info):
    """Sizes, if all of them are known."""
    if info is None or not info.type.tensor_type.HasField("shape"):
        return None
    dims = info.type.tensor_type.shape.dim
    return [dim.dim_value for dim in dims] if all(dim.HasField("dim_value") for dim in dims) else None


def taken_branch(node, known):
    """The graph that an If runs, if that is known."""
    condition = known.get(node.input[0])
    if condition is None:
        return None
    return attributes_of(node)["then_branch" if condition.reshape(-1)[0] else "else_branch"]


def pass_over(graph, infos):
    """Replaces what is known by constants, and an If by what it runs. Whether anything was."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
             if numpy.prod(tensor.dims) <= MOST}  # fmt: skip
    nodes, changed = [], False
    for node in graph.node:
        branch = taken_branch(node, known) if node.op_type == "If" else None
        if branch is not None:
            graph.initializer.extend(branch.initializer)
            nodes += branch.node
            nodes += [helper.make_node("Identity", [inner.name], [outer])
                      for inner, outer in zip(branch.output, node.output)]  # fmt: skip
            changed = True
            continue
        value = value_of(node, known, known_shape(infos.get(node.input[0])) if node.input else None)
        if value is not None and value.size <= MOST:
            known[node.output[0]] = value
            if node.op_type != "Constant":
                tensor = numpy_helper.from_array(numpy.ascontiguousarray(value).reshape(value.shape))
                node = helper.make_node("Constant", [], list(node.output), node.name, value=tensor)
                changed = True
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    return changed


def with_fixed_shapes(model, image):
    """A copy for batches of one, whose shapes are constants as far as they can be told, and the value infos of its
    tensors by name."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    graph = fixed.graph
    batch = next(value for value in graph.input if value.name == image).type.tensor_type.shape.dim
    if len(batch) > 0 and not batch[0].HasField("dim_value"):
        batch[0].dim_value = 1
    while True:
        inferred = shape_inference.infer_shapes(fixed).graph
        infos = {value.name: value for value in [*inferred.value_info, *inferred.input, *inferred.output]}
        if not pass_over(graph, infos):
            return fixed, infos
