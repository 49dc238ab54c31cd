"""The forms in which a person sees a value: text, Markdown and HTML."""

from html.parser import HTMLParser

from liveimport.core.report.rendering import Detail, Readable, Report, console


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


def test_console_is_a_markdown_block():
    """Users know this form."""
    assert console("Reloaded a") == "```console\nReloaded a\n```"


def test_nothing_in_the_text_ends_the_block():
    """The fence is longer than any in the text."""
    assert console("a ```` b") == "`````console\na ```` b\n`````"


def test_a_report_in_each_form():
    """Text, Markdown and IPython's printer show the same lines."""
    report = Report(("Reloaded a", "Reloaded b"))
    assert str(report) == repr(report) == "Reloaded a\nReloaded b"
    assert report._repr_markdown_() == console("Reloaded a\nReloaded b")
    assert printed(report) == "Reloaded a\nReloaded b"


def printed(value):
    """Returns what IPython's pretty printer is given."""
    texts = []

    class Printer:
        text = texts.append

    value._repr_pretty_(Printer(), cycle=False)
    return "".join(texts)


def test_html_is_escaped_and_folds_the_details():
    """Names and messages are text. The user unfolds the details."""
    report = Report(("1 < 2 & <b>",), (Detail("<title>", ("one <", "two")),))
    words = Words(report._repr_html_())
    assert words.open == []
    assert words.texts == {"div": ["1 < 2 & <b>", "one <\ntwo"], "summary": ["<title>"]}
    assert words.parents["one <\ntwo"] == ["div", "details", "div"]


def test_a_failure_looks_different():
    """The frame has another colour. The words are the same."""
    calm, failing = Report(("x",)), Report(("x",), has_failures=True)
    assert "#d1453b" in failing._repr_html_()
    assert "#d1453b" not in calm._repr_html_()
    assert Words(calm._repr_html_()).texts == Words(failing._repr_html_()).texts


def test_an_empty_report_is_falsy_and_says_so():
    """It is not displayed unasked. A person who asks gets an answer."""
    assert not Report()
    assert str(Report()) == "Nothing to reload"
    assert Words(Report()._repr_html_()).texts == {"div": ["Nothing to reload"]}


def test_reports_add_up():
    """Lines and details come behind each other. One failure is enough."""
    first = Report(("a",), (Detail("x", ()),))
    assert first + Report(("b",)) == Report(("a", "b"), (Detail("x", ()),))
    assert first + Report() == first
    assert (Report() + Report(("b",), has_failures=True)).has_failures
    assert (Report(("b",), has_failures=True) + first).has_failures
    assert not (Report() + first).has_failures


def test_a_report_of_a_value_says_what_the_value_says():
    """It has the lines and the details of the value."""
    report = Report(("a",), (Detail("x", ("y",)),))
    assert Report.of(report) == report
    assert (report.lines, report.details) == (("a",), (Detail("x", ("y",)),))


def test_a_value_says_no_more_than_it_must():
    """Without details and failures of its own, a value has none."""

    class Line(Readable):
        lines = ("a",)

    assert (Line().details, Line().has_failures) == ((), False)
    assert Report.of(Line()) == Report(("a",))
    assert Line()._repr_html_() == Report(("a",))._repr_html_()
