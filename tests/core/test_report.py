"""The words: ages, lists, places, and the forms in which a person sees them."""

from html.parser import HTMLParser

import pytest

from liveimport.core.report import NOTHING, Detail, Report, age, console, joined, place


class Words(HTMLParser):
    """Collects the texts of HTML by the innermost tag, the tags around each, and what is open."""

    def __init__(self, html):
        super().__init__()
        self.open = []
        self.texts = {}
        self.parents = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1], []).append(data)
        self.parents[data] = list(self.open)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds ago"),
        (0.9, "0 seconds ago"),
        (1, "1 second ago"),
        (18.7, "18 seconds ago"),
        (59.99, "59 seconds ago"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (7200, "2 hours ago"),
        (86400, "1 day ago"),
        (864000, "10 days ago"),
        (-5, "0 seconds ago"),
    ],
)
def test_age(seconds, expected):
    """In the largest unit that is full; a file from the future is from just now."""
    assert age(seconds) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", ""),
        ("a", "a"),
        ("a b", "a and b"),
        ("a b c", "a, b, and c"),
        ("a b c d", "a, b, c, and d"),
    ],
)
def test_joined(names, expected):
    """As English lists names, with a comma before the last of three or more."""
    assert joined(names.split()) == expected


def test_place():
    """As much as is known of where it was."""
    assert place("f.py", 3) == " (f.py, line 3)"
    assert place("f.py", None) == " (f.py)"
    assert place(None, 3) == ""


def test_console_is_a_markdown_block():
    """The form that users know."""
    assert console("Reloaded a") == "```console\nReloaded a\n```"


def test_nothing_in_the_text_ends_the_block():
    """The fence is longer than any in the text."""
    assert console("a ```` b") == "`````console\na ```` b\n`````"


def test_a_report_in_each_form():
    """The same lines as text, as Markdown and as a cell's last expression."""
    report = Report(("Reloaded a", "Reloaded b"))
    assert str(report) == repr(report) == "Reloaded a\nReloaded b"
    assert report._repr_markdown_() == console("Reloaded a\nReloaded b")
    assert printed(report) == "Reloaded a\nReloaded b"


def printed(value):
    """Returns what IPython's pretty printer is given."""
    said = []

    class Printer:
        text = said.append

    value._repr_pretty_(Printer(), cycle=False)
    return "".join(said)


def test_html_is_escaped_and_folds_the_details():
    """Names and messages are text, whatever they look like; details come on request."""
    report = Report(("1 < 2 & <b>",), (Detail("<title>", ("one <", "two")),))
    words = Words(report._repr_html_())
    assert words.open == []
    assert words.texts == {"div": ["1 < 2 & <b>", "one <\ntwo"], "summary": ["<title>"]}
    assert words.parents["one <\ntwo"] == ["div", "details", "div"]


def test_a_failure_looks_other_than_the_rest():
    """By the colour of its frame; the words are the same."""
    calm, alarming = Report(("x",)), Report(("x",), failed=True)
    assert calm._repr_html_() != alarming._repr_html_()
    assert Words(calm._repr_html_()).texts == Words(alarming._repr_html_()).texts


def test_an_empty_report_is_falsy_and_says_so():
    """It is not displayed unasked; whoever asks gets an answer."""
    assert not Report()
    assert str(Report()) == NOTHING
    assert Words(Report()._repr_html_()).texts == {"div": [NOTHING]}


def test_reports_add_up():
    """What was not shown yet is shown with what comes next."""
    first = Report(("a",), (Detail("x", ()),))
    assert first + Report(("b",)) == Report(("a", "b"), (Detail("x", ()),))
    assert first + Report() == first
    assert (Report() + Report(("b",), failed=True)).alarming
    assert not (Report() + first).alarming


def test_a_report_of_a_value_says_what_the_value_says():
    """Its lines and its details."""
    report = Report(("a",), (Detail("x", ("y",)),))
    assert Report.of(report) == report
    assert (report.lines(), report.details()) == (("a",), (Detail("x", ("y",)),))


def test_of_many_names_the_first_are_named_and_the_others_counted():
    """A line stays a line, also when a hundred modules wait."""
    names = [f"m{index}" for index in range(11)]
    assert joined(names) == "m0, m1, m2, m3, m4, m5, and 5 more"
    assert joined(names[:10]).endswith("m8, and m9")
