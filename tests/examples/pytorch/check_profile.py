"""Profiles a tiny model by examples/pytorch/profile.py, has a C++ program read the file, and compares what that
prints with what plain Python computes from the model's weights, and with times told by a clock of our own.

usage: check_profile.py PROFILE_PY PRINT_PROFILE FOLDER; ends with 77 where torch or numpy is missing"""
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

sys.dont_write_bytecode = True  # profile.py lies among the sources

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
    """What profile.py takes for the time; every part of the model moves it on, longer from run to run once ten
    runs, which must not count, have warmed the model up."""

    now, run = 5.0, -11

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
            predicted, confidence, margin, entropy, *listed = next(lines)
            assert int(predicted) == order[0]
            assert close(float(confidence), share[order[0]], 1e-6)
            assert close(float(margin), math.log(share[order[0]] / share[order[1]]), 1e-5)
            assert close(float(entropy), -sum(p * math.log(p) for p in share), 1e-5)
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

    model.late = True
    try:
        profile.write_profile(path, model, model.branches, samples)
    except SystemExit as refusal:
        assert "in their order" in str(refusal)
    else:
        raise AssertionError("a model that runs its branches in another order was not refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
