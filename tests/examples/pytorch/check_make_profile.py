"""Profiles a tiny model by examples/pytorch/make_profile.py, has a C++ program read the file, and compares what that
prints with what plain Python computes from the model's weights, and with times told by a clock of our own.

usage: check_make_profile.py PROFILE_PY PRINT_PROFILE FOLDER; ends with 77 where torch or numpy is missing"""
import importlib.util
import math
import os
import random
import subprocess
import sys

try:
    import torch
except ImportError as error:
    print(f"not tested: {error}")
    sys.exit(77)

sys.dont_write_bytecode = True  # make_profile.py lies among the sources

CLASSES, SAMPLES, INPUTS = 12, 7, 5
CONV = [0.002, 0.03, 0.0]
BRANCH = [0.001, 0.0005, 0.004]

# What a user writes: a model of two convolutions and three exits, in single precision, and a DataLoader.
USERS_MODULE = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = torch.nn.ModuleList([torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 4, 3), torch.nn.Identity()])
        self.exits = torch.nn.ModuleList([torch.nn.Linear(4, 300) for _ in range(3)])

    def forward(self, x):
        scores = []
        for conv, exit in zip(self.convs, self.exits):
            x = conv(x).relu()
            scores.append(exit(x.mean((2, 3))))
        return scores

def make():
    model = Net()
    data = torch.utils.data.TensorDataset(torch.rand(9, 3, 8, 8), torch.arange(9) + 290)
    return model, model.exits, torch.utils.data.DataLoader(data, batch_size=4)
"""


class Clock:
    """What make_profile.py takes for the time; every part of the model moves it on, longer from run to run once ten
    runs, which must not count, have warmed the model up."""

    now, run = 5.0, -12  # one run is looked at before ten that warm up

    @classmethod
    def advance(cls, seconds):
        cls.now += seconds * (100 if cls.run < 0 else 1 + cls.run / 1000)

    @classmethod
    def perf_counter(cls):
        return cls.now


class Part(torch.nn.Module):
    def __init__(self, matrix, seconds):
        super().__init__()
        self.matrix, self.seconds = torch.tensor(matrix, dtype=torch.float64), seconds

    def forward(self, x):
        Clock.advance(self.seconds)
        return x @ self.matrix


class Model(torch.nn.Module):
    def __init__(self, convs, branches):
        super().__init__()
        self.convs = torch.nn.ModuleList(map(Part, convs, CONV))
        self.branches = torch.nn.ModuleList(map(Part, branches, BRANCH))
        self.late = False

    def forward(self, x):
        Clock.run += 1
        features, outputs = [], []
        for conv, branch in zip(self.convs, self.branches):
            x = conv(x)
            features.append(x)
            if not self.late:
                outputs.append(branch(x))
        if self.late:  # the branches after all, in an order that no exit could use
            outputs = [branch(x) for branch, x in reversed(list(zip(self.branches, features)))][::-1]
        return outputs


def product(row, matrix):
    return [sum(x * line[j] for x, line in zip(row, matrix)) for j in range(len(matrix[0]))]


def close(a, b, tolerance):
    return abs(a - b) <= tolerance * max(1.0, abs(b))


def main(profile_py, print_profile, folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "profile.safetensors")
    spec = importlib.util.spec_from_file_location("profile_of_einet", profile_py)
    profile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(profile)
    profile.time = Clock

    seed = 17
    print(f"seed {seed}")
    draw = random.Random(seed)

    def matrix(rows, columns):
        return [[draw.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)]

    convs = [matrix(INPUTS, INPUTS) for _ in CONV]
    branches = [matrix(INPUTS, CLASSES) for _ in BRANCH]
    inputs = matrix(SAMPLES, INPUTS)
    labels = [draw.randrange(CLASSES) for _ in inputs]
    samples = [
        (torch.tensor(inputs[i : i + 3], dtype=torch.float64), torch.tensor(labels[i : i + 3]))
        for i in range(0, SAMPLES, 3)
    ]
    model = Model(convs, branches)
    profile.write_profile(path, model, model.branches, samples)

    printed = subprocess.run([print_profile, path], check=True, capture_output=True, text=True).stdout.split("\n")
    lines = iter(line.split() for line in printed)
    for k in range(3):
        conv, branch, conv_spread, branch_spread = map(float, next(lines))
        # Of runs 0 to 100 the 10th percentile is run 10, the median run 50, the 90th percentile run 90.
        for found, wanted in ((conv, CONV[k] * 1.05), (branch, BRANCH[k] * 1.05),
                              (conv_spread, CONV[k] * 0.08), (branch_spread, BRANCH[k] * 0.08)):
            assert abs(found - wanted) < 1e-9, (k, found, wanted)
    for row, label in zip(inputs, labels):
        assert next(lines) == ["label", str(label)]
        for k in range(3):
            row = product(row, convs[k])
            logits = product(row, branches[k])
            total = sum(map(math.exp, logits))
            share = [math.exp(logit) / total for logit in logits]
            order = sorted(range(CLASSES), key=lambda c: -share[c])
            predicted, confidence, *listed = next(lines)
            assert int(predicted) == order[0]
            assert close(float(confidence), share[order[0]], 1e-6)
            assert len(listed) == 2 * 10
            for c, name, log in zip(order, listed[0::2], listed[1::2]):
                assert int(name) == c and close(float(log), math.log(share[c]), 1e-3), (c, name, log)
    assert next(lines) == ["classes", str(CLASSES)]

    with open(os.path.join(folder, "users_net.py"), "w") as file:
        file.write(USERS_MODULE)
    subprocess.run([sys.executable, os.path.abspath(profile_py), "users_net:make", "--out", "users.safetensors"],
                   check=True, cwd=folder)
    printed = subprocess.run([print_profile, os.path.join(folder, "users.safetensors")], check=True,
                             capture_output=True, text=True).stdout.split()
    assert [word for before, word in zip(printed, printed[1:]) if before == "label"] == [str(290 + i) for i in range(9)]
    assert printed[-2:] == ["classes", "300"]
    assert all(float(seconds) > 0 for seconds in printed[:2]), printed[:2]

    check_refusals(profile, path, model, samples)
    check_what_is_taken(profile, print_profile, path, model, samples)
    check_command_line(profile_py, folder)


def check_refusals(profile, path, model, samples):
    def refuses(complaint, model=model, branches=None, samples=samples, path=path):
        if os.path.isfile(path):
            os.remove(path)
        try:
            profile.write_profile(path, model, model.branches if branches is None else branches, samples)
        except profile.Refusal as refusal:
            assert complaint in str(refusal) and "\n" not in str(refusal), (complaint, str(refusal))
        else:
            raise AssertionError("not refused: " + complaint)
        assert not os.path.isfile(path)

    class Changed(Model):
        """The model with another output, or another way to run."""

        def __init__(self, change):
            torch.nn.Module.__init__(self)
            self.convs, self.branches, self.change, self.late = model.convs, model.branches, change, False

        def forward(self, x):
            return self.change(self, x)

    def output(change):
        return Changed(lambda self, x: change(Model.forward(self, x)))

    def headless(self, x):
        features = []
        for conv in self.convs:
            x = conv(x)
            features.append(x)
        return [branch(x) for branch, x in zip(self.branches, features)]

    def pooled(self, x):
        features = []
        for conv in self.convs:
            x = conv(x)
            features.append(x)
        return [branch(x * 1) for branch, x in zip(self.branches, features)]

    def last_two(self, x):
        first = self.convs[0](x)
        scores = [self.branches[0](first)]
        second = self.convs[1](first)
        third = self.convs[2](second)
        return scores + [self.branches[1](second), self.branches[2](third)]

    model.late = True
    refuses("in their order")
    model.late = False
    refuses("in their order", branches=list(model.branches)[::-1])
    refuses("exit 0 of the model is what branch 2 puts out", output(lambda exits: exits[::-1]))
    refuses("exit 1 of the model is not what branch 1 puts out", output(lambda exits: [exits[0], 2 * exits[1], exits[2]]))
    refuses("runs its blocks before the branches", Changed(headless))
    refuses("runs its blocks before the branches", Changed(pooled))
    refuses("not stop between them", Changed(last_two))
    refuses("the model returns 3 exits, there are 2 branches", branches=list(model.branches)[:2])
    refuses("the model returns 2 exits, there are 3 branches", output(lambda exits: exits[:2]))
    refuses("there are no branches", branches=[])
    refuses("branches is Linear", branches=torch.nn.Linear(2, 2))
    refuses("branch 1 is the module of another", branches=[model.branches[0]] * 2)
    refuses("branch 0 is str", branches=["exit"])
    refuses("the model is function", model=lambda x: x, branches=[model.branches[0]])
    refuses("the model returns NoneType", output(lambda exits: None))
    refuses("exit 1 of the model is str", output(lambda exits: [exits[0], "scores", exits[2]]))
    refuses("of shape [3], expected scores [3, classes]", output(lambda exits: [exit[:, 0] for exit in exits]))
    refuses("exit 0 has 1 classes", output(lambda exits: [exit[:, :1] for exit in exits]))
    refuses("exit 2 has 11 classes, exit 0 has 12", output(lambda exits: exits[:2] + [exits[2][:, 1:]]))
    refuses("the scores of exit 1 for sample 0 are not numbers", output(lambda exits: [exits[0], exits[1] / 0, exits[2]]))

    class Softened(torch.nn.Module):
        def __init__(self, part):
            super().__init__()
            self.part = part

        def forward(self, x):
            return torch.softmax(self.part(x), 1)

    softened = Model.__new__(Model)
    torch.nn.Module.__init__(softened)
    softened.convs, softened.late = model.convs, False
    softened.branches = torch.nn.ModuleList([model.branches[0], Softened(model.branches[1]), model.branches[2]])
    refuses("exit 1 returns probabilities, expected scores", softened)

    def relabelled(change):
        return [(inputs, change(labels)) for inputs, labels in samples]

    refuses("the label of sample 0 is -1, expected 0 to 11", samples=relabelled(lambda y: torch.full_like(y, -1)))
    refuses("the label of sample 0 is 12, expected 0 to 11", samples=relabelled(lambda y: torch.full_like(y, 12)))
    refuses("[3, 12], expected [batch]; of one-hot labels take", samples=relabelled(lambda y: torch.eye(12)[y]))
    refuses("3 inputs and 2 labels", samples=relabelled(lambda y: y[:2]))
    refuses("the labels are torch.float64", samples=relabelled(lambda y: y.double()))
    refuses("no tensors", samples=relabelled(lambda y: ["cat"] * len(y)))
    refuses("a batch of the samples is dict", samples=[{"inputs": samples[0][0], "labels": samples[0][1]}])
    refuses("a batch of the samples is Tensor", samples=[inputs for inputs, _ in samples])
    refuses("samples is int", samples=7)
    refuses("there are no samples", samples=[])
    refuses("there are no samples", samples=[(samples[0][0][:0], samples[0][1][:0])])

    class NotAsked:
        def __iter__(self):
            raise AssertionError("the evaluation began before the folder was looked for")

    refuses("there is no folder", path=os.path.join(path, "none", "profile.safetensors"), samples=NotAsked())
    refuses("is a folder, expected a file", path=os.path.dirname(path), samples=NotAsked())


def check_what_is_taken(profile, print_profile, path, model, samples):
    def lines(model=model, branches=None, samples=samples):
        Clock.run, Clock.now = -12, 5.0
        profile.write_profile(path, model, model.branches if branches is None else branches, samples)
        return subprocess.run([print_profile, path], check=True, capture_output=True, text=True).stdout.split("\n")

    plain = lines()
    assert lines(samples=((inputs, labels) for inputs, labels in samples)) == plain  # a generator, once through
    assert lines(samples=[(inputs, labels[:, None]) for inputs, labels in samples]) == plain
    assert lines(samples=[(inputs, labels.tolist()) for inputs, labels in samples]) == plain
    assert lines(branches=dict(enumerate(model.branches))) == plain
    forward = Model.forward
    try:
        Model.forward = lambda self, x: dict(zip("abc", forward(self, x)))
        assert lines() == plain
        Model.forward = lambda self, x: tuple(forward(self, x))
        assert lines() == plain
        Model.forward = lambda self, x: [torch.log_softmax(exit, 1) for exit in forward(self, x)]
        close_lines(lines()[3:], plain[3:])
    finally:
        Model.forward = forward

    # Classes that a branch masks have no probability, and are no reason for NaN.
    class Masked(torch.nn.Module):
        def __init__(self, part):
            super().__init__()
            self.part = part

        def forward(self, x):
            scores = self.part(x)
            scores[:, 2:] = -math.inf
            return scores

    masked = Model.__new__(Model)
    torch.nn.Module.__init__(masked)
    masked.convs, masked.late = model.convs, False
    masked.branches = torch.nn.ModuleList(map(Masked, model.branches))
    outputs = [line.split() for line in lines(masked, samples=[(x, y % 2) for x, y in samples])]
    for words in outputs[4:-2]:
        if words[0] != "label":
            second, *masked_out = map(float, words[5::2])
            assert close(float(words[1]) + math.exp(second), 1, 1e-3), words
            assert all(log == -65504 for log in masked_out), words

    # The tensor of an only exit.
    class Single(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.exit = torch.nn.Linear(INPUTS, CLASSES, dtype=torch.float64)

        def forward(self, x):
            return self.exit(x.relu())

    single = Single()
    profile.write_profile(path, single, [single.exit], samples)
    assert os.path.getsize(path) > 0


def close_lines(found, wanted):
    assert len(found) == len(wanted)
    for a, b in zip(" ".join(found).split(), " ".join(wanted).split()):
        assert a == b or close(float(a), float(b), 1e-5), (a, b)


def check_command_line(profile_py, folder):
    def refuses(complaint, *arguments):
        run = subprocess.run([sys.executable, os.path.abspath(profile_py), *arguments], cwd=folder, capture_output=True,
                             text=True)
        assert run.returncode == 2 and complaint in run.stderr and "Traceback" not in run.stderr, (arguments, run)
        assert run.stderr.startswith("usage:") or run.stderr.count("\n") == 1, run.stderr

    refuses("'users_net' is not of the form MODULE:FUNCTION", "users_net")
    refuses("there is no module none", "none:make")
    refuses("users_net has no function none", "users_net:none")
    refuses("users_net:Net returns Net, expected (model, branches, samples)", "users_net:Net")
    refuses("there is no folder", "users_net:make", "--out", "none/users.safetensors")
    refuses("--threads", "users_net:make", "--threads", "0")
    refuses("--out", "users_net:make", "--out", "--threads")


if __name__ == "__main__":
    main(*sys.argv[1:])
