"""The bytes of a file → its version, and what it says."""

import hashlib
import sys
import warnings
from types import SimpleNamespace

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
from liveimport.core.source.source_file import (
    allowed_digest,
    digest_of,
    error_text,
    says_nothing_new,
    source_file,
    unreadable_file,
)

STAMP = Stamp(10**18, 2, 3, 10**18)
NOW = 5
PLAIN = Location("/project/p/a.py")
PACKAGE = Location("/project/p/__init__.py", is_package=True)


def read(data, location=PLAIN, *, name="p.a", read_ns=NOW, known=None, **how):
    """Returns the source with these bytes."""
    return source_file(
        name,
        location,
        STAMP,
        data,
        read_ns=read_ns,
        known=known,
        **how,
    )


def test_a_source_has_its_version_and_says_its_imports():
    """Relative imports start from its package."""
    data = b"from . import b\nx = 1\n"
    source = read(data)
    assert source.version == Version(STAMP, digest_of(data), seen_ns=NOW)
    assert (source.data, source.error, source.errno) == (data, "", 0)
    assert [binding.statement for binding in source.info.top_level] == ["from p import b"]
    assert source.info.names is None


def test_a_package_says_its_names_too():
    """They tell which submodules it hides, and which a star import of it imports."""
    source = read(b"from . import b\n__all__ = ['b']\n", PACKAGE, name="p")
    assert [binding.statement for binding in source.info.top_level] == ["from p import b"]
    assert source.info.names.module_level == {"b", "__all__"}
    assert source.info.all_submodules == ("b",)


def test_bytes_that_ran_are_not_parsed_again():
    """What is known of them stays. Other bytes are parsed, and so is what was never read."""
    info = SourceInfo(data=b"known")
    known = Module("p.a", PLAIN, Version(STAMP, digest_of(b"x = 1")), info)
    assert read(b"x = 1", known=known).info is info
    assert read(b"x = 2", known=known).info == SourceInfo(data=b"x = 2")
    unread = Module("p.a", PLAIN, Version(STAMP, digest_of(b"x = 1")))
    assert read(b"x = 1", known=unread).info == SourceInfo(data=b"x = 1")


def after(ran, data, location=PLAIN, **changes):
    """Returns the source with these bytes if `ran` ran before, and code is compared."""
    version = Version(STAMP, digest_of(ran))
    known = Module("p.a", location, version, read(ran, location).info)
    return read(data, location, known=known._replace(**changes), compare_code=True)


def test_a_source_that_was_only_laid_out_anew():
    """Only then it need not run. What is not asked for is not compared."""
    source = after(b"x = 1", b"# one\nx = 1")
    assert (source.need_not_run, source.obstacle) == (True, "")
    assert not read(b"# one\nx = 1", known=Module("p.a", PLAIN)).need_not_run
    assert not after(b"x = 1", b"# one\nx = 2").need_not_run
    assert not after(b"x = 1", b"# one\nx = ").need_not_run
    assert not after(b"x = 1", b"# one\nx = 1", source=None).need_not_run
    assert not after(b"x = 1", b"# one\nx = 1", version=Version(STAMP, "other")).need_not_run
    assert after(b"if 0: import b\nx = 1", b"x = 1").relaid is None
    held_back = source.with_obstacle("no")
    assert (held_back.need_not_run, held_back.obstacle) == (False, "no")


def test_packages_are_laid_out_anew_too():
    """But a comment may name a submodule, to which a star import leads."""
    source = b"__all__ = ['b']"
    assert after(source, source + b"  # all", PACKAGE).need_not_run
    assert after(source, b"__all__ = ['b'  # 'c'\n]", PACKAGE).relaid is None


def test_a_source_with_a_loader_of_its_own():
    """What that makes of it is not known, so it runs."""
    source = after(b"x = 1", b"# one\nx = 1", PLAIN._replace(custom_loader=True))
    assert source.obstacle == "a loader of its own makes its code"
    assert not source.need_not_run


def test_a_source_that_cannot_be_parsed_tells_why():
    """Nothing is raised, and its info is empty."""
    data = b"if x:\n    import"
    source = read(data)
    assert source == SourceFile(source.version, data, error=source.error)
    assert source.error.endswith("(line 2)")


def test_a_file_that_cannot_be_read_tells_why():
    """It has the system's text and number."""
    source = unreadable_file(STAMP, "Is a directory", 21, read_ns=NOW)
    version = Version(STAMP, digest_of(b""), seen_ns=NOW)
    assert source == SourceFile(version, b"", error="Is a directory", errno=21)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SyntaxError("invalid syntax", ("a.py", 3, 1, "import")), "invalid syntax (line 3)"),
        (SyntaxError("unknown encoding"), "unknown encoding"),
        (ValueError("too deep"), "cannot be parsed: too deep"),
    ],
)
def test_why_a_source_is_not_python(error, text):
    """The line is there if it is known."""
    assert error_text(error) == text


def test_parsing_warns_through_the_warnings_of_the_caller():
    """Core does not touch the filters of the process."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(b"x = '\\d'\n", PACKAGE)
    assert caught
    assert all("escape sequence" in str(warning.message) for warning in caught)


def test_digests_tell_bytes_apart():
    """Equal bytes have one digest, others another."""
    assert digest_of(b"x = 1") == digest_of(b"x = 1") != digest_of(b"x = 2")


def refusing(*_arguments, **_options):
    """Refuses a digest, as Python in FIPS mode does."""
    raise ValueError("unsupported hash type")


@pytest.mark.parametrize("module", [SimpleNamespace(blake2b=refusing), None])
def test_where_a_digest_is_not_allowed(monkeypatch, module):
    """Another one is taken that is allowed everywhere."""
    monkeypatch.setitem(sys.modules, "_blake2", module)
    assert allowed_digest()(b"x = 1") == hashlib.sha256(b"x = 1").hexdigest()
    assert digest_of(b"x = 1") == hashlib.blake2b(b"x = 1", digest_size=16).hexdigest()


def test_a_file_that_says_nothing_new():
    """It has the bytes that ran, and whether these are settled is known as before."""
    module = Module("a", version=Version(STAMP, digest_of(b"x = 1"), seen_ns=NOW))
    assert says_nothing_new(module, STAMP, b"x = 1", NOW)
    assert not says_nothing_new(module, STAMP, b"x = 2", NOW)
    assert not says_nothing_new(module, STAMP, b"x = 1", NOW + SETTLED_NS)
