"""Troubleshooting has an entry for each sentence that a user may look up."""

import inspect
import re
from pathlib import Path

from liveimport.core.report import messages

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"

LABELS = {
    "a part of sentences, which are explained themselves": (
        "age joined listed with_place error_summary printed one_of size member_of attribute_of"
    ),
    "the title of a detail, a section or a column, or a line of it that explains itself": (
        "names_rebound traceback_of registered_title registered_section registered_statement "
        "tracked_section tracked_headings tracked_module with_reason state_of_module "
        "excluded_section files_section files_read not_followed_section versions failed_section "
        "workspace_section shown_with_cell"
    ),
    "a label in a diagram, which the guide explains": (
        "label_modified label_will_reload label_failed label_cycle diagram_line"
    ),
    "a help text": "cell_magic_usage cell_magic_help line_magic_help setting_help",
}

ENTRY = re.compile(
    r"^\((?P<anchor>[\w-]+)\)=\n### (?P<title>.+)\n% messages: (?P<names>.+)\n"
    r"(?P<text>(?:(?!^\(|^#).*\n)+)",
    re.MULTILINE,
)


def entries():
    """Returns the entries of the page."""
    return list(ENTRY.finditer(PAGE.read_text(encoding="utf-8")))


def sentences():
    """Returns each function that makes words for users, by name."""
    return {
        name: function
        for name, function in vars(messages).items()
        if inspect.isfunction(function)
        and function.__module__ == messages.__name__
        and not name.startswith("_")
    }


def example_of(function):
    """Returns the words that a function makes, by its docstring, up to what may differ."""
    literal = re.match(r"Returns ``(.*?)``(?!`)", function.__doc__)
    return plain(literal[1].split(" …")[0].split("…")[0]) if literal else ""


def plain(text):
    """Returns a text without backticks, as one line."""
    return " ".join(text.replace("`", "").split())


def test_each_message_has_one_entry():
    """Each is in one entry, or is a label for a reason."""
    explained = [name for entry in entries() for name in entry["names"].split()]
    labels = [name for names in LABELS.values() for name in names.split()]
    assert sorted(explained + labels) == sorted(sentences())


def test_each_entry_has_the_words_of_its_messages():
    """So a search of the page for what a report says finds it."""
    missing = {
        name: example_of(function)
        for entry in entries()
        for name, function in sentences().items()
        if name in entry["names"].split() and example_of(function) not in plain(entry["text"])
    }
    assert missing == {}


def test_each_entry_has_an_anchor_of_its_own():
    """A message can be linked to."""
    anchors = [entry["anchor"] for entry in entries()]
    assert len(set(anchors)) == len(anchors) > 25
    assert all(anchor.startswith("msg-") for anchor in anchors)
