"""The sources that modules ran from, kept so that old functions can be shown as they ran."""

from collections.abc import Callable, Mapping
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from liveimport.core.model import SourceFile

if TYPE_CHECKING:
    from liveimport.core.planning.plan import ReloadStep


class Compiled(Protocol):
    """A module that has run: the step of the plan, and the code; None if its loader ran it."""

    @property
    def step(self) -> "ReloadStep":
        """What the plan says of it."""

    @property
    def code(self) -> CodeType | None:
        """What ran."""


class _Text(NamedTuple):
    """The bytes of a source, and their digest. The source itself may keep code."""

    digest: str
    data: bytes


class Texts:
    """The last known source of each module."""

    def __init__(self) -> None:
        self._ran: dict[str, _Text] = {}
        self._read: dict[str, _Text] = {}

    def note(self, sources: Mapping[str, SourceFile]) -> None:
        """Takes in sources that were read. What a module may have run from stays."""
        for name, source in sources.items():
            text = self._read[name] = _text_of(source)
            self._ran.setdefault(name, text)

    def take_in_relaid(self, module: str, digest: str) -> None:
        """Takes in the source of a module of which only comments or layout changed."""
        read = self._read.get(module)
        if read is not None and read.digest == digest:
            self._ran[module] = read

    def take_in(self, ran: Mapping[str, Compiled]) -> Callable[[str], bytes | None]:
        """Takes in the sources of modules that have run; returns what has those of before.

        That is None for a module whose source before is not known.
        """
        before: dict[str, _Text | None] = {}
        for name, one in ran.items():
            if one.step.source is not None:
                before[name] = self._ran.get(name)
                self._ran[name] = _text_of(one.step.source)

        def text_before(name: str) -> bytes | None:
            known = before[name] if name in before else self._ran.get(name)
            wanted = ran[name].step.previous.version.digest
            return known.data if known is not None and known.digest == wanted else None

        return text_before


def _text_of(source: SourceFile) -> _Text:
    return _Text(source.version.digest, source.data)
