"""The forms in which a person sees a value: text, Markdown and HTML."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from attrs import frozen

from .messages import nothing_to_reload


class Detail(NamedTuple):
    """Lines that are folded away until the user asks for them.

    Attributes:
        title: What they are about.
        lines: The lines.
    """

    title: str
    lines: tuple[str, ...]


class Readable:
    """A value that a person reads. Text, Markdown and HTML show the same lines."""

    __slots__ = ()

    @property
    @abstractmethod
    def lines(self) -> tuple[str, ...]:
        """The lines to show. Empty if there is nothing to say."""

    @property
    def details(self) -> tuple[Detail, ...]:
        """The lines to show on request. Only HTML has them."""
        return ()

    @property
    def has_failures(self) -> bool:
        """Whether a line tells of a failure."""
        return False

    def __str__(self) -> str:
        return "\n".join(self.lines) or nothing_to_reload()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return console(str(self))

    def _repr_html_(self) -> str | None:
        return in_html(str(self), self.details, has_failures=self.has_failures)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # IPython does
        del cycle
        printer.text(str(self))


def console(text: str) -> str:
    """Returns text as a Markdown console block. Nothing in the text can end the block."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}console\n{text}\n{fence}"


_FRAME = (
    "margin:2px 0;padding-left:8px;border-left:3px solid {colour};"
    "font-family:var(--jp-code-font-family,var(--vscode-editor-font-family,monospace));"
    "font-size:12px;line-height:1.5"
)
_GREY, _RED = "#8a8a94", "#d1453b"
_TEXT = "overflow-wrap:anywhere;white-space:pre-wrap"


def in_html(text: str, details: Sequence[Detail], *, has_failures: bool = False) -> str:
    """Returns text as HTML, with the details folded away below it.

    It uses the frontend's code font and text colour, so it suits light and dark themes.
    """
    from html import escape  # noqa: PLC0415  # most reports are never shown as HTML

    folded = "".join(
        "<details style='margin:0'>"
        f"<summary style='cursor:pointer;opacity:.75'>{escape(detail.title)}</summary>"
        f"<div style='{_TEXT};padding-left:1.2em'>{escape(chr(10).join(detail.lines))}</div>"
        "</details>"
        for detail in details
    )
    frame = _FRAME.format(colour=_RED if has_failures else _GREY)
    return (
        f"<div class='liveimport' style='{frame}'>"
        f"<div style='{_TEXT}'>{escape(text)}</div>{folded}</div>"
    )


@frozen(repr=False, str=False)
class Report(Readable):
    """The lines of several values, to be shown together. Falsy if there are none.

    Attributes:
        lines: The lines.
        details: The details.
        has_failures: Whether one of the values tells of a failure.
    """

    lines: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    has_failures: bool = False

    @classmethod
    def of(cls, value: Readable) -> "Report":
        """Returns the report of one value."""
        return cls(value.lines, value.details, value.has_failures)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.lines + other.lines,
            self.details + other.details,
            self.has_failures or other.has_failures,
        )
