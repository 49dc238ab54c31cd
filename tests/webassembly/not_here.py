"""A plugin for pytest: what WebAssembly has not, and what is otherwise there."""

import sys
from collections.abc import Iterator

import pytest

MARKS = {
    "processes": "WebAssembly has no processes",
    "threads": "WebAssembly has no threads",
}
"""Why tests with these marks are skipped."""

_NUMBERS = "errors of the system have other numbers"
_ZIPPED = "the standard library is in a zip file, so it has no files"
_NEW_WORDS = "Python says it in other words since 3.14"

DIFFERS = {
    "test_cells.py::TestBeforeACell::test_a_path_is_told_once": _NUMBERS,
    "test_snapshot.py::TestErrors::test_what_cannot_be_read": _NUMBERS,
    "test_files.py::TestReading::test_a_file_that_is_replaced_while_it_is_read": (
        "there are no hard links"
    ),
    "test_search.py::test_what_is_told[import asyncio": (
        "Pyodide's event loop runs already, so a shell cannot await"
    ),
    "test_locate.py::TestLoaded::test_extensions": "compiled modules are built in",
    "test_snapshot.py::TestFollowing::test_a_registered_module_from_elsewhere": _ZIPPED,
    "test_stat.py::test_paths_that_stat_refuses": _ZIPPED,
    "test_reach.py::TestLibraries::test_a_directory_of_the_standard_library_that": _ZIPPED,
    "test_registering.py::TestKinds::test_compiled_modules": "compiled modules are built in",
    "test_read_log.py::test_what_is_opened_for_reading_is_seen[codecs]": (
        "codecs.open is deprecated since 3.14"
    ),
    "test_layout.py::test_comments_and_layout[LIMIT = 1.0-LIMIT = 0.5 + 0.5]": (
        "since 3.14 the code of a folded sum is not that of its value"
    ),
    "test_guards.py::test_the_built_ins_are_those_of_python": "Pyodide has a built-in of its own",
    "test_files.py::TestSources::test_what_cannot_be_parsed[if x: import a\\nx = '\\xe4": _NEW_WORDS,
    "test_snapshot.py::TestErrors::test_what_is_not_python[if x: import a\\nx = '\\xe4": _NEW_WORDS,
}
"""By the beginning of a test's name, why it must fail here."""

if sys.version_info >= (3, 15):
    DIFFERS["test_upgrade.py::test_what_cannot_be[Both()"] = (
        "since 3.15 Python lets the class of such an object change"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what cannot run here, and expects what is known to differ."""
    for item in items:
        for mark in _marks_for(item):
            item.add_marker(mark)


def _marks_for(item: pytest.Item) -> Iterator[pytest.MarkDecorator]:
    for name, reason in MARKS.items():
        if item.get_closest_marker(name) is not None:
            yield pytest.mark.skip(reason=reason)
    for name, reason in DIFFERS.items():
        if f"/{name}" in item.nodeid:
            yield pytest.mark.xfail(reason=reason, strict=True)
