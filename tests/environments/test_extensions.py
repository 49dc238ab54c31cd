"""Compiled modules behind Python modules, really compiled: a change of one needs a restart."""

import sys
from itertools import count

import pytest

from .extensions import build_extension

NUMBERS = count()
"""A process loads an extension of one name only once."""

TOLD = "{} changed; it is compiled, so restart to use it"


@pytest.fixture
def rebuilt(project, shell):
    """Compiles a module again; returns what the next two cells report."""

    def rebuild(folder, name):
        build_extension(project.folder / folder, name, 22)
        return [shell.run("1").report, shell.run("1").report]

    return rebuild


def add_paths(project, *folders):
    """Adds folders of the project to `sys.path`."""
    sys.path += [project.path(folder) for folder in folders]


@pytest.mark.parametrize("place", [".", "../built", "env/lib/python3/site-packages"])
@pytest.mark.parametrize("text", ["import {}", "def f():\n    import {}\nf()"])
def test_behind_a_module(project, shell, rebuilt, place, text):
    """It is beside it, in a directory of the build, or installed."""
    name = f"fast_{next(NUMBERS)}"
    build_extension(project.folder / place, name, 1)
    add_paths(project, place)
    project.write("wrap.py", text.format(name) + f"\nimport {name}")
    shell.run(f"%%liveimport\nfrom wrap import {name}")
    assert shell.run(f"{name}.value()").value == 1
    assert rebuilt(place, name) == [TOLD.format(name), ""]
    assert shell.run(f"{name}.value()").value == 1


def test_of_a_package(project, shell, rebuilt):
    """Its Python files are elsewhere, and nothing but its name tells that it belongs to them."""
    project.write("src/lab/__init__.py", "__path__.append(__path__[0].replace('src', 'built'))")
    build_extension(project.folder / "built/lab", "fast_of_package", 1)
    add_paths(project, "src")
    shell.run("%%liveimport\nimport lab\nfrom lab import fast_of_package")
    assert rebuilt("built/lab", "fast_of_package") == [TOLD.format("lab.fast_of_package"), ""]


def test_of_an_installed_package(project, shell, rebuilt):
    """If it is registered. One line is enough for an upgrade, also if no Python file changed."""
    site = "env/lib/python3/site-packages"
    record = f"{site}/inst-1.dist-info/RECORD"
    project.write(f"{site}/inst/__init__.py", "from . import fast_of_inst")
    build_extension(project.folder / site / "inst", "fast_of_inst", 1)
    project.write(record, "inst/fast_of_inst.so,,\n")
    add_paths(project, site)
    project.write("mine.py", "import inst")
    shell.run("%%liveimport\nimport mine")
    assert rebuilt(f"{site}/inst", "fast_of_inst") == ["", ""]
    shell.run("%%liveimport\nimport inst")
    assert shell.run("1").report == TOLD.format("inst.fast_of_inst")
    build_extension(project.folder / site / "inst", "fast_of_inst", 333)
    project.write(record, "inst/fast_of_inst.so,,\n\n")
    assert shell.run("1").report == "inst was upgraded; restart to use the new version"
    assert shell.run("1").report == ""
