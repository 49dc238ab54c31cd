"""Bytes, stamps and digests of files, and where links lead."""

import errno
import os
import time
import warnings
from functools import partial
from itertools import count

import pytest

from liveimport.core.model import (
    SETTLED_NS,
    Location,
    Module,
    SourceFile,
    SourceInfo,
    Stamp,
    Version,
)
from liveimport.core.source.source_file import digest_of
from liveimport.effects.observe import files
from liveimport.effects.observe.files import (
    FileContent,
    RealPaths,
    has_other_content,
    held_warnings,
    read,
    source_of,
    stamp_of,
)

STAMP = Stamp(1, 2, 3, 4)


def source_from(data: bytes, name: str = "low", known: Module | None = None) -> SourceFile:
    """Returns what these bytes say as the source of a module; ``pack`` is a package."""
    location = Location("low.py", is_package=name == "pack")
    return source_of(FileContent(STAMP, read_ns=0, data=data), name, location, known)


def after_each_read(monkeypatch, action):
    """Calls the action with a number, from 1, after each time that a file was read."""
    all_of, numbers = files._all_of, count(1)

    def reading(file: int, size: int) -> bytes:
        data = all_of(file, size)
        action(next(numbers))
        return data

    monkeypatch.setattr(files, "_all_of", reading)


class TestStamps:
    """`stamp_of`: what stat says of a file."""

    def test_the_numbers_are_those_of_stat(self, project):
        """A stamp has mtime and ctime in nanoseconds, size and inode."""
        project.write("low.py", "x = 1\n")
        stat = os.stat("low.py")
        expected = Stamp(stat.st_mtime_ns, 6, stat.st_ino, stat.st_ctime_ns)
        assert stamp_of(project.path("low.py")) == expected

    @pytest.mark.parametrize(
        "path", ["nowhere.py", "nowhere/low.py", "low.py/x", "nul\0.py", "x" * 5000]
    )
    def test_no_file(self, project, path):
        """Without a file there is no stamp, and nothing to read."""
        project.write("low.py", "")
        assert stamp_of(path) is None
        assert read(path) is None


class TestReading:
    """`read`: the bytes of a file and the stamp that belongs to them."""

    def test_bytes_and_stamp(self, project):
        """The bytes are as they are, in any encoding, and the stamp is that of the file."""
        project.write("low.py", b"\xff\xfe\r\n")
        content = read(project.path("low.py"))
        assert (content.data, content.error, content.errno) == (b"\xff\xfe\r\n", "", 0)
        assert content.stamp == stamp_of(project.path("low.py"))

    @pytest.mark.parametrize("size", [0, 1, 100_000])
    def test_all_bytes_are_read(self, project, size):
        """However long the file is."""
        project.write("low.py", b"x" * size)
        assert read(project.path("low.py")).data == b"x" * size

    def test_the_time_is_that_before_the_read(self, project, monkeypatch):
        """A write may come while the file is read, so a slow read must not settle the stamp."""
        project.write("low.py", "x = 1")
        clock = [0]
        monkeypatch.setattr(files.time, "monotonic_ns", lambda: clock[0])
        after_each_read(monkeypatch, lambda _: clock.__setitem__(0, clock[0] + SETTLED_NS))
        version, settled = Version(), []
        for _ in range(2):
            content = read(project.path("low.py"))
            read_now = source_of(content, "low", Location("low.py"), None).version
            version = version.then_read(read_now)
            settled.append(version.seen_ns is None)
        assert settled == [False, True]

    def test_the_time_is_that_of_the_last_read(self, project, monkeypatch):
        """A file that is written while it is read has its stamp since the write."""
        project.write("low.py", "x = 1")
        clock = [0]
        monkeypatch.setattr(files.time, "monotonic_ns", lambda: clock[0])

        def write(number: int) -> None:
            if number == 1:
                clock[0] = SETTLED_NS
                project.write("low.py", "x = 22")

        after_each_read(monkeypatch, write)
        assert read(project.path("low.py")).read_ns == SETTLED_NS

    def test_a_file_that_grows_while_it_is_read(self, project, monkeypatch):
        """It is read again, so that bytes and stamp belong together."""
        project.write("low.py", "x = 1")
        after_each_read(
            monkeypatch, lambda n: n == 1 and project.write("low.py", "x = 1\ny = 2")
        )
        content = read(project.path("low.py"))
        assert content.data == b"x = 1\ny = 2"
        assert content.stamp == stamp_of(project.path("low.py"))

    @pytest.mark.parametrize("expected", [0, 3, 5, 50])
    def test_all_bytes_are_read_whatever_the_size_was(self, project, expected):
        """The file may have grown or shrunk since its size was asked for."""
        project.write("low.py", "x = 1")
        file = os.open("low.py", os.O_RDONLY)
        try:
            assert files._all_of(file, expected) == b"x = 1"
        finally:
            os.close(file)

    def test_a_file_that_never_stops_growing(self, project, monkeypatch):
        """Reading it ends, with a stamp that the next look will find to be old."""
        project.write("low.py", "x = 1")
        after_each_read(monkeypatch, lambda n: project.write("low.py", "x = 1" + "1" * n))
        assert read(project.path("low.py")).stamp != stamp_of(project.path("low.py"))

    def test_a_file_that_is_replaced_while_it_is_read(self, project, monkeypatch):
        """Bytes and stamp are those of the file that was opened, not of the one at the path."""
        project.write_all(low="x = 1", other="x = 22222")
        before = stamp_of(project.path("low.py"))
        os.link("low.py", "held.py")
        after_each_read(monkeypatch, lambda n: n == 1 and os.replace("other.py", "low.py"))
        content = read(project.path("low.py"))
        assert (content.data, content.stamp[:3]) == (b"x = 1", before[:3])

    def test_a_directory_instead_of_a_file(self, project):
        """What cannot be read has the system's reason, and raises nothing."""
        os.mkdir("low.py")
        content = read(project.path("low.py"))
        assert (content.data, content.errno) == (b"", errno.EISDIR)
        assert content.error == os.strerror(errno.EISDIR)
        assert content.stamp == stamp_of(project.path("low.py"))

    def test_a_file_that_may_not_be_opened(self, project, monkeypatch):
        """It is told apart from one that is gone; without a stamp it is gone."""
        project.write("low.py", "x = 1")

        def refusing(*_arguments):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(files.os, "open", refusing)
        content = read(project.path("low.py"))
        assert (content.data, content.error) == (b"", "Permission denied")
        assert content.errno == errno.EACCES
        assert time.monotonic_ns() - content.read_ns < SETTLED_NS
        assert read("nowhere.py") is None


class TestSources:
    """`source_of`: what the bytes of a file say."""

    @pytest.mark.parametrize(("name", "package"), [("pack.low", "pack"), ("pack", "pack")])
    def test_a_source(self, name, package):
        """It has its bytes, their version, and its imports relative to its package."""
        data = b"from . import a\nx = 1\n"
        source = source_from(data, name)
        assert source.data == data
        assert source.version == Version(STAMP, digest_of(data), seen_ns=0)
        assert [b.statement for b in source.info.top_level] == [f"from {package} import a"]
        assert (source.error, source.errno) == ("", 0)

    def test_bytes_that_ran_are_not_parsed_again(self):
        """What is known of the version that ran is taken over, whatever the stamp is."""
        info = SourceInfo(all_submodules=("mark",))
        known = Module("low", version=Version(digest=digest_of(b"x = 1")), source=info)
        assert source_from(b"x = 1", known=known).info is info
        assert source_from(b"x = 1", known=known).version.stamp == STAMP
        assert source_from(b"x = 2", known=known).info.all_submodules == ()

    def test_a_file_that_cannot_be_read(self):
        """The system's reason is kept, and the source says nothing."""
        content = FileContent(STAMP, read_ns=0, data=b"", error="Is a directory", errno=21)
        source = source_of(content, "low", Location("low.py"), None)
        assert (source.error, source.errno, source.info) == ("Is a directory", 21, SourceInfo())
        assert source.version.seen_ns == 0

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b"x = 1\nif x: import a\nx = = 2\n", "invalid syntax (line 3)"),
            (b"if x: import a\nx = '\xe4'\n", "(unicode error) 'utf-8' codec can't decode"),
            (b"# coding: no-such-code\nimport a\n", "unknown encoding: no-such-code"),
            (b"if x: import a\nx = '\0'\n", "null bytes"),
            (b"if x: import a\nx = " + b"(" * 5000 + b"1" + b")" * 5000, "t"),
        ],
    )
    def test_what_cannot_be_parsed(self, data, error):
        """The error is a line, the bytes are kept, and nothing is raised."""
        source = source_from(data)
        assert error in source.error
        assert "\n" not in source.error
        assert (source.data, source.info) == (data, SourceInfo())

    @pytest.mark.parametrize(
        "data",
        [
            b"# coding: latin-1\nx = '\xe4'\n",
            b"\xef\xbb\xbfimport a\n",
            b"import a\r\nx = 1\r\n",
        ],
    )
    def test_what_python_accepts(self, data):
        """Other encodings, a byte order mark and other line ends are no errors."""
        assert source_from(data).error == ""

    def test_parsing_warns_nobody(self):
        """Warnings come when a module runs, even where filters make errors of them."""
        data = b"if 1: import a\nx = 1 is 1\ny = '\\d'\n"
        assert source_from(data, "pack").error == ""


class TestContent:
    """`has_other_content`: whether a file has the bytes that ran."""

    @pytest.fixture
    def low(self, project):
        """The module `low`, which ran from its file as it is."""
        project.write("low.py", "x = 1")
        version = Version(digest=digest_of(b"x = 1"))
        return Module("low", location=Location(project.path("low.py")), version=version)

    def test_a_touch_is_no_other_content(self, project, low):
        """Only the bytes count."""
        project.dated("low.py", 100, now=time.time())
        assert not has_other_content(low)

    def test_other_bytes(self, project, low):
        """Other bytes of the same length count."""
        project.write("low.py", "x = 2")
        assert has_other_content(low)

    def test_no_file(self, project, low):
        """A file that is gone does not have the bytes, nor does a module without a file."""
        project.remove("low.py")
        assert has_other_content(low)
        assert has_other_content(Module("sys"))


class TestWarnings:
    """`held_warnings`: what the compiler warns of, for later."""

    def test_they_are_collected(self):
        """Nothing is shown; each is there as the arguments of `showwarning`."""
        with warnings.catch_warnings():
            warnings.resetwarnings()
            before = warnings.showwarning
            with held_warnings() as held:
                compile("x = '\\d'", "low.py", "exec")
            assert warnings.showwarning is before
        [(message, category, file, line, *_)] = held
        assert "escape sequence" in str(message)
        assert issubclass(category, Warning)
        assert (file, line) == ("low.py", 1)

    def test_what_was_shown_is_not_shown_again(self):
        """Python shows a warning once, and forgets that when the filters change."""
        registry = {}
        with warnings.catch_warnings(record=True) as shown:
            warnings.resetwarnings()
            for _ in range(2):
                warnings.warn_explicit("old", UserWarning, "low.py", 1, registry=registry)
                with held_warnings():
                    pass
        assert len(shown) == 1

    def test_no_warning_becomes_an_error(self):
        """Where a filter would make one, warnings are ignored."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with held_warnings() as held:
                compile("x = '\\d'", "low.py", "exec")
            assert held == []

    def test_errors_can_be_asked_for(self):
        """Code that is to run must not compile if the user's filters forbid it."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with held_warnings(keep_errors=True), pytest.raises(SyntaxError, match="escape"):
                compile("x = '\\d'", "low.py", "exec")

    def test_it_ends_with_an_error_too(self):
        """Whatever happens inside, warnings are shown as before."""
        before = warnings.showwarning
        with warnings.catch_warnings():
            warnings.resetwarnings()
            with pytest.raises(ZeroDivisionError), held_warnings():
                raise ZeroDivisionError
        assert warnings.showwarning is before


class TestRealPaths:
    """`RealPaths`: links resolved as the system does."""

    @pytest.mark.parametrize(
        "folder",
        [
            "folder/deep",
            "linked/deep",
            "linked/again",
            "folder/again",
            "linked/../linked/deep",
        ],
    )
    def test_files_below_links(self, project, folder):
        """Of files, links to files, missing files below links to folders; asked twice too."""
        self.make_links(project)
        real_path = RealPaths()
        for path in (f"{folder}/low.py", f"{folder}/link.py", f"{folder}/nowhere.py") * 2:
            full = project.path(path)
            assert real_path(full) == os.path.realpath(full)

    def test_folders(self, project):
        """Of folders likewise, relative ones too."""
        self.make_links(project)
        real_path = RealPaths()
        assert real_path.folder("linked") == os.path.realpath("folder")
        assert real_path.folder(os.sep) == os.path.realpath(os.sep)

    def test_a_folder_is_resolved_once(self, project, monkeypatch):
        """A project of many files asks the system once for each folder."""
        real_path = RealPaths()
        real_path(project.path("one.py"))
        asked = []
        islink = os.path.islink
        monkeypatch.setattr(os.path, "islink", lambda p: asked.append(p) or islink(p))
        real_path(project.path("two.py"))
        assert asked == [project.path("two.py")]

    def make_links(self, project):
        """Makes a file, links to it, and links to its folders."""
        project.write("folder/deep/low.py", "")
        os.symlink("folder", "linked")
        os.symlink("deep", "folder/again")
        os.symlink("low.py", "folder/deep/link.py")


class TestLockedFiles:
    """Windows: an editor, or a virus scanner, may have a file for itself for a moment."""

    @pytest.fixture
    def lock(self, monkeypatch):
        """Locks files of a name for so many attempts to open one."""
        real, left = os.open, [0]

        def opening(path, *args, **options):
            if left[0] and str(path).endswith("low.py"):
                left[0] -= 1
                raise PermissionError(13, "Permission denied", path)
            return real(path, *args, **options)

        monkeypatch.setattr(os, "open", opening)
        monkeypatch.setattr(files, "_MAY_BE_LOCKED", True)
        return partial(left.__setitem__, 0)

    def test_for_a_moment(self, project, lock):
        """It is read when it is free again."""
        project.write("low.py", "x = 1")
        lock(3)
        assert read(project.path("low.py")).data == b"x = 1"

    def test_for_longer(self, project, session, live, lock):
        """It is told, and read by a later sync, though nobody has saved it since."""
        project.write("low.py", "x = 1")
        names = live("import low")
        project.write("low.py", "x = 22")
        lock(100)
        outcome = session.sync(retry_failed=False)
        assert "Permission denied" in str(outcome)
        assert names["low"].x == 1
        lock(0)
        session.sync(retry_failed=False)
        assert names["low"].x == 22
