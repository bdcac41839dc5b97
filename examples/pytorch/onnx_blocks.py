"""Splits an ONNX model with several exits into blocks, the conv part and the branch of each an ONNX file of its own.
The rule is that of einet/nn/blocks.hpp: a node that several exits need belongs to the conv part of the first of them,
one that a single exit needs belongs to its branch."""
import json
import os

import onnx
from onnx import helper

from make_profile import Refusal, expect
from onnx_constants import with_fixed_shapes

KINDS = ("conv", "branch")


def inside(node):
    """The graphs in a node's attributes, as an If or Loop has them."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def reads(node):
    """Names that a node reads, also from within its graphs."""
    names = {name for name in node.input if name}
    for graph in inside(node):
        own = {value.name for value in [*graph.input, *graph.initializer]}
        for each in graph.node:
            names |= reads(each) - own
            own |= set(each.output)
    return names


def nodes_of(graph):
    """All nodes, also those within others."""
    for node in graph.node:
        yield node
        for within in inside(node):
            yield from nodes_of(within)


def load(path):
    expect(os.path.isfile(path), f"{path}: there is no such file")
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as error:  # DecodeError, ValidationError and what reading its external data raises
        text = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Refusal(f"{path}: is no sound ONNX model: {text}") from None
    return model


def image_of(graph):
    """The value info of the only input that is no weight."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    expect(len(inputs) == 1, f"the model has {len(inputs)} inputs besides its weights, expected 1: "
           + ", ".join(value.name for value in inputs))
    return inputs[0]


class Graph:
    """What is computed from what. Nodes that compute constants are no layers: every part has its own copies."""

    def __init__(self, graph):
        self.nodes = list(graph.node)
        self.weights = {tensor.name: tensor for tensor in graph.initializer}
        self.reads = [reads(node) for node in self.nodes]
        self.maker = {name: i for i, node in enumerate(self.nodes) for name in node.output if name}
        self.constant = []
        for names in self.reads:
            makers = [self.maker.get(name) for name in names if name not in self.weights]
            self.constant.append(all(i is not None and self.constant[i] for i in makers))

    def layer(self, name):
        """The layer that makes a tensor, if it is one."""
        maker = self.maker.get(name)
        return None if maker is None or self.constant[maker] else maker

    def needed(self, last, seen, follow):
        """All nodes that `last` is computed from, itself among them, as far as `follow` goes."""
        open_nodes = [last]
        while open_nodes:
            i = open_nodes.pop()
            if i is None or i in seen:
                continue
            seen.add(i)
            open_nodes += [follow(name) for name in self.reads[i]]
        return seen


def find_blocks(graph, exits):
    """Of every exit the layers of its conv part and those of its branch, in order."""
    first, shared = {}, set()
    for k, name in enumerate(exits):
        layer = graph.layer(name)
        expect(layer is not None, f"exit {name} is not computed from the image")
        for i in graph.needed(layer, set(), graph.layer):
            if first.setdefault(i, k) != k:
                shared.add(i)
    blocks = [([], []) for _ in exits]
    for i in sorted(first):
        blocks[first[i]][i not in shared].append(i)
    return blocks


def part_of(model, graph, infos, name, layers, outputs):
    """A model of some layers and the constants that they need."""
    wanted = set(layers)
    for i in layers:
        for read in graph.reads[i]:
            if graph.layer(read) is None:
                graph.needed(graph.maker.get(read), wanted, graph.maker.get)
    nodes = [graph.nodes[i] for i in sorted(wanted)]
    made = {output for node in nodes for output in node.output}
    asked = [read for i in sorted(wanted) for read in sorted(graph.reads[i])]
    weights = [read for read in dict.fromkeys(asked) if read in graph.weights]
    inputs = [read for read in dict.fromkeys(asked) if read not in made and read not in graph.weights]
    part = helper.make_graph(nodes, name, [infos[i] for i in inputs], [infos[o] for o in outputs],
                             [graph.weights[w] for w in weights])  # fmt: skip
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.ir_version = max(4, model.ir_version)  # before, weights had to be inputs
    result.graph.CopyFrom(part)
    return result, inputs


def separate_shared_exits(model, exits):
    """Gives every exit that another one is computed from a node of its own, its branch."""
    graph = Graph(model.graph)
    for name in exits:
        if not any(name in names for names in graph.reads):
            continue
        shared = name + "_shared"
        while shared in graph.maker:
            shared += "_"
        for node in nodes_of(model.graph):
            for names in (node.input, node.output):
                names[:] = [shared if each == name else each for each in names]
        model.graph.node.append(helper.make_node("Identity", [shared], [name]))


def split(model):
    """The parts by file name, and what blocks.json says of them."""
    exits = [value.name for value in model.graph.output]
    model = onnx.ModelProto.FromString(model.SerializeToString())
    separate_shared_exits(model, exits)
    model, infos = with_fixed_shapes(model, image_of(model.graph).name)
    graph = Graph(model.graph)
    blocks = find_blocks(graph, exits)
    parts = [(k, kind, layers) for k, block in enumerate(blocks) for kind, layers in zip(KINDS, block) if layers]
    home = {i: (k, kind) for k, kind, layers in parts for i in layers}
    crossing = {read for i, part in home.items() for read in graph.reads[i]
                if home.get(graph.layer(read), part) != part}  # fmt: skip
    for name in crossing:
        infos.setdefault(name, helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    files, told = {}, [dict.fromkeys(KINDS) for _ in exits]
    for k, kind, layers in parts:
        made = [output for i in layers for output in graph.nodes[i].output if output]
        outputs = [output for output in made if output in crossing or output in exits]
        file = f"{kind}{k + 1}.onnx"
        files[file], inputs = part_of(model, graph, infos, file[:-5], layers, outputs)
        told[k][kind] = {"file": file, "inputs": inputs, "outputs": outputs}
    return files, {"image": image_of(model.graph).name, "exits": exits, "blocks": told}


def write(folder, files, told):
    os.makedirs(folder, exist_ok=True)
    for name, model in files.items():
        onnx.save(model, os.path.join(folder, name))
    with open(os.path.join(folder, "blocks.json"), "w") as file:
        json.dump(told, file, indent=1)
        file.write("\n")
