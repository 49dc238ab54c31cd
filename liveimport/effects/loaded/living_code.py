"""The functions and classes of modules, wherever they are, and setting the positions of their code.

When only comments or layout of a source changed, its module does not run. The lines that its
functions and classes know are brought up to date where these live: in modules, in the notebook,
behind decorators. All of them, or none.
"""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
)
from typing import Any, NamedTuple

from liveimport.core.planning.plan import RelaidModule
from liveimport.core.report import messages

from .modules import is_main_interpreter, loaded_namespace, qualname_of

_GENERATORS: Mapping[type, str] = {
    GeneratorType: "gi",
    CoroutineType: "cr",
    AsyncGeneratorType: "ag",
}
_WITH_CODE = frozenset({FunctionType, FrameType, *_GENERATORS})
_LINE_OF_CLASS = "__firstlineno__"
_dict_of_class: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


class _Moves(NamedTuple):
    """What is to be set.

    Attributes:
        functions: Functions with the code that they are to have.
        classes: Classes with the line on which they are to begin.
    """

    functions: list[tuple[FunctionType, CodeType]]
    classes: list[tuple[type, int]]


class LivingCode:
    """Finds the code of modules where it lives, and replaces it.

    `kept` returns all code of a module that LiveImport itself keeps: code that is nested in it is
    no surprise.
    """

    def __init__(self, kept: Callable[[str], Iterable[CodeType]]) -> None:
        self._kept = kept
        self._refused: dict[tuple[str, str], str] = {}

    def obstacles(self, modules: Sequence[RelaidModule]) -> Mapping[str, str]:
        """Returns by module why its positions cannot be set. Nothing changes."""
        refused = {
            m.module: self._refused[m.module, m.digest]
            for m in modules
            if (m.module, m.digest) in self._refused
        }
        return {**_Search(modules, self._kept).obstacles, **refused}

    def set_positions(self, modules: Sequence[RelaidModule]) -> bool:
        """Sets the positions of all these modules; of none if that fails. Returns whether it did.

        What failed is an obstacle from then on.
        """
        search = _Search(modules, self._kept)
        obstacles = search.obstacles
        if not obstacles:
            try:
                _set(search.moves)
            except Exception as error:  # noqa: BLE001  # an audit hook may forbid it
                obstacles = {m.module: str(error) for m in modules}
        for module in modules:
            if module.module in obstacles:
                self._refused[module.module, module.digest] = obstacles[module.module]
        return not obstacles


def _set(moves: _Moves) -> None:
    """Sets positions. If anything is raised, they are as before."""
    done: list[Callable[[], None]] = []
    try:
        for function, code in moves.functions:
            done.append(partial(setattr, function, "__code__", function.__code__))
            function.__code__ = code
        for cls, line in moves.classes:
            before = _dict_of_class(cls)[_LINE_OF_CLASS]
            done.append(partial(type.__setattr__, cls, _LINE_OF_CLASS, before))
            type.__setattr__(cls, _LINE_OF_CLASS, line)
    except BaseException:
        for undo in reversed(done):
            undo()
        raise


class _Search:
    """A look at all objects, for the code of some modules.

    Attributes:
        moves: What is to be set.
        obstacles: By module, why its positions cannot be set.
    """

    def __init__(
        self, modules: Sequence[RelaidModule], kept: Callable[[str], Iterable[CodeType]]
    ) -> None:
        self.moves = _Moves([], [])
        self.obstacles: dict[str, str] = {}
        self._by_path = {m.path: m for m in modules}
        self._by_dict = {id(loaded_namespace(m.module)): m for m in modules}
        self._living: dict[int, tuple[CodeType, RelaidModule]] = {}
        self._expected: Counter[int] = Counter()
        with_code = [one for one in gc.get_objects() if type(one) in _WITH_CODE]
        functions = [one for one in with_code if type(one) is FunctionType]
        for function in self._of_modules(functions):
            self._take_function(function)
        self._count_constants(kept)
        for one in with_code:
            if type(one) is not FunctionType:
                self._take_frame(one)
        self._refuse_running(_running_code())
        self._find_other_holders()
        self._living.clear()  # if something keeps this search, it is no holder
        self._take_classes()

    def _of_modules(self, functions: Sequence[FunctionType]) -> list[FunctionType]:
        """Returns those that may be of the modules. Mostly there are thousands of others."""
        paths, dicts = self._by_path, self._by_dict
        return [
            one
            for one in functions
            if one.__code__.co_filename in paths or id(one.__globals__) in dicts
        ]

    def _take_function(self, function: FunctionType) -> None:
        code = function.__code__
        module = self._by_path.get(code.co_filename)
        if module is None:
            module = self._by_dict[id(function.__globals__)]
        new = module.source.code.get(code)
        if new is not None:
            self.moves.functions.append((function, new))
            self._expected[id(code)] += 1
            for inner in _codes_in(code):
                self._living[id(inner)] = (inner, module)
        elif code.co_filename == module.path and _is_current(module.module, function):
            self._refuse(module, messages.code_is_other(code.co_qualname))

    def _count_constants(self, kept: Callable[[str], Iterable[CodeType]]) -> None:
        """Counts how often living code is a constant of other code."""
        outer = {i: code for i, (code, _) in self._living.items()}
        for module in self._by_path.values():
            for root in kept(module.module):
                outer.update((id(code), code) for code in _codes_in(root))
        # Copies of code share their constants.
        for constants in {id(c.co_consts): c.co_consts for c in outer.values()}.values():
            self._expected.update(id(one) for one in constants if isinstance(one, CodeType))

    def _take_frame(self, one: Any) -> None:
        """Counts a frame that is over, as errors keep them; or a generator, with its frame."""
        kind = _GENERATORS.get(type(one))
        frame = one if kind is None else getattr(one, f"{kind}_frame")
        code = frame.f_code if frame is not None else getattr(one, f"{kind}_code")
        if id(code) in self._living:
            self._expected[id(code)] += 1
            if kind is not None and frame is not None:
                self._refuse_running((id(code),))

    def _refuse_running(self, running: Iterable[int]) -> None:
        for number in running:
            if number in self._living:
                code, module = self._living[number]
                self._refuse(module, messages.code_is_running(code.co_qualname))

    def _find_other_holders(self) -> None:
        """Refuses modules if something else holds code of theirs, as a table may."""
        for i, (code, module) in self._living.items():
            if sys.getrefcount(code) - self._expected[i] > _OWN_REFERENCES:
                self._refuse(module, messages.code_is_kept(code.co_qualname))

    def _take_classes(self) -> None:
        """Finds the classes that know their lines, of Python 3.13 and later."""
        if not any(module.source.lines for module in self._by_path.values()):
            return
        for cls in _all_classes():
            held = _dict_of_class(cls)
            line = held.get(_LINE_OF_CLASS)
            if line is None:
                continue
            for module in self._by_path.values():
                new = module.source.lines.get((qualname_of(cls), line))
                if new is not None and self._is_of(module, held):
                    self.moves.classes.append((cls, new))

    def _is_of(self, module: RelaidModule, held: Mapping[str, Any]) -> bool:
        """Whether a class of this dict is the module's, whatever name of a module it says."""
        return held.get("__module__") == module.module or any(
            type(value) is FunctionType and self._by_dict.get(id(value.__globals__)) is module
            for value in held.values()
        )

    def _refuse(self, module: RelaidModule, obstacle: str) -> None:
        self.obstacles.setdefault(module.module, obstacle)


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yields a code, and all that is nested in it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes_in(inner)


def _references_of_search() -> int:
    """Returns how often a search itself refers to each living code, when it asks."""
    living = {0: (compile("", "", "exec"), None)}
    return next(sys.getrefcount(code) for _, (code, _) in living.items())


_OWN_REFERENCES = _references_of_search()


def _running_code() -> frozenset[int]:
    """Returns the ids of all code that is running, in all threads.

    In a subinterpreter in this thread: to ask for others would touch those of all interpreters.
    """
    found: set[int] = set()
    if is_main_interpreter():
        pending = list(sys._current_frames().values())  # noqa: SLF001  # the only way to see them
    else:
        pending = [sys._getframe()]  # noqa: SLF001  # as above
    while pending:
        # No name for a frame: this one would refer to itself, and live on with all below it.
        found.add(id(pending[-1].f_code))
        pending += filter(None, [pending.pop().f_back])
    return frozenset(found)


def _all_classes() -> Iterator[type]:
    """Yields all classes there are."""
    # By identity: a metaclass may compare its classes by code, as those of typing do.
    met: set[int] = set()
    pending: list[type] = [object]
    while pending:
        cls = pending.pop()
        subclasses: list[type] = type.__subclasses__(cls)
        for below in subclasses:
            if id(below) not in met:
                met.add(id(below))
                pending.append(below)
                yield below


def _is_current(module: str, function: FunctionType) -> bool:
    """Whether a function stands in its module under its name. It may be an old one otherwise."""
    held, found = loaded_namespace(module), None
    for part in function.__qualname__.split("."):
        found = held.get(part)
        held = _dict_of_class(found) if isinstance(found, type) else {}
    return getattr(found, "__func__", found) is function
