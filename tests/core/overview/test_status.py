"""The status of a session: what is followed and why, what is not, how each module stands."""

import json
from types import MappingProxyType

import pytest
from attrs import evolve

from core.worlds import world
from liveimport.core.model import ReadFile, State
from liveimport.core.overview.status import row_of, status
from liveimport.core.planning.plan import SCHEMA, ReloadPlan
from liveimport.core.report import messages
from liveimport.core.settings import Settings

VERSIONS = (("LiveImport", "0.1"), ("Python", "3.12.1"))
SETTINGS = (
    "Syncing before each cell, 1 s after the last one ended; a file counts as changed by its "
    "mtime; followed imports: loaded; own names: replace."
)


def status_of(drawn):
    """Returns the status of a world."""
    return status(drawn.state, drawn.plan(), Settings(), VERSIONS)


def module_of(drawn, name):
    """Returns the status of a tracked module."""
    return next(module for module in status_of(drawn).modules if module.module == name)


def modules_of(drawn):
    """Returns a line for each tracked module."""
    return [str(module) for module in status_of(drawn).modules]


def lines_of(drawn, heading):
    """Returns the lines below a heading of a world's status."""
    lines = status_of(drawn).lines
    rest = lines[lines.index(heading) + 1 :]
    end = next(place for place, line in enumerate(rest) if not line.startswith("  "))
    return [line.removeprefix("  ") for line in rest[:end]]


# The lines.


def test_without_the_magic():
    """That each cell registers is said, if it does."""
    plan = ReloadPlan(0.0)
    lines = status(State(), plan, Settings(register="project"), VERSIONS).lines
    assert lines[-3:-1] == ("Each cell registers its imports of your own modules.", SETTINGS)


def test_a_session_without_registrations():
    """Each heading has an answer."""
    assert status(State(), ReloadPlan(0.0), Settings(), VERSIONS).lines == (
        "Registered:",
        "  nothing",
        "Tracked:",
        "  nothing",
        "Workspace:",
        "  nothing",
        SETTINGS,
        "LiveImport 0.1, Python 3.12.1",
    )


def test_a_status_has_no_details():
    """All that it says is in its lines. It does not look like a failure."""
    shown = status(State(), ReloadPlan(0.0), Settings(), VERSIONS)
    assert (shown.details, shown.has_failures) == ((), False)
    assert str(shown) == "\n".join(shown.lines)


def test_registrations_and_why_each_module_is_tracked():
    """A statement is a reason, and so are other modules. An import of itself is none."""
    drawn = world(a="import b, c", b="import c", c="import c", other="").move(
        "other", "/src/other.py"
    )
    drawn = drawn.adding_roots().register("import a; from b import x; import other")
    assert list(status_of(drawn).lines) == [
        "Registered:",
        "  import a",
        "  from b import x",
        "  import other",
        "Tracked:",
        "  a      current  registered by `import a`",
        "  b      current  registered by `from b import x`, imported by a",
        "  c      current  imported by a and b",
        "  other  current  registered by `import other`",
        "Workspace:",
        "  /project/",
        "  /src/",
        SETTINGS,
        "LiveImport 0.1, Python 3.12.1",
    ]


def test_namespaces_are_numbered_where_there_are_several():
    """One namespace needs no number."""
    drawn = world(a="", b="").register("import a").register("import b", key=2)
    assert lines_of(drawn, "Registered:") == [
        "import a  (namespace 1)",
        "import b  (namespace 2)",
    ]


def test_how_else_a_module_is_reached():
    """As a package, by a function, or as a submodule that nobody is known to import."""
    drawn = world(
        lab="",
        lab__models="def f(): import a",
        lab__other="",
        lab__deep="",
        lab__deep__x="",
        a="",
        b="",
    ).imported("b", "lab.models")
    assert modules_of(drawn.register("from lab import models")) == [
        "lab: package of lab.models",
        "lab.models: registered by `from lab import models`",
        "b: imported by a function of lab.models",
        "a: imported by a function of lab.models",
        "lab.deep: package of lab.deep.x",
        "lab.deep.x: loaded submodule of lab.deep",
        "lab.other: loaded submodule of lab",
    ]


def test_a_module_that_another_holds():
    """The table of one that is registered has something of it."""
    drawn = world(table="", other="", plug="").register("import table, other")
    held = drawn.hold("table", "plug", "P")
    assert modules_of(held)[-1] == "plug: held by table"


def test_what_will_reload():
    """Stale modules say whether they changed themselves."""
    drawn = world(a="import b", b="").register("import a").touch("b")
    assert modules_of(drawn) == [
        "a: registered by `import a`; reloads with what it depends on",
        "b: imported by a; modified",
    ]


def test_what_failed():
    """Each failure has its message, and the modules that wait for it."""
    drawn = world(a="import b", b="").register("import a").touch("b").sync(fails="b")
    message = "b: ZeroDivisionError: division by zero (b.py, line 1)"
    assert lines_of(drawn, "Failed, to be retried:") == [f"{message}; also held back: a"]
    assert modules_of(drawn) == [
        "a: registered by `import a`; blocked by b",
        "b: imported by a; failed: ZeroDivisionError: division by zero",
    ]
    (failure,) = drawn.state.failures
    alone = evolve(drawn.state, failures=(evolve(failure, waiting=()),))
    assert lines_of(evolve(drawn, state=alone), "Failed, to be retried:") == [message]


def test_what_is_not_followed():
    """Each bystander has the reason and the remedy."""
    drawn = world(a="import b", b="", c="import b", d="").register("import a")
    assert lines_of(drawn, "Not followed:") == [
        "c: nothing registered imports it; register it to follow its edits",
        "d: nothing registered imports it; register it to follow its edits",
    ]


# How modules stand.


@pytest.mark.parametrize(
    ("change", "state", "message"),
    [
        (lambda drawn: drawn, "current", ""),
        (lambda drawn: drawn.touch("lib"), "modified", ""),
        (lambda drawn: drawn.touch("base"), "will reload", ""),
        (
            lambda drawn: drawn.touch("lib").sync(fails="lib"),
            "failed",
            "ZeroDivisionError: division by zero",
        ),
        (lambda drawn: drawn.touch("base").sync(fails="base"), "blocked", ""),
        (
            lambda drawn: drawn.touch("lib").upgrade("lib").sync(),
            "restart needed",
            "its package was upgraded",
        ),
        (lambda drawn: drawn.remove("lib").touch("base"), "file missing", ""),
    ],
)
def test_how_a_module_stands(change, state, message):
    """A module with a source."""
    drawn = world(lib="import base", base="").register("import lib")
    module = module_of(change(drawn), "lib")
    assert (module.state, module.message) == (state, message)
    assert module.file == "/project/lib.py"


def test_how_a_failed_module_and_one_that_waits_stand():
    """The place of the failure is known, and who holds back the other."""
    drawn = world(a="import b", b="").register("import a").touch("b").sync(fails="b")
    failed, waiting = module_of(drawn, "b"), module_of(drawn, "a")
    assert (failed.failed_file, failed.failed_line) == ("/project/b.py", 1)
    assert (failed.blocked_by, waiting.blocked_by) == ("", "b")
    assert waiting.failed_file is None


def test_how_modules_without_a_source_stand():
    """They never reload. A compiled one that changed needs a restart, also in later syncs."""
    drawn = world(fast="").alter("fast", path="/project/fast.so", is_extension=True)
    drawn = drawn.loaded_without_file("sys").register("import fast, sys")
    assert (module_of(drawn, "sys").state, module_of(drawn, "sys").message) == (
        "never reloads",
        "it has no source file",
    )
    fast = module_of(drawn, "fast")
    assert (fast.state, fast.message) == ("never reloads", "it is compiled")
    changed = drawn.restamp("fast", size=99)
    for each in (changed, changed.sync()):
        assert module_of(each, "fast").state == "restart needed"
    assert str(module_of(changed, "fast")) == (
        "fast: registered by `import fast`; restart needed: it is compiled"
    )


def test_a_module_that_was_never_read_lacks_its_file():
    """It was gone when the module was met."""
    drawn = world(a="import far", far="").move("far", "/far/far.py").register("import a")
    removed = drawn.remove("far").workspace("/project/", "/far/")
    assert module_of(removed, "far").state == "file missing"


def test_how_modules_stand_that_are_not_followed():
    """It is known whether they changed, and whether they may be somebody's state."""
    drawn = world(a="import b", b="", c="import b", d="import b").register("import a")
    changed = drawn.touch("c", "b").use("c")
    c, d = status_of(changed).not_followed
    assert (c.module, c.file, c.changed, c.reason, c.remedy) == (
        "c",
        "/project/c.py",
        True,
        messages.because_values_changed(),
        messages.register_it(),
    )
    assert (d.changed, d.reason) == (False, messages.because_not_registered())
    assert status_of(drawn.touch("d").sync()).not_followed[1].changed


def test_what_of_the_project_is_not_followed():
    """What lies outside the workspace, and what no top-level import leads to."""
    drawn = world(a="import far\nif True:\n    import near", far="", near="")
    drawn = drawn.move("far", "/far/far.py").follow("top-level").register("import a")
    far, near = status_of(drawn.touch("far")).not_followed
    assert (far.module, far.file, far.changed) == ("far", "/far/far.py", True)
    assert (far.reason, far.remedy) == (
        messages.because_outside(),
        messages.register_it_or_widen("/far/"),
    )
    assert (near.reason, near.remedy, near.changed) == (
        messages.because_nested(),
        messages.register_it_or_follow(),
        False,
    )


def test_what_is_excluded():
    """It has a section; its modules never reload, and what is not followed can be included."""
    drawn = world(a="import b", b="", c="").register("import a").exclude("b", "c")
    assert lines_of(drawn, "Excluded:") == ["b", "c"]
    assert str(module_of(drawn, "b")) == "b: imported by a; never reloads: it is excluded"
    assert lines_of(drawn, "Not followed:") == [
        "c: it is excluded; undo it: liveimport.include('c')"
    ]


class TestTable:
    """In HTML, the tracked modules are a table."""

    def test_its_rows(self):
        """Name, state, and why; of a failure, what went wrong."""
        drawn = world(a="import b", b="").register("import a").touch("b").sync(fails="b")
        assert list(map(row_of, status_of(drawn).modules)) == [
            (("a", "blocked by b", "registered by `import a`"), "failure"),
            (("b", "failed", "imported by a; ZeroDivisionError: division by zero"), "failure"),
        ]
        html = status_of(drawn)._repr_html_()
        assert "<tr style='background:none;color:#d1453b'><td" in html
        assert ">1 statement registered</summary>" in html
        assert html.index("</table>") < html.index("Failed, to be retried:")

    def test_what_is_not_followed_stands_below(self):
        """With the other lines."""
        html = status_of(world(a="", c="").register("import a"))._repr_html_()
        assert html.index(">module</th>") < html.index("</table>") < html.index("Not followed:")

    def test_without_modules(self):
        """There is no table, and nothing to unfold."""
        html = status_of(world(a=""))._repr_html_()
        assert "<table" not in html
        assert "<details" not in html


# As values.


def with_file(drawn, **fields):
    """Returns the world in which `a` read a file that was told to have changed."""
    read = ReadFile("/project/a.json")
    state = evolve(drawn.state, reads={"a": (read,)}, told={read.path: read}, **fields)
    return evolve(drawn, state=state)


def test_the_status_lists_modules_without_trace():
    """They run as dependents. What has no source does not run."""
    drawn = world(a="import b", b="").register("import a").needed()
    assert status_of(drawn).untraced == ()
    fewer = {"a": drawn.state.traces["a"]}
    shown = status_of(evolve(drawn, state=evolve(drawn.state, traces=fewer)))
    lines = shown.lines
    assert lines[lines.index("Run as dependents; what they read is not known:") + 1] == "  b"
    assert shown.to_dict()["untraced"] == ["b"]


def test_the_status_lists_the_files_that_modules_read():
    """It says which changed, and that not all are followed."""
    drawn = with_file(world(a="").register("import a"), cut_off=frozenset({"a"}))
    lines = status_of(drawn).lines
    assert lines[lines.index("Files read at import:") + 1] == (
        "  a: a.json (changed); not all are followed"
    )
    shown = status(drawn.state, drawn.plan(), Settings(), (), why_no_files="python")
    assert messages.files_not_followed("python") in shown.lines


def test_a_status_as_json():
    """It has plain lists, dicts, texts and numbers only."""
    drawn = world(a="import b", b="", c="").register("import a").touch("b", "c")
    common = {"message": "", "failed_file": None, "failed_line": None, "blocked_by": ""}
    expected = {
        "schema": SCHEMA,
        "kind": "status",
        "registered": ["import a"],
        "modules": [
            {
                "module": "a",
                "file": "/project/a.py",
                "statement": "import a",
                "importers": [],
                "reached": "",
                "state": "will reload",
                **common,
            },
            {
                "module": "b",
                "file": "/project/b.py",
                "statement": "",
                "importers": ["a"],
                "reached": "",
                "state": "modified",
                **common,
            },
        ],
        "not_followed": [
            {
                "module": "c",
                "file": "/project/c.py",
                "changed": True,
                "reason": messages.because_not_registered(),
                "remedy": messages.register_it(),
            }
        ],
        "excluded": [],
        "assumed": [],
        "files": [
            {"module": "a", "files": ["a.json"], "changed": ["a.json"], "is_cut_off": False}
        ],
        "files_not_followed": "tools",
        "clusters": [],
        "untraced": [],
        "failures": [],
        "directories": ["/project/"],
        "roots": [],
        "settings": Settings()._asdict(),
        "versions": {"LiveImport": "0.1", "Python": "3.12.1"},
    }
    drawn = with_file(drawn)
    shown = status(drawn.state, drawn.plan(), Settings(), VERSIONS, why_no_files="tools")
    assert shown.to_dict() == expected
    assert json.loads(json.dumps(expected)) == shown.to_dict()


def test_what_is_taken_as_current():
    """Tracked modules of which nobody knows when they were loaded, until they run."""
    drawn = world(a="import b", b="", c="").register("import a")
    before = status(drawn.state, ReloadPlan(0.0), Settings(), (), {"a", "b", "c"})
    assert before.assumed == ("a", "b")
    ran = evolve(drawn.state, last_run={"a": 1})
    after = status(ran, ReloadPlan(0.0), Settings(), (), {"a", "b", "c"})
    assert after.assumed == ("b",)
    assert "  b" in after.lines[after.lines.index(messages.assumed_section("b")[0]) :]


def test_a_module_of_which_only_comments_or_layout_changed():
    """It stands apart from what was modified: it will not reload."""
    drawn = world(a="import b", b="x = 1").register("import a").detect("code")
    plan, planned = drawn.edit(b="#\nx = 1").planned()
    shown = status(planned, plan, Settings(), VERSIONS)
    assert [module.state for module in shown.modules] == ["current", "layout changed"]


def test_what_nothing_imports_any_more():
    """With top-level imports only it is not tracked then, and that is told."""
    drawn = world(p="from p import q", p__q="").follow("top-level").register("import p")
    dropped = drawn.edit(p="x = 1").sync()
    # It may have come with a sync, so that it was never new to the project.
    state = evolve(dropped.state, project=MappingProxyType({}))
    shown = status(state, dropped.plan(), Settings(), VERSIONS)
    assert [module.module for module in shown.modules] == ["p"]
    assert [module.module for module in shown.not_followed] == ["p.q"]
