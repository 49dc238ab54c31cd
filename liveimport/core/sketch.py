"""The imports of a source that needs no parsing to find them.

Whoever registers a project of a thousand modules waits for a thousand of these. A sketch
looks at strings, comments and the word `import` alone, up to the last place where that word
stands. Where each stands in an import statement of its own at the start of a line, these are
the top-level imports and there are no others; wherever there is a doubt, the source is parsed.
"""

import ast
import re
from collections.abc import Mapping

from .registration import Binding, statement_bindings
from .source import Contents, analyse

_TOKEN = re.compile(
    rb"(?P<text>[A-Za-z]{0,2}(?:'''|\"\"\"|'|\"))|(?P<comment>\#[^\n]*)|(?P<word>\bimport\b)"
)
_ENDS: Mapping[bytes, re.Pattern[bytes]] = {
    b"'''": re.compile(rb"(?:[^\\]|\\.)*?'''", re.DOTALL),
    b'"""': re.compile(rb'(?:[^\\]|\\.)*?"""', re.DOTALL),
    b"'": re.compile(rb"(?:[^\\'\n]|\\.)*'", re.DOTALL),
    b'"': re.compile(rb'(?:[^\\"\n]|\\.)*"', re.DOTALL),
}
_STATEMENT = re.compile(
    rb"(?:import[ \t]+[\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*"
    rb"|from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\*|"
    rb"\w+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*\w+(?:[ \t]+as[ \t]+\w+)?)*"
    rb"|\((?:[\w\s,]|\#[^\n]*\n)*\)))"
    rb"[ \t]*(?:\#[^\n]*)?\r?(?:\n|\Z)"
)
_PLAIN_CODING = re.compile(rb"coding[:=]")


def sketch(data: bytes, package: str) -> Contents:
    """Returns what the source of a module of `package` says; its names are found when asked.

    Raises:
        SyntaxError: The source had to be parsed, and is not Python.
    """
    statements = _statements(data)
    if statements is None:
        return analyse(data, package)
    try:
        body = ast.parse(b"".join(statements)).body
        imports = tuple(b for s in body for b in _bindings(s, package))
    except SyntaxError:
        return analyse(data, package)
    return Contents(imports=imports, runs=imports, data=data)


def _bindings(statement: ast.stmt, package: str) -> tuple[Binding, ...]:
    try:
        return statement_bindings(statement, package)
    except ImportError:
        return ()


def _statements(data: bytes) -> list[bytes] | None:
    """Returns the import statements if all stand at the start of a line; None in doubt."""
    end = data.rfind(b"import")
    if not data.isascii() and _PLAIN_CODING.search(data[:200]):
        return None
    found: list[bytes] = []
    place = 0
    while place <= end:
        token = _TOKEN.search(data, place)
        if token is None or token.start() > end:
            break
        place = token.end()
        if token["text"]:
            closed = _end_of_text(data, token)
            if closed is None:
                return None
            place = closed
        elif token["word"]:
            statement = _statement_at(data, token.start())
            if statement is None:
                return None
            found.append(statement[0] if statement[0].endswith(b"\n") else statement[0] + b"\n")
            place = statement.end()
    return found


def _end_of_text(data: bytes, opening: re.Match[bytes]) -> int | None:
    """Returns where a string literal ends; None for what may hold strings within strings."""
    prefix = opening["text"].rstrip(b"'\"").lower()
    if b"f" in prefix or b"t" in prefix:
        return None
    closing = _ENDS[opening["text"][len(prefix) :]].match(data, opening.end())
    return None if closing is None else closing.end()


def _statement_at(data: bytes, word: int) -> re.Match[bytes] | None:
    """Returns the import statement that begins the line of the word, if it is plain."""
    line = data.rfind(b"\n", 0, word) + 1
    if data[max(line - 2, 0) : line].rstrip(b"\r\n").endswith(b"\\") or (
        data[max(line - 3, 0) : line].rstrip(b"\r\n").endswith(b"\\")
    ):
        return None
    statement = _STATEMENT.match(data, line)
    if statement is None or not line <= word < statement.end():
        return None
    return statement
