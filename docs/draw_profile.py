"""Draws a profile: accuracy of every exit against the time at which it can be ready, and how true confidences are.

usage: python3 docs/draw_profile.py PROFILE.safetensors > profile.svg
"""

import array
import json
import sys

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .card { fill: #ffffff }
  .grid { stroke: #d0d7de }
  .ideal { stroke: #8c959f; stroke-dasharray: 5 4; fill: none }
  .first { stroke: #b35900; fill: none; stroke-width: 2 }
  .last { stroke: #1f5fbf; fill: none; stroke-width: 2 }
  .first-dot { fill: #b35900 }
  .last-dot { fill: #1f5fbf }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .card { fill: #0d1117 }
    .grid { stroke: #30363d }
    .ideal { stroke: #768390 }
    .first { stroke: #f0a050 }
    .last { stroke: #6ea3e8 }
    .first-dot { fill: #f0a050 }
    .last-dot { fill: #6ea3e8 }
  }
"""
WIDTH, HEIGHT, LEFT, TOP, GAP = 340, 240, 56, 44, 84


def read(path):
    try:
        with open(path, "rb") as file:
            data = file.read()
        begin = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:begin])
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    except ValueError:
        sys.exit(f"{path}: is no safetensors file")
    tensors = {}
    for name in ("conv_seconds", "branch_seconds", "confidence", "predicted", "label"):
        if name not in header:
            sys.exit(f"{path}: has no {name}")
        kind, (start, stop) = header[name]["dtype"], header[name]["data_offsets"]
        code = {"F64": "d", "F32": "f", "U8": "B", "I32": "i"}.get(kind)
        if code is None:
            sys.exit(f"{path}: {name} is {kind}, expected F64, F32, U8 or I32")
        tensors[name] = array.array(code, data[begin + start : begin + stop])
    return tensors


class Panel:
    """A plot of `x` in [0, right] and `y` in [bottom, 1]."""

    def __init__(self, number, title, right, bottom, x_name, y_name, x_ticks):
        self.left, self.right, self.bottom = LEFT + number * (WIDTH + GAP), right, bottom
        self.lines = [self.text(0, TOP - 26, title, "title", "start")]
        for step in range(6):
            y = bottom + (1 - bottom) * step / 5
            at = self.y(y)
            self.lines.append(f'<path class="grid" d="M{self.left} {at:.1f}h{WIDTH}"/>')
            self.lines.append(self.text(-8, at + 4, f"{y:.2f}"[0 if y >= 1 else 1 :], "", "end"))
        for x in x_ticks:
            self.lines.append(self.text(WIDTH * x / right, TOP + HEIGHT + 20, f"{x:g}"))
        self.lines.append(self.text(WIDTH / 2, TOP + HEIGHT + 42, x_name))
        self.lines.append(self.text(0, TOP - 9, y_name, "", "start"))

    def text(self, x, y, words, kind="", anchor="middle"):
        return f'<text class="{kind}" x="{self.left + x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'

    def y(self, value):
        return TOP + HEIGHT * (1 - (value - self.bottom) / (1 - self.bottom))

    def curve(self, points, kind):
        places = [(self.left + WIDTH * x / self.right, self.y(y)) for x, y in points]
        self.lines.append(f'<path class="{kind}" d="M' + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) + '"/>')
        return places

    def dots(self, points, kind):
        for x, y in self.curve(points, kind):
            self.lines.append(f'<circle class="{kind}-dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    profile = read(sys.argv[1])
    exits, samples = len(profile["conv_seconds"]), len(profile["label"])
    right = [
        [profile["predicted"][s * exits + k] == profile["label"][s] for s in range(samples)] for k in range(exits)
    ]

    ready, passed = [], 0.0
    for conv, branch in zip(profile["conv_seconds"], profile["branch_seconds"]):
        passed += conv
        ready.append(1e6 * (passed + branch))
    accuracy = [sum(of) / samples for of in right]
    unit = 10 ** (len(str(int(ready[-1]))) - 1)
    step = unit if ready[-1] / unit >= 3 else unit / 2 if ready[-1] / unit >= 1.5 else unit / 4
    ticks = [step * k for k in range(int(ready[-1] / step) + 1)]
    first = Panel(0, "what an exit is worth", 1.04 * ready[-1], int(min(accuracy) * 20) / 20 if min(accuracy) < 1 else 0,
                  "microseconds until its output, if it is the only one", "share of samples right", ticks)
    first.dots(list(zip(ready, accuracy)), "last")

    second = Panel(1, "how true confidences are", 1, 0, "confidence", "share right among those",
                   [0, 0.2, 0.4, 0.6, 0.8, 1])
    second.curve([(0, 0), (1, 1)], "ideal")
    for k, kind in ((0, "first"), (exits - 1, "last")):
        bins = [[0, 0.0, 0] for _ in range(10)]
        for s in range(samples):
            sure = profile["confidence"][s * exits + k]
            into = bins[min(9, int(10 * sure))]
            into[0] += 1
            into[1] += sure
            into[2] += right[k][s]
        second.dots([(total / count, hits / count) for count, total, hits in bins if count >= 20], kind)
        second.lines.append(second.text(12, TOP + 20 + (20 if k else 0), f"exit {k}", "", "start"))
        second.lines.append(f'<circle class="{kind}-dot" cx="{second.left + 4}" cy="{TOP + 16 + (20 if k else 0)}" r="4"/>')

    width, height = 2 * WIDTH + GAP + LEFT + 30, TOP + HEIGHT + 60
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"')
    print(f' aria-label="Accuracy of {exits} exits against time, and the share of right outputs against confidence.">')
    print(f"<style>{STYLE}</style>")
    print(f'<rect class="card" width="{width}" height="{height}" rx="10"/>')
    print("\n".join(first.lines + second.lines))
    print("</svg>")


main()
