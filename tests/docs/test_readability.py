"""How the pages read: short sentences, and none of the words that read as translated."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
PAGES = (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "docs" / "tutorial.ipynb")
MAX_WORDS = 20

TRANSLATED = (
    *(
        "while your notebook lives",
        "waits for symcode",
        "frozen until",
        "but ask or set",
        "at first, yes",
    ),
    *("what holds at first", "attaches it anew", "without a trace", "state that is to survive"),
    *(
        "looks before it binds",
        "making them is dear",
        "mend",
        "the rooms",
        "besides",
        "dear",
        "anew",
    ),
    *("as ever", "however late", "or were so far", "and behind it", "thinking about it"),
)
"""From a list of replacements: what was said before it was said plainly."""


def prose(page):
    """Returns the text of a page without code, tables, headings, comments and links' targets."""
    if page.suffix == ".ipynb":
        cells = nbformat.read(page, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = page.read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"^( *)(```+|~~~+).*?^\1\2$", "\n\n", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^(#|%|\||\(.*\)=$|<!--|!\[).*$", "\n", text, flags=re.MULTILINE)
    text = re.sub(r"``[^`].*?``|`[^`]*`", "code", text)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def sentences(page):
    """Returns the sentences of a page, as lists of words. A point of a list is one at least."""
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?= *(?:[-*]|\d+\.) )", prose(page)):
        for sentence in re.split(r"(?<=[.!?])[*\"')]*\s+", paragraph):
            words = re.findall(r"\w[\w'-]*", sentence)
            if words:
                found.append(words)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sentences_are_short(page):
    """On average, a sentence has at most twenty words."""
    lengths = [len(words) for words in sentences(page)]
    assert sum(lengths) / max(1, len(lengths)) <= MAX_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_words_are_plain(page):
    """No page has a turn of phrase that was replaced."""
    text = " ".join(prose(page).lower().split())
    assert [words for words in TRANSLATED if re.search(rf"\b{words}\b", text)] == []


def test_a_long_sentence_is_seen(tmp_path):
    """The count is one of words, and code does not hide a sentence."""
    page = tmp_path / "page.md"
    page.write_text(
        "# Head\n\nOne two `x.y` four. Five six!\n\n```python\nx. y\n```\n\n- Seven.\n"
    )
    assert [len(words) for words in sentences(page)] == [4, 2, 1]
