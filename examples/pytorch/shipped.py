"""Networks whose weights are in examples/data, as models for torchscript.py and export.py."""
import pathlib

import networks
from load_model import load_weights

DATA = pathlib.Path(__file__).parents[1] / "data"


def vgg16():
    """The VGG-16 for CIFAR-10; its images are (pixel / 255 - .473363) / .251569."""
    model = networks.Vgg16(0.25, branch={"pool": 4, "width": 16, "linears": 1})
    load_weights(model, DATA / "cifar10/vgg16/weights.safetensors")
    return model.eval()
