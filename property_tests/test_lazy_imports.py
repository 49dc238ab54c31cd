"""Lazy imports (PEP 810): a sync resolves none, and the session is as a fresh interpreter's.

The fresh interpreter is the same process: the project is imported once more, while its modules are
out of `sys.modules`. So the law holds where there are no processes too.
"""

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lazy_projects import NAMES, Import, LazyProject, cell_text
from strategies import chooser

from liveimport.core.committing.outcome import Outcome
from liveimport.core.imports import parse_imports, with_parents
from liveimport.core.planning.plan import DEPENDENT
from liveimport.effects.loaded.modules import LazyImport
from liveimport.effects.session.session import Session

pytestmark = pytest.mark.skipif(LazyImport is None, reason="Python has lazy imports since 3.15")

Names = dict[str, Any]

LAZY = "lazy_import"
"""How an import shows that is still to be made."""


def execute(code: str, names: Names) -> None:
    """Executes code, as a cell does."""
    exec(compile(code, "<cell>", "exec"), names)  # noqa: S102  # it is drawn


def is_lazy(value: object) -> bool:
    """Whether a value stands for an import that is still to be made."""
    return type(value) is LazyImport


def loaded() -> list[str]:
    """Returns the modules of the project that are loaded, in the order in which they were."""
    return [name for name in sys.modules if name in NAMES]


def held(module: str) -> Names:
    """Returns what a module holds, but for its submodules."""
    names = {n: v for n, v in vars(sys.modules[module]).items() if n[:2] != "__"}
    return {n: v for n, v in names.items() if f"{module}.{n}" not in NAMES}


def shown(value: object) -> object:
    """Returns a value as it compares with that of another interpreter."""
    if isinstance(value, ModuleType):
        return value.__name__
    return value if isinstance(value, int) else type(value).__name__


class Facts(NamedTuple):
    """What an interpreter shows. What is lazy shows as the name of its type.

    Attributes:
        modules: By module and name, what modules hold.
        names: What the names of the notebook hold, used.
        uses: By module, what `use` returns.
    """

    modules: Mapping[str, Mapping[str, object]]
    names: Mapping[str, object]
    uses: Mapping[str, object]


def facts(modules: Iterable[str], names: Names, used: Iterable[str]) -> Facts:
    """Returns what the living interpreter shows of these modules, and of names that it uses."""
    of_modules = {m: {n: shown(v) for n, v in held(m).items()} for m in modules}
    for name in used:
        execute(name, names)
    return Facts(of_modules, {name: shown(names[name]) for name in used}, {})


def with_uses(found: Facts, modules: Iterable[str]) -> Facts:
    """Returns the facts with what `use` of these modules returns."""
    return found._replace(uses={m: tuple(map(shown, sys.modules[m].use())) for m in modules})


@contextmanager
def fresh_imports() -> Iterator[None]:
    """Has the project imported anew, and puts back what was."""
    kept = {name: sys.modules.pop(name) for name in loaded()}
    finders = [f for f in sys.meta_path if not getattr(type(f), "is_import_log", False)]
    importlib.invalidate_caches()
    try:
        with patch.object(sys, "meta_path", finders):
            yield
    finally:
        for name in loaded():
            del sys.modules[name]
        sys.modules.update(kept)


class Live:
    """A session, its notebook, and what holds after each of its syncs."""

    def __init__(self, folder: str, project: LazyProject) -> None:
        self.session = Session()
        self.session.change_workspace((folder,), extend=False)
        self.session.install()
        self.project = project
        self.names: Names = {}
        self.cells: list[str] = []

    def cell(self, imports: tuple[Import, ...]) -> None:
        """Executes a cell, and registers what it imports if it did not fail."""
        text = cell_text(imports)
        before = dict(self.names)
        try:
            execute(text, self.names)
        except ZeroDivisionError:
            self.names.clear()
            self.names.update(before)
            return
        self.cells.append(text)
        bindings = parse_imports(text, allow_other_statements=True)
        self.session.register(self.names, bindings, clear=False)

    def use(self, choose: Callable[[list[str]], str]) -> None:
        """Uses the names of the notebook, or those of a module. What is broken may fail."""
        names = [name for name in self.names if name[:2] != "__"]
        modules = [f"{m}()" for m in loaded()]
        if not names and not modules:
            return
        code = choose([*names, *modules])
        try:
            if code.endswith("()"):
                sys.modules[code[:-2]].use()
            else:
                execute(code, self.names)
        except (ImportError, ZeroDivisionError, AttributeError):
            assert not self.project.is_sound

    def sync(self) -> Outcome:
        """Syncs. It resolves nothing, what did not run is as it was, and what ran had to."""
        before, names = {m: held(m) for m in loaded()}, dict(self.names)
        outcome = self.session.sync(retry_failed=True)
        ran = {event.module for event in outcome.events}
        for module in before.keys() - ran:
            same(before[module], held(module))
        for name, value in names.items():
            assert self.names[name] is value or not is_lazy(value)
        for event in outcome.events:
            if event.reason == DEPENDENT:
                used = self._imported_by(event.module, before[event.module])
                assert not used.isdisjoint(event.after)
        if self.project.is_sound:
            assert not outcome.failed
            self._as_fresh(ran, list(before))
        return outcome

    def _imported_by(self, module: str, names: Names) -> set[str]:
        """Returns what a module may have imported that holds these names, but for what is lazy."""
        return {
            target
            for one in self.project.written[module]
            if not is_lazy(names.get(one.bound))
            for target in with_parents((one.target,))
        }

    def _as_fresh(self, ran: set[str], loaded_before: list[str]) -> None:
        tracked = [m for m in loaded() if m in self.session.state.tracked]
        resolved = [n for n, v in self.names.items() if n[:2] != "__" and not is_lazy(v)]
        living = facts(tracked, self.names, resolved)
        now = loaded()
        with self._fresh(loaded_before) as names:
            assert set(now) <= set(loaded())
            fresh = facts(tracked, names, resolved)
        assert living.names == fresh.names
        for module in tracked:
            theirs, ours = fresh.modules[module], living.modules[module]
            assert ours.keys() == theirs.keys()
            # Python binds names of a module that is loaded at once. So the order of loads counts.
            lazy = [name for name in ours if LAZY in {ours[name], theirs[name]}]
            assert without(ours, lazy) == without(theirs, lazy)
            if module in ran:
                assert modules_in(ours) <= modules_in(theirs)

    def in_the_end(self) -> None:
        """All that waits is used. It is as a fresh interpreter has it, and nothing is to be done."""
        self.project.mend()
        self.sync()
        self._uses()  # a module that was not followed may be old, and is followed now
        self.sync()
        living = self._uses()
        with self._fresh(living.uses) as names:
            assert living == with_uses(facts((), names, living.names), living.uses)
        assert not self.sync().events

    def _uses(self) -> Facts:
        """Uses all names, and what tracked modules import."""
        tracked = [m for m in loaded() if m in self.session.state.tracked]
        names = [name for name in self.names if name[:2] != "__"]
        return with_uses(facts((), self.names, names), tracked)

    @contextmanager
    def _fresh(self, modules: Iterable[str]) -> Iterator[Names]:
        """Yields the notebook of a fresh interpreter that has imported these modules too."""
        with fresh_imports():
            names: Names = {}
            for cell in self.cells:
                execute(cell, names)
            for module in modules:
                importlib.import_module(module)
            yield names


def without(names: Mapping[str, object], left_out: Iterable[str]) -> dict[str, object]:
    """Returns the names but for some."""
    return {name: value for name, value in names.items() if name not in left_out}


def modules_in(names: Mapping[str, object]) -> set[str]:
    """Returns the names that hold modules: a lazy import of a whole module waits in any case."""
    return {name for name, value in names.items() if value in NAMES}


def same(before: Names, after: Names) -> None:
    """Checks that names hold the very same objects."""
    assert {n: id(v) for n, v in before.items()} == {n: id(v) for n, v in after.items()}


@contextmanager
def lazy_session(choose: Any, *, all_lazy: bool) -> Iterator[Live]:
    """Yields a session of a project, with a first cell."""
    path, mode = sys.path[:], sys.get_lazy_imports()
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(sys, "dont_write_bytecode", new=True),
    ):
        sys.path.insert(0, folder)
        live = Live(folder, LazyProject(choose, folder, all_lazy=all_lazy))
        sys.set_lazy_imports("all" if all_lazy else "normal")
        try:
            yield live
        finally:
            sys.set_lazy_imports(mode)
            live.session.uninstall()
            sys.path[:] = path
            for name in loaded():
                del sys.modules[name]


@given(all_lazy=st.booleans(), data=st.data())
@settings(max_examples=150)
def test_lazy_imports_are_as_fresh_and_stay_lazy(all_lazy, data):
    """Whatever was edited, used or imported between syncs."""
    choose = chooser(data)
    with lazy_session(choose, all_lazy=all_lazy) as live:
        live.cell(live.project.draw_cell())
        for _ in range(choose.pick(range(1, 8))):
            act = choose.pick(("edit", "edit", "use", "use", "cell", "sync", "sync"))
            if act == "edit":
                live.project.edit()
            elif act == "use":
                live.use(choose.pick)
            elif act == "cell":
                live.cell(live.project.draw_cell())
            else:
                live.sync()
        live.in_the_end()
