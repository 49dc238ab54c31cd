"""Old functions get a file name of their own, under which the lines that they run are found."""

import linecache
from collections import deque
from collections.abc import Callable, Iterable
from importlib.util import decode_source
from types import CodeType, FunctionType
from typing import NamedTuple

from liveimport.core.report import messages

from .definitions import ids_of, nested_code

_MOST_FILES = 20


class Run(NamedTuple):
    """A module that has run again.

    Attributes:
        code: What ran; None if its loader ran it.
        previous: What had run before; None if that was its first import.
        text: The source of that; None if it is not known.
    """

    code: CodeType | None
    previous: CodeType | None
    text: bytes | None


class OldFiles:
    """The file names of old functions, and the lines of the last of them.

    Attributes:
        homes: By such a name, the module. It has also those whose lines are gone.
    """

    def __init__(self) -> None:
        self.homes: dict[str, str] = {}
        self._shown: deque[str] = deque()

    def rename(
        self,
        functions: Iterable[FunctionType],
        run_of: Callable[[str], Run | None],
        clock: str,
    ) -> None:
        """Gives functions of the versions before the last runs the name of a file of then.

        Their code says it, so tracebacks, `inspect` and debuggers show the lines that run.
        """
        renaming: dict[str, _Renaming | None] = {}
        for function in functions:
            module = function.__globals__.get("__name__")
            if not isinstance(module, str):
                continue
            if module not in renaming:
                run = run_of(module)
                renaming[module] = None if run is None else _Renaming(self, module, run, clock)
            of_module = renaming[module]
            renamed = None if of_module is None else of_module.renamed(function.__code__)
            if renamed is not None:
                function.__code__ = renamed

    def add(self, module: str, path: str, clock: str, text: bytes) -> str:
        """Returns the name of an old file whose lines are kept from now on."""
        name, number = messages.old_file(path, clock), 1
        while name in self.homes:
            number += 1
            name = messages.old_file(path, f"{clock}, {number}")
        lines = decode_source(text).splitlines(keepends=True)
        # Without a time, nobody looks for the file.
        linecache.cache[name] = (len(text), None, lines, name)
        self.homes[name] = module
        self._shown.append(name)
        while len(self._shown) > _MOST_FILES:
            # Without an entry, the loader of the module would be asked: for the new lines.
            gone = self._shown.popleft()
            linecache.cache[gone] = (0, None, [], gone)
        return name


class _Renaming:
    """The code of one module in one sync. Functions that share code share it still."""

    def __init__(self, files: OldFiles, module: str, run: Run, clock: str) -> None:
        self._files = files
        self._module = module
        self._run = run
        self._clock = clock
        self._present = _ids(run.code)
        # Of the first import there is no code to compare with, and no version before it.
        self._old = None if run.previous is None else _ids(run.previous)
        self._name = ""
        # With the code itself, so that no other code gets its id meanwhile.
        self._renamed: dict[int, tuple[CodeType, CodeType]] = {}

    def renamed(self, code: CodeType) -> CodeType | None:
        """Returns code with the name of its old file; None if it is not of the last version."""
        known = self._renamed.get(id(code))
        if known is not None:
            return known[1]
        ran, path = self._run.code, code.co_filename
        if ran is None or ran.co_filename != path or id(code) in self._present:
            return None
        if self._run.text is None or (self._old is not None and id(code) not in self._old):
            return None
        self._name = self._name or self._files.add(
            self._module, path, self._clock, self._run.text
        )
        renamed = _with_file(code, self._name)
        self._renamed[id(code)] = (code, renamed)
        return renamed


def _ids(code: CodeType | None) -> frozenset[int]:
    return frozenset() if code is None else ids_of(nested_code(code))


def _with_file(code: CodeType, name: str) -> CodeType:
    consts = tuple(
        _with_file(one, name) if type(one) is CodeType else one for one in code.co_consts
    )
    return code.replace(co_filename=name, co_consts=consts)
