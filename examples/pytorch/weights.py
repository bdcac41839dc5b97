"""Writes the weights of PyTorch modules as the safetensors files that einet reads; load_model.py reads them. As a program
it writes those of what a function makes: `weights.py torchvision.models:resnet50 --out resnet50.safetensors`."""
import argparse
import os
import sys

if __name__ == "__main__":
    sys.path.append(os.getcwd())  # where MODULE may lie

from load_model import make_model
from make_profile import exit_code, write_safetensors


def save_weights(path, module, half=False):
    """Parameters and buffers of a module, but its counts of batches; `half` is the precision that einet's own programs
    keep. The file is replaced when all is written."""
    values = {name: value.detach().cpu() for name, value in module.state_dict().items() if value.is_floating_point()}
    arrays = {name: (value.half() if half else value.float()).numpy() for name, value in values.items()}
    write_safetensors(path + ".part", arrays, {})
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("make", help="FILE.py:NAME or MODULE:NAME of a module or of a function that returns one")
    parser.add_argument("--out", required=True, help="file for its weights")
    options = parser.parse_args()

    def run():
        save_weights(options.out, make_model(options.make, {}))

    return exit_code("weights.py", run)


if __name__ == "__main__":
    sys.exit(main())
