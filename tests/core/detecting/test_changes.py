"""How one module compares with its file, and as what it counts then."""

import pytest

from core.worlds import world
from liveimport.core.detecting.changes import (
    hides_submodule,
    is_changed,
    is_same_module_path,
    moved,
    new_module,
    same_imports,
    takes_over,
    with_source,
)
from liveimport.core.detecting.detection import detect_changes
from liveimport.core.model import (
    ABSENT,
    NOWHERE,
    BoundNames,
    Found,
    Location,
    Module,
    SourceFile,
    SourceInfo,
    Stamp,
    Version,
)
from liveimport.core.source.analysis import analyse

STAMP = Stamp(1, 2, 3, 4)
LATER = Stamp(9, 2, 3, 4)
CTIME = Stamp(1, 2, 3, 9)
INODE = Stamp(1, 2, 9, 4)
PLACE = Location("/project/a.py", "/project/a.py")


@pytest.mark.parametrize(
    ("known", "now", "by_mtime", "by_content"),
    [
        (Version(STAMP, "one"), Version(STAMP, "one"), False, False),
        (Version(STAMP, "one"), Version(STAMP, "two"), True, True),
        (Version(STAMP, "one"), Version(LATER, "one"), True, False),
        (Version(STAMP, "one"), Version(CTIME, "one"), False, False),
        (Version(STAMP, "one"), Version(STAMP, "one", seen_ns=7), False, False),
        (Version(STAMP, "one"), Version(INODE, "one"), False, False),
        (Version(STAMP, "one"), Version(INODE, "two"), True, True),
        (Version(None, "one"), Version(STAMP, "one"), True, True),
        (Version(STAMP), Version(STAMP, "one"), False, False),
        (Version(STAMP), Version(CTIME, "one"), False, False),
        (Version(STAMP), Version(INODE, "one"), False, False),
        (Version(STAMP), Version(LATER, "one"), True, True),
        (Version(), Version(STAMP, "one"), True, True),
    ],
)
def test_which_version_is_another(known, now, by_mtime, by_content):
    """Promise 4: the content decides where only inode or ctime differ, or the setting says so."""
    module, source = Module("a", PLACE, known), SourceFile(now, b"")
    assert is_changed(module, source, "mtime") is by_mtime
    assert is_changed(module, source, "content") is by_content
    assert is_changed(module, source, "code") is by_content


def module_of(text, location=PLACE):
    """Returns a module with this source."""
    return Module("a", location, source=analyse(text.encode(), ""))


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (module_of("import b"), module_of("import b\nx = 1"), True),
        (module_of("import b"), module_of("import c"), False),
        (module_of("import b"), module_of("if x:\n    import b"), False),
        (module_of("import b"), module_of("def f():\n    import b"), False),
        (module_of(""), module_of("", Location("/project/b.py")), False),
        (module_of(""), module_of("", PLACE._replace(is_package=True)), False),
        (Module("a", PLACE), module_of(""), False),
        (module_of(""), Module("a", PLACE), False),
    ],
)
def test_versions_with_the_same_imports(old, new, same):
    """What is not certain counts as other imports: a package, another path, no source."""
    assert same_imports(old, new) is same


@pytest.mark.parametrize(
    ("text", "hides"),
    [
        ("run = 1", True),
        ("from .other import run", True),
        ("from .run import run", True),
        ("import p.other as run", True),
        ("from . import run\nfrom .run import run", True),
        ("from . import run", False),
        ("from p import run", False),
        ("import p.run as run", False),
        ("from .run import run\nfrom . import run", False),
        ("walk = 1", False),
    ],
)
def test_a_package_hides_a_submodule_by_a_name_of_its_own(text, hides):
    """The last import of the name decides."""
    names = frozenset({"run"}) if "run" in text else frozenset({"walk"})
    info = analyse(text.encode(), "p").with_names(BoundNames(names))
    assert hides_submodule(Module("p", source=info), "run") is hides


def test_a_package_of_unknown_names_hides_nothing():
    """Its source was not read, or its names are not known."""
    assert not hides_submodule(Module("p"), "run")
    assert not hides_submodule(Module("p", source=analyse(b"run = 1", "p")), "run")


def test_a_new_module_has_the_version_that_was_found():
    """It has the generation and the shadowing that were found too, and no source yet."""
    place = Location("/a.so", "/r.so", is_extension=True, custom_loader=True)
    version = Version(STAMP, "digest")
    found = Found(loaded=True, location=place, version=version, shadowed=True, generation=5)
    assert new_module("a", found) == Module(
        "a", location=place, version=version, shadowed=True, generation=5
    )


def test_a_moved_module_keeps_what_ran():
    """Only its location is another."""
    module = Module("a", PLACE, Version(STAMP, "one"), SourceInfo(), generation=2)
    place = Location("/project/a/__init__.py", is_package=True)
    now = moved(module, Found(loaded=True, location=place, generation=7))
    assert now == Module("a", place, Version(STAMP, "one"), SourceInfo(), generation=2)


def test_a_module_that_had_no_file_moves_as_a_new_one():
    """Nothing of it ever ran, so nothing stays."""
    found = Found(loaded=True, location=PLACE, version=Version(STAMP), generation=3)
    assert moved(Module("a"), found) == new_module("a", found)


def test_a_module_as_it_is_once_its_source_has_run():
    """Version and source are those of the file."""
    info = analyse(b"import b", "")
    source = SourceFile(Version(STAMP, "one"), b"import b", info, frozenset({"x"}))
    read = with_source(Module("a", PLACE), source)
    assert (read.version, read.source) == (source.version, info)
    assert read.dynamic_names == {"x"}
    again = with_source(read, source._replace(dynamic_names=frozenset({"y"})))
    assert again.dynamic_names == {"x"}


def test_a_source_that_cannot_be_parsed_keeps_the_old_one():
    """The old imports are the best guess. Without any, there are none."""
    broken = SourceFile(Version(LATER, "two"), b"def", error="invalid syntax")
    known = module_of("import b")
    assert with_source(known, broken).source == known.source
    assert with_source(known, broken).version == broken.version
    assert with_source(Module("a", PLACE), broken).source == SourceInfo()


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (Location("/project/a/__init__.py"), True),
        (Location("/project/a.so", is_extension=True), False),
        (Location("/project/other/a.py"), False),
        (PLACE, False),
        (NOWHERE, False),
        (None, False),
    ],
)
def test_what_takes_over_from_a_file_that_is_gone(location, expected):
    """Promise 9: a source file of the same module does."""
    found = ABSENT._replace(location=location)
    assert takes_over(Module("a", PLACE), found) is expected


@pytest.mark.parametrize(
    ("path", "other", "expected"),
    [
        ("/p/m.py", "/p/m/__init__.py", True),
        ("/p/m/__init__.py", "/p/m.py", True),
        ("C:\\p\\m.py", "C:\\p\\m\\__init__.py", True),
        ("/p/m.py", "/p/m.py", False),
        ("/p/m.py", "/q/m.py", False),
        ("/p/m/__init__.py", "/q/m/__init__.py", False),
        ("/p/m.py", None, False),
        (None, "/p/m.py", False),
    ],
)
def test_which_files_are_the_same_module(path, other, expected):
    """Promise 9: `m/__init__.py` and `m.py` in the same folder are."""
    assert is_same_module_path(path, other) is expected


def test_changes_print_as_names():
    """All of their modules would be pages."""
    drawn = world(a="", z="", m="", b="").register("import z, a, b, m")
    edited = drawn.edit(a="import y, c, x", c="", x="", y="").touch("z", "m", "b")
    changes = detect_changes(edited.state, edited.snapshot())
    assert repr(changes) == "Changes(['a', 'b', 'm', 'z'], new=['c', 'x', 'y'])"
