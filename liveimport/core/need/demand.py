"""What a new source may ask of other modules as it runs: rather too much."""

from collections.abc import Iterable
from functools import lru_cache
from inspect import CO_NEWLOCALS
from types import CodeType
from typing import NamedTuple

from liveimport.core.source.reads import MAKING, USING, code_reads, instructions, skeleton_of
from liveimport.core.trace import Demand


class Before(NamedTuple):
    """What is known of a source as it ran before.

    Attributes:
        resting: The functions and classes that it had, and that did not run, though somebody may
            have decorated them.
        called: The functions that ran.
        skeleton: A digest of all but the functions. If that is the same now, no function is called
            by it that was not, though it may name it.
    """

    resting: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    skeleton: str = ""


NOTHING_BEFORE = Before()


@lru_cache(maxsize=64)
def demand_of_source(data: bytes, before: Before = NOTHING_BEFORE) -> Demand:
    """Returns what a source may ask for that can be compiled."""
    root = compile(data, "", "exec", dont_inherit=True)
    reads = [code_reads(code) for code in _may_run(root, before)]
    return Demand(
        frozenset(load for one in reads for load in one.loads | one.annotated),
        frozenset(one for found in reads for one in found.imports),
    )


class _Contents(NamedTuple):
    """What is seen in one code object.

    Attributes:
        used: The names that it uses; those of base classes are only derived from.
        inner: The code objects in it, and whether each makes a function that is only stored.
    """

    used: frozenset[str]
    inner: tuple[tuple[CodeType, bool], ...]


def used_names(codes: Iterable[CodeType]) -> frozenset[str]:
    """Returns the names that codes use. To derive a class from one is no use, to decorate it is."""
    return frozenset(name for code in codes for name in _contents_of(code).used)


def _may_run(root: CodeType, before: Before) -> list[CodeType]:
    """Returns the code that may run: not that of functions that nobody names.

    Anybody may call a function that is decorated, or that has no name, or one that Python knows.
    But if nobody has called one of that name before, it must be named. The methods of a class that is used may be called too.
    """
    running: list[CodeType] = []
    used: set[str] = set()
    pending = [root]
    waiting: dict[str, list[CodeType]] = {}
    is_as_before = skeleton_of(root) == before.skeleton
    while pending:
        code = pending.pop()
        if code in running:
            continue
        running.append(code)
        contents = _contents_of(code)
        is_function = bool(code.co_flags & CO_NEWLOCALS)
        used |= (
            contents.used if is_function or not is_as_before else contents.used - before.resting
        )
        for inner, is_stored in contents.inner:
            is_bare = is_stored or inner.co_name in before.resting
            runs = inner.co_name[-1:] == "_" or inner.co_name in before.called
            if not inner.co_flags & CO_NEWLOCALS or not is_bare or runs:
                pending.append(inner)
            else:
                # A method may be called if its class is used.
                for key in (inner.co_name, code.co_name):
                    waiting.setdefault(key, []).append(inner)
        for name in sorted(used & waiting.keys()):
            pending += waiting.pop(name)
    return running


def _contents_of(code: CodeType) -> _Contents:
    used: set[str] = set()
    found: list[tuple[CodeType, bool]] = []
    made: CodeType | None = None
    calls = -1  # how many there were since a class statement began
    for name, argument, value in instructions(code):
        if made is not None and name not in MAKING:
            found.append((made, name.startswith("STORE_")))
            made = None
        if name == "LOAD_CONST" and isinstance(code.co_consts[argument], CodeType):
            made = code.co_consts[argument]
        elif name == "LOAD_BUILD_CLASS":
            calls = 0
        elif name.startswith("CALL"):
            calls += calls >= 0
        elif name.startswith("STORE_"):
            if calls > 1:
                used.add(value)  # it is decorated
            calls = -1
        elif name in USING and (calls < 0 or name.startswith("LOAD_ATTR")):
            used.add(value)
    return _Contents(frozenset(used), tuple(found))
