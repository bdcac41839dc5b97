"""Loads what the programs are told to: models and functions of others, and weights."""
import importlib
import importlib.util
import json
import os
import struct
import sys
import traceback

import torch

from make_profile import Refusal, expect, shape_of

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}  # fmt: skip


def told(what, run, *arguments, **named):
    """What `run` returns. What code of others raises becomes one line, with the place in it that asked PyTorch."""
    try:
        return run(*arguments, **named)
    except Refusal:
        raise
    except Exception as error:
        text = (str(error).strip().splitlines() or [""])[0]
        folders = (os.path.dirname(torch.__file__) + os.sep, os.path.dirname(os.path.abspath(__file__)) + os.sep, "<")
        places = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(folders)]
        place = f" ({places[-1].filename}:{places[-1].lineno})" if places else ""
        raise Refusal(f"{what}: {type(error).__name__}: {text}{place}") from None


def object_at(name):
    """What FILE.py:NAME or MODULE:NAME stands for."""
    module, _, attribute = name.rpartition(":")
    expect(module and attribute, f"'{name}' is not of the form FILE.py:NAME or MODULE:NAME")
    if module.endswith(".py"):
        expect(os.path.isfile(module), f"there is no file {module}")
        sys.path.insert(0, os.path.dirname(os.path.abspath(module)))  # for what it imports
        spec = importlib.util.spec_from_file_location(os.path.basename(module)[:-3], module)
        loaded = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(spec.name, loaded)
        told(module, spec.loader.exec_module, loaded)
    else:
        loaded = told(f"module {module}", importlib.import_module, module)
    expect(hasattr(loaded, attribute), f"{module} has no {attribute}")
    return getattr(loaded, attribute)


def make_model(name, arguments):
    model = object_at(name)
    if not isinstance(model, torch.nn.Module):
        expect(callable(model), f"{name} is {type(model).__name__}, expected a module or a function that makes one")
        model = told(name, model, **arguments)
    expect(isinstance(model, torch.nn.Module), f"{name} returns {type(model).__name__}, expected a module")
    return model


def read_safetensors(path):
    """The tensors of a file by name."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    state = {}
    for name, tensor in header.items():
        part = bytearray(data[slice(*tensor["data_offsets"])])
        kind = DTYPES[tensor["dtype"]]
        values = torch.frombuffer(part, dtype=kind) if part else torch.zeros(0, dtype=kind)
        state[name] = values.reshape(tensor["shape"])
    return state


def read_state(path):
    """Tensors by name, of a state_dict or of a checkpoint that has one."""
    path = os.fspath(path)
    expect(os.path.isfile(path), f"there is no file {path}")
    if path.endswith(".safetensors"):
        return told(f"{path} is no sound safetensors file", read_safetensors, path)
    state = told(f"{path} is no state_dict", torch.load, path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model_state_dict", "model", "net"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    expect(isinstance(state, dict) and state and all(isinstance(value, torch.Tensor) for value in state.values()),
           f"{path} holds {type(state).__name__}, expected a state_dict: tensors by name")
    return {name.removeprefix("module."): value for name, value in state.items()}  # as DataParallel names them


def listed(names, most=20):
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def load_weights(model, path):
    """Fills a module from a file of its names and shapes; its counts of batches stay as they are where there are none."""
    state, own = read_state(path), model.state_dict()
    complaints = {
        "missing": [name for name in own if name not in state and not name.endswith("num_batches_tracked")],
        "not the model's": [name for name in state if name not in own],
        "of another shape": [f"{name} {shape_of(state[name])} for {shape_of(own[name])}" for name in own
                             if name in state and state[name].shape != own[name].shape],
    }  # fmt: skip
    found = [f"{what}: {listed(names)}" for what, names in complaints.items() if names]
    expect(not found, f"{path} does not fit the model; " + "; ".join(found))
    model.load_state_dict(state, strict=False)
