"""The functions that users call."""

import os
import re
import subprocess
import sys
import time
import traceback
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest

import liveimport
from liveimport import ModuleError, ReloadEvent


def bindings(session):
    """Returns the registered statements, namespace after namespace."""
    return [binding.statement for binding in session.state.bindings()]


def refusal(namespace, statements, **options):
    """Returns the kind of error that registering raises, and what it says."""
    with pytest.raises((ValueError, ImportError)) as caught:
        liveimport.register(namespace, statements, **options)
    return type(caught.value), str(caught.value)


class TestRegister:
    """`register`: what it takes, and what it refuses in which words."""

    @pytest.mark.parametrize(
        ("statements", "message"),
        [
            ("import low\nx = 1", "line 2 is not an import statement: x = 1"),
            ("if x:\n    import low", "line 1 is not an import statement: if x:"),
        ],
    )
    def test_other_statements(self, session, project, statements, message):
        """Another statement than an import is a ValueError that quotes its first line."""
        assert refusal({}, statements) == (ValueError, message)
        assert bindings(session) == []

    @pytest.mark.parametrize(
        ("statement", "lack"),
        [
            ("import nowhere.deep", "module 'nowhere' is not loaded"),
            ("import low.deep", "module 'low.deep' is not loaded"),
            ("from nowhere import thing as other", "module 'nowhere' is not loaded"),
            ("import low", "the namespace has no name 'low'"),
            ("import low as L", "the namespace has no name 'L'"),
            ("from low import y", "the namespace has no name 'y'"),
        ],
    )
    def test_what_was_not_executed(self, session, project, loaded, statement, lack):
        """Which module or name is missing is told with the statement that would make it."""
        project.write("low.py", "x = y = 1")
        loaded("low")
        message = f"{lack}: execute `{statement}` before registering it"
        assert refusal({"x": 1}, f"from low import x\n{statement}") == (ValueError, message)
        assert bindings(session) == []

    def test_only_the_missing_part_of_a_statement_is_named(self, project, loaded):
        """Of a statement with several names, the one that is missing is shown."""
        project.write("low.py", "x = y = 1")
        loaded("low")
        _, message = refusal({"x": 1}, "from low import (x, y)")
        assert message.endswith("execute `from low import y` before registering it")

    @pytest.mark.parametrize(
        ("statement", "package", "message"),
        [
            ("from .low import x", "", "'.low' needs a package, and none is given"),
            ("from ...x import y", "a.b", "'...x' leaves its package 'a.b'"),
        ],
    )
    def test_relative_imports_that_lead_nowhere(self, session, statement, package, message):
        """A relative import without a package, or out of it, is an ImportError."""
        refused = refusal({}, statement, package=package)
        assert refused == (ImportError, f"relative import {message}")

    def test_syntax_error_is_pythons_own(self, session):
        """What is not Python is a SyntaxError with its line, also where others are allowed."""
        for allowed in (False, True):
            with pytest.raises(SyntaxError) as caught:
                liveimport.register({}, "import os\nimport", allow_other_statements=allowed)
            assert caught.value.lineno == 2

    def test_other_statements_are_skipped_where_allowed(self, session, project, live):
        """With allow_other_statements only the imports count, nested ones not."""
        project.write_all(low="x = 1", high="y = 1")
        live("import low\nprint\nif True:\n    import high", allow_other_statements=True)
        assert bindings(session) == ["import low"]

    def test_indented_text(self, session, project, loaded):
        """Statements may be indented as the code around them is."""
        project.write("low.py", "x = 1")
        low = loaded("low")
        liveimport.register(
            {"low": low, "x": 1},
            """
            import low
            from low import (
                x)
            """,
        )
        assert bindings(session) == ["import low", "from low import x"]

    @pytest.mark.parametrize(
        "text",
        [
            "import low\n    from low import x\n    ",
            "\r\n    import low\r\n    from low import x\r\n",
            "\n    import low\n# a note\n    from low import x\n",
            "  import low\n  from low import x",
            "import low\nfrom low import x",
        ],
    )
    def test_odd_indentation(self, session, project, loaded, text):
        """The first line may stand right behind the quotes, and comments anywhere."""
        project.write("low.py", "x = 1")
        liveimport.register({"low": loaded("low"), "x": 1}, text)
        assert bindings(session) == ["import low", "from low import x"]

    @pytest.mark.parametrize("namespace", [None, ["low"], "low"])
    def test_no_namespace(self, session, project, loaded, namespace):
        """What no name can be bound in is a TypeError in plain words."""
        project.write("low.py", "x = 1")
        loaded("low")
        with pytest.raises(TypeError, match=r"a namespace is a dict, such as globals\(\), not"):
            liveimport.register(namespace, "import low")
        assert bindings(session) == []

    def test_nothing_is_executed(self, session, project, loaded):
        """Registering neither imports a module again nor binds a name."""
        project.write("low.py", "runs = globals().get('runs', 0) + 1\nx = y = object()")
        low = loaded("low")
        namespace = {"x": low.x}
        liveimport.register(namespace, "from low import x\nfrom low import *")
        assert namespace == {"x": low.x}
        assert low.runs == 1

    def test_relative_imports(self, project, live):
        """Relative imports are resolved in `package` and followed like any other."""
        project.write("pack/__init__.py", "")
        project.write("pack/deep/__init__.py", "")
        project.write("pack/deep/one.py", "x = 1")
        project.write("pack/two.py", "y = 1")
        statements = "from .one import x\nfrom ..two import y\nfrom . import one"
        live(statements, namespace := {"__package__": "pack.deep"}, package="pack.deep")
        project.write("pack/deep/one.py", "x = 22")
        project.write("pack/two.py", "y = 33")
        liveimport.sync()
        assert (namespace["x"], namespace["y"], namespace["one"].x) == (22, 33, 22)

    def test_clear_discards_the_namespaces_own_registrations(self, session, project, live):
        """With clear, what was registered before is followed no more; others' is."""
        project.write_all(one="x = 1", two="y = 1")
        first, other = live("from one import x"), live("from one import x")
        live("from two import y", first, clear=True)
        project.write_all(one="x = 22", two="y = 22")
        liveimport.sync()
        assert (first["x"], first["y"], other["x"]) == (1, 22, 22)

    def test_clear_forgets_whom_nobody_needs(self, session, project, live):
        """A module that no registration reaches any more is not tracked, nor reloaded."""
        project.write_all(one="x = 1", two="y = 1")
        namespace = live("from one import x")
        live("from two import y", namespace, clear=True)
        assert session.state.tracked == ("two",)
        project.write("one.py", "x = 22")
        outcome = liveimport.sync()
        assert (outcome.events, [one.module for one in outcome.not_followed]) == ((), ["one"])

    def test_equal_namespaces_are_two(self, project, live):
        """A namespace is known by identity: equal dicts are followed one by one."""
        project.write("one.py", "x = 1")
        first, second = live("from one import x"), live("from one import x")
        project.write("one.py", "x = 22")
        assert len(liveimport.sync().rebound) == 2
        assert (first["x"], second["x"]) == (22, 22)

    def test_repeating_adds_nothing(self, session, project, live):
        """The same statements again leave the registrations as they are."""
        project.write("one.py", "x = 1")
        namespace = live("from one import x\nimport one")
        before = session.state.registrations
        liveimport.register(namespace, "from one import x\nimport one")
        assert session.state.registrations == before

    def test_modules_without_source(self, session, live):
        """Built-ins and the standard library are accepted, and there is nothing to reload."""
        live("import sys, math\nfrom os.path import join\nfrom itertools import *")
        assert not liveimport.sync()

    def test_workspace_modules_below_are_tracked(self, session, project, live):
        """Modules of the workspace that a tracked one imports are tracked, transitively."""
        project.write_all(low="x = 1", mid="from low import x", top="import json, mid")
        live("import top")
        assert sorted(session.state.tracked) == ["low", "mid", "top"]

    def test_an_edit_between_import_and_registration(self, project, session, loaded):
        """A module that is older than its file when it is registered is reloaded."""
        project.write("early.py", "x = 1")
        early = loaded("early")
        project.write("early.py", "x = 2")
        liveimport.register({"early": early}, "import early")
        liveimport.sync()
        assert early.x == 2


class TestSync:
    """`sync`: its value, its events, its errors."""

    def test_nothing_to_do(self, project, live):
        """A sync of unchanged files is falsy and says so."""
        project.write("low.py", "x = 1")
        live("import low")
        outcome = liveimport.sync()
        assert not outcome
        assert (str(outcome), outcome.events) == ("Nothing to reload", ())

    def test_the_report(self, project, live):
        """The value prints as the report, in a notebook as a Markdown console block."""
        project.write_all(symcode="x = 1", simulator="from symcode import x")
        live("import simulator")
        project.write("symcode.py", "x = 22")
        project.dated("symcode.py", 18, now=time.time())
        outcome = liveimport.sync()
        said = "Reloaded symcode modified 18 seconds ago\nReloaded simulator because symcode reloaded"
        assert bool(outcome) is True
        assert (str(outcome), repr(outcome)) == (said, said)
        assert outcome._repr_markdown_() == f"```console\n{said}\n```"

    def test_several_reasons(self, project, live):
        """Several reasons are listed as English lists them, in the order of the reloads."""
        project.write_all(a="x = 1", b="x = 1", c="x = 1", top="import c, a, b")
        live("import top")
        project.write_all(a="x = 22", b="x = 22", c="x = 22")
        last = str(liveimport.sync()).splitlines()[-1]
        assert last == "Reloaded top because c, a, and b reloaded"

    def test_the_observer(self, project, live):
        """The observer gets one event for each reload, the same as the outcome has."""
        project.write_all(low="x = 1", top="from low import x")
        live("from top import x")
        project.write("low.py", "x = 22")
        now = time.time()
        project.dated("low.py", 3, now=now)
        project.dated("top.py", 7200, now=now)
        liveimport.sync()
        project.write("low.py", "x = 333")
        project.dated("low.py", 60, now=now)
        seen = []
        outcome = liveimport.sync(observer=seen.append)
        assert [(e.module, e.reason, e.after) for e in seen] == [
            ("low", "modified", []),
            ("top", "dependent", ["low"]),
        ]
        assert [e.mtime for e in seen] == pytest.approx([now - 60, now - 7200], abs=1e-3)
        assert [str(e) for e in seen] == [
            "Reloaded low modified 1 minute ago",
            "Reloaded top because low reloaded",
        ]
        assert tuple(seen) == outcome.events
        assert all(type(e) is ReloadEvent and type(e.after) is list for e in seen)

    def test_the_observer_of_nothing(self, project, live):
        """Where nothing reloads, the observer is not called."""
        project.write("low.py", "x = 1")
        live("import low")
        seen = []
        liveimport.sync(observer=seen.append)
        assert seen == []

    @pytest.mark.parametrize("seconds", [-5, 5, 100_000])
    def test_any_change_of_mtime_counts(self, project, live, seconds):
        """A file that got older is as stale as one that got newer."""
        project.write("low.py", "runs = globals().get('runs', 0) + 1")
        now = time.time()
        project.dated("low.py", 1000, now=now)
        low = live("import low")["low"]
        project.dated("low.py", 1000 + seconds, now=now)
        assert [e.module for e in liveimport.sync().events] == ["low"]
        assert low.runs == 2

    def test_each_module_runs_once(self, project, live):
        """A module with several stale dependencies runs once, after all of them."""
        note = "from journal import ran\nran.append(__name__)\n"
        project.write_all(
            journal="ran = []",
            low=note,
            left="import low\n" + note,
            right="import low\n" + note,
            top="import right, left\n" + note,
        )
        ran = live("import journal, top")["journal"].ran
        ran.clear()
        project.write("low.py", note + "# edited")
        liveimport.sync()
        assert ran == ["low", "right", "left", "top"]

    def test_a_module_that_raises(self, project, live):
        """ModuleError says which module, where and why; the cause is chained, frames trimmed."""
        project.write_all(low="x = 1", top="from low import x")
        namespace = live("from top import x")
        project.write("low.py", "x = 22\n\nraise LookupError('not yet')")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        error = caught.value
        place = project.path("low.py")
        assert (error.module, error.phase) == ("low", "reload")
        assert str(error) == f"could not reload low: LookupError: not yet ({place}, line 3)"
        assert error.__notes__ == ["also held back: top"]
        assert type(error.__cause__) is LookupError
        frames = traceback.extract_tb(error.__cause__.__traceback__)
        assert [os.path.basename(frame.filename) for frame in frames] == ["top.py", "low.py"]
        assert namespace["x"] == 1

    def test_a_module_that_raises_and_drops_an_import(self, project, live):
        """It goes on with what it took, so that is held back. The other way, nothing is."""
        project.write_all(low="def f(): return 1", top="from low import f")
        names = live("import top, low")
        top, low = names["top"], names["low"]
        project.write_all(
            low="def f(): return 22", top="f = None\nraise LookupError('not yet')"
        )
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert caught.value.__notes__ == ["also held back: low"]
        assert top.f is low.f
        assert low.f() == 1
        project.write_all(low="raise LookupError('not yet')", top="f = None")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert (caught.value.module, hasattr(caught.value, "__notes__")) == ("low", False)
        assert (top.f, low.f()) == (None, 1)

    def test_errors_in_a_group(self, project, live):
        """They are shown with the user's frames only, too."""
        project.write_all(low="import top", top="import low")
        live("import top")
        project.write_all(
            low="import top\n1 / 0",
            top="try:\n    import low\nexcept Exception as error:\n"
            "    raise ExceptionGroup('both', [error])",
        )
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert "ZeroDivisionError: division by zero" in "\n".join(caught.value.traceback)
        files = re.findall('File "(.*?)"', "\n".join(caught.value.traceback))
        assert {os.path.basename(file) for file in files} == {"low.py", "top.py"}

    def test_a_module_that_is_not_python(self, project, live):
        """A syntax error is found in the analysis; nothing has run by then."""
        project.write("low.py", "x = 1")
        live("import low")
        project.write("low.py", "x = 22\nx = = 3")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert (caught.value.module, caught.value.phase) == ("low", "analysis")
        assert type(caught.value.__cause__) is SyntaxError
        assert caught.value.__cause__.lineno == 2

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (
                "class Odd(Exception):\n    def __str__(self): return self.text\nraise Odd",
                "could not reload bad: <unprintable Odd> (",
            ),
            ("raise SyntaxError(7)", "SyntaxError: 7"),
            ("raise SyntaxError", "SyntaxError ("),
            ("raise SyntaxError('no', (open, 'x', 1, 'text'))", "SyntaxError: no ("),
            ("raise SyntaxError('no', (b'b', 3, 1, 'text'))", "SyntaxError: no ("),
            (
                "class Odd(Exception):\n    def __str__(self): raise SystemExit\nraise Odd",
                "could not reload bad: <unprintable Odd> (",
            ),
            (
                """class Odd(Exception):
    def __getattr__(self, name): raise RuntimeError
raise Odd('no')""",
                "Odd: no (",
            ),
            (
                """import dataclasses
@dataclasses.dataclass(frozen=True)
class Odd(Exception): code: int
raise Odd(7)""",
                "Odd: 7 (",
            ),
        ],
    )
    def test_errors_that_do_not_print(self, project, live, code, said):
        """They are told like others, and what went well is not told twice."""
        project.write_all(bad="x = 1", good="x = 1")
        namespace = live("import good, bad")
        project.write_all(bad=code, good="x = 22")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert said in str(caught.value)
        assert [e.module for e in caught.value.outcome.events] == ["good"]
        assert (namespace["good"].x, namespace["bad"].x) == (22, 1)

    def test_an_encoding_that_there_is_not(self, project, live):
        """Python knows no line of it."""
        project.write("low.py", "x = 1")
        live("import low")
        project.write("low.py", "# coding: nonsense\nx = 22")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        (failure,) = caught.value.outcome.to_dict()["failed"]
        assert (failure["message"], failure["line"]) == (
            "SyntaxError: unknown encoding: nonsense",
            None,
        )

    def test_several_failures(self, project, live):
        """The first failure is raised, the others are its notes."""
        project.write_all(one="x = 1", two="x = 1", three="x = 1")
        namespace = live("import one, two, three")
        project.write_all(one="raise ValueError(1)", two="raise ValueError(2)", three="x = 22")
        with pytest.raises(ModuleError) as caught:
            liveimport.sync()
        assert caught.value.module == "one"
        note = "Could not reload two: ValueError: 2 (two.py, line 1)"
        assert caught.value.__notes__ == [note]
        assert namespace["three"].x == 22

    def test_observers_see_what_went_well_before_the_error(self, project, live):
        """The events of other groups arrive although a group failed."""
        project.write_all(bad="x = 1", good="x = 1")
        live("import bad, good")
        project.write_all(bad="raise ValueError", good="x = 22")
        seen = []
        with pytest.raises(ModuleError):
            liveimport.sync(observer=seen.append)
        assert [e.module for e in seen] == ["good"]

    def test_a_call_by_hand_tries_again(self, project, live):
        """What failed is tried again though no file changed."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.write(
            "low.py", "import os\nif os.environ.get('BROKEN'): raise ValueError\nx = 22"
        )
        os.environ["BROKEN"] = "1"
        with pytest.raises(ModuleError):
            liveimport.sync()
        with pytest.raises(ModuleError):
            liveimport.sync()
        del os.environ["BROKEN"]
        liveimport.sync()
        assert low.x == 22


class TestPlan:
    """`plan`: what sync would do, without doing it."""

    def test_nothing(self, project, live):
        """The plan for unchanged files is falsy and says so."""
        project.write("low.py", "x = 1")
        live("import low")
        assert not liveimport.plan()
        assert str(liveimport.plan()) == "Nothing to reload"

    def test_the_text(self, project, live):
        """A line for each module with the reason, and one for the names."""
        project.write_all(symcode="x = 1", other="y = 1", simulator="import symcode, other")
        live("import simulator\nfrom symcode import x as ex, x\nfrom other import *")
        project.write_all(symcode="x = 22", other="y = 22")
        now = time.time()
        project.dated("symcode.py", 18, now=now)
        project.dated("other.py", 3600, now=now)
        assert str(liveimport.plan()) == dedent("""\
            Would reload symcode: modified 18 seconds ago
            Would reload other: modified 1 hour ago
            Would reload simulator because symcode and other reload
            Would rebind simulator, ex, x, and the public names of other""")

    def test_one_reason(self, project, live):
        """One reason takes the singular."""
        project.write_all(symcode="x = 1", simulator="import symcode")
        live("import simulator")
        project.write("symcode.py", "x = 22")
        assert "Would reload simulator because symcode reloads" in str(liveimport.plan())

    def test_it_changes_nothing(self, session, project, live):
        """State, loaded modules and names are as before, and the next sync does it all."""
        project.write_all(low="x = 1", top="from low import x")
        namespace = live("from top import x")
        project.write("low.py", "x = 22\nimport fresh")
        project.write("fresh.py", "")
        state, modules, names = session.state, dict(sys.modules), dict(namespace)
        plan = liveimport.plan()
        assert session.state is state
        assert (dict(sys.modules), dict(namespace)) == (modules, names)
        assert [s.module for s in plan.steps] == ["fresh", "low", "top"]
        assert str(plan).splitlines()[0] == "Would load fresh for the first time"
        outcome = liveimport.sync()
        assert [e.module for e in outcome.events] == ["low", "top"]
        assert outcome.loaded == ("fresh",)


class TestAnswers:
    """Calls without arguments change nothing, and say what holds."""

    def test_workspace(self, session, project, monkeypatch, tmp_path):
        """The directories, with roots; also after a change. The home directory is understood."""
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "library").mkdir()
        before = session.state
        folder = f"{project.folder.resolve()}{os.sep}"
        assert liveimport.workspace() == (folder,)
        assert liveimport.workspace(extend=True) == (folder,)
        assert session.state is before
        library = f"{tmp_path.resolve()}{os.sep}library{os.sep}"
        assert liveimport.workspace("~/library", extend=True) == (folder, library)
        assert liveimport.workspace(Path("~/library")) == (library,)
        assert liveimport.workspace() == (library,)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (["a", "b"], "give the directories as separate arguments: workspace('a', 'b')"),
            (("a",), "give the directories as separate arguments: workspace('a')"),
            (3, "a directory is a string or a path, not 3"),
            (None, "a directory is a string or a path, not None"),
        ],
    )
    def test_what_is_no_directory(self, session, given, said):
        """It is a TypeError in plain words, and nothing changes."""
        before = session.state
        with pytest.raises(TypeError) as caught:
            liveimport.workspace(given)
        assert str(caught.value) == said
        assert session.state is before

    def test_auto_sync(self, session):
        """The settings in force."""
        assert liveimport.auto_sync() == liveimport.Settings()
        assert liveimport.auto_sync(grace=3).grace == 3
        assert liveimport.auto_sync().grace == 3


class TestWorkspace:
    """`workspace`: whose imports are followed."""

    @pytest.fixture
    def library(self, project, tmp_path):
        """A module outside the project that a module of the project imports."""
        (tmp_path / "library").mkdir()
        sys.path.append(str(tmp_path / "library"))
        project.write("../library/tool.py", "x = 1")
        project.write("top.py", "from tool import x")
        return tmp_path / "library"

    def test_other_modules_are_left_alone(self, project, library, live):
        """What a tracked module imports from elsewhere is not tracked once directories are set."""
        liveimport.workspace(str(project.folder))
        namespace = live("from top import x")
        project.write("../library/tool.py", "x = 22")
        assert liveimport.sync().events == ()
        assert namespace["x"] == 1

    def test_it_takes_effect_at_once(self, session, project, library, live):
        """A directory that joins is followed from then on; one that leaves no more."""
        liveimport.workspace(str(project.folder))
        namespace = live("from top import x")
        assert session.state.tracked == ("top",)
        liveimport.workspace(str(library), extend=True)
        assert session.state.tracked == ("top", "tool")
        project.write("../library/tool.py", "x = 22")
        liveimport.sync()
        assert namespace["x"] == 22
        liveimport.workspace(str(project.folder))
        assert session.state.tracked == ("top",)
        project.write("../library/tool.py", "x = 333")
        assert liveimport.sync().events == ()
        assert namespace["x"] == 22

    def test_registered_modules_are_tracked_wherever_they_are(self, project, library, live):
        """The workspace decides only about what is tracked indirectly."""
        liveimport.workspace(str(library))
        namespace = live("from top import x")
        project.write("top.py", "x = 22")
        liveimport.sync()
        assert namespace["x"] == 22

    def test_an_edit_before_its_directory_joined(self, project, library, live):
        """A module edited while nobody followed it reloads when its directory joins."""
        liveimport.workspace(str(project.folder))
        namespace = live("from top import x")
        project.write("../library/tool.py", "x = 22")
        liveimport.workspace(library, extend=True)
        assert [e.module for e in liveimport.sync().events] == ["tool", "top"]
        assert namespace["x"] == 22

    def test_without_extend_it_replaces(self, session, project, library):
        """The new directories are all there is, links resolved too."""
        liveimport.workspace(library, project.folder)
        liveimport.workspace(Path(library))
        assert session.state.workspace.directories == (f"{library}{os.sep}",)

    @pytest.mark.parametrize("name", ["nowhere", "file.txt", ""])
    def test_no_directory(self, session, project, name):
        """A path that is no directory is a ValueError, and nothing changes."""
        project.write("file.txt", "")
        before = session.state
        with pytest.raises(ValueError, match=f"'{name}' is not a directory"):
            liveimport.workspace(".", name)
        assert session.state is before

    @pytest.mark.processes
    def test_at_first_it_is_the_working_directory_of_the_import(self, project, tmp_path):
        """The workspace is where LiveImport was imported, whatever is done later."""
        program = (
            "import liveimport, os; os.chdir('/')\n"
            "from liveimport.effects.session.session import SESSION; print(SESSION.state.workspace.directories)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            cwd=project.folder,
            check=True,
        )
        assert ran.stdout.strip() == str((f"{project.folder}{os.sep}",))


class TestSettings:
    """`auto_sync` and `hidden_cell_magic`: what they set. test_notebook has what that does."""

    def test_what_is_not_given_stays(self, session):
        """Each call changes what it names, and nothing else."""
        liveimport.auto_sync(enabled=False)
        liveimport.auto_sync(grace=2)
        liveimport.auto_sync(report=False)
        now = session.settings
        assert (now.enabled, now.grace, now.report) == (False, 2.0, False)
        liveimport.auto_sync(enabled=True)
        now = session.settings
        assert (now.enabled, now.grace, now.report) == (True, 2.0, False)

    def test_at_first(self, session):
        """At first it syncs by mtime, reports, waits a second and takes hidden magic."""
        now = session.settings
        assert (now.enabled, now.grace, now.report) == (True, 1.0, True)
        assert (now.detect, now.on_error, now.hidden_cell_magic) == ("mtime", "run", True)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"grace": -1},
            {"grace": "2"},
            {"grace": []},
            {"grace": 10**400},
            {"grace": float("nan")},
            {"detect": "size"},
            {"on_error": "skip"},
            {"report": "off"},
        ],
    )
    def test_what_a_setting_does_not_take(self, session, wrong):
        """A wrong value is a ValueError that names the setting, and nothing changes."""
        before = session.settings
        with pytest.raises(ValueError, match=next(iter(wrong))):
            liveimport.auto_sync(enabled=False, **wrong)
        assert session.settings == before

    def test_numbers_of_other_kinds(self, session, shell):
        """They are taken for what they are, by IPython's settings as well."""
        liveimport.auto_sync(enabled=0, grace=Fraction(1, 2))
        assert (session.settings.enabled, session.settings.grace) == (False, 0.5)
        assert shell.run("%config LiveImport.grace").value == 0.5
        liveimport.auto_sync(enabled=1, grace=2)
        assert shell.run("%config LiveImport.enabled").value is True

    def test_words_for_yes_and_no(self, session):
        """They are refused rather than taken for yes."""
        with pytest.raises(ValueError, match="enabled is True or False, not 'off'"):
            liveimport.auto_sync("off")
        with pytest.raises(ValueError, match="hidden_cell_magic is True or False, not 'no'"):
            liveimport.hidden_cell_magic("no")

    def test_detect_by_content(self, project, live):
        """With "content" a touched file is not stale, one with other bytes is."""
        project.write_all(low="x = object()", top="from low import x")
        names = live("from top import x")
        liveimport.auto_sync(detect="content")
        x = names["x"]
        project.dated("low.py", -5, now=time.time())
        assert not liveimport.sync()
        assert names["x"] is x
        project.write("low.py", "x = [0000000]")
        liveimport.sync()
        assert names["x"] == [0]

    def test_hidden_cell_magic(self, session):
        """It is turned off and on; None leaves it."""
        liveimport.hidden_cell_magic(enabled=False)
        liveimport.hidden_cell_magic()
        assert session.settings.hidden_cell_magic is False
        liveimport.hidden_cell_magic(enabled=True)
        assert session.settings.hidden_cell_magic is True


@pytest.mark.processes
def test_a_script_needs_no_ipython(project):
    """All of it works in plain Python without IPython being imported."""
    project.write("low.py", "x = 1")
    project.write(
        "script.py",
        """
        import sys, liveimport
        from low import x
        liveimport.register(globals(), "from low import x")
        open("low.py", "w").write("x = 22")
        assert liveimport.plan()
        liveimport.sync()
        print(x, "IPython" in sys.modules)
        """,
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "script.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("22 False\n", "")
