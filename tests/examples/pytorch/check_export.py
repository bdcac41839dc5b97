"""Exports small networks by examples/pytorch/export.py and runs what it writes, whole and split; in ONNX Runtime or
onnx's reference evaluator where one of them is installed, else in the stand-in beside this file.

usage: check_export.py EXPORT_PY FOLDER [RUN_ONNX]; ends with 77 where torch, numpy or onnx is missing"""
import contextlib
import io
import json
import os
import shutil
import stat
import sys

try:
    import numpy
    import onnx
    import torch
    from torch import nn
except ImportError as error:
    print(f"not tested: {error}")
    sys.exit(77)

export_py, folder, *run_onnx = sys.argv[1:]
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.dirname(os.path.abspath(export_py))
sys.path.insert(0, EXAMPLES)
try:
    import onnxruntime  # noqa: F401
except ImportError:
    try:
        import onnx.reference  # noqa: F401
    except ImportError:
        sys.path.append(os.path.join(HERE, "onnx_stand_in"))
import add_exits  # noqa: E402
import export  # noqa: E402
import make_profile  # noqa: E402
import onnx_blocks  # noqa: E402
import onnx_checks  # noqa: E402
import onnx_constants  # noqa: E402

USERS_MODULE = '''
import torch
import torch.nn.functional as F
from torch import nn


def conv(inputs, outputs, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True))


class Net(nn.Module):
    """Two maps cross from block to block, exit 2 is computed from exit 1, and exit 4 adds a layer to exit 3's map."""

    def __init__(self, classes=5, kind="list"):
        super().__init__()
        self.kind = kind
        self.first, self.down = conv(3, 6), conv(6, 8, 2)
        self.fine, self.coarse = conv(6, 6), conv(14, 8)
        self.lrn = nn.LocalResponseNorm(3, 0.1, 0.75)
        self.heads = nn.ModuleList([nn.Linear(8, classes), nn.Linear(8 + classes, classes), nn.Linear(8, classes),
                                    nn.Linear(8, classes)])

    def forward(self, x):
        fine = self.first(x)
        coarse = self.down(fine)
        pooled = lambda map: F.adaptive_avg_pool2d(map, 1).flatten(1)
        one = self.heads[0](pooled(self.lrn(coarse)))
        coarse = self.coarse(torch.cat([F.max_pool2d(self.fine(fine), 2), coarse], 1))
        two = self.heads[1](torch.cat([pooled(coarse), one], 1))
        coarse = F.relu(coarse + self.down(fine))
        three = self.heads[2](pooled(coarse))
        four = self.heads[3](pooled(F.avg_pool2d(coarse, 2)))
        scores = [one, two, three, four]
        return {"dict": dict(zip("abcd", scores)), "tuple": tuple(scores)}.get(self.kind, scores)


class Single(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(conv(3, 6), conv(6, 8, 2), conv(8, 12, 2))
        self.unused, self.drop, self.fc = nn.ReLU(), nn.Dropout(0.5), nn.Linear(12, 4)

    def forward(self, x):
        return self.fc(self.drop(F.adaptive_avg_pool2d(self.layers(x), 1).flatten(1)))


class Bad(Single):
    def __init__(self, how):
        super().__init__()
        self.how = how

    def forward(self, x):
        y = super().forward(x)
        return {"softmax": lambda: y.softmax(1), "nan": lambda: y / 0 * 0, "none": lambda: None, "map": lambda: x,
                "classes": lambda: [y, y[:, :2]], "random": lambda: y + torch.rand(1),
                "raises": lambda: nn.Linear(7, 7)(y), "twice": lambda: self.layers[0](x).flatten(1)[:, :4] + y,
                "fft": lambda: torch.fft.rfft(y).abs(), "tuple": lambda: [self.heads, y]}[self.how]()


def fails():
    raise ValueError("no such\\nweights")


def number():
    return 3


number_itself = 3


def images():
    """Four classes, each with a colour and a half of the image that is bright."""
    draw = torch.Generator().manual_seed(3)
    for _ in range(6):
        labels = torch.randint(4, (32,), generator=draw)
        noise = torch.randn(32, 3, 12, 12, generator=draw)
        noise[labels % 2 == 1, :, :6] += 2
        noise[labels >= 2, 0] += 2
        yield noise, labels


def wrong_labels():
    yield torch.zeros(2, 3, 12, 12), torch.tensor([0, 4])


def wrong_sizes():
    yield torch.zeros(2, 3, 11, 12), torch.tensor([0, 1])


def nothing():
    return []
'''


def run_export(*arguments, code=0):
    """What the program prints on both streams, which must not be a traceback."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            found = export.main([str(each) for each in arguments])
        except SystemExit as end:
            found = end.code
    assert found == code, (arguments, found, out.getvalue(), err.getvalue())
    return out.getvalue(), err.getvalue()


def refused(*arguments, says):
    _, err = run_export(*arguments, code=2)
    lines = err.strip().splitlines()
    assert lines[-1].startswith("export.py: ") and says in lines[-1], (arguments, says, err)
    assert len(lines) == 1 or lines[0].startswith("usage"), err  # argparse shows how it is called, too


def evaluate(path, inputs):
    run, _ = onnx_checks.evaluator(path)
    names = [value.name for value in onnx.load(path).graph.output]
    return dict(zip(names, run(inputs)))


def benign(model, seed):
    """Statistics and affine parameters that a wrong folding would show."""
    draw = torch.Generator().manual_seed(seed)
    for tensor in model.state_dict().values():
        if tensor.dim() == 1 and tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=draw) + 0.5)
    return model.eval()


def close(found, wanted):
    return abs(found - wanted).max() <= 1e-5 * abs(wanted).max()


def scores_of(model, image):
    with torch.no_grad():
        scores = model(image)
    return [score.numpy() for score in make_profile.exits_of(scores)]


def names_read(node):
    return [name for name in node.input if name]


def constants_of(graph):
    """Names of all tensors that do not depend on the image."""
    names = {each.name for each in graph.initializer}
    for node in graph.node:
        if all(name in names for name in names_read(node)):
            names |= set(node.output)
    return names


def still_made(graph, image, without):
    """Names that can be computed without one of the nodes."""
    names = {image, *(each.name for each in graph.initializer)}
    for i, node in enumerate(graph.node):
        if i != without and all(name in names for name in names_read(node)):
            names |= set(node.output)
    return names


def check_split(path, parts, whole=None):
    """That blocks.json's parts have every layer of the whole once, where it belongs, and run in order. `whole` is the
    graph that was split, if not the file's."""
    graph = whole or onnx.load(path).graph
    with open(os.path.join(parts, "blocks.json")) as file:
        told = json.load(file)
    constants = constants_of(graph)
    wanted = {}
    for i, node in enumerate(graph.node):
        if set(node.output) & constants:
            continue
        made = still_made(graph, told["image"], i)
        needing = [k for k, exit in enumerate(told["exits"]) if exit not in made]
        if needing:
            wanted[node.output[0]] = (needing[0], "conv" if len(needing) > 1 else "branch")
    found, known = {}, {told["image"]}
    for k, block in enumerate(told["blocks"]):
        for kind in ("conv", "branch"):
            if block[kind] is None:
                continue
            assert block[kind]["file"] == f"{kind}{k + 1}.onnx"
            part = onnx.load(os.path.join(parts, block[kind]["file"]))
            onnx.checker.check_model(part)
            assert [value.name for value in part.graph.input] == block[kind]["inputs"]
            assert [value.name for value in part.graph.output] == block[kind]["outputs"]
            assert set(block[kind]["inputs"]) <= known, (block, known)
            for value in part.graph.output:
                dims = value.type.tensor_type.shape.dim
                assert value.type.tensor_type.elem_type == 1 and all(dim.dim_value > 0 for dim in dims), value
            here = constants_of(part.graph)
            for node in part.graph.node:
                if node.output[0] not in here:
                    assert node.output[0] not in found, node
                    found[node.output[0]] = (k, kind)
            known |= set(block[kind]["outputs"]) if kind == "conv" else set()
    return told, found, wanted


def run_parts(parts, told, image):
    known = {told["image"]: image}
    for block in told["blocks"]:
        for kind in ("conv", "branch"):
            if block[kind]:
                inputs = {name: known[name] for name in block[kind]["inputs"]}
                known.update(evaluate(os.path.join(parts, block[kind]["file"]), inputs))
    return [known[exit] for exit in told["exits"]]


def check_multi_exit(net):
    import users_net

    model = benign(users_net.Net(), 5)
    torch.save(model.state_dict(), "net.pt")
    state = {name: value.numpy() for name, value in model.state_dict().items() if value.is_floating_point()}
    make_profile.write_safetensors("net.safetensors", state, {})
    torch.save({"epoch": 3, "state_dict": {"module." + n: v for n, v in model.state_dict().items()}}, "checkpoint.pt")
    image = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(9))
    wanted = scores_of(model, image)
    for kind, weights in (("list", "net.pt"), ("dict", "net.safetensors"), ("tuple", "checkpoint.pt")):
        out, _ = run_export(f"{net}:Net", "--with", f"kind={kind}", "--shape", "3x12x12", "--weights", weights, "--out",
                            "net.onnx", "--split", "parts")  # fmt: skip
        assert "agree on 3 random images" in out and "the parts and the whole agree" in out, out
        found = evaluate("net.onnx", {"image": image.numpy()})
        assert list(found) == ["exit1", "exit2", "exit3", "exit4"]
        assert all(close(f, w) for f, w in zip(found.values(), wanted)), (found, wanted)
    assert sum(node.op_type == "LRN" for node in onnx.load("net.onnx").graph.node) == 1

    told, found, expected = check_split("net.onnx", "parts")
    # Exit 1 is needed by exit 2: its node is the conv part's under another name, and a copy is the branch.
    assert expected.pop("exit1") == (0, "conv")
    assert found.pop("exit1_shared") == (0, "conv") and found.pop("exit1") == (0, "branch")
    assert found == expected, (found, expected)
    assert all(close(f, w) for f, w in zip(run_parts("parts", told, image.numpy()), wanted))
    assert [len(block["conv"]["outputs"]) if block["conv"] else 0 for block in told["blocks"]] == [3, 1, 1, 0], told

    os.environ["EINET_TEST_ERROR"] = "0.01"
    if "stand-in" in out:
        before = open("net.onnx", "rb").read()
        refused(f"{net}:Net", "--shape", "3x12x12", "--out", "net.onnx", says="differ by")
        assert open("net.onnx", "rb").read() == before and not os.path.exists("net.onnx.part")
    del os.environ["EINET_TEST_ERROR"]


def check_ready_models():
    """A transformer and an AlexNet, exported otherwise: any batch, opset 11, shapes computed, an If, weights as inputs."""
    import networks

    torch.manual_seed(4)
    image = torch.randn(1, 3, 32, 32)
    for name, model in (("vit", networks.ViT(0.0625)), ("alexnet", networks.BAlexNet(0.0625))):
        torch.onnx.export(model.eval(), image, f"{name}.onnx", opset_version=11, input_names=["in"],
                          do_constant_folding=False, keep_initializers_as_inputs=True,
                          dynamic_axes={"in": {0: "batch"}})  # fmt: skip
        old = onnx.load(f"{name}.onnx")
        old.ir_version = 3
        onnx.save(old, f"{name}.onnx")
        whole, _ = onnx_constants.with_fixed_shapes(onnx.load(f"{name}.onnx"), "in")
        run, onnx_checks.evaluator = onnx_checks.evaluator, lambda path: None  # the stand-in does not run such a whole
        out, _ = run_export(f"{name}.onnx", "--split", f"{name}_parts")
        onnx_checks.evaluator = run
        assert ("ConstantOfShape" if name == "vit" else "If") in out, out
        told, found, expected = check_split(f"{name}.onnx", f"{name}_parts", whole.graph)
        assert found == expected, (name, found, expected)
        parts = run_parts(f"{name}_parts", told, image.numpy())
        assert all(close(f, w) for f, w in zip(parts, scores_of(model, image))), name
    fold = onnx_constants.FOLDED
    assert fold["Div"]([numpy.array([-7, 7]), numpy.array(2)], {}).tolist() == [-3, 3]  # to zero, as ONNX has it
    assert fold["Reshape"]([numpy.zeros((2, 6)), numpy.array([0, 3, -1])], {}).shape == (2, 3, 2)
    assert fold["Slice"]([numpy.arange(5), [-1], [-9], [0], [-2]], {}).tolist() == [4, 2, 0]


def check_reads_from_within():
    """What the graphs within a node read is what the node reads."""
    make, info = onnx.helper.make_node, lambda name: onnx.helper.make_tensor_value_info(name, 1, [1, 4])
    one = onnx.helper.make_tensor("inner", 1, [1], [1.0])
    within = [onnx.helper.make_graph([make("Add", [name, "inner"], [name + "_sum"])], name, [], [info(name + "_sum")],
                                     [one]) for name in ("a", "b")]  # fmt: skip
    nodes = [make("Relu", ["x"], ["a"]), make("Neg", ["x"], ["b"]), make("Sigmoid", ["a"], ["one"]),
             make("ReduceMax", ["x"], ["most"], keepdims=0), make("Cast", ["most"], ["positive"], to=9),
             make("If", ["positive"], ["two"], then_branch=within[0], else_branch=within[1])]  # fmt: skip
    graph = onnx.helper.make_graph(nodes, "g", [info("x")], [info("one"), info("two")])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)]), "if.onnx")
    _, told = onnx_blocks.split(onnx.load("if.onnx"))
    assert told["blocks"][0]["conv"]["outputs"] == ["a"], told
    assert told["blocks"][1] == {"conv": None, "branch": {"file": "branch2.onnx", "inputs": ["x", "a"],
                                                          "outputs": ["two"]}}, told  # fmt: skip
    for taken, inputs in ((True, ["a"]), (False, ["x"])):  # a condition that is known
        graph.initializer.append(onnx.helper.make_tensor("known", 9, [1], [taken]))
        nodes[-1].input[0] = "known"
        graph.node[-1].CopyFrom(nodes[-1])
        _, told = onnx_blocks.split(onnx.helper.make_model(graph))
        assert told["blocks"][1]["branch"]["inputs"] == inputs, told
        del graph.initializer[:]


def check_operators(net):
    def program(name, text):
        with open(name, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(name, os.stat(name).st_mode | stat.S_IXUSR)
        return os.path.abspath(name)

    all_but = "Add AveragePool Concat Constant Conv Flatten Gemm GlobalAveragePool Identity MaxPool Pad"
    lists = program("lists", f"test \"$*\" = --operators && printf '%s\\n' {all_but} Relu\n")
    out, _ = run_export("net.onnx", "--run-onnx", lists, code=1)
    assert [line for line in out.splitlines() if "refuses" in line][0].startswith("einet refuses LRN: 1 nodes"), out
    lists = program("lists_all", f"printf '%s\\n' {all_but} Relu LRN\n")
    out, _ = run_export("net.onnx", "--run-onnx", lists)
    assert "einet takes all of them" in out
    refused("net.onnx", "--run-onnx", program("silent", "exit 0\n"), says="prints no operators")
    refused("net.onnx", "--run-onnx", program("fails", "echo Conv; exit 3\n"), says="prints no operators")
    refused("net.onnx", "--run-onnx", "no_such_program", says="no_such_program does not run")
    for real in run_onnx:
        out, _ = run_export("net.onnx", "--run-onnx", real)
        assert "einet takes all of them" in out, out


def check_added_exits(net):
    import users_net

    model = benign(users_net.Single(), 6)
    torch.save(model.state_dict(), "single.pt")
    recipe = [f"{net}:Single", "--weights", "single.pt", "--shape", "3x12x12", "--data", f"{net}:images", "--epochs", 8,
              "--rate", 0.01, "--branch-channels", 6, "--branch-hidden", 12]  # fmt: skip
    out, _ = run_export(*recipe, "--add-exits", "layers.1", "layers.0.1", "--out", "added.onnx", "--split", "added")
    assert "exit1 reads layers.0.1\nexit2 reads layers.1\nexit3 is the model's own" in out, out
    assert "agree on 3 random images" in out, out  # a ReLU works in place on what the first of them reads
    images, labels = map(torch.cat, zip(*users_net.images()))
    own = numpy.concatenate([scores_of(model, image[None])[0] for image in images])
    found = [evaluate("added.onnx", {"image": image[None].numpy()}) for image in images]
    exits = [numpy.concatenate([scores[f"exit{k}"] for scores in found]) for k in (1, 2, 3)]
    assert close(exits[2], own)
    shares = [float((exit.argmax(1) == labels.numpy()).mean()) for exit in exits[:2]]
    print("the new exits are right in", shares)
    assert min(shares) > 0.8  # 0.25 by chance
    last = [line.split() for line in out.splitlines() if line.startswith("epoch 8")][0]
    assert abs(float(last[-1]) - (own.argmax(1) == labels.numpy()).mean()) < 1e-3, last  # of the model's own exit
    told, _, _ = check_split("added.onnx", "added")
    assert [block["conv"] is None for block in told["blocks"]] == [False, False, True]

    first = open("added.onnx", "rb").read()
    run_export(*recipe, "--add-exits", "layers.0.1", "layers.1", "--out", "again.onnx")
    assert open("again.onnx", "rb").read() == first, "the same seed trains other exits"

    # The model keeps its running statistics, and takes part in no step, whatever mode is asked for.
    before = {name: value.clone() for name, value in model.state_dict().items()}
    image = torch.zeros(1, 3, 12, 12)
    grown = add_exits.WithExits(model, ["layers.2"], image, 4, 6)
    with contextlib.redirect_stdout(io.StringIO()):
        add_exits.train(grown, image, users_net.images, 1, 0.01)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    images = lambda: [(torch.randn(2, 3, 4, 4), torch.tensor([0, 1]))]  # whose last map is a single pixel
    with contextlib.redirect_stdout(io.StringIO()):
        add_exits.train(add_exits.WithExits(users_net.Single(), ["layers.2"], image[..., :4, :4], 4, 6),
                        image[..., :4, :4], images, 1, 0.01)  # fmt: skip
    tokens = add_exits.TokenBranch((1, 9, 7), 5, 4)
    assert tokens(torch.randn(2, 9, 7)).shape == (2, 4)

    more = recipe + ["--out", "added.onnx", "--add-exits"]
    refused(*more, "layer.1", says="no module 'layer.1'; it has layers.1")
    refused(*more, "layers.1", "layers.1", says="'layers.1' is given more than once")
    refused(f"{net}:Bad", "--with", "how=twice", *recipe[3:], "--add-exits", "layers.0",
            says="runs 'layers.0' more than once")
    refused(*more, "unused", says="does not run 'unused'")
    refused(*more, "fc", says="'fc' returns [1, 4], expected maps")
    refused(f"{net}:Net", "--shape", "3x12x12", "--data", f"{net}:images", "--add-exits", "first",
            says="has 4 exits already")
    for loader, says in (("wrong_labels", "a label is 4, expected 0 to 3"), ("wrong_sizes", "[2, 3, 11, 12]"),
                         ("nothing", "there are no samples"), ("absent", "has no absent"),
                         ("number_itself", "is int")):  # fmt: skip
        refused(*more[:6], f"{net}:{loader}", *more[7:], "layers.0", says=says)
    refused(*more[:5], "--add-exits", "layers.0", says="--add-exits needs --data")
    assert open("added.onnx", "rb").read() == first


def check_refusals(net):
    os.makedirs("apart")
    for name, text in (("beside.py", "from torch import nn\n"),
                       ("net_apart.py", "from beside import nn\n\nnet = nn.Linear(3, 2)\n")):  # fmt: skip
        with open(os.path.join("apart", name), "w") as file:
            file.write(text)
    run_export("apart/net_apart.py:net", "--shape", "3", "--out", "linear.onnx")
    assert evaluate("linear.onnx", {"image": numpy.zeros((1, 3), numpy.float32)})["exit1"].shape == (1, 2)
    shape = ("--shape", "3x12x12", "--out", "bad.onnx")
    for model, says in (("users_net", "not of the form"), ("no_such.py:Net", "there is no file no_such.py"),
                        ("no_such_module:Net", "module no_such_module: ModuleNotFoundError"),
                        (f"{net}:No", "has no No"),
                        (f"{net}:number", "returns int"), (f"{net}:number_itself", "is int, expected a module"),
                        (f"{net}:fails", "ValueError: no such (")):  # fmt: skip
        refused(model, *shape, says=says)
    for how, says in (("nan", "not numbers"), ("none", "returns NoneType"), ("map", "[1, 3, 12, 12]"),
                      ("classes", "exit2 has 2 classes"), ("random", "something else of the same image"),
                      ("raises", "the model: RuntimeError: mat1 and mat2"), ("fft", "cannot be exported"),
                      ("tuple", "has no attribute 'heads'")):  # fmt: skip
        refused(f"{net}:Bad", "--with", f"how={how}", *shape, says=says)
    out, _ = run_export(f"{net}:Bad", "--with", "how=softmax", "--shape", "3x12x12", "--out", "softmax.onnx")
    assert "note: exit1 returns probabilities" in out, out
    refused(f"{net}:Net", "--with", "colour=3", *shape, says="unexpected keyword argument 'colour'")
    refused(f"{net}:Net", "--with", "3", *shape, says="expected NAME=VALUE")
    refused(f"{net}:Net", "--shape", "3x0", says="such as 3x32x32")
    refused(f"{net}:Net", says="--shape is missing")
    refused(f"{net}:Net", "--shape", "3x12x12", "--out", "no/where.onnx", says="there is no folder")
    refused(f"{net}:Net", "--shape", "3x12x12", "--out", ".", says="is a folder")
    refused(f"{net}:Net", "--shape", "3x12x12", "--data", "a:b", says="--data needs --add-exits")
    refused(f"{net}:Net", "--opset", "99", *shape, says="cannot be exported")
    refused(f"{net}:Net", "--opset", "x", *shape, says="--opset")
    assert not os.path.exists("bad.onnx") and not os.path.exists("bad.onnx.part")

    state = torch.load("net.pt")
    state["heads.0.weight"] = state.pop("heads.1.weight")
    torch.save(state, "wrong.pt")
    refused(f"{net}:Net", *shape, "--weights", "wrong.pt",
            says="missing: heads.1.weight; of another shape: heads.0.weight [5, 13] for [5, 8]")
    torch.save({**torch.load("net.pt"), "more": torch.zeros(1)}, "wrong.pt")
    refused(f"{net}:Net", *shape, "--weights", "wrong.pt", says="not the model's: more")
    torch.save([1, 2], "wrong.pt")
    refused(f"{net}:Net", *shape, "--weights", "wrong.pt", says="holds list")
    with open("wrong.pt", "w") as file:
        file.write("weights")
    refused(f"{net}:Net", *shape, "--weights", "wrong.pt", says="is no state_dict")
    with open("wrong.safetensors", "wb") as file:
        file.write(open("net.safetensors", "rb").read()[:-9])
    refused(f"{net}:Net", *shape, "--weights", "wrong.safetensors", says="no sound safetensors file")
    refused(f"{net}:Net", *shape, "--weights", "absent.pt", says="there is no file absent.pt")

    refused("absent.onnx", says="there is no such file")
    whole = open("net.onnx", "rb").read()
    for name, text in (("short.onnx", whole[:-2000]), ("text.onnx", b"text"), ("empty.onnx", b"")):
        with open(name, "wb") as file:
            file.write(text)
        refused(name, says="no sound ONNX model")
    refused("net.onnx", "--weights", "net.pt", says="--weights is not for a model that is ONNX already")
    two = onnx.load("net.onnx")
    two.graph.input.append(onnx.helper.make_tensor_value_info("mask", 1, [1]))
    onnx.save(two, "two.onnx")
    refused("two.onnx", "--split", "two", says="2 inputs besides its weights, expected 1: image, mask")


def main():
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    with open("users_net.py", "w") as file:
        file.write(USERS_MODULE)
    sys.path.insert(0, os.getcwd())
    check_multi_exit("users_net.py")
    check_ready_models()
    check_reads_from_within()
    check_operators("users_net.py")
    check_added_exits("users_net.py")
    check_refusals("users_net.py")


main()
