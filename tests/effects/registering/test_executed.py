"""`register` takes only what was executed. What shows that it was not is told."""

import sys
import textwrap
import types

import pytest

import liveimport

CALLED_WITH_LOCALS = """
def called():
    from low import x
    liveimport.register(locals(), "from low import x")
"""


@pytest.fixture
def low(project, loaded, session):
    """A loaded module with a few names."""
    project.write("low.py", "x = [1]\ny = [2]\ndef f(): pass\nclass C: pass\nc = C()\n")
    return loaded("low")


def refusal(namespace, statements, **options):
    """Returns what the refusal of a registration says. Nothing was registered."""
    before = liveimport.status().registered
    with pytest.raises(ValueError, match=r"\w") as caught:
        liveimport.register(namespace, statements, **options)
    assert liveimport.status().registered == before
    return str(caught.value)


class TestValues:
    """What the names hold."""

    @pytest.mark.parametrize(
        ("namespace", "statement", "differs"),
        [
            ({"x": [1]}, "from low import x", "'x' is not that of module 'low'"),
            ({"x": None}, "from low import x", "'x' is not that of module 'low'"),
            ({"z": [1]}, "from low import x as z", "'z' is not the 'x' of module 'low'"),
            ({"low": 1}, "import low", "'low' is not module 'low'"),
            ({"m": 1}, "import low as m", "'m' is not module 'low'"),
            ({"os": 1}, "import os.path", "'os' is not module 'os.path'"),
        ],
    )
    def test_another_value(self, low, namespace, statement, differs):
        """Which name differs from what is told, and what to execute."""
        said = refusal(namespace, statement)
        assert said == (
            f"the namespace's {differs}: execute `{statement}` before registering it"
        )

    def test_a_name_that_the_module_does_not_have(self, low):
        """The import would have failed."""
        for namespace in ({"z": 1}, {}):
            said = refusal(namespace, "from low import z")
            assert said == "module 'low' has no 'z', so `from low import z` was not executed"

    def test_a_module_that_was_loaded_anew(self, low, loaded):
        """The name holds the module that stood there before."""
        del sys.modules["low"]
        loaded("low")
        assert "'low' is not module 'low'" in refusal({"low": low}, "import low")

    def test_the_last_of_a_name_counts(self, low, project, live):
        """An import that another one covers is not compared; star imports cover too."""
        project.write("other.py", "x = [3]")
        live("from low import x\nfrom other import x")
        live("from low import x\nfrom other import *")
        other = sys.modules["other"]
        assert "'x' is not that of" in refusal(
            {"x": other.x}, "from other import *\nfrom low import x"
        )

    def test_names_of_a_star_import_are_not_compared(self, low):
        """There may be many, and any of them may be bound anew."""
        liveimport.register({"x": "mine"}, "from low import *")

    def test_what_another_statement_may_bind(self, low):
        """It is not compared, if other statements are allowed."""
        text = "from low import x, y\nx = sorted(x)\nif y:\n    y = None"
        namespace = {}
        exec(text, namespace)  # noqa: S102  # as a script would
        liveimport.register(namespace, text, allow_other_statements=True)
        said = refusal({"x": [1]}, "from low import x\ny = x", allow_other_statements=True)
        assert "'x' is not that of" in said

    def test_what_a_sync_bound(self, low, project, live):
        """It may be registered again, though the module has bound the name anew since."""
        namespace = live("from low import c")
        low.c = "another"
        liveimport.register(namespace, "from low import c")
        namespace["c"] = "mine"
        assert "'c' is not that of" in refusal(namespace, "from low import c")

    def test_a_function_that_was_there_before_the_module_ran_again(self, low, loaded):
        """It says itself where it was imported from."""
        old = low.f
        del sys.modules["low"]
        assert loaded("low").f is not old
        liveimport.register({"f": old}, "from low import f")

    def test_a_module_that_answers_by_code(self, project, loaded, session):
        """It is not asked, for that could load something."""
        project.write(
            "lazy.py", "asked = []\ndef __getattr__(name): asked.append(name); return 1"
        )
        lazy = loaded("lazy")
        liveimport.register({"z": 7}, "from lazy import z")
        assert lazy.asked == []

    def test_what_is_still_lazy(self, low):
        """A stand-in for a module may be in the namespace, or be loaded."""

        class Lazy(types.ModuleType):
            pass

        liveimport.register({"low": Lazy("low")}, "import low")

    def test_a_submodule_that_took_the_name_in_its_package(self, project, live, session):
        """The function was imported before that."""
        project.write("p/__init__.py", "def q(): pass")
        project.write("p/q.py", "")
        namespace = {}
        exec("from p import q\nimport p.q", namespace)  # noqa: S102  # what a script does
        assert namespace["q"] is not sys.modules["p"].q
        liveimport.register(namespace, "from p import q\nimport p.q")

    def test_submodules(self, project, live):
        """All ways to import one."""
        project.write("p/__init__.py", "")
        project.write("p/q.py", "x = 1")
        live("import p.q\nimport p.q as q\nfrom p import q as r\nfrom p.q import x")

    def test_executed_at_once(self, low):
        """What registering executes itself needs no proof."""
        liveimport.register(namespace := {"x": "mine"}, "from low import x", execute=True)
        assert namespace["x"] is low.x


class TestModules:
    """What is loaded."""

    def test_a_package_that_is_not_loaded(self, project, live):
        """The submodule alone cannot be reached by its import."""
        project.write("p/__init__.py", "")
        project.write("p/q.py", "x = 1")
        namespace = live("from p.q import x")
        del sys.modules["p"]
        said = refusal(namespace, "from p.q import x")
        assert said.startswith("module 'p' is not loaded: execute `from p.q import x`")

    def test_a_module_without_a_spec(self, session, monkeypatch):
        """It is registered, and the status says that it never reloads."""
        made = types.ModuleType("made")
        made.x = [1]
        made.__spec__ = None
        monkeypatch.setitem(sys.modules, "made", made)
        liveimport.register({"x": made.x, "made": made}, "from made import x\nimport made")
        (module,) = liveimport.status().modules
        assert (module.state, str(module).rpartition("; ")[2]) == (
            "never reloads",
            "never reloads: it has no source file",
        )
        assert not liveimport.sync()

    def test_a_module_without_a_spec_that_has_a_file(self, project, session, monkeypatch):
        """Nobody knows how to load it, so it never reloads either."""
        project.write("made.py", "x = 1")
        made = types.ModuleType("made")
        made.__file__ = project.path("made.py")
        monkeypatch.setitem(sys.modules, "made", made)
        liveimport.register({"made": made}, "import made")
        project.write("made.py", "x = 22")
        assert not liveimport.sync()
        (module,) = liveimport.status().modules
        assert module.state == "never reloads"


class TestLocals:
    """The `locals()` of a function can never be brought up to date."""

    def test_of_a_function(self, low):
        """They are refused, with what to do instead."""
        namespace = {"liveimport": liveimport}
        exec(CALLED_WITH_LOCALS, namespace)  # noqa: S102  # as a script has it
        with pytest.raises(ValueError, match=r"locals\(\) of a function is a copy"):
            namespace["called"]()
        assert liveimport.status().registered == ()

    def test_of_a_function_of_a_class(self, low):
        """So are those of methods, and of functions in functions."""
        code = f"class C:\n{textwrap.indent(CALLED_WITH_LOCALS, '    ')}C.called()"
        with pytest.raises(ValueError, match="is a copy"):
            exec(code, {"liveimport": liveimport})  # noqa: S102  # as a script has it

    @pytest.mark.parametrize(
        "code",
        [
            "from low import x\nliveimport.register(locals(), 'from low import x')",
            "class C:\n    from low import x\n    liveimport.register(locals(), 'from low import x')",
            """
def called():
    names = {}
    exec("from low import x", names)
    liveimport.register(names, "from low import x")
called()
""",
            """
from low import x
def called():
    x = 1
    liveimport.register(globals(), "from low import x")
called()
""",
        ],
    )
    def test_others(self, low, code):
        """A module, a class body, an exec'd text, and a function with another dict are allowed."""
        exec(code, {"liveimport": liveimport})  # noqa: S102  # as a script has it
        assert liveimport.status().registered == ("from low import x",)

    def test_with_locals_of_its_own(self, low):
        """Code that is executed with two dicts binds names in the second."""
        names = {}
        code = "from low import x\nliveimport.register(locals(), 'from low import x')"
        exec(code, {"liveimport": liveimport}, names)  # noqa: S102  # as a script has it
        assert names == {"x": low.x}


class Unprintable:
    """It raises when it is printed, and when it is compared."""

    __hash__ = None

    def __repr__(self):
        raise ZeroDivisionError

    def __eq__(self, other):
        raise ZeroDivisionError


class TestArguments:
    """Wrong arguments are one plain sentence, before anything happens."""

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (None, 'import statements are text, such as "import symcode", not None'),
            (["import low"], "import statements are text, such as .*, not \\['import low'\\]"),
            (b"import low", "import statements are text, such as .*, not b'import low'"),
            (types, 'import statements are text: use the name of the module, "import types"'),
            (Unprintable(), "import statements are text, .* not <unprintable Unprintable>"),
        ],
    )
    def test_statements_that_are_no_text(self, session, given, said):
        """It is told what they are."""
        with pytest.raises(TypeError, match=f"^{said}$"):
            liveimport.register({}, given)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (types, 'package is a name: use the name of the module, "types"'),
            (1, 'package is a name, such as "lab" or __package__, not 1'),
            (b"lab", "package is a name, such as .*, not b'lab'"),
        ],
    )
    def test_a_package_that_is_no_name(self, session, given, said):
        """`__package__` may be None, as it is in a script."""
        with pytest.raises(TypeError, match=f"^{said}$"):
            liveimport.register({}, "import os", package=given)
        liveimport.register({"types": types}, "import types", package=None)

    @pytest.mark.parametrize("namespace", [Unprintable(), types, "import low", None])
    def test_what_is_no_namespace(self, session, namespace):
        """Also if it cannot be printed."""
        with pytest.raises(
            TypeError, match=r"^a namespace is a dict, such as globals\(\), not"
        ):
            liveimport.register(namespace, "import types")

    @pytest.mark.parametrize("name", ["clear", "execute", "allow_other_statements"])
    @pytest.mark.parametrize("value", ["no", None, [], Unprintable()])
    def test_what_is_neither_true_nor_false(self, session, name, value):
        """A word would count as true."""
        with pytest.raises(ValueError, match=f"^{name} is True or False, not "):
            liveimport.register({"types": types}, "import types", **{name: value})
        assert liveimport.status().registered == ()

    @pytest.mark.parametrize(
        "text", ["%%liveimport\nimport types", "\n  %%liveimport --clear\nimport types"]
    )
    def test_the_magic_line(self, session, text):
        """It belongs to a cell."""
        said = refusal({"types": types}, text)
        assert said == "leave out the line %%liveimport: register takes import statements only"
        liveimport.register({"types": types}, "#_%%liveimport\nimport types")

    @pytest.mark.parametrize("text", ["import", "import types\n%time", " x\nimport ("])
    def test_a_syntax_error(self, session, text):
        """It does not name a file that there is not."""
        for execute in (False, True):
            with pytest.raises(SyntaxError) as caught:
                liveimport.register({}, text, execute=execute)
            assert caught.value.filename == "<importstmts>"

    def test_a_setting_that_cannot_be_printed(self, session):
        """Nor compared."""
        with pytest.raises(
            ValueError, match=r"^detect is 'mtime', 'content' or 'code', not <unprintable"
        ):
            liveimport.auto_sync(detect=Unprintable())
        with pytest.raises(ValueError, match=r"^grace is a number .* not <unprintable"):
            liveimport.auto_sync(grace=Unprintable())

    @pytest.mark.parametrize("shell", [None, "shell", {}])
    def test_what_is_no_shell(self, session, shell):
        """Nothing is attached or detached."""
        for call in (liveimport.load_ipython_extension, liveimport.unload_ipython_extension):
            with pytest.raises(TypeError, match=r"^this takes an IPython shell, as %load_ext"):
                call(shell)
        assert session.detached is False
