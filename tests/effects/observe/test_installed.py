"""Was a registered installed package upgraded, or edited by hand?"""

import os
import sys

import pytest

from liveimport.effects.observe.installed import InstalledPackages, namesake

SITE = "env/lib/python3/site-packages"
YEAR_S = 365 * 24 * 3600


@pytest.fixture
def installed(project, loaded):
    """A package of two modules and a single module, installed a year ago and imported."""
    record(project, "inst", "inst/__init__.py", "inst/core.py")
    record(project, "single", "single.py")
    for name in ("inst/__init__.py", "inst/core.py", "single.py"):
        project.write(f"{SITE}/{name}", "")
        age(project, f"{SITE}/{name}", 1)
    for name in ("inst", "single"):
        age(project, f"{SITE}/{name}-1.dist-info/RECORD", 1)
    sys.path.append(project.path(SITE))
    loaded("inst.core", "single")
    packages = InstalledPackages()
    packages.remember(["inst", "single"])
    return packages


def record(project, package, *files):
    """Writes the list of what was installed, as an installer does at its end."""
    text = "".join(f"{file},sha256=x,1\n" for file in files)
    project.write(f"{SITE}/{package}-1.dist-info/RECORD", text)


def age(project, name, years):
    """Makes a file older."""
    project.dated(name, years * YEAR_S, now=os.stat(project.folder).st_mtime)


@pytest.fixture
def is_upgraded(project, installed):
    """Whether a file that changed belongs to an upgrade."""

    def ask(name):
        package = name.partition("/")[0].removesuffix(".py")
        return bool(installed.upgraded([(package, project.path(f"{SITE}/{name}"))]))

    return ask


def test_an_edit_by_hand(project, is_upgraded):
    """One file is newer than the list."""
    project.write(f"{SITE}/inst/core.py", "x = 1")
    assert not is_upgraded("inst/core.py")


def test_several_files(project, is_upgraded):
    """Nobody edits two at once."""
    project.write(f"{SITE}/inst/core.py", "x = 1")
    project.write(f"{SITE}/inst/__init__.py", "x = 1")
    assert is_upgraded("inst/core.py")


def test_one_file_and_the_list(project, is_upgraded):
    """The list names it. A list that does not is somebody else's."""
    project.write(f"{SITE}/single.py", "x = 1")
    record(project, "other", "my/single.py", "singles.py")
    assert not is_upgraded("single.py")
    record(project, "single", "other.py", "single.py")
    assert is_upgraded("single.py")


def test_an_old_version_that_is_put_back_by_hand(project, is_upgraded):
    """It is older than the list, which stays as it was."""
    project.write(f"{SITE}/single.py", "x = 1")
    age(project, f"{SITE}/single.py", 2)
    assert not is_upgraded("single.py")
    record(project, "single", "other.py", "single.py")
    assert is_upgraded("single.py")


def test_an_upgrade_before_it_was_registered(project, loaded, installed, is_upgraded):
    """Its file is as it was then. What is loaded is older."""
    project.write(f"{SITE}/late.py", "x = 1")
    loaded("late")
    project.write(f"{SITE}/late.py", "x = 22")
    record(project, "late", "late.py")
    installed.remember(["late"])
    assert is_upgraded("late.py")


def test_an_edit_that_reloaded_is_none_any_more(project, installed, is_upgraded):
    """So another one that is edited later makes no upgrade."""
    project.write(f"{SITE}/inst/core.py", "x = 1")
    installed.renew([project.path(f"{SITE}/inst/core.py"), None])
    project.write(f"{SITE}/inst/__init__.py", "x = 1")
    assert not is_upgraded("inst/__init__.py")


@pytest.mark.parametrize(
    ("distribution", "author", "told"),
    [
        ("liveimport-1.3.1", "Somebody", "liveimport 1.3.1"),
        ("liveimport-0.1.0", "The LiveImport developers", None),
        ("liveimport_notebook-0.1.0", "The LiveImport developers", None),
        ("liveimport_autoload-1.0.0", "Somebody", None),
    ],
)
def test_the_other_project_of_our_name(project, monkeypatch, distribution, author, told):
    """It is found among installed packages. Our own is not taken for it."""
    metadata = f"Metadata-Version: 2.4\nAuthor: {author}\n"
    project.write(f"{SITE}/{distribution}.dist-info/METADATA", metadata)
    monkeypatch.setattr(sys, "path", ["", project.path("none"), project.path(SITE)])
    assert namesake() == told


def test_a_folder_that_is_no_place_of_packages(project, monkeypatch):
    """What lies beside the modules of a project is not looked at."""
    project.write("liveimport-1.3.1.dist-info/METADATA", "Author: Somebody\n")
    monkeypatch.setattr(sys, "path", [str(project.folder)])
    assert namesake() is None
