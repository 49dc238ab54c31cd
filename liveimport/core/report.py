"""The words: what a plan or an outcome says, line by line, and the forms it is shown in."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from attrs import frozen

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

NOTHING = "Nothing to reload"


def age(seconds: float) -> str:
    """Returns how long ago something was: ``"18 seconds ago"``, in its largest unit."""
    whole = max(0, int(seconds))
    unit, size = next((u for u in _UNITS if whole >= u[1]), _UNITS[-1])
    count = whole // size
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def joined(names: Sequence[str]) -> str:
    """Returns names as English lists them: ``a``, ``a and b``, ``a, b, and c``."""
    if len(names) < 3:  # noqa: PLR2004  # from three on, English wants commas
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def place(file: str | None, line: int | None) -> str:
    """Returns where something went wrong, as far as that is known: ``(f.py, line 3)``."""
    if file is None:
        return ""
    return f" ({file}, line {line})" if line is not None else f" ({file})"


class Readable:
    """A value that a person reads: the same lines as text and as a Markdown console block.

    Truth is whether there is anything to read of.
    """

    __slots__ = ()

    @abstractmethod
    def lines(self) -> tuple[str, ...]:
        """Returns what it says, a line each; nothing if there is nothing to say."""

    def __str__(self) -> str:
        return "\n".join(self.lines()) or NOTHING

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return console(str(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # IPython calls it
        del cycle
        printer.text(str(self))


def console(text: str) -> str:
    """Returns text as a Markdown console block that nothing in it can end."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}console\n{text}\n{fence}"


@frozen(repr=False, str=False)
class Report(Readable):
    """Lines of one or several outcomes, to be shown together."""

    said: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.said)

    def lines(self) -> tuple[str, ...]:
        """Returns the lines."""
        return self.said
