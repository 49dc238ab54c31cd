"""What stands in `sys.modules`, read safely."""

import os
import sys
import types
import zipimport
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import LazyLoader, find_spec, module_from_spec
from unittest.mock import patch

import pytest

from liveimport.effects.loaded.modules import (
    attribute_of,
    file_of,
    folders_of,
    init_of_namespace,
    is_alias,
    is_extension,
    is_shadowed,
    module_being_imported,
    module_of_namespace,
    namespace_of,
    own_objects,
    public_names,
    star_names,
)


class Touchy(types.ModuleType):
    """A module that raises at whatever it is asked for, as some lazy modules do."""

    def __getattribute__(self, name):
        raise RuntimeError(name)


def touchy_with(**names: object) -> Touchy:
    """Returns such a module that has these names."""
    touchy = Touchy("touchy")
    object.__getattribute__(touchy, "__dict__").update(names)
    return touchy


class StandIn:
    """An object that is not a module, and answers or raises when it is asked."""

    def __getattr__(self, name):
        if name == "answer":
            return 42
        raise RuntimeError(name)


class Slotted:
    """An object without a dict."""

    __slots__ = ()


def module_with(name: str = "low", **names: object) -> types.ModuleType:
    """Returns a module made by hand that has these names."""
    module = types.ModuleType(name)
    vars(module).update(names)
    return module


def spec_of(loader: object, origin: str | None = "low.py", *, has_location: bool = True):
    """Returns a spec with this loader."""
    spec = ModuleSpec("low", loader, origin=origin)
    spec.has_location = has_location
    return spec


class TestNamespaces:
    """`namespace_of` and `attribute_of`: no code of the module runs."""

    def test_a_module(self):
        """Its namespace is its own dict, live."""
        low = module_with(x=1)
        assert namespace_of(low) is vars(low)
        assert attribute_of(low, "x") == 1
        assert attribute_of(low, "y") is None

    def test_a_module_that_raises(self):
        """It is read all the same, and not asked."""
        touchy = touchy_with(x=1)
        assert namespace_of(touchy)["x"] == 1
        assert attribute_of(touchy, "x") == 1
        assert attribute_of(touchy, "y") is None

    def test_module_getattr_is_not_called(self):
        """It may import, and is none of our business."""
        asked = []
        low = module_with(__getattr__=asked.append)
        assert attribute_of(low, "x") is None
        assert asked == []

    @pytest.mark.parametrize("thing", [None, 1, Slotted(), type("Own", (), {})])
    def test_what_has_no_dict(self, thing):
        """There is nothing in it, or what its own dict has is not a dict."""
        assert dict(namespace_of(thing)) == {}
        assert attribute_of(thing, "nowhere") is None

    def test_a_stand_in(self):
        """What is not a module is asked, for it may compute names; an error is no answer."""
        assert attribute_of(StandIn(), "answer") == 42
        assert attribute_of(StandIn(), "other") is None

    def test_the_module_of_a_namespace(self, monkeypatch):
        """Only the loaded module's own dict counts, not a copy, nor one with its name."""
        low = module_with("made_low", x=1)
        assert module_of_namespace(vars(low)) is None
        monkeypatch.setitem(sys.modules, "made_low", low)
        assert module_of_namespace(vars(low)) == "made_low"
        assert module_of_namespace(dict(vars(low))) is None
        assert module_of_namespace({}) is None
        assert module_of_namespace({"__name__": 1}) is None


class TestNamesInPackages:
    """`is_shadowed` and `is_alias`: which module stands under which name."""

    def test_a_submodule(self, project, loaded):
        """A package has its submodule under its name, unless something else is there."""
        project.write("pack/__init__.py", "")
        project.write("pack/low.py", "")
        pack, low = loaded("pack", "pack.low")
        assert not is_shadowed("pack.low", low)
        pack.low = "a value"
        assert is_shadowed("pack.low", low)
        del pack.low
        assert not is_shadowed("pack.low", low)

    def test_a_module_that_is_not_loaded(self, project, loaded):
        """Any value that its package has under the name hides it, None too."""
        project.write("pack/__init__.py", "low = 1")
        loaded("pack")
        assert is_shadowed("pack.low", None)
        assert not is_shadowed("pack.high", None)

    @pytest.mark.parametrize("package", [StandIn, Slotted, type(None)])
    def test_without_a_package(self, monkeypatch, package):
        """A top-level module, or one whose package is no module, is not hidden."""
        monkeypatch.setitem(sys.modules, "pack", package())
        assert not is_shadowed("low", None)
        assert not is_shadowed("nowhere.low", None)
        assert not is_shadowed("pack.low", None)

    def test_a_package_that_raises(self, monkeypatch):
        """It is not asked."""
        monkeypatch.setitem(sys.modules, "pack", touchy_with(low=1))
        assert is_shadowed("pack.low", None)
        assert not is_shadowed("pack.high", None)

    def test_a_lazy_package_stays_asleep(self, project):
        """Looking at what it has does not load it."""
        project.write("pack/__init__.py", "raise RuntimeError('loaded')")
        spec = find_spec("pack")
        spec.loader = LazyLoader(spec.loader)
        pack = module_from_spec(spec)
        spec.loader.exec_module(pack)
        with patch.dict(sys.modules, pack=pack):
            assert not is_shadowed("pack.low", None)
            assert type(pack) is not types.ModuleType

    def test_aliases(self, project, loaded):
        """A module that also stands under its own name is an alias under any other."""
        project.write("low.py", "")
        low = loaded("low")
        spec = low.__spec__
        assert is_alias(low, spec, "other")
        assert not is_alias(low, spec, "low")
        del sys.modules["low"]
        assert not is_alias(low, spec, "other")


class TestSpecs:
    """What the spec of a module says of its files."""

    def test_a_source_file(self, project):
        """Its path is absolute."""
        loader = SourceFileLoader("low", "low.py")
        assert file_of(spec_of(loader)) == os.path.abspath("low.py")
        assert not is_extension(spec_of(loader))

    def test_compiled_code(self, project):
        """It has a file, and is an extension."""
        spec = spec_of(ExtensionFileLoader("low", "low.so"), "low.so")
        assert file_of(spec) == os.path.abspath("low.so")
        assert is_extension(spec)

    def test_a_wrapped_loader(self, project):
        """Build backends wrap loaders, so the file name counts too."""
        assert is_extension(spec_of(object(), f"low{EXTENSION_SUFFIXES[0]}"))
        assert file_of(spec_of(object(), "low.pyc")) is None

    def test_a_loader_of_its_own(self, project):
        """Whoever loads it, a module with a location has a file."""
        assert file_of(spec_of(object())) == os.path.abspath("low.py")

    @pytest.mark.parametrize(
        "spec",
        [
            spec_of(SourcelessFileLoader("low", "low.pyc"), "low.pyc"),
            spec_of(zipimport.zipimporter.__new__(zipimport.zipimporter), "a.zip/low.py"),
            spec_of(None, "built-in", has_location=False),
            spec_of(None, None),
        ],
        ids=["bytecode", "archive", "built-in", "no origin"],
    )
    def test_no_file(self, spec):
        """Bytecode, archives and built-in modules have no source file."""
        assert file_of(spec) is None

    def test_folders_of_a_package(self, loaded):
        """They are where submodules are looked for; a plain module has none."""
        assert folders_of(loaded("json").__spec__) == list(sys.modules["json"].__path__)
        assert folders_of(spec_of(None)) is None

    def test_folders_of_a_namespace_package(self, project, loaded):
        """They are known although its parent, from which Python computes them, is gone."""
        project.write("space/inner/low.py", "")
        spec = loaded("space.inner").__spec__
        del sys.modules["space"], sys.modules["space.inner"]
        with pytest.raises((KeyError, ModuleNotFoundError)):  # the latter since Python 3.15
            list(spec.submodule_search_locations)
        assert folders_of(spec) == [project.path("space/inner")]
        assert init_of_namespace(spec) == project.path("space/inner/__init__.py")

    def test_a_namespace_package_in_many_folders(self):
        """A file in the first of them would make a regular package of it."""
        spec = ModuleSpec("space", None, is_package=True)
        assert init_of_namespace(spec) is None
        spec.submodule_search_locations = ["/one/space", "/two/space"]
        assert init_of_namespace(spec) == os.path.abspath("/one/space/__init__.py")

    def test_other_packages_are_no_namespace(self, loaded):
        """A regular package has its own file, a plain module no folder."""
        assert init_of_namespace(loaded("json").__spec__) is None
        assert init_of_namespace(spec_of(None, None)) is None


class TestStars:
    """`public_names` and `star_names`: what star imports bind."""

    def test_public_names(self):
        """Those without an underscore, or what `__all__` says."""
        names = public_names(module_with(x=1, _y=2))
        assert names == ("x",)
        assert public_names(module_with(x=1, _y=2, __all__=["_y", "z"])) == ("_y", "z")

    def test_an_odd_all(self):
        """What is not text in `__all__` is left out; if it raises, there are no names."""
        assert public_names(module_with(x=1, __all__=["x", 1, None])) == ("x",)
        assert public_names(module_with(x=1, __all__=7)) == ()
        assert public_names(Touchy("touchy")) == ()
        assert public_names(None) == ()

    def test_a_computed_all(self):
        """It may come from `__getattr__`, as a star import has it."""
        computed = {"__all__": ["x"]}
        assert public_names(module_with(y=1, __getattr__=computed.get)) == ("x",)

    def test_names_from_stars(self, project, loaded):
        """Of a star's names, those count that the module has."""
        project.write_all(low="x = 1\ny = 2\n_z = 3\n", top="from low import *\ndel y\n")
        loaded("top")
        assert star_names("top", ("low",)) == {"x"}
        assert star_names("top", ("nowhere",)) == frozenset()
        assert star_names("top", ()) == frozenset()

    def test_names_that_all_left_out_later(self, project, loaded):
        """In a cycle, a star may have come before the `__all__` that would have stopped it."""
        project.write_all(
            low="x = 1\nimport top\n__all__ = []\n", top="from low import *\n__name = 1\n"
        )
        loaded("low")
        assert star_names("top", ("low",)) == {"x"}

    def test_names_of_the_module_itself_are_not_from_stars(self, project, loaded):
        """What every module has by itself did not come by a star."""
        project.write_all(low="x = 1\n", top="from low import *\n")
        loaded("top")
        assert not any(name.startswith("__") for name in star_names("top", ("low",)))

    def test_a_module_that_raises(self, monkeypatch):
        """It is not asked for what it has."""
        monkeypatch.setitem(sys.modules, "touchy", touchy_with(argv=1))
        assert star_names("touchy", ("sys",)) == {"argv"}

    def test_what_is_not_a_module(self, monkeypatch):
        """A stand-in, or nothing, has no names from stars."""
        monkeypatch.setitem(sys.modules, "strange", StandIn())
        assert star_names("strange", ("sys",)) == frozenset()
        assert star_names("nowhere", ("sys",)) == frozenset()


class TestOwnObjects:
    """`own_objects`: what a module made itself, by what the values say."""

    def held(self, project, loaded, source):
        """Returns the names of module `low` of this source that are its own objects."""
        project.write("low.py", source)
        return own_objects("low", vars(loaded("low")))

    def test_functions_and_classes(self, project, loaded):
        """Those of others, and all other values, do not say whose they are."""
        project.write("other.py", "def f(): pass\nclass C: pass\ng = lambda: 1")
        source = "from other import *\ndef h(): pass\nclass D: pass\nx, y = D(), [h]\nz = h"
        assert self.held(project, loaded, source) == ["h", "D", "z"]

    def test_a_class_that_says_that_it_is_another_s(self, project, loaded):
        """Its methods tell where it was made."""
        project.write("other.py", "class C:\n    __module__ = 'low'\n    def f(self): pass")
        source = "from other import C\nclass D(C):\n    def g(self): pass"
        assert self.held(project, loaded, source) == ["D"]

    def test_a_proxy_is_not_asked(self):
        """It may load, or raise, as soon as anyone wants to know its class."""

        class Proxy:
            @property
            def __class__(self):
                raise RuntimeError

        assert own_objects("low", {"proxy": Proxy()}) == []

    def test_a_class_without_a_name_of_a_module(self, project, loaded):
        """What it says instead counts for nothing."""
        source = "class Meta(type):\n    __module__ = 1\nclass C: __module__ = None"
        assert self.held(project, loaded, source) == []

    @pytest.mark.parametrize(
        ("source", "found"),
        [("def __getattr__(name): pass", ["__getattr__", "C", "f"]), ("", [])],
    )
    def test_what_a_lazy_package_stored(self, project, loaded, source, found):
        """With a `__getattr__`, it may have put what its submodules have into its names."""
        project.write("low/__init__.py", source)
        project.write("low/part.py", "class C: pass\ndef f(): pass\nx = 1")
        low, part = loaded("low", "low.part")
        vars(low).update(C=part.C, f=part.f, x=part.x)
        assert own_objects("low", vars(low)) == found


class TestModuleBeingImported:
    """`module_being_imported`: whose own code runs."""

    def test_none(self):
        """A test is not a module that is being imported."""
        assert module_being_imported() == ""

    def test_the_innermost(self, project, loaded, monkeypatch):
        """Functions in between do not count, nor does a module that is complete."""
        monkeypatch.setattr(sys, "asked", module_being_imported, raising=False)
        project.write("low.py", "import sys\ndef ask(): return sys.asked()\nx = ask()")
        project.write("top.py", "import low\nx = low.ask()")
        low, top = loaded("low", "top")
        assert (low.x, top.x, low.ask()) == ("low", "top", "")
        exec("x = ask()", vars(low))  # noqa: S102  # as a debugger may
        assert low.x == ""
