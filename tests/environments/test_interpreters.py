"""An interpreter below the workspace, as where the notebook lies in the home directory."""

import os
import shutil

import pytest

from .environment import Environment, copied, virtual

pytestmark = pytest.mark.slow


def as_conda(home):
    """The environment is an interpreter with packages of its own, and so with pixi."""
    return copied(home / "miniconda3")


def as_pyenv(home):
    """An environment in the project, with a copy of an interpreter that lies elsewhere."""
    return virtual(home / "work" / ".venv", copied(home / ".pyenv").python, "--copies")


def as_uv(home):
    """The same with links: to the interpreter, and to its folder."""
    real = copied(home / ".local" / "cpython-of-today")
    link = home / ".local" / "cpython"
    link.symlink_to(real.folder)
    return virtual(home / "work" / ".venv", str(link / "bin" / os.path.basename(real.python)))


def of_links(home):
    """Each file of the library is a link to a store, as conda makes them if it is told so."""
    store, folder = copied(home / "pkgs").folder, home / "envs" / "linked"
    shutil.copytree(store / "bin", folder / "bin")
    shutil.copytree(store / "lib", folder / "lib", copy_function=os.symlink)
    return Environment(folder)


@pytest.mark.parametrize("made", [as_conda, as_pyenv, as_uv, of_links])
def test_nothing_of_it_is_tracked(project, tmp_path, made):
    """Not of the standard library, not of the installed packages."""
    project.write(
        "work/mod.py",
        """
        import dataclasses, email.message, json, logging, low, extra, stored, sysconfig
        from concurrent import futures
        from xml.etree import ElementTree
        """,
    )
    project.write("work/low.py", "import asyncio, string, unittest.mock\nx = 1")
    environment = made(project.folder)
    (environment.site_packages / "extra.py").write_text("import json")
    project.write("cache/stored/__init__.py", "")
    (environment.site_packages / "stored").mkdir()
    (environment.site_packages / "stored/__init__.py").symlink_to(
        project.path("cache/stored/__init__.py")
    )
    with environment.kernel(project.folder, tmp_path) as kernel:
        kernel.run("import os, sys; sys.path.insert(0, 'work')")
        assert kernel.run("os.__file__.startswith(os.getcwd())").value == "True"
        kernel.run("%%liveimport\nimport mod, extra")
        kernel.run("import urllib.request, ctypes.util, turtle")
        project.write("work/low.py", "import asyncio, string, zipapp\nx = 22")
        assert kernel.run("mod.low.x").value == "22"
        seen = kernel.run(
            "status = liveimport.status()\n"
            "[m.module for m in status.modules], status.not_followed, status.roots"
        )
        assert seen.value == "(['mod', 'low', 'extra'], (), ())"
