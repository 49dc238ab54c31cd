"""The data: stamps, versions, locations, modules, State and Snapshot."""

from types import MappingProxyType

import pytest
from attrs import evolve

from liveimport.core.imports import parse_imports
from liveimport.core.model import (
    ABSENT,
    NOBODY,
    NOWHERE,
    Found,
    ImportedBy,
    Location,
    Module,
    ProjectFile,
    Snapshot,
    SourceFile,
    SourceInfo,
    Stamp,
    State,
    Version,
    is_certain,
    modules_referred_in,
    package_of,
)
from liveimport.core.report.rendering import Report
from liveimport.core.workspace import Workspace

from .worlds import PROJECT, world

WORKSPACE = Workspace((PROJECT,))
STAMP = Stamp(mtime_ns=1_500_000_000, size=10, inode=7, ctime_ns=2)
SECOND = 10**9


# Stamps and versions.


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"mtime_ns": 1_500_000_001}, False),
        ({"mtime_ns": 1_499_999_999}, False),
        ({"size": 9}, False),
        ({"inode": 8}, True),
        ({"ctime_ns": 3}, True),
    ],
)
def test_a_version_has_times_by_mtime_and_size(change, same):
    """Promise 4: a change of these, in any direction, is certain. Others are to be read."""
    version, stamp = Version(STAMP), STAMP._replace(**change)
    assert version.has_times(stamp) is same
    assert is_certain(Module("a", version=version), stamp, "mtime") is not same
    assert not is_certain(Module("a", version=version), stamp, "content")
    assert not is_certain(Module("a", version=version), stamp, "code")


def test_what_is_not_known_has_no_times():
    """A version without a stamp counts as old. A file that is gone has no times."""
    assert not Version().has_times(STAMP)
    assert not Version().has_times(None)
    assert not Version(STAMP).has_times(None)


BYTES = Version(STAMP, "one")
OTHER = STAMP._replace(ctime_ns=9)


@pytest.mark.parametrize(
    ("known", "read_at", "since"),
    [
        # Another write may leave a stamp that was seen just now, or less than 3 s ago.
        (Version(), 7 * SECOND, 7 * SECOND),
        (BYTES._replace(seen_ns=5 * SECOND), 8 * SECOND - 1, 5 * SECOND),
        (BYTES._replace(seen_ns=5 * SECOND), 8 * SECOND, None),
        (BYTES, 7 * SECOND, None),
        # Who saw the stamp need not have read the bytes. Whoever did not say when, does not count.
        (Version(STAMP, "", 4 * SECOND), 7 * SECOND, None),
        (Version(STAMP), 7 * SECOND, 7 * SECOND),
        # What was seen of another stamp says nothing. The bytes do not matter.
        (Version(OTHER, "one"), 7 * SECOND, 7 * SECOND),
        (Version(OTHER, "one", 0), 7 * SECOND, 7 * SECOND),
        (Version(STAMP, "two", 5 * SECOND), 7 * SECOND, 5 * SECOND),
        (Version(STAMP, "two"), 7 * SECOND, None),
    ],
)
def test_a_version_is_settled_by_a_late_read(known, read_at, since):
    """Promise 6: 3 s after its stamp was first seen, by the monotonic clock."""
    read = BYTES._replace(seen_ns=read_at)
    assert known.then_read(read) == BYTES._replace(seen_ns=since)


def test_a_read_that_is_settled_stays_so():
    """No later look makes it doubtful."""
    assert Version(OTHER, "two", 5).then_read(BYTES) == BYTES


def test_a_stamp_with_another_ctime_is_another_stamp():
    """A program cannot set it back, so it is a reason to read."""
    assert STAMP._replace(ctime_ns=3) != STAMP


# Locations.


def test_a_link_into_the_workspace_counts():
    """One end of a symbolic link in the workspace is enough."""
    assert Location("/elsewhere/a.py", real_path="/project/a.py").in_workspace(WORKSPACE)
    assert Location("/project/a.py", real_path="/elsewhere/a.py").in_workspace(WORKSPACE)
    assert not Location("/project/a.py").in_workspace(Workspace())
    assert not NOWHERE.in_workspace(WORKSPACE)


# Modules.


@pytest.mark.parametrize(
    ("location", "reloadable"),
    [
        (Location("/project/a.py"), True),
        (Location("/project/a.so", is_extension=True), False),
        (NOWHERE, False),
    ],
)
def test_only_modules_with_a_source_reload(location, reloadable):
    """Promise 9: built-ins and extensions never reload."""
    assert Module("a", location).reloadable is reloadable


def test_the_package_that_relative_imports_start_from():
    """In an `__init__` it is the package itself, else the parent."""
    assert package_of("p.a", is_package=False) == "p"
    assert package_of("p.a", is_package=True) == "p.a"
    assert package_of("a", is_package=False) == ""


def test_absent_is_neither_loaded_nor_anywhere():
    """An import would not find it."""
    assert Found(loaded=False, location=None) == ABSENT
    assert tuple(ABSENT) == (False, None, Version(), False, 0, NOBODY)


# Who imported a module.


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("a", ImportedBy(3, "", ("loader", "b"))),
        ("loader", ImportedBy(3, "a", ("b", "a"))),
        ("other", ImportedBy(3, "a", ("loader", "b", "a"))),
    ],
)
def test_who_imported_a_module_without_one_of_them(left_out, expected):
    """The others keep their order, and the number stays."""
    assert ImportedBy(3, "a", ("loader", "b", "a")).without(left_out) == expected


# What bindings refer to.


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from p import a", ("p.a",)),
        ("from p import hidden", ("p",)),
        ("from p import x", ("p",)),
        ("import p.a", ("p", "p.a")),
        ("import p.hidden as x", ("p", "p.hidden")),
        ("from p import *", ("p", "p.a")),
        ("from far import *", ("far",)),
        ("from unread import *", ("unread",)),
        ("from unknown import *", ("unknown",)),
    ],
)
def test_what_a_binding_refers_to_depends_on_the_modules(statement, expected):
    """A shadowed submodule is no module. Outside the workspace `__all__` does not count."""
    info = SourceInfo(all_submodules=("a", "hidden", "x"))
    modules = {
        "p": Module("p", Location("/project/p/__init__.py"), source=info),
        "p.a": Module("p.a"),
        "p.hidden": Module("p.hidden", shadowed=True),
        "far": Module("far", Location("/far/__init__.py"), source=info),
        "far.a": Module("far.a"),
        "unread": Module("unread", Location("/project/unread/__init__.py")),
    }
    (binding,) = parse_imports(statement)
    assert modules_referred_in(modules, WORKSPACE, binding) == expected
    state = State(workspace=WORKSPACE, modules=State().modules.update(modules))
    assert state.modules_referred_to(binding) == expected


# What values print.


def test_values_print_as_counts():
    """A State of a hundred modules stays readable, and bytes are not shown."""
    drawn = world(a="import b", b="").register("import a")
    failed = drawn.edit(b="x").sync(fails="b").state
    assert repr(failed) == (
        "State(1 namespaces, 2 tracked of 2 known modules, 1 failures, generation 0)"
    )
    assert repr(failed.graph) == "DependencyGraph(2 tracked of 2 modules)"
    source = SourceFile(Version(STAMP), b"secret")
    assert repr(source) == "SourceFile(6 bytes, SourceInfo(0 imports), error='')"
    snapshot = Snapshot(0.0, {"a": STAMP, "b": None}, {"a": source}, {"c": ABSENT})
    assert repr(snapshot) == "Snapshot(2 stamps, 1 sources, 1 found)"


def test_a_failure_prints_without_its_traceback():
    """It would be as long as the failure."""
    drawn = world(a="").register("import a").edit(a="1 / 0").sync(fails="a")
    (failure,) = drawn.state.failures
    assert "frame" not in repr(evolve(failure, traceback=("frame",)))


def test_values_are_equal_if_their_fields_are():
    """A value of another class is another one; equal values have one hash."""
    one, same = (Report(("line",), details=()) for _ in range(2))
    assert (one, hash(one)) == (same, hash(same))
    assert one != Report(("other",))
    assert one != ("line",)
    assert State(generation=1) == State(generation=1) != State()


def test_the_file_of_a_module():
    """Of one that is known, and of one of the project that was never read; else there is none."""
    drawn = world(a="", b="").register("import a")
    assert drawn.state.file_of("a") == f"{PROJECT}a.py"
    assert drawn.state.file_of("nowhere") is None
    files = MappingProxyType({"b": ProjectFile(f"{PROJECT}b.py", Stamp(1, 2, 3, 4))})
    assert evolve(drawn.state, project=files).file_of("b") == f"{PROJECT}b.py"
