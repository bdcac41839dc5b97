"""The Python module against C++ by other types, and against all plans. usage: test_module.py REFERENCE"""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import einet
import numpy as np

N = 6
rng = np.random.default_rng(7)


def check(holds, what):
    if not holds:
        sys.exit(f"test_module.py: {what}")


def expectation(plan, conv, branch, worths, law, in_hand, first, elapsed, price):
    """By the definition: what is in hand at the stop, over what may come from now on; less the price of the time."""
    time, held, total, begun = elapsed, in_hand, 0.0, elapsed
    busy = 0.0
    alive = 1 - law.cdf(elapsed)
    for k in range(first, N):
        time += conv[k]
        if k in plan:
            time += branch[k]
            busy = time - elapsed
            total += held * (law.cdf(time) - law.cdf(begun))
            held, begun = worths[k], time
    total += held * (1 - law.cdf(begun))
    return (total / alive if alive > 0 else held) - price * busy


def laws(total):
    yield "uniform", [], einet.uniform()
    yield "deadline", [0.6 * total], einet.deadline(0.6 * total)
    yield "exponential", [0.5 * total], einet.exponential(0.5 * total)
    yield "gaussian", [0.5 * total, 0.2 * total, total], einet.gaussian(0.5 * total, 0.2 * total, total)
    yield "histogram", [1, 0, 3, 2, total], einet.histogram([1, 0, 3, 2], total)
    yield "mixture", [0.9, 0.7 * total, total], einet.mixture(0.9, einet.deadline(0.7 * total), einet.uniform(total))


def compare(reference, kind, parameters, law, conv, branch, total):
    worths = np.sort(rng.random(N)).astype(np.float32)
    first = int(rng.integers(0, 3))
    elapsed = 0.1 * total * first
    in_hand = float(np.float32(0.2 * first))
    price = float(rng.choice([0.0, 0.3 / total]))
    times = einet.TimeProfile(conv, branch)
    found = einet.exact_plan(times, worths, law, in_hand, first, elapsed, price)

    judged = einet.uniform(total) if kind == "uniform" else law
    every = [set(p) for n in range(N - first + 1) for p in itertools.combinations(range(first, N), n)]
    best = max(expectation(plan, conv, branch, worths, judged, in_hand, first, elapsed, price) for plan in every)
    check(found.optimal and abs(found.worth - best) < 1e-6, f"{kind}: {found.worth}, the best plan is worth {best}")

    samples = 60
    hardness = rng.random((samples, 1))
    confidence = np.clip(1 - hardness * np.linspace(1, 0.3, N) + rng.normal(0, 0.05, (samples, N)), 0.05, 0.98)
    confidence = confidence.astype(np.float32)
    correct = rng.random((samples, N)) < confidence
    seen = confidence[0]
    profile = einet.ConfidenceProfile(confidence, correct)
    check(np.allclose(profile.accuracy(), correct.mean(0)), "accuracy")
    check(profile.every(2, 1).samples == samples // 2, "every")

    words = [kind, *parameters, *conv, *branch, *worths, in_hand, first, elapsed, price, samples]
    for row, right in zip(confidence, correct):
        words += [*row, *right.astype(int)]
    words += [*seen]
    text = " ".join(w if isinstance(w, str) else repr(float(w)) for w in words)
    lines = subprocess.run([reference], input=text, capture_output=True, text=True, check=True).stdout.splitlines()

    plan, worth = lines.pop(0).split()
    check(plan == "".join("1" if k in found.exits else "0" for k in range(N)), f"{kind}: C++ plans {plan}, not {found.exits}")
    check(abs(found.worth - float(worth)) < 1e-9, f"{kind}: C++ says {worth}, not {found.worth}")

    predictor = einet.fit_quadratic(profile)
    planner = einet.Planner(times, predictor, law, margin=1.1, price=price)
    elapsed = 0.0
    while (exit_ := planner.next_exit()) is not None:
        elapsed += 1.5 * conv[exit_]
        planner.observe(exit_, float(seen[exit_]), elapsed)
        check(bool(lines), f"{kind}: C++ has ended before exit {exit_}")
        there, last, pace = lines.pop(0).split()
        check(int(there) == exit_, f"{kind}: C++ goes on with exit {there}, not {exit_}")
        check(abs(planner.confidences()[-1] - float(last)) < 1e-6, f"{kind}: C++ expects {last}")
        check(abs(planner.pace - float(pace)) < 1e-12, f"{kind}: C++ has a pace of {pace}")
    check(not lines, f"{kind}: C++ goes on: {lines}")


def refused(pattern, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except ValueError as error:
        check(re.search(pattern, str(error)), f"'{error}' does not say '{pattern}'")
        return
    check(False, f"'{pattern}' went unnoticed")


def stubs():
    """einet.pyi has what the module has."""
    text = Path(einet.__file__).with_name("einet.pyi").read_text()
    for name in dir(einet):
        if name.startswith("_"):
            continue
        check(re.search(rf"^(class|def) {name}\b|^{name}:", text, re.MULTILINE), f"einet.pyi lacks {name}")
        thing = getattr(einet, name)
        if isinstance(thing, type):
            body = re.search(rf"^class {name}:\n((?:    .*\n|\n)+)", text, re.MULTILINE).group(1)
            there = {m for m in dir(thing) if not m.startswith("_") and m in vars(thing)}
            written = set(re.findall(r"^    def ([a-z]\w*)\(", body, re.MULTILINE))
            check(there == written, f"{name}: {there ^ written} in einet.pyi or in the module alone")


for _ in range(8):
    conv, branch = rng.random(N) * 1e-2 + 1e-3, rng.random(N) * 2e-3 + 1e-4
    total = float(conv.sum() + branch.sum())
    for kind, parameters, law in laws(total):
        compare(sys.argv[1], kind, parameters, law, conv, branch, total)

times = einet.TimeProfile([1.0, 1.0], [0.1, 0.1])
planner = einet.Planner(times, einet.prior_predictor([0.5, 0.7]))
refused("number of exits|exits", einet.TimeProfile, [], [])
refused("branches", einet.TimeProfile, [1.0, 2.0], [1.0])
refused("conv", einet.TimeProfile, [float("nan")], [1.0])
refused("one dimension", einet.TimeProfile, [[1.0]], [[1.0]])
refused("one shape", einet.ConfidenceProfile, np.zeros((3, 2)), np.zeros((2, 3)))
refused("confidence", einet.ConfidenceProfile, np.full((3, 2), 1.5), np.zeros((3, 2)))
refused("means", einet.prior_predictor, [0.5, 1.5])
refused("expected 2", einet.exact_plan, times, [0.5])
refused("price", einet.exact_plan, times, [0.5, 0.7], price=float("nan"))
refused("exits of the predictor", einet.Planner, times, einet.prior_predictor([0.5]))
refused("margin", einet.Planner, times, einet.prior_predictor([0.5, 0.7]), margin=0.5)
refused("expected one of those to come", planner.observe, 2, 0.5, 1.0)
planner.observe(0, 0.5, 1.1)
refused("expected one of those to come", planner.observe, 0, 0.5, 1.2)
stubs()
print("as C++ says")
