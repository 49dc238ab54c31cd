"""Names of the user: whatever they bind, delete and edit, nothing of theirs is lost or told wrongly.

`Drive` checks that at every sync, and that all other names are as in a fresh interpreter.
"""

from typing import Any

import pytest
from driving import Drive, Step, Violation
from hypothesis import given, settings
from hypothesis import strategies as st
from small_projects import OWN_KINDS

NAMES = ("x", "y", "f", "C", "t")
VALUES = {
    "int": "{name} = {version}",
    "list": "{name} = [{version}]",
    "tuple": "{name} = ({version},)",
    "none": "{name} = None",
    "function": "def {name}(): return {version}",
    "class": "class {name}: v = {version}",
}
ALL = dict.fromkeys(NAMES, "int")
STATEMENTS = (
    "from a import *",
    "from b import *",
    "from a import x",
    "from b import y as x",
    "from b import f, C",
    "import a",
    "from lazy import C, f",
    "from lazy import *",
    "from lazy import x as t",
)
LAZY = b"""
__all__ = ["C", "f", "x"]
def __getattr__(name):
    if name.startswith("__"): raise AttributeError(name)
    import impl
    return getattr(impl, name)
"""

statements = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3, unique=True)
sources = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(sorted(VALUES)), min_size=2)
acts = st.one_of(
    st.tuples(st.just("define"), st.sampled_from(NAMES), st.sampled_from(OWN_KINDS)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES)),
    st.tuples(st.just("own_names"), st.sampled_from(("replace", "keep"))),
    st.tuples(st.sampled_from(("cell", "execute"))),
)
edits = st.tuples(st.sampled_from(("a", "b", "impl")), sources)
rounds = st.tuples(st.lists(acts, max_size=4), st.lists(edits, min_size=1, max_size=2))
"""What the user does in the notebook, and then in the files."""


def source(values: dict[str, str], version: int) -> bytes:
    """Returns the source of a module with these names; each value is new and its own."""
    lines = [
        VALUES[kind].format(name=name, version=version * 1000 + number)
        for number, (name, kind) in enumerate(values.items())
    ]
    return "\n".join(lines).encode()


def run(drive: Drive, text: str, all_rounds: list[tuple[list[Step], list[Any]]]) -> None:
    """Takes the steps of all rounds, each with a sync at its end."""
    version = 1
    for steps, changes in all_rounds:
        for act, *args in steps:
            drive.step(act, *([text] if act in ("cell", "execute") else args))
        for module, values in changes:
            version += 1
            always = ALL if module == "impl" else {}
            drive.step(
                "write", f"{module}.py", source({**always, **values}, version), "replace"
            )
        drive.step("sync")


@settings(max_examples=80)
@given(
    modules=st.tuples(sources, sources, sources),
    cell=statements,
    all_rounds=st.lists(rounds, min_size=1, max_size=4),
)
def test_nothing_of_the_user_is_lost(modules, cell, all_rounds):
    """It is in its place or told and in `liveimport.replaced`; kept if that is asked for."""
    text = "\n".join(cell)
    with Drive() as drive:
        drive.step("write", "lazy.py", LAZY, "replace")
        for name, values in zip(("a", "b", "impl"), modules, strict=True):
            drive.step("write", f"{name}.py", source({**ALL, **values}, 1), "replace")
        drive.step("cell", text)
        run(drive, text, all_rounds)


def test_a_loss_is_seen():
    """A value that is replaced, and neither told nor kept, breaks the law."""
    with Drive() as drive:
        drive.step("write", "a.py", b"x = 1\n", "replace")
        drive.step("cell", "from a import x")
        drive.step("define", "x", "list")
        drive.ask("take_all_for_imported")
        drive.step("write", "a.py", b"x = 22\n", "replace")
        with pytest.raises(Violation, match=r"names of the user: .'x was replaced"):
            drive.step("sync")
