"""Runs ONNX models where something is installed that does, and says whether PyTorch, the parts of a model and einet are
in accord with them."""
import os
import subprocess

import onnx
import torch

import onnx_blocks
from load_model import told
from make_profile import Refusal, expect
from onnx_constants import known_shape

AGREE = 1e-4  # largest difference between two engines' scores, over the largest score


def evaluator(path):
    """What runs an ONNX file, and its name; None where nothing is installed that does."""
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return lambda inputs: session.run(None, inputs), f"ONNX Runtime {onnxruntime.__version__}"
    except ImportError:
        pass
    try:
        from onnx.reference import ReferenceEvaluator

        reference = ReferenceEvaluator(path)
        return lambda inputs: reference.run(None, inputs), f"onnx {onnx.__version__}'s reference evaluator"
    except ImportError:
        return None


def largest_error(found, wanted):
    """Of every exit's scores, over its largest score."""
    return max(float(abs(f - w).max() / max(abs(w).max(), 1e-30)) for f, w in zip(found, wanted))


def check_agreement(model, images, wanted, path):
    told("the ONNX model is not sound", onnx.checker.check_model, path)
    engine = told("the ONNX model does not load", evaluator, path)
    if engine is None:
        print("checked by onnx's model checker only: neither ONNX Runtime nor onnx 1.13 is there to run it")
        return
    run, name = engine
    worst = max(largest_error(told("the ONNX model does not run", run, {"image": image.numpy()}), scores)
                for image, scores in zip(images, wanted))
    expect(worst <= AGREE,
           f"PyTorch and {name} differ by {worst:.1e} of the largest score, expected {AGREE:.0e} or less")
    print(f"PyTorch and {name} agree on {len(images)} random images, to {worst:.1e} of the largest score")


def operators_of(model):
    """Names of the operators of a model, and of every one the nodes that are of it."""
    found = {}
    for node in onnx_blocks.nodes_of(model.graph):
        name = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        found.setdefault(name, []).append(node.name or node.output[0])
    return dict(sorted(found.items()))


def tell_operators(model, program):
    """Whether einet takes all operators of a model, as far as that can be asked."""
    found = operators_of(model)
    print("operators:", *found)
    if program is None:
        print("whether einet takes them was not checked: no --run-onnx names its program")
        return True
    try:
        answer = subprocess.run([program, "--operators"], capture_output=True, text=True)
    except OSError as error:
        raise Refusal(f"--run-onnx: {program} does not run: {error.strerror}") from None
    known = set(answer.stdout.split())
    expect(answer.returncode == 0 and known, f"--run-onnx: {program} --operators prints no operators")
    strange = {name: nodes for name, nodes in found.items() if name not in known}
    for name, nodes in strange.items():
        print(f"einet refuses {name}: {len(nodes)} nodes, the first is {nodes[0]}")
    if not strange:
        print("einet takes all of them")
    return not strange


def check_blocks(path, image, folder, blocks):
    """Runs all parts one after another, and compares with the whole model."""
    engine = told(f"{path} does not load", evaluator, path)
    shape = known_shape(image)
    if engine is None or shape is None or image.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        return
    run, name = engine
    known = {blocks["image"]: torch.randn(1, *shape[1:]).numpy()}
    wanted = told(f"{path} does not run", run, known)
    for part in (part for block in blocks["blocks"] for part in (block["conv"], block["branch"]) if part):
        run_part, _ = told(f"{part['file']} does not load", evaluator, os.path.join(folder, part["file"]))
        made = told(f"{part['file']} does not run", run_part, {name: known[name] for name in part["inputs"]})
        known.update(zip(part["outputs"], made))
    worst = largest_error([known[exit] for exit in blocks["exits"]], wanted)
    expect(worst <= AGREE, f"the parts and the whole differ by {worst:.1e} of the largest score in {name}")
    print(f"the parts and the whole agree in {name}, to {worst:.1e} of the largest score")
