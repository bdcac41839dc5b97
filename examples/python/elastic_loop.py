"""Plans inside a loop of one's own: any network that Python can run part by part, PyTorch's for example.

usage: PYTHONPATH=BUILD/python python3 elastic_loop.py
"""

import time

import einet
import numpy as np

rng = np.random.default_rng(1)
EXITS = 6

# What a test set would tell: how sure every exit is of every sample, and whether it is right.
hardness = rng.beta(2, 3, size=(500, 1))
confidence = np.clip(1 - hardness * np.linspace(1.1, 0.3, EXITS) + rng.normal(0, 0.04, (500, EXITS)), 0.1, 0.99)
correct = rng.random((500, EXITS)) < confidence

times = einet.TimeProfile(conv=[2e-3] * EXITS, branch=[3e-4] * EXITS)
predictor = einet.fit_quadratic(einet.ConfidenceProfile(confidence, correct))
planner = einet.Planner(times, predictor, einet.uniform(), price=4.0)  # 10 ms must bring four points

for sample in range(4):
    planner.reset()
    start = time.perf_counter()
    answer, part = (-1, 0.0), 0
    while (exit_ := planner.next_exit()) is not None:
        while part <= exit_:
            time.sleep(2e-3)  # features = conv[part](features)
            part += 1
        time.sleep(3e-4)  # scores = branch[exit_](features)
        answer = (exit_, confidence[sample, exit_])
        planner.observe(exit_, answer[1], time.perf_counter() - start)
    print(f"sample {sample}: exit {answer[0]}, sure by {answer[1]:.2f}, {1e3 * (time.perf_counter() - start):.1f} ms")
