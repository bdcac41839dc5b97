"""Checks a trace of elastic_demo: valid, in order, nested, within its runs. usage: check_trace.py FILE ROWS IMAGES"""

import json
import sys

path, rows, images = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, encoding="utf-8") as file:
    events = json.load(file)["traceEvents"]


def nanoseconds(microseconds):
    """As Perfetto rounds beginnings and durations, each for itself; what does not nest then lands in another row."""
    return round(1000 * microseconds)


names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
assert len(set(names.values())) == rows, names
starts = []
for row in names:
    runs = []  # beginnings and ends
    reached = 0  # what was told last ended then
    parts = plans = answers = 0
    for event in (e for e in events if e["tid"] == row and e["ph"] != "M"):
        begin = nanoseconds(event["ts"])
        end = begin + nanoseconds(event.get("dur", 0))
        if event["cat"] == "run":
            assert not runs or begin >= runs[-1][1], f"{event} begins in the run before it"
            assert event["args"]["outcome"] in ("completed", "stopped", "deadline"), event
            runs.append((begin, end))
            starts.append(begin)
            reached = begin
            continue
        assert runs[-1][0] <= begin <= end <= runs[-1][1], f"{event} is not within its run {runs[-1]}"
        if event["cat"] == "stop":
            assert event["ph"] == "i", event
            continue
        assert begin >= reached, f"{event} begins before {reached}"
        reached = end
        parts += event["cat"] == "part"
        plans += event["cat"] == "planner"
        answers += event["cat"] == "answer"
    assert len(runs) == images, f"{names[row]}: {len(runs)} runs"
    assert parts > images and plans >= images + answers, names[row]
assert len(set(starts)) == images, "runs on an image are not shown as if they had begun together"
assert any(e["ph"] == "i" for e in events), "no run was stopped"
