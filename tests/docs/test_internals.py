"""The map of the code on the page about internals: each file is on it, and so are the layers."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "liveimport"
PAGE = (ROOT / "docs" / "internals.md").read_text(encoding="utf-8")


def section(heading):
    """Returns the text below a heading, up to the next heading of its kind or above."""
    kind = heading.partition(" ")[0]
    body = PAGE.partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{len(kind)}}} ", body, maxsplit=1, flags=re.MULTILINE)[0]


def text_block(text):
    """Returns the lines of the first block of plain text."""
    return re.search(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1].splitlines()


def layout():
    """Returns the layout as (path below the package, the line about it)."""
    found = []
    folders = []
    for line in text_block(section("## The layout"))[1:]:
        indented, name, line_about = re.fullmatch(r"( +)(\S+) +(.*)", line).groups()
        del folders[len(indented) // 2 - 1 :]
        found.append(("".join(folders) + name, line_about))
        if name.endswith("/"):
            folders.append(name)
    return found


def has_code(file):
    """Whether a file has more than a docstring."""
    return len(ast.parse(file.read_text(encoding="utf-8")).body) > 1


def defines(file, name):
    """Whether a file is there, and defines the name if one is given."""
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    return not name or re.search(rf"^ *(def|class) {name}\b", text, re.MULTILINE) is not None


def test_every_file_is_on_the_map():
    """The layout has each file and folder of the package once, with a line about it."""
    files = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if file.name != "__init__.py" or has_code(file)
    }
    folders = {f"{file.parent.relative_to(PACKAGE)}/" for file in PACKAGE.glob("*/**/*.py")}
    assert sorted(path for path, _ in layout()) == sorted(files | folders)
    assert [path for path, line_about in layout() if not line_about] == []


def test_layers_are_the_contracts():
    """The layers on the page are those that lint-imports holds the code to."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    held = {c["containers"][0]: " > ".join(c["layers"]) for c in contracts if "layers" in c}
    lines = (line.partition(":") for line in text_block(section("### The layers")))
    assert {container: layers.strip() for container, _, layers in lines} == held


def test_files_that_the_page_names_exist():
    """Every path on the page is that of a file, and has the function named beside it."""
    paths = re.findall(r"`((?:core|effects)/[\w/]+\.py)`(?:: `(\w+)`)?", PAGE)
    paths += [
        (path, name)
        for name, path in re.findall(r"`(\w+)` in `((?:core|effects)/[\w/]+\.py)`", PAGE)
    ]
    assert len(paths) > 20
    assert [(path, name) for path, name in paths if not defines(PACKAGE / path, name)] == []


def test_terms_are_explained_once():
    """The glossary has no term twice."""
    terms = re.findall(r"^(.+)\n: ", section("## Glossary"), re.MULTILINE)
    assert len(terms) > 40
    assert sorted(terms) == sorted(set(terms))
