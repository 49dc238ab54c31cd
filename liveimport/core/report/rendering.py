"""The forms in which a person sees a value: text, Markdown, HTML, and text in a terminal."""

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, repeat
from typing import Any, NamedTuple, Self

from attrs import frozen

from liveimport.core import Value, public

from .messages import nothing_to_reload

FAILURE = "failure"
OLD_OBJECT = "old object"
"""What a line may tell that a reader should not miss."""


@public
class Line(str):
    """A line of text that knows what it is about. It is equal to its text.

    Attributes:
        names: The modules that it names, which HTML sets off from the words around them.
        kind: `FAILURE`, `OLD_OBJECT`, or empty.
    """

    __slots__ = ("kind", "names")
    names: tuple[str, ...]
    kind: str

    def __new__(cls, text: str, *names: str, kind: str = "") -> Self:
        """Returns the line."""
        line = super().__new__(cls, text)
        line.names = names
        line.kind = kind
        return line


def lines_of(say: Callable[[str], str], modules: Sequence[str]) -> tuple[Line, ...]:
    """Returns what is said of each module."""
    return tuple(Line(say(module), module) for module in modules)


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        cells: Its texts.
        kind: `FAILURE`, or empty.
    """

    cells: tuple[str, ...]
    kind: str = ""


class Table(NamedTuple):
    """A table, which HTML shows above the lines.

    Attributes:
        headings: Of the columns.
        rows: The rows.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def aligned(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns a line for each row, with the columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple("  ".join(map(str.ljust, row, widths, repeat(" "))).rstrip() for row in rows)


@public
class Detail(NamedTuple):
    """Lines that are folded away until the user asks for them.

    Attributes:
        title: What they are about.
        lines: The lines.
    """

    title: str
    lines: tuple[str, ...]


JSON_TYPE = "application/vnd.liveimport+json"
"""The media type of what an output carries for other programs."""


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

    @property
    def json(self) -> tuple[str, ...]:
        """The same for other programs: values as JSON."""
        return ()

    def __str__(self) -> str:
        return "\n".join(self.lines) or nothing_to_reload()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return console(str(self))

    def _repr_html_(self) -> str | None:
        lines = self.lines or (nothing_to_reload(),)
        return in_html(lines, self.details, has_failures=self.has_failures)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Returns what an output carries besides what is shown. The frontend ignores it."""
        from json import loads  # noqa: PLC0415  # only a kernel needs it

        values = [loads(text) for text in self.json]
        if not values:
            return {}
        return {
            JSON_TYPE: values[0] if len(values) == 1 else {"kind": "several", "values": values}
        }

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # IPython does
        del cycle
        printer.text(str(self))


class JsonReadable(Readable):
    """A value that other programs read too."""

    __slots__ = ()

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Returns the value as JSON-ready values; docs/reports has the schema."""

    @property
    def json(self) -> tuple[str, ...]:
        """The same for other programs, as JSON."""
        from json import dumps  # noqa: PLC0415  # only a kernel needs it

        return (dumps(self.to_dict()),)


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
_GREY, _RED, _AMBER = "#8a8a94", "#d1453b", "#b7791f"
_COLOURS: Mapping[str, str] = {FAILURE: _RED, OLD_OBJECT: _AMBER}
_TEXT = "overflow-wrap:anywhere;white-space:pre-wrap"
_CELL = "text-align:left;vertical-align:top;padding:0 1.5em 0 0;border:0;background:none"


def in_html(
    lines: Sequence[str],
    details: Sequence[Detail] = (),
    *,
    has_failures: bool = False,
    table: Table | None = None,
) -> str:
    """Returns lines as HTML, with a table above them and the details folded away below.

    It uses the frontend's code font and text colour, so it suits light and dark themes.
    """
    text = "\n".join(map(_line_in_html, lines))
    frame = _FRAME.format(colour=_RED if has_failures else _GREY)
    return (
        f"<div class='liveimport' style='{frame}'>{_table_in_html(table) if table else ''}"
        f"<div style='{_TEXT}'>{text}</div>{''.join(map(_folded, details))}</div>"
    )


def _folded(detail: Detail) -> str:
    from html import escape  # noqa: PLC0415  # most reports are never shown as HTML

    return (
        "<details style='margin:0'>"
        f"<summary style='cursor:pointer;opacity:.75'>{escape(detail.title)}</summary>"
        f"<div style='{_TEXT};padding-left:1.2em'>{escape(chr(10).join(detail.lines))}</div>"
        "</details>"
    )


def _line_in_html(line: str) -> str:
    from html import escape  # noqa: PLC0415  # see above

    if not isinstance(line, Line):
        return escape(line)
    parts = (
        f"<b>{escape(part)}</b>" if is_name else escape(part)
        for part, is_name in _parts(line, line.names)
    )
    text = "".join(parts)
    colour = _COLOURS.get(line.kind)
    return f"<span style='color:{colour}'>{text}</span>" if colour else text


def _parts(text: str, names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yields the parts of a text in order, each with whether it is one of the names."""
    if not names:
        return iter(((text, False),))
    # The longest first, so that `lab.models` is not taken for `lab`. A file `lab.py` is no name.
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    pieces = re.split(rf"(?<![\w.])({either})(?![\w]|\.\w)", text)
    return zip(pieces, cycle((False, True)), strict=False)


def _table_in_html(table: Table) -> str:
    from html import escape  # noqa: PLC0415  # see above

    # Only the last column may be long.
    styles = [f"{_CELL};white-space:nowrap"] * (len(table.headings) - 1) + [_CELL]
    head = "".join(f"<th style='{_CELL}'>{escape(text)}</th>" for text in table.headings)
    body = "".join(
        "<tr style='background:none{}'>{}</tr>".format(
            f";color:{_COLOURS[row.kind]}" if row.kind else "",
            "".join(
                f"<td style='{style}'>{escape(text)}</td>"
                for text, style in zip(row.cells, styles, strict=True)
            ),
        )
        for row in table.rows
    )
    return (
        "<table style='border-collapse:collapse;margin:0 0 4px;font:inherit;color:inherit'>"
        f"<thead><tr style='background:none'>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


_PREFIX = "liveimport: "
_ANSI: Mapping[str, str] = {FAILURE: "\x1b[31m", OLD_OBJECT: "\x1b[33m"}
_DIM, _RESET = "\x1b[2m", "\x1b[0m"


def in_terminal(lines: Sequence[str]) -> str:
    """Returns lines as a terminal with colours shows them among what cells print.

    Each has a prefix. They are dim, and red if they tell of a failure.
    """
    return "\n".join(
        f"{_ANSI.get(getattr(line, 'kind', ''), _DIM)}{_PREFIX}{line}{_RESET}" for line in lines
    )


@public
@frozen(repr=False, str=False, eq=False)
class Report(Value, Readable):
    """The lines of several values, to be shown together. Falsy if there are none.

    Attributes:
        lines: The lines.
        details: The details.
        has_failures: Whether one of the values tells of a failure.
        json: The values as JSON. The values themselves would pin objects of the notebook.
    """

    lines: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    has_failures: bool = False
    json: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Readable) -> "Report":
        """Returns the report of one value."""
        lines = value.lines
        # Most syncs have nothing to say. Then nothing is made of them for other programs either.
        return cls(lines, value.details, value.has_failures, value.json) if lines else cls()

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.lines + other.lines,
            self.details + other.details,
            self.has_failures or other.has_failures,
            self.json + other.json,
        )
