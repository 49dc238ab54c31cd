"""Registered libraries, upgraded by ``%pip`` while the session goes on, and edited by hand."""

import re

import pytest

from .environment import virtual

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LIBRARIES = {
    "click": ("click==7.1.2", "click==8.1.7", "import click, click._bashcomplete"),
    "attr": ("attrs==23.2.0", "attrs==25.3.0", "import attr, attr._make"),
    "yaml": ("PyYAML==6.0.2", "PyYAML==6.0.3", "import yaml, yaml.cyaml\nfrom yaml import *"),
    "numpy": ("numpy==2.1.3", "numpy==2.3.5", "import numpy\nfrom numpy.linalg import norm"),
}


@pytest.fixture
def environment(tmp_path):
    """An environment with packages of its own."""
    return virtual(tmp_path / "venv")


@pytest.fixture
def opened(project, environment, tmp_path, request):
    """A kernel with a library and a module of the project, both registered."""
    library = request.param
    old, _, imports = LIBRARIES[library]
    environment.install("--ignore-installed", "--no-deps", old)
    project.write("mine.py", f"import {library}\nx = 1")
    with environment.kernel(project.folder, tmp_path) as kernel:
        shown = kernel.run(f"%%liveimport\n{imports}\nimport mine\n{library}.__file__")
        assert str(environment.site_packages) in shown.value
        yield kernel


def told(ran):
    """Returns the lines of the report, without times."""
    return re.sub(r" modified \d+ seconds? ago", "", ran.report).splitlines()


@pytest.mark.parametrize(
    ("opened", "library"), [(n, n) for n in LIBRARIES], indirect=["opened"]
)
def test_an_upgrade(project, environment, opened, library):
    """It is told, once, and nothing of it runs. The project's own modules reload as usual."""
    opened.run(f"before = {{**vars({library})}}")
    project.write("mine.py", f"import {library}\nx = 22")
    _, new, _ = LIBRARIES[library]
    upgraded = opened.run(f"%pip install --quiet --no-deps --upgrade {new}")
    assert told(upgraded) == ["Reloaded mine"]
    line = f"{library} was upgraded; restart to use the new version"
    assert told(opened.run("1")) == [line]
    project.write("mine.py", f"import {library}\nx = 333")
    ran = opened.run("mine.x")
    assert (ran.value, told(ran)) == ("333", ["Reloaded mine"])
    assert told(opened.run("mine.x")) == []
    same = f"all(vars({library})[name] is value for name, value in before.items())"
    assert opened.run(same).value == "True"
    status = opened.run("print(liveimport.status())").printed
    assert re.search(rf"^  {library} +restart needed +registered by", status, re.MULTILINE)
    assert re.search(rf"^  {library} .*; its package was upgraded$", status, re.MULTILINE)


@pytest.mark.parametrize(
    ("opened", "library"), [(n, n) for n in LIBRARIES], indirect=["opened"]
)
def test_an_edit_by_hand(environment, opened, library):
    """It reloads, with what uses it. If it fails, a restart is needed, and it goes on."""
    file = environment.site_packages / library / "__init__.py"
    text = file.read_text("utf-8")
    file.write_text(f"{text}\nedited = 1", "utf-8")
    ran = opened.run(f"{library}.edited, mine.{library}.edited")
    assert ran.value == "(1, 1)"
    reloaded = told(ran)
    assert f"Reloaded {library}" in reloaded
    assert reloaded[-1] == f"Reloaded mine because {library} reloaded"
    file.write_text(f"{text}\nedited = 22\n1 / 0", "utf-8")
    ran = opened.run(f"{library}.edited")
    assert ran.value == "1"
    assert "ZeroDivisionError" in told(ran)[0]
    assert told(ran)[0].endswith("; it is installed, so restart to use it")
