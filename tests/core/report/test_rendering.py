"""The forms in which a person sees a value: text, Markdown and HTML."""

from html.parser import HTMLParser

from liveimport.core.report.rendering import (
    FAILURE,
    OLD_OBJECT,
    Detail,
    JsonReadable,
    Line,
    Readable,
    Report,
    Row,
    Table,
    aligned,
    console,
    in_html,
    in_terminal,
)


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


def test_a_line_is_its_text():
    """Whatever it knows besides."""
    line = Line("a because b", "a", "b", kind=FAILURE)
    assert line == "a because b"
    assert (line.names, line.kind) == (("a", "b"), FAILURE)


def test_names_of_modules_stand_out():
    """As whole words; neither files nor what belongs to a module are names."""
    words = Words(in_html([Line("a.b and a because a.py, a.B, b", "a", "a.b")]))
    assert words.texts == {"b": ["a.b", "a"], "div": [" and ", " because a.py, a.B, b"]}
    assert Words(in_html([Line("a < b", kind="")])).texts == {"div": ["a < b"]}


def test_what_a_reader_should_not_miss_has_a_colour():
    """Old objects are amber, failures red."""
    html = in_html(["x", Line("old", kind=OLD_OBJECT), Line("no", kind=FAILURE)])
    assert Words(html).texts == {"div": ["x\n", "\n"], "span": ["old", "no"]}
    assert "<span style='color:#b7791f'>old</span>" in html
    assert "<span style='color:#d1453b'>no</span>" in html


def test_a_table():
    """It stands above the lines, and its texts are escaped."""
    table = Table(("one", "two"), (Row(("<", "2")), Row(("3", "4"), FAILURE)))
    words = Words(in_html(["below"], table=table))
    assert words.open == []
    assert words.texts == {"th": ["one", "two"], "td": ["<", "2", "3", "4"], "div": ["below"]}


def test_columns_are_aligned():
    """Nothing stands behind the last."""
    assert aligned([("a", "long", "x"), ("bcd", "s", "")]) == ("a    long  x", "bcd  s")
    assert aligned([]) == ()


def test_in_a_terminal():
    """Each line has a prefix; it is dim, or has a colour."""
    lines = ["a", Line("b", kind=FAILURE), Line("c", kind=OLD_OBJECT)]
    assert in_terminal(lines).split("\n") == [
        "\x1b[2mliveimport: a\x1b[0m",
        "\x1b[31mliveimport: b\x1b[0m",
        "\x1b[33mliveimport: c\x1b[0m",
    ]


class TestForOtherPrograms:
    """An output carries the values too, as JSON."""

    class Number(JsonReadable):
        """A value."""

        lines = ("one",)

        def to_dict(self):
            return {"kind": "number", "number": 1}

    def test_a_value(self):
        """It is what `to_dict` gives."""
        bundle = self.Number()._repr_mimebundle_(include=None, exclude=None)
        assert bundle == {"application/vnd.liveimport+json": {"kind": "number", "number": 1}}

    def test_a_report(self):
        """It carries what its values are, all of them if there are several."""
        report = Report.of(self.Number())
        assert report._repr_mimebundle_() == self.Number()._repr_mimebundle_()
        both = (report + Report(("a line",)) + report)._repr_mimebundle_()
        assert both == {
            "application/vnd.liveimport+json": {
                "kind": "several",
                "values": [{"kind": "number", "number": 1}] * 2,
            }
        }

    def test_lines_alone(self):
        """There is no value to carry."""
        assert Report(("a line",))._repr_mimebundle_() == {}


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

    class Value(Readable):
        lines = ("a",)

    assert (Value().details, Value().has_failures) == ((), False)
    assert Report.of(Value()) == Report(("a",))
    assert Value()._repr_html_() == Report(("a",))._repr_html_()
