"""Bytecode that is kept for another version of the file, by whole seconds and size."""

import importlib.util
import os
import time

import liveimport


def same_second(project, name, text, second):
    """Writes a module at just this second."""
    project.write(name, text)
    os.utime(project.path(name), (second, second))


def test_an_edit_of_one_size_within_the_second(project, live):
    """The bytecode of the old version fits the new file, and is not believed."""
    second = int(time.time())
    same_second(project, "low.py", "x = 1", second)
    names = live("from low import x")
    assert os.path.exists(importlib.util.cache_from_source(project.path("low.py")))
    same_second(project, "low.py", "x = 2", second)
    liveimport.sync()
    assert names["x"] == 2


def test_many_of_them(project, live):
    """Each of many edits of one size within one mtime is seen, and runs."""
    second = int(time.time())
    same_second(project, "low.py", "x = 10", second)
    names = live("from low import x")
    for number in range(11, 60):
        same_second(project, "low.py", f"x = {number}", second)
        liveimport.sync()
        assert names["x"] == number


def test_many_of_them_at_their_own_pace(project, live):
    """The same with the mtimes that the file system gives."""
    project.write("low.py", "x = 10")
    names = live("from low import x")
    for number in range(11, 60):
        project.write("low.py", f"x = {number}")
        liveimport.sync()
        assert names["x"] == number


def test_an_edit_before_the_registration(session, project, loaded):
    """An edit within the second of the first import, before anything was registered."""
    session.take_notes()
    second = int(time.time())
    same_second(project, "low.py", "x = print, 1", second)
    low = loaded("low")
    same_second(project, "low.py", "x = print, 2", second)
    liveimport.register({"low": low}, "import low")
    liveimport.sync()
    assert low.x == (print, 2)


def test_a_module_first_imported_by_an_edit(project, live, loaded):
    """Bytecode of an earlier version is not believed for a module new to the session either."""
    second = int(time.time())
    same_second(project, "new.py", "y = 1", second)
    bytecode = importlib.util.cache_from_source(project.path("new.py"))
    loaded("new")
    assert os.path.exists(bytecode)
    del __import__("sys").modules["new"]
    same_second(project, "new.py", "y = 2", second)
    project.write("low.py", "")
    names = live("import low")
    project.write("low.py", "from new import y")
    liveimport.sync()
    assert names["low"].y == 2


def test_nothing_is_written_for_edited_files(project, live):
    """A reload leaves the bytecode on disk alone."""
    project.write("low.py", "x = 1")
    names = live("from low import x")
    bytecode = importlib.util.cache_from_source(project.path("low.py"))
    with open(bytecode, "rb") as file:
        before = file.read()
    project.write("low.py", "x = 22")
    liveimport.sync()
    with open(bytecode, "rb") as file:
        assert file.read() == before
    assert names["x"] == 22
