"""Makes `images/demonstration.svg`, an animated picture of the demonstration, from a run of it.

Run `python docs/demonstration.py` after a change of the demonstration. `--check` only compares.
"""

import re
import subprocess
import sys
from html import escape
from pathlib import Path

PICTURE = Path(__file__).parent / "images" / "demonstration.svg"

SCENES = (
    "A small project",
    "A cell that begins",
    "Edit the lower",
    "A broken edit",
    "Fix trips",
)
"""How the parts of the demonstration begin that are shown."""

WIDTH, LINE, TOP, LEFT = 760, 20, 34, 20
LINE_S, READ_S = 0.35, 2.5
"""Seconds until the next line appears, and for which the last line of a scene stays alone."""

STYLE = """\
svg { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.page { fill: #ffffff; stroke: #d0d7de; }
text { fill: #1f2328; white-space: pre; }
.title { fill: #57606a; font-weight: bold; }
.file { fill: #57606a; font-style: italic; }
.new { fill: #1a7f37; }
.old, .error { fill: #cf222e; }
.prompt { fill: #0550ae; }
.report { fill: #8250df; }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117; stroke: #30363d; }
text { fill: #e6edf3; }
.title, .file { fill: #9198a1; }
.new { fill: #3fb950; }
.old, .error { fill: #ff7b72; }
.prompt { fill: #79c0ff; }
.report { fill: #d2a8ff; }
}
"""

KINDS = (
    ("# ", "title"),
    ("    +", "new"),
    ("    -", "old"),
    ("In [", "prompt"),
    ("   ...:", "prompt"),
    ("  ", "file"),
    ("Reloaded", "report"),
    ("Could not", "error"),
    ("also held", "error"),
)


def shown():
    """Returns what the demonstration prints, as if somebody had taken the time to edit."""
    run = [sys.executable, "-m", "liveimport"]
    text = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return re.sub(r"modified \d+ seconds? ago", "modified 2 seconds ago", text)


def scenes(text):
    """Returns the parts to show, as lists of lines, without what only tests need."""
    parts = re.split(r"\n(?=# )", text)
    found = []
    for start in SCENES:
        (part,) = (p for p in parts if p.startswith(f"# {start}"))
        part = re.sub(r"In \[\d+\]: import liveimport\n.*\n\n", "", part)
        part = re.sub(r"In \[(\d+)\]", lambda n: f"In [{_cell(int(n[1]))}]", part)
        part = re.sub(r"Out\[(\d+)\]", lambda n: f"Out[{_cell(int(n[1]))}]", part)
        found.append(re.sub(r"\n{3,}", "\n\n", part).strip("\n").split("\n"))
    return found


def _cell(number):
    """Returns the number of a cell among those that are shown."""
    shown_cells = (1, 3, 4, 5, 11, 13)
    return shown_cells.index(number) + 1


def kind_of(line):
    """Returns the class of a line: how it is coloured."""
    return next((kind for start, kind in KINDS if line.startswith(start)), "plain")


def moving(name, begin, end, total):
    """Returns the rules that show an element from one time to another, again and again."""
    frames = [(0, 0), (begin - 0.01, 0), (begin, 1), (end - 0.01, 1), (end, 0), (total, 0)]
    if begin == 0:
        frames = frames[2:]
    if end >= total:
        frames = [frame for frame in frames if frame[0] < end] + [(total, 1)]
    steps = " ".join(f"{100 * at / total:.3f}% {{ opacity: {value} }}" for at, value in frames)
    rule = f".{name} {{ animation: {name} {total:.2f}s infinite; }}"
    return f"@keyframes {name} {{ {steps} }}\n{rule}\n"


def picture(parts):
    """Returns the SVG."""
    lengths = [len(part) * LINE_S + READ_S for part in parts]
    total = sum(lengths)
    height = TOP + LINE * max(map(len, parts))
    rules, texts, begin = [], [], 0.0
    for number, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        for row, line in enumerate(part):
            if line:
                name = f"s{number}l{row}"
                # What is seen first, and in previews, is a whole scene.
                start = begin + (row * LINE_S if number else 0)
                rules.append(moving(name, start, begin + length, total))
                place = f'x="{LEFT}" y="{TOP + row * LINE}"'
                # Without motion, the edit and what it does are what stays.
                still = " still" if number == 2 else ""
                texts.append(
                    f'<text class="moves {name}{still} {kind_of(line)}" {place} xml:space="preserve">'
                    f"{escape(line)}</text>"
                )
        begin += length
    calm = (
        "@media (prefers-reduced-motion: reduce) {\n.moves { animation: none; opacity: 0; }\n"
    )
    calm += ".still { opacity: 1; }\n}\n"
    words = (
        "A cell registers imports. An edit reloads two modules. A broken edit changes nothing."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'width="{WIDTH}" height="{height}">\n<title>{words}</title>\n'
        f"<style>\n{STYLE}{''.join(rules)}{calm}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>\n'
        + "\n".join(texts)
        + "\n</svg>\n"
    )


def main():
    """Writes the picture, or compares it; returns the exit status."""
    made = picture(scenes(shown()))
    if "--check" in sys.argv:
        return int(PICTURE.read_text(encoding="utf-8") != made)
    PICTURE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
