"""Draws run.svg, the picture of README.md. usage: python3 docs/draw_run.py > docs/run.svg

Colours follow the reader's light or dark theme where the viewer tells it, and are legible on both where it does not.
"""

BLOCKS = 5
SKIPPED = (0, 2)  # exits whose branch the plan leaves out
STOPPED = 3.84  # blocks that are done when the stop comes
LEFT, TOP, WIDTH, GAP, HEIGHT = 30, 46, 104, 22, 46
END = LEFT + BLOCKS * (WIDTH + GAP) - GAP

lines = []


def rect(x, y, width, height, kind, radius=6):
    lines.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>')


def text(x, y, words, kind="", anchor="middle"):
    lines.append(f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>')


def arrow(x1, y1, x2, y2, kind="line"):
    lines.append(f'<path class="{kind}" d="M{x1} {y1}L{x2} {y2}" marker-end="url(#{kind}-end)"/>')


stop_at = LEFT + int(STOPPED) * (WIDTH + GAP) + (STOPPED % 1) * WIDTH
slot_y = TOP + 2 * HEIGHT + 74
for k in range(BLOCKS):
    x = LEFT + k * (WIDTH + GAP)
    done = k + 1 <= STOPPED
    kind = "done" if done else "late"
    rect(x, TOP, WIDTH, HEIGHT, kind)
    if k == int(STOPPED):
        rect(x, TOP, round((STOPPED % 1) * WIDTH, 1), HEIGHT, "done")
        rect(x, TOP, WIDTH, HEIGHT, "frame")
    text(x + WIDTH / 2, TOP + HEIGHT / 2 + 5, f"conv {k}")
    if k + 1 < BLOCKS:
        arrow(x + WIDTH + 2, TOP + HEIGHT / 2, x + WIDTH + GAP - 4, TOP + HEIGHT / 2)
    branch = TOP + HEIGHT + 28
    if k in SKIPPED:
        rect(x + 14, branch, WIDTH - 28, HEIGHT - 8, "skipped")
        text(x + WIDTH / 2, branch + 24, "skipped", "faint")
        continue
    rect(x + 14, branch, WIDTH - 28, HEIGHT - 8, "branch" if done else "skipped")
    text(x + WIDTH / 2, branch + 24, f"branch {k}" if done else "never run", "" if done else "faint")
    if done:
        arrow(x + WIDTH / 2, TOP + HEIGHT + 2, x + WIDTH / 2, branch - 4)
        arrow(x + WIDTH / 2, branch + HEIGHT - 6, x + WIDTH / 2, slot_y - 4, "publish")

rect(LEFT, slot_y, END - LEFT, 42, "slot")
for k, words in ((1, "cat, .71"), (3, None)):
    if words:
        text(LEFT + k * (WIDTH + GAP) + WIDTH / 2, slot_y + 26, words, "strong")
text(LEFT + 12, slot_y + 26, "slot", "strong", "start")
text(END - 12, slot_y + 26, "still cat, .71: read it at any moment", "", "end")
lines.append(f'<path class="stop" d="M{stop_at:.1f} 24V{TOP + HEIGHT + 12}"/>')
text(END, 16, "the stop: preempted, killed, out of power", "stopped", "end")

print(f'''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {END + LEFT} {slot_y + 58}" role="img"
  aria-label="Five conv parts in a row. The plan runs the branch of the second and skips others. Its answer is in the
 slot when the stop comes in the fourth, and stays there.">
<style>
  text {{ font: 14px system-ui, sans-serif; fill: #24292f }}
  .faint {{ fill: #57606a; font-size: 12px }}
  .strong {{ font-weight: 600 }}
  .stopped {{ fill: #b3261e; font-weight: 600 }}
  .card {{ fill: #ffffff }}
  .done {{ fill: #cfe2ff; stroke: #3b6fb6 }}
  .late {{ fill: #f0f2f4; stroke: #8c959f }}
  .frame {{ fill: none; stroke: #3b6fb6 }}
  .branch {{ fill: #d7f0dc; stroke: #2f7d46 }}
  .skipped {{ fill: none; stroke: #8c959f; stroke-dasharray: 4 4 }}
  .slot {{ fill: #fff3d1; stroke: #9a6b00 }}
  .line {{ fill: none; stroke: #57606a; stroke-width: 1.6 }}
  .publish {{ fill: none; stroke: #2f7d46; stroke-width: 2 }}
  .stop {{ fill: none; stroke: #b3261e; stroke-width: 2.4; stroke-dasharray: 7 4 }}
  .line-tip {{ fill: #57606a }}
  .publish-tip {{ fill: #2f7d46 }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: #e6edf3 }}
    .faint {{ fill: #9da7b3 }}
    .stopped {{ fill: #ff8f85 }}
    .card {{ fill: #0d1117 }}
    .done {{ fill: #1c3a63; stroke: #6ea3e8 }}
    .frame {{ stroke: #6ea3e8 }}
    .late {{ fill: #1b2027; stroke: #768390 }}
    .branch {{ fill: #193d26; stroke: #5cc17a }}
    .slot {{ fill: #473510; stroke: #d8a32b }}
    .line {{ stroke: #9da7b3 }}
    .publish {{ stroke: #5cc17a }}
    .stop {{ stroke: #ff8f85 }}
    .line-tip {{ fill: #9da7b3 }}
    .publish-tip {{ fill: #5cc17a }}
  }}
</style>
<defs>''')
for kind in ("line", "publish"):
    print(f'<marker id="{kind}-end" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="5" markerHeight="5" orient="auto">'
          f'<path class="{kind}-tip" d="M0 0L8 4L0 8z"/></marker>')
print("</defs>")
print(f'<rect class="card" width="{END + LEFT}" height="{slot_y + 58}" rx="10"/>')
print("\n".join(lines))
print("</svg>")
