"""Gives a model with one exit more of them: branches at named modules, of which they read the output by hooks. They are
trained alone; the model stays as it is."""
import difflib
import math

import torch
import torch.nn.functional as F
from torch import nn

from make_profile import batches_of, device_of, exits_of, expect, shape_of


class MapBranch(nn.Sequential):
    """For maps [batch, channels, height, width]: a pool to a side of 8 to 15, one convolution, two linear layers."""

    def __init__(self, shape, channels, hidden, classes):
        _, inputs, *sides = shape
        pool = [max(1, side // 8) for side in sides]
        height, width = ((side // by + 1) // 2 for side, by in zip(sides, pool))
        super().__init__(
            nn.AvgPool2d(pool),
            nn.Conv2d(inputs, channels, 3, 2, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(channels * height * width, hidden),
            nn.ReLU(),
            nn.Linear(hidden, classes),
        )


class TokenBranch(nn.Module):
    """For tokens [batch, tokens, width], as transformers have them: their mean, two linear layers."""

    def __init__(self, shape, hidden, classes):
        super().__init__()
        self.norm = nn.LayerNorm(shape[2])
        self.linear1, self.linear2 = nn.Linear(shape[2], hidden), nn.Linear(hidden, classes)

    def forward(self, x):
        return self.linear2(F.relu(self.linear1(self.norm(x.mean(1)))))


class WithExits(nn.Module):
    """Scores of the branches in the order in which the model runs their modules, then the model's own."""

    def __init__(self, model, names, image, channels, hidden):
        super().__init__()
        self.model, self.names, self.made, self.branches = model, [], {}, None
        modules = dict(model.named_modules())
        for name in names:
            near = difflib.get_close_matches(name, modules, 3) or [child for child, _ in model.named_children()]
            expect(name and name in modules,
                   f"--add-exits: the model has no module '{name}'; it has {', '.join(near)}, …")
            expect(names.count(name) == 1, f"--add-exits: '{name}' is given more than once")
            modules[name].register_forward_hook(self.hook(name))
        model.requires_grad_(False)
        model.eval()
        scores = self.run(image)
        expect(len(scores) == 1, f"--add-exits: the model has {len(scores)} exits already")
        expect(scores[0].dim() == 2, f"the model returns shape {shape_of(scores[0])}, expected scores [1, classes]")
        for name in names:
            expect(name in self.made, f"--add-exits: the model does not run '{name}'")
        self.names = list(self.made)
        self.classes = scores[0].shape[1]
        self.branches = nn.ModuleList(branch_for(name, read, channels, hidden, self.classes)
                                      for name, read in self.made.items())  # fmt: skip

    def hook(self, name):
        def keep(module, given, output):
            expect(name not in self.made, f"--add-exits: the model runs '{name}' more than once")
            if self.branches is not None:  # at once, as what follows may work in place
                output = self.branches[self.names.index(name)](output)
            self.made[name] = output

        return keep

    def run(self, x):
        """Scores of the model. What the hooks made is kept: until there are branches, what they are to read."""
        self.made.clear()
        return exits_of(self.model(x))

    def train(self, mode=True):
        super().train(mode)
        self.model.eval()  # its running statistics stay as they are
        return self

    def forward(self, x):
        scores = self.run(x)
        return [self.made[name] for name in self.names] + scores


def branch_for(name, read, channels, hidden, classes):
    kind = shape_of(read) if isinstance(read, torch.Tensor) else type(read).__name__
    expect(isinstance(read, torch.Tensor) and read.dim() in (3, 4) and read.dtype.is_floating_point,
           f"--add-exits: '{name}' returns {kind}, expected maps [batch, channels, height, width] or tokens "
           "[batch, tokens, width]")
    if read.dim() == 4:
        return MapBranch(read.shape, channels, hidden, classes).to(read.device)
    return TokenBranch(read.shape, hidden, classes).to(read.device)


def samples_of(loader, image, classes):
    for inputs, labels in batches_of(iter(loader())):
        expect(inputs.dtype == torch.float32 and inputs.shape[1:] == image.shape[1:],
               f"--data: images are {inputs.dtype} of shape {shape_of(inputs)}, expected torch.float32 "
               f"[batch, {', '.join(map(str, image.shape[1:]))}]")
        for label in (int(labels.min()), int(labels.max())):
            expect(0 <= label < classes, f"--data: a label is {label}, expected 0 to {classes - 1}")
        yield inputs, labels


def train(model, image, loader, epochs, rate):
    """Trains the branches of a WithExits with Adam, whose rate falls as a half cosine."""
    parameters = list(model.branches.parameters())
    optimizer = torch.optim.Adam(parameters, rate)
    device = device_of(model)
    model.train()
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
        total, hits, seen = 0.0, torch.zeros(len(model.names) + 1), 0
        for inputs, labels in samples_of(loader, image, model.classes):
            labels = labels.to(device)
            scores = model(inputs.to(device))
            loss = sum(F.cross_entropy(score, labels) for score in scores[:-1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(labels)
            hits += torch.tensor([float((score.argmax(1) == labels).sum()) for score in scores])
            seen += len(labels)
        expect(math.isfinite(total), f"the loss in epoch {epoch + 1} is {total / seen}; a lower --rate may help")
        print(f"epoch {epoch + 1} of {epochs}: loss {total / seen:.4f}, accuracy of the exits",
              *(f"{share:.4f}" for share in (hits / seen).tolist()), flush=True)
    model.eval()
