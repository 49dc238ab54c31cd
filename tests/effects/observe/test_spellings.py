"""One folder under two names (finding E): file systems that ignore case, bind mounts, drives."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import liveimport
from liveimport.effects.observe.files import RealPaths, Spellings, other_spellings


@pytest.fixture
def mounted(project, tmp_path):
    """A bind mount of the project's folder. No link shows it."""
    other = tmp_path / "mounted"
    other.mkdir()
    try:
        mount = ["mount", "--bind", project.folder, other]
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can mount")
    yield other
    subprocess.run(["umount", other], check=True)


@pytest.mark.processes
class TestBindMount:
    """The project is the workspace, and its modules are found by another name."""

    def test_dependencies_are_tracked(self, project, mounted, session, live):
        """Though text says that their files lie elsewhere."""
        liveimport.workspace(project.folder)
        sys.path.remove(str(project.folder))
        sys.path.insert(0, str(project.folder / "first"))
        sys.path.append(str(mounted))
        project.write("first/top.py", "import low")
        project.write("low.py", "x = 1")
        names = live("import top")
        assert names["top"].low.__file__ == f"{mounted}/low.py"
        project.write("low.py", "x = 22")
        outcome = liveimport.sync()
        assert [event.module for event in outcome.events] == ["low", "top"]

    def test_a_workspace_that_is_set_later(self, project, mounted, session, live, tmp_path):
        """It counts for what is known already."""
        liveimport.workspace(tmp_path / "project")
        sys.path.append(str(mounted))
        sys.path.remove(str(project.folder))
        project.write("top.py", "import low")
        project.write("low.py", "x = 1")
        (tmp_path / "other").mkdir()
        liveimport.workspace(tmp_path / "other")
        live("import top")
        assert session.state.tracked == ("top",)
        liveimport.workspace(project.folder)
        assert f"{mounted}/" in session.state.workspace.directories
        assert session.state.tracked == ("top", "low")


class TestSpellings:
    """What a folder is, by `os.stat`."""

    @pytest.fixture
    def stats(self, monkeypatch):
        """Folders by name, with device and inode."""
        stats: dict[str, tuple[int, int]] = {}

        real = os.stat

        def stat(path, *args, **options):
            if path not in stats:
                return real(path, *args, **options)
            device, inode = stats[path]
            return SimpleNamespace(st_dev=device, st_ino=inode)

        monkeypatch.setattr(os, "stat", stat)
        return stats

    def test_the_spelling_of_the_workspace(self, stats):
        """A folder that is one of its directories gets it; others keep theirs."""
        stats |= {"/Users/me/Code": (1, 7), "/users/ME/code": (1, 7), "/users/ME": (1, 6)}
        spellings = Spellings(["/Users/me/Code/"])
        assert spellings.of("/users/ME/code") == "/Users/me/Code"
        assert spellings.of("/users/ME") == "/users/ME"
        assert spellings.of("/nowhere") == "/nowhere"

    def test_another_device(self, stats):
        """The same number on another device is another folder."""
        stats |= {"/a": (1, 7), "/b": (2, 7)}
        assert Spellings(["/a/"]).of("/b") == "/b"

    def test_without_numbers(self, stats):
        """Some file systems number no files: then text decides."""
        stats |= {"/a": (1, 0), "/b": (1, 0)}
        assert Spellings(["/a/"]).of("/b") == "/b"

    def test_a_link_and_what_it_leads_to(self, stats):
        """Where both are directories of the workspace, each keeps its name."""
        stats |= {"/link": (1, 7), "/real": (1, 7), "/third": (1, 7)}
        spellings = Spellings(["/link/", "/real/"])
        assert [spellings.of(f) for f in ("/link", "/real")] == ["/link", "/real"]
        assert spellings.of("/third") in {"/link", "/real"}

    def test_other_spellings(self, stats):
        """Folders above known files that are a directory of the workspace."""
        stats |= {"/a": (1, 7), "/b": (1, 7), "/b/pk": (1, 8), "/": (1, 2)}
        paths = ["/b/pk/mod.py", "/b/low.py", "/a/top.py", "/c/x.py"]
        assert other_spellings(["/a/"], paths) == ("/b/",)
        assert other_spellings(["/c/"], paths) == ()


def test_real_paths_have_the_spelling_of_the_workspace(project, tmp_path, monkeypatch):
    """And so has all that lies below."""
    (tmp_path / "other" / "pk").mkdir(parents=True)
    stat = os.stat

    def same(path, *args, **options):
        path = project.folder if path == str(tmp_path / "other") else path
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", same)
    real_path = RealPaths([f"{project.folder}/"])
    assert real_path(str(tmp_path / "other" / "pk" / "m.py")) == project.path("pk/m.py")
    assert RealPaths()(str(tmp_path / "other" / "m.py")) == str(tmp_path / "other" / "m.py")


def test_paths_of_folders():
    """A directory has a separator at its end, also a root."""
    from liveimport.effects.session.directories import directories_of

    assert directories_of(["/"]) == ("/",)
    assert directories_of([Path("/")]) == ("/",)
