"""The imports of a source that needs no parsing to find them.

Whoever registers a project of a thousand modules waits for a thousand of these. A sketch
looks at strings, comments and the word `import` alone, up to the last place where that word
stands. Where each stands in an import statement of its own at the start of a line, these are
the top-level imports and there are no others; wherever there is a doubt, the source is parsed.
"""

import keyword
import re
from collections.abc import Iterator, Mapping

from .registration import STAR, Binding, absolute_name
from .source import Contents, analyse

_KEYWORDS = frozenset(keyword.kwlist)

# Patterns are compiled when they are used first: importing LiveImport is to be cheap.
_TOKEN = (
    rb"(?P<text>[A-Za-z]{0,2}(?:'''|\"\"\"|'|\"))|(?P<comment>\#[^\n]*)|(?P<word>\bimport\b)"
)
_ENDS: Mapping[bytes, bytes] = {
    b"'''": rb"(?s:(?:[^\\]|\\.)*?''')",
    b'"""': rb'(?s:(?:[^\\]|\\.)*?""")',
    b"'": rb"(?s:(?:[^\\'\n]|\\.)*')",
    b'"': rb'(?s:(?:[^\\"\n]|\\.)*")',
}
_STATEMENT = (
    rb"(?:import[ \t]+(?P<modules>[\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)"
    rb"|from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]+(?:(?P<names>\*|"
    rb"\w+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*\w+(?:[ \t]+as[ \t]+\w+)?)*)"
    rb"|\((?P<listed>(?:[\w\s,]|\#[^\n]*\n)*)\)))"
    rb"[ \t]*(?:\#[^\n]*)?\r?(?:\n|\Z)"
)
_COMMENT = rb"\#[^\n]*"
_PLAIN_CODING = rb"coding[:=]"


def sketch(data: bytes, package: str) -> Contents:
    """Returns what the source of a module of `package` says; its names are found when asked.

    Raises:
        SyntaxError: The source had to be parsed, and is not Python.
    """
    statements = _statements(data)
    if statements is None:
        return analyse(data, package)
    try:
        imports = tuple(b for s in statements for b in _bindings(s, package))
    except _DoubtfulError:
        return analyse(data, package)
    return Contents(imports=imports, runs=imports, data=data)


class _DoubtfulError(Exception):
    """What looked like an import statement may be none."""


def _bindings(statement: re.Match[bytes], package: str) -> Iterator[Binding]:
    """Yields the bindings of a statement; of one that leaves its package, none."""
    if statement["modules"] is not None:
        for name, bound in _aliases(statement["modules"]):
            top = _dotted(name).partition(".")[0]
            yield Binding(name=bound or top, module=name, aliased=bound is not None)
        return
    dotted = statement["module"].decode()
    module = dotted.lstrip(".")
    if module:
        _dotted(module)
    try:
        origin = absolute_name(module, len(dotted) - len(module), package)
    except ImportError:
        origin = None
    for name, bound in _attributes(statement):
        if origin is not None:
            yield Binding(name=bound or name, module=origin, attribute=name)


def _attributes(statement: re.Match[bytes]) -> list[tuple[str, str | None]]:
    names = statement["names"]
    if names == b"*":
        return [(STAR, None)]
    found = _aliases(re.sub(_COMMENT, b"", statement["listed"]) if names is None else names)
    if not all(_is_name(name) for name, _ in found):
        raise _DoubtfulError
    return found


def _aliases(listed: bytes) -> list[tuple[str, str | None]]:
    """Returns the names between commas, each with what it is bound as."""
    parts = listed.decode().split(",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    aliases: list[tuple[str, str | None]] = []
    for part in parts:
        match part.split():
            case [name]:
                aliases.append((name, None))
            case [name, "as", bound] if _is_name(bound):
                aliases.append((name, bound))
            case _:
                raise _DoubtfulError
    return aliases


def _is_name(text: str) -> bool:
    return text.isidentifier() and text not in _KEYWORDS


def _dotted(name: str) -> str:
    """Returns a name of a module, if it can be one."""
    if not all(map(_is_name, name.split("."))):
        raise _DoubtfulError
    return name


def _statements(data: bytes) -> list[re.Match[bytes]] | None:
    """Returns the import statements if all stand at the start of a line; None in doubt."""
    end = data.rfind(b"import")
    if not data.isascii() and re.search(_PLAIN_CODING, data[:200]):
        return None
    found: list[re.Match[bytes]] = []
    place = 0
    tokens = re.compile(_TOKEN)
    while place <= end:
        token = tokens.search(data, place)
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
            found.append(statement)
            place = statement.end()
    return found


def _end_of_text(data: bytes, opening: re.Match[bytes]) -> int | None:
    """Returns where a string literal ends; None for what may hold strings within strings."""
    prefix = opening["text"].rstrip(b"'\"").lower()
    if b"f" in prefix or b"t" in prefix:
        return None
    closing = re.compile(_ENDS[opening["text"][len(prefix) :]]).match(data, opening.end())
    return None if closing is None else closing.end()


def _statement_at(data: bytes, word: int) -> re.Match[bytes] | None:
    """Returns the import statement that begins the line of the word, if it is plain."""
    line = data.rfind(b"\n", 0, word) + 1
    if data[max(line - 2, 0) : line].rstrip(b"\r\n").endswith(b"\\") or (
        data[max(line - 3, 0) : line].rstrip(b"\r\n").endswith(b"\\")
    ):
        return None
    statement = re.compile(_STATEMENT).match(data, line)
    if statement is None or not line <= word < statement.end():
        return None
    return statement
