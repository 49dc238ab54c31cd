"""What is registered is followed from that moment on, whatever happens right after."""

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import threading
import time
import types
from unittest.mock import patch

import pytest

import liveimport
from liveimport.effects.observe import snapshot as snapshot_module
from liveimport.effects.observe import sources


def reloaded() -> list[str]:
    """Syncs, and returns the modules that reloaded, in order."""
    return [event.module for event in liveimport.sync().events]


class TestEdits:
    """Files that change around the time of a registration."""

    @pytest.mark.parametrize("ask", [liveimport.sync, liveimport.plan])
    def test_an_edit_right_after_registering(self, project, live, ask):
        """It counts, and names that the old source bound go; whoever asks first."""
        project.write_all(
            top="from low import x\ny = x", low="import gone_later\nx = 1\nold = 2"
        )
        project.write("gone_later.py", "")
        namespace = live("import low, top")
        low = namespace["low"]
        low.added = "from outside"
        project.write("low.py", "x = 22")
        ask()
        liveimport.sync()
        assert (low.x, namespace["top"].y, low.added) == (22, 22, "from outside")
        assert not hasattr(low, "old")

    def test_an_edit_before_registering(self, project, live, session, loaded):
        """A module that is older than its file reloads, and what depends on it."""
        session.install()
        project.write_all(low="x = 1", top="from low import x")
        top = loaded("top")
        project.write("low.py", "x = 22")
        live("import top")
        assert reloaded() == ["low", "top"]
        assert top.x == 22

    def test_an_edit_whose_import_nobody_saw(self, project, session, loaded):
        """A young file may have changed since, so its module reloads once, and then no more."""
        session.uninstall()
        project.write(
            "low.py", "count = 0\n\n\ndef bump():\n    global count\n    count += 1\n"
        )
        low = loaded("low")
        low.bump()
        liveimport.register({"low": low}, "import low")
        assert reloaded() == ["low"]
        low.bump()
        assert reloaded() == []
        assert low.count == 1

    def test_an_old_file_whose_import_nobody_saw(self, project, session, loaded):
        """If the file is older than the process, the module is as its file says."""
        session.uninstall()
        project.write("low.py", "x = 1")
        low = loaded("low")
        low.x = "as it is"
        session.parts.import_log._started_ns = session.parts.import_log._began_ns = (
            time.time_ns() + 10**9
        )
        liveimport.register({"low": low}, "import low")
        assert reloaded() == []
        assert low.x == "as it is"

    def test_an_edit_of_a_module_that_is_reached_later(self, project, live, session, loaded):
        """It was loaded before the edit, so it reloads once it is followed."""
        session.install()
        project.write_all(low="x = 1", top="", late="from low import x")
        late = loaded("low", "late")[1]
        live("import top")
        project.write("low.py", "x = 22")
        assert reloaded() == []
        live("import late")
        assert reloaded() == ["low", "late"]
        assert late.x == 22

    def test_a_file_that_goes_right_after_registering(self, project, live):
        """The module stays as it is, and reloads when the file is back."""
        project.write("low.py", "x = 1")
        low = live("import low")["low"]
        project.remove("low.py")
        assert reloaded() == []
        assert low.x == 1
        project.write("low.py", "x = 22")
        assert reloaded() == ["low"]
        assert low.x == 22

    def test_a_file_that_is_gone(self, project, session, loaded):
        """Its module can be registered all the same, and stays as it is."""
        session.install()
        project.write_all(low="x = 1", other="y = 1")
        low, other = loaded("low", "other")
        project.remove("low.py")
        liveimport.register({"low": low, "other": other}, "import low, other")
        project.write("other.py", "y = 22")
        assert reloaded() == ["other"]
        assert (low.x, other.y) == (1, 22)

    def test_a_touch_right_after_registering(self, project, live):
        """By content, a file that is written again as it was has not changed."""
        project.write("low.py", "x = 1")
        live("import low")
        liveimport.auto_sync(detect="content")
        project.write("low.py", "x = 1")
        assert reloaded() == []


class TestReloadsByHand:
    """Modules that the user loads again around a registration."""

    def test_before_it_is_registered(self, project, live, session, loaded):
        """The module reloads once more, for the reload may have failed; then it is current."""
        session.install()
        project.write_all(low="x = 1", other="")
        low = loaded("low")
        live("import other")
        project.write("low.py", "x = 22")
        importlib.reload(low)
        live("import low")
        assert reloaded() == ["low"]
        assert reloaded() == []
        assert low.x == 22

    def test_a_reload_that_fails(self, project, live, session, loaded):
        """What it left undone is tried again, told, and made up for."""
        session.install()
        project.write("low.py", "x = y = 1")
        low = loaded("low")
        project.write("low.py", "x = 22\n1 / 0\ny = 22\n")
        with pytest.raises(ZeroDivisionError):
            importlib.reload(low)
        assert (low.x, low.y) == (22, 1)
        live("import low")
        with pytest.raises(liveimport.ModuleError, match="low"):
            liveimport.sync()
        project.write("low.py", "x = y = 22")
        assert reloaded() == ["low"]
        assert low.y == 22

    @pytest.mark.parametrize("reaches_before", [True, False])
    def test_between_two_registrations(self, project, live, reaches_before):
        """It is as new as its file, but what ran with the old one is not."""
        project.write_all(low="x = 1", user="from low import x", other="")
        live("import low")
        user = live("import user" if reaches_before else "import other\nimport user")["user"]
        project.write("low.py", "x = 22")
        importlib.reload(sys.modules["low"])
        live("import low as again")
        liveimport.sync()
        assert user.x == 22

    def test_what_star_imports_gave(self, project, live):
        """Names that a star import gave go with the version that had them."""
        project.write_all(low="old = 1\nx = 1", top="from low import *")
        top = live("import top")["top"]
        project.write("low.py", "x = 22")
        del sys.modules["low"]
        __import__("low")
        liveimport.sync()
        assert (top.x, hasattr(top, "old")) == (22, False)

    def test_a_submodule(self, project, live):
        """Its package had it when it was registered, so the name refers to it."""
        project.write("p/__init__.py", "")
        project.write("p/q.py", "x = 1")
        namespace = live("from p import q")
        del sys.modules["p.q"]
        __import__("p.q")
        project.write("p/q.py", "x = 22")
        liveimport.sync()
        assert namespace["q"].x == 22


class TestLost:
    """Modules that leave `sys.modules` right after they were registered."""

    @pytest.mark.parametrize("statements", ["from d import v\nimport e", "import e"])
    def test_a_module(self, project, live, statements):
        """It was loaded, so its change counts."""
        project.write_all(d="v = 1", e="from d import v")
        e = live(statements)["e"]
        project.write("d.py", "v = 22")
        del sys.modules["d"]
        liveimport.sync()
        assert e.v == 22

    def test_what_functions_had_imported(self, project, session, live, loaded):
        """It counts as loaded."""
        project.write_all(d="v = 1", e="def f():\n    import d\n    return d.v\n")
        assert loaded("e").f() == 1
        live("import e")
        del sys.modules["d"]
        assert session.state.modules["e"].deferred_modules == ("d",)

    def test_a_namespace_package(self, project, session, live):
        """Whoever imports it depends on it, though its folder is gone as well."""
        project.write_all(top="import p")
        os.mkdir(project.path("p"))
        live("import top")
        del sys.modules["p"]
        os.rmdir(project.path("p"))
        assert "p" in session.state.modules
        assert session.state.modules["top"].eager == ("p",)


class TestKinds:
    """What can be registered."""

    def test_a_module_of_a_type_of_its_own(self, project, live):
        """It is followed like any other."""
        own = "import sys, types\nclass Own(types.ModuleType): pass\n"
        own += "sys.modules[__name__].__class__ = Own\n"
        project.write("low.py", f"{own}x = 1\n")
        low = live("import low")["low"]
        project.write("low.py", f"{own}x = 22\n")
        assert reloaded() == ["low"]
        assert low.x == 22

    def test_compiled_modules(self, session, live):
        """They are tracked, and never reload."""
        loader = importlib.machinery.ExtensionFileLoader
        names = [
            n for n, m in sys.modules.items() if type(getattr(m, "__loader__", 0)) is loader
        ]
        live(f"import {names[0]}")
        assert session.state.modules[names[0]].location.is_extension
        assert reloaded() == []

    def test_star_imports(self, project, live):
        """Names that a star brought are known from the moment of the registration."""
        project.write_all(low="old = 1\nx = 1", top="from low import *")
        top = live("import top")["top"]
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert (top.x, hasattr(top, "old")) == (22, False)

    def test_a_package_outside_the_workspace(self, project, live, tmp_path, monkeypatch):
        """To import a submodule refers to its package too, whose changes count."""
        outside = tmp_path / "outside" / "p"
        outside.mkdir(parents=True)
        (outside / "__init__.py").write_text("x = 1")
        (outside / "q.py").write_text("")
        monkeypatch.syspath_prepend(str(outside.parent))
        live("import p.q")
        os.utime(outside / "__init__.py", ns=(1, 1))
        assert reloaded() == ["p"]

    def test_a_workspace_behind_a_link(self, project, live, tmp_path, monkeypatch):
        """Modules count that lie in it once links are resolved."""
        project.write("real/low.py", "x = 1")
        project.write("top.py", "import low")
        (tmp_path / "link").symlink_to(project.path("real"))
        monkeypatch.syspath_prepend(str(tmp_path / "link"))
        top = live("import top")["top"]
        assert top.low.__file__ == str(tmp_path / "link" / "low.py")
        project.write("real/low.py", "x = 22")
        assert reloaded() == ["low", "top"]

    def test_the_workspace_of_the_registration(self, project, session, live, tmp_path):
        """What was reached then is known, though it is not in the workspace any more."""
        project.write_all(top="import low", low="x = 1")
        live("import top")
        (tmp_path / "elsewhere").mkdir()
        liveimport.workspace(tmp_path / "elsewhere")
        assert (set(session.state.modules), session.state.tracked) == ({"top", "low"}, ("top",))


class TestBystanders:
    """Modules that a registration does not reach."""

    def test_what_is_not_a_plain_module(self, project, live):
        """An object in `sys.modules` may load something, or raise, whatever it is asked for."""
        asked = []

        class Lazy(types.ModuleType):
            def __getattribute__(self, name):
                asked.append(name)
                raise RuntimeError(name)

        gone = types.ModuleType("gone")
        gone.__spec__ = importlib.util.spec_from_file_location("gone", project.path("gone.py"))
        odd = {"lazy": Lazy("lazy"), "strange": types.ModuleType("strange"), "gone": gone}
        project.write("low.py", "x = 1")
        with patch.dict(sys.modules, odd):
            low = live("import low")["low"]
            project.write("low.py", "x = 22")
            assert reloaded() == ["low"]
        assert (asked, low.x) == ([], 22)

    def test_a_module_that_raises_when_it_is_asked(self, project, live, loaded):
        """It has nothing to do with what is registered."""
        project.write_all(
            low="x = 1", odd="def __getattr__(name):\n    raise ImportError(name)\n"
        )
        odd = loaded("odd")
        low = live("import low")["low"]
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert low.x == 22
        del odd.__getattr__


class TestMany:
    """Many registrations, from many places."""

    def test_each_is_followed(self, project, session, live):
        """However many statements are registered, in however many namespaces."""
        project.write_all(one="import two", two="", three="")
        namespace = live("import one")
        live("import three", namespace)
        live("import two as second", namespace)
        live("import three as third")
        assert len(list(session.state.bindings())) == 4
        assert session.state.tracked == ("one", "two", "three")
        assert not liveimport.plan()
        assert reloaded() == []
        project.write_all(two="x = 1", three="x = 1")
        assert reloaded() == ["two", "one", "three"]

    def test_what_is_known_is_not_read_again(self, project, live, monkeypatch):
        """Registering stays cheap, however much was registered before."""
        read_files = []
        read = sources.read

        def reading(path):
            read_files.append(os.path.basename(path))
            return read(path)

        monkeypatch.setattr(sources, "read", reading)
        names = [f"m{number}" for number in range(20)]
        project.write_all(**dict.fromkeys(names, ""))
        namespace = {}
        for name in names:
            live(f"import {name}", namespace)
        assert read_files == [f"{name}.py" for name in names]

    @pytest.mark.threads
    def test_from_a_thread(self, project, session, live):
        """It does not matter who registers."""
        project.write("low.py", "x = 1")
        thread = threading.Thread(target=live, args=("import low",), daemon=True)
        thread.start()
        thread.join(timeout=20)
        assert not thread.is_alive()
        assert session.state.tracked == ("low",)
        project.write("low.py", "x = 22")
        assert reloaded() == ["low"]

    @pytest.mark.threads
    def test_from_many_threads(self, project, session, loaded):
        """No namespace is lost, and each is followed."""
        project.write("low.py", "x = 1")
        low = loaded("low")
        namespaces = [{"x": low.x} for _ in range(400)]
        start, errors = threading.Barrier(4), []

        def registering(some):
            start.wait()
            try:
                for namespace in some:
                    liveimport.register(namespace, "from low import x")
            except RuntimeError as error:
                errors.append(error)

        threads = [
            threading.Thread(target=registering, args=(namespaces[n::4],), daemon=True)
            for n in range(4)
        ]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
        finally:
            sys.setswitchinterval(interval)
        assert errors == []
        project.write("low.py", "x = 22")
        liveimport.sync()
        assert {namespace["x"] for namespace in namespaces} == {22}


class TestWhileImporting:
    """Modules that register while they are being imported."""

    TEXT = "import liveimport\n{0}\nliveimport.register(globals(), {0!r})\n"

    def test_a_module_that_registers_its_imports(self, project, session, loaded):
        """They are followed from then on."""
        project.write_all(extra="x = 1", low=self.TEXT.format("from extra import x"))
        low = loaded("low")
        project.write("extra.py", "x = 22")
        liveimport.sync()
        assert low.x == 22

    def test_what_is_half_loaded_is_analysed_later(self, project, session, loaded):
        """The importing module had not made its star import yet; its names are known later."""
        project.write_all(
            top="import helper\nfrom low import *\n",
            helper=self.TEXT.format("import top"),
            low="old = 1\nx = 1\n",
        )
        top = loaded("top")
        assert top.old == 1
        assert session.state.tracked == ("top", "helper", "low")
        project.write("low.py", "x = 22\n")
        liveimport.sync()
        assert (top.x, hasattr(top, "old")) == (22, False)

    def test_an_edit_before_somebody_asks(self, project, session, loaded):
        """What was imported is what counts, not the file as it is when it is analysed."""
        session.install()
        project.write_all(extra="x = 1", low=self.TEXT.format("from extra import x"))
        low = loaded("low")
        project.write("extra.py", "x = 22")
        assert session.state.tracked == ("extra",)
        assert session.changed_modules() == {"extra"}
        assert reloaded() == ["extra"]
        assert low.x == 22

    def test_an_import_that_fails_after_it_registered(self, project, session):
        """What it imported by then is followed; the namespace that is gone does no harm."""
        project.write_all(
            extra="x = 1", low=self.TEXT.format("from extra import x") + "1 / 0\n"
        )
        with pytest.raises(ZeroDivisionError):
            importlib.import_module("low")
        project.write("extra.py", "x = 22")
        assert reloaded() == ["extra"]


def test_an_analysis_that_is_interrupted(project, live, session, monkeypatch):
    """Nothing is lost: what was registered is still to be analysed."""
    project.write("low.py", "x = 1")
    low = importlib.import_module("low")

    def interrupted(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patching:
        patching.setattr(snapshot_module._Observer, "follow_imports", interrupted)
        with pytest.raises(KeyboardInterrupt):
            liveimport.register({"low": low}, "import low")
    project.write("low.py", "x = 22")
    liveimport.sync()
    assert low.x == 22
