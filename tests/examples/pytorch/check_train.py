"""Trains a small network by examples/pytorch/train.py, has the C++ program profile its weights, and compares what that
says of the test images with what PyTorch does.

usage: check_train.py TRAIN_PY MAKE_IMAGES TRAIN FOLDER; ends with 77 where torch or numpy is missing"""
import os
import shutil
import subprocess
import sys
import types

try:
    import numpy
    import torch
except ImportError as error:
    print(f"not tested: {error}")
    sys.exit(77)

train_py, make_images, train, folder = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(train_py))
import make_profile  # noqa: E402
import networks  # noqa: E402
import train as trainer  # noqa: E402
from load_model import load_weights, read_safetensors  # noqa: E402
from weights import save_weights  # noqa: E402


def read(path):
    return {name: tensor.numpy() for name, tensor in read_safetensors(path).items()}


BRANCH = {"pool": 4, "width": 4, "hidden": 8, "linears": 1}
SIZES = ["--network", "resnet50", "--width", "0.05", "--branch-channels", "4", "--branch-hidden", "8"]


shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
images, weights = os.path.join(folder, "images"), os.path.join(folder, "weights.safetensors")
subprocess.run([make_images, images, "cifar100"], check=True)
recipe = ["--data", images, "--out", weights, "--epochs", "5", "--batch", "20", "--rate", "0.02"]
environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
trained = subprocess.run([sys.executable, "-W", "ignore", train_py, *SIZES, *recipe], check=True, env=environment,
                         capture_output=True, text=True).stdout  # fmt: skip
losses = [float(line.split()[-1]) for line in trained.splitlines() if line.startswith("epoch")]
# With any BLAS: in the first epochs of so few images the loss may rise by chance.
assert len(losses) == 5 and losses[-1] < losses[0] - 0.3, trained
out = os.path.join(folder, "out")
subprocess.run([train, *SIZES, "--data", images, "--weights", weights, "--out", out], check=True,
               stdout=subprocess.DEVNULL)  # fmt: skip
profile = read(os.path.join(out, "profile.safetensors"))

pixels, labels, classes = trainer.read_cifar(images, "train")
scale = trainer.Images(pixels, labels, torch.device("cpu"))
pixels, labels, classes = trainer.read_cifar(images, "test")
test = trainer.Images(pixels, labels, torch.device("cpu"), (scale.mean, scale.deviation))


def compare(weights, profile):
    """What C++ said of the test images, and what PyTorch says with the same weights."""
    network = networks.ResNet50(0.05, classes, branch=BRANCH).eval()
    load_weights(network, weights)
    with torch.no_grad():
        probability = torch.stack([s.softmax(1) for s in network(test.normal(test.pixels))], 1)
    sure, predicted = (x.numpy() for x in probability.max(2))
    assert numpy.array_equal(profile["label"], labels)
    worst = abs(profile["confidence"] - sure).max()
    agree = (profile["predicted"] == predicted).mean()
    print(f"{weights}: confidences differ by at most {worst:.2e}, classes agree in {agree:.4f}")
    assert worst < 1e-4 and agree > 0.999
    return network


compare(weights, profile)

# And the other way: weights that C++ trained, in PyTorch; then from there to C++ again, in single precision.
own, again = os.path.join(folder, "own"), os.path.join(folder, "again")
subprocess.run([train, *SIZES, "--data", images, "--epochs", "2", "--batch", "20", "--rate", "0.02", "--out", own],
               check=True, stdout=subprocess.DEVNULL)  # fmt: skip
trained = os.path.join(own, "weights.safetensors")
network = compare(trained, read(os.path.join(own, "profile.safetensors")))
returned = os.path.join(folder, "returned.safetensors")
save_weights(returned, network)
assert read(returned)["conv1.weight"].dtype == numpy.float32
subprocess.run([train, *SIZES, "--data", images, "--weights", returned, "--out", again], check=True,
               stdout=subprocess.DEVNULL)  # fmt: skip
compare(returned, read(os.path.join(again, "profile.safetensors")))

# All that does not fit is listed.
try:
    load_weights(networks.ResNet50(0.05, 7, branch=BRANCH), trained)
    raise AssertionError("weights of another shape were let pass")
except make_profile.Refusal as refusal:
    assert "of another shape: " in str(refusal) and str(refusal).count(" for [") == 12, refusal
    assert "fc.bias [100] for [7]" in str(refusal), refusal

# Images are moved and mirrored as told, the edge repeated; the rate rises, then falls.
pick, zero, yes = torch.tensor([3]), torch.tensor([0]), torch.tensor([True])
plain = test.normal(test.pixels[3:4])
assert torch.equal(test.varied(pick, zero, zero, ~yes)[0], plain)
assert torch.equal(test.varied(pick, zero, zero, yes)[0], plain.flip(3))
moved = test.varied(pick, zero + 2, zero - 1, ~yes)[0]
assert torch.equal(moved[:, :, :-2, 1:], plain[:, :, 2:, :-1])
assert torch.equal(moved[:, :, -1, 1:], plain[:, :, -1, :-1]) and torch.equal(moved[:, :, :-2, 0], plain[:, :, 2:, 0])
how = types.SimpleNamespace(batch=20, epochs=3, rate=0.02, shift=0, flip=False, last_alone=True, seed=1)
network = networks.ResNet50(0.05, classes, branch=BRANCH)
training = trainer.Training(network, scale, how, torch.device("cpu"))
rates = training.rates.tolist()
assert rates.index(max(rates)) in (training.steps - 1, training.steps) and rates[0] < 0.01 and rates[-1] < 0.001
before = [parameter.detach().clone() for parameter in network.parameters()]
training.epoch()
for (name, parameter), old in zip(network.named_parameters(), before):
    assert torch.equal(parameter, old) == name.startswith("branches."), name  # the last exit alone is trained

# What cannot be trained is told in a line.
for wrong, told in [(["--data", folder], "data_batch_1.bin"), (["--rate", "nan"], "--rate: is nan"),
                    (["--batch", "1"], "--batch: is 1")]:  # fmt: skip
    ended = subprocess.run([sys.executable, "-W", "ignore", train_py, *SIZES, *recipe, *wrong], env=environment,
                           capture_output=True, text=True)  # fmt: skip
    assert ended.returncode == 2 and told in ended.stderr and "Traceback" not in ended.stderr, (wrong, ended.stderr)
too_fast = types.SimpleNamespace(**vars(how) | {"network": "resnet50", "width": 0.05, "branch_channels": 4,
                                                "branch_hidden": 8, "branch_pool": 4, "branch_fully_connected": 1, "data": images, "limit": 0, "out": weights,
                                                "rate": 1e30, "epochs": 1})  # fmt: skip
kept = read(weights)
try:
    trainer.run(too_fast)
    raise AssertionError("a loss that is not finite was let pass")
except make_profile.Refusal as refusal:
    assert "the loss in epoch 1 is" in str(refusal), refusal
assert all(numpy.array_equal(array, kept[name]) for name, array in read(weights).items())
