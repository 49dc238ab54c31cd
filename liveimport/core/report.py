"""The words: what a plan or an outcome says, line by line, and the forms it is shown in."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from attrs import frozen

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

_MOST_NAMES = 10
_FIRST_NAMES = 6

NOTHING = "Nothing to reload"


def age(seconds: float) -> str:
    """Returns how long ago something was: ``"18 seconds ago"``, in its largest unit."""
    whole = max(0, int(seconds))
    unit, size = next((u for u in _UNITS if whole >= u[1]), _UNITS[-1])
    count = whole // size
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def joined(names: Sequence[str]) -> str:
    """Returns names as English lists them: ``a``, ``a and b``, ``a, b, and c``.

    Of more than ten, the first six are named and the others counted.
    """
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_FIRST_NAMES])}, and {len(names) - _FIRST_NAMES} more"
    if len(names) < 3:  # noqa: PLR2004  # from three on, English wants commas
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def place(file: str | None, line: int | None) -> str:
    """Returns where something went wrong, as far as that is known: ``(f.py, line 3)``."""
    if file is None:
        return ""
    return f" ({file}, line {line})" if line is not None else f" ({file})"


class Detail(NamedTuple):
    """What is told on request only.

    Attributes:
        title: What it is about.
        said: Its lines.
    """

    title: str
    said: tuple[str, ...]


class Readable:
    """A value that a person reads: the same lines as text, as Markdown and as HTML."""

    __slots__ = ()

    @abstractmethod
    def lines(self) -> tuple[str, ...]:
        """Returns what it says, a line each; nothing if there is nothing to say."""

    def details(self) -> tuple[Detail, ...]:
        """Returns what it says on request."""
        return ()

    @property
    def alarming(self) -> bool:
        """Whether it tells of a failure."""
        return False

    def __str__(self) -> str:
        return "\n".join(self.lines()) or NOTHING

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return console(str(self))

    def _repr_html_(self) -> str | None:
        return in_html(str(self), self.details(), alarming=self.alarming)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # IPython calls it
        del cycle
        printer.text(str(self))


def console(text: str) -> str:
    """Returns text as a Markdown console block that nothing in it can end."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}console\n{text}\n{fence}"


_FRAME = (
    "margin:2px 0;padding-left:8px;border-left:3px solid {colour};"
    "font-family:var(--jp-code-font-family,var(--vscode-editor-font-family,monospace));"
    "font-size:12px;line-height:1.5"
)
_CALM, _ALARM = "#8a8a94", "#d1453b"
_TEXT = "overflow-wrap:anywhere;white-space:pre-wrap"


def in_html(text: str, details: Sequence[Detail], *, alarming: bool = False) -> str:
    """Returns text as HTML, the details folded away below it.

    It takes the frontend's code font and leaves its colours alone, so it fits light and dark.
    """
    from html import escape  # noqa: PLC0415  # most reports are never shown as HTML

    folded = "".join(
        "<details style='margin:0'>"
        f"<summary style='cursor:pointer;opacity:.75'>{escape(detail.title)}</summary>"
        f"<div style='{_TEXT};padding-left:1.2em'>{escape(chr(10).join(detail.said))}</div>"
        "</details>"
        for detail in details
    )
    frame = _FRAME.format(colour=_ALARM if alarming else _CALM)
    return (
        f"<div class='liveimport' style='{frame}'>"
        f"<div style='{_TEXT}'>{escape(text)}</div>{folded}</div>"
    )


@frozen(repr=False, str=False)
class Report(Readable):
    """What several values say, to be shown together. Falsy when that is nothing.

    Attributes:
        said: The lines.
        folded: The details.
        failed: Whether one of them tells of a failure.
    """

    said: tuple[str, ...] = ()
    folded: tuple[Detail, ...] = ()
    failed: bool = False

    @classmethod
    def of(cls, value: Readable) -> "Report":
        """Returns the report of one value."""
        return cls(value.lines(), value.details(), value.alarming)

    @property
    def alarming(self) -> bool:
        """Whether one of them tells of a failure."""
        return self.failed

    def __bool__(self) -> bool:
        return bool(self.said)

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.said + other.said, self.folded + other.folded, self.failed or other.failed
        )

    def lines(self) -> tuple[str, ...]:
        """Returns the lines."""
        return self.said

    def details(self) -> tuple[Detail, ...]:
        """Returns the details."""
        return self.folded
