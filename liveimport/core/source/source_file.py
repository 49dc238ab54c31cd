"""The bytes of a file → SourceFile: which version it is, and what it says."""

from collections.abc import Callable

from liveimport.core.model import (
    Location,
    Module,
    Relaid,
    SourceFile,
    SourceInfo,
    Stamp,
    Version,
    package_of,
)
from liveimport.core.report import messages

from .analysis import with_package_facts
from .fast_imports import fast_imports
from .layout import relaid


def allowed_digest() -> Callable[[bytes], str]:
    """Returns a digest that this Python allows. In FIPS mode it may refuse BLAKE2."""
    try:
        from _blake2 import blake2b  # noqa: PLC0415  # hashlib has the same, and loads OpenSSL first

        blake2b(b"", digest_size=16)
    except (ImportError, ValueError):
        from hashlib import sha256  # noqa: PLC0415  # see above

        return lambda data: sha256(data).hexdigest()
    return lambda data: blake2b(data, digest_size=16).hexdigest()


_digest = allowed_digest()


def digest_of(data: bytes) -> str:
    """Returns a text that is the same for the same bytes, and for no others."""
    return _digest(data)


def says_nothing_new(module: Module, stamp: Stamp, data: bytes, read_ns: int) -> bool:
    """Whether a file, read at `read_ns`, is as its module ran, and that reading settled nothing."""
    read_now = Version(stamp, digest_of(data), read_ns)
    return module.version.then_read(read_now) == module.version


def source_file(  # noqa: PLR0913  # a file is all of these
    name: str,
    location: Location,
    stamp: Stamp,
    data: bytes,
    *,
    read_ns: int,
    known: Module | None,
    compare_code: bool = False,
) -> SourceFile:
    """Returns the source of module `name`, read at `read_ns` (ns of the monotonic clock).

    What cannot be parsed is told in the value and does not raise. If `known` ran these bytes,
    they are not parsed again. With `compare_code`, it is told whether what these bytes compile
    to differs. Parsing may warn: the caller decides what becomes of that.
    """
    digest = digest_of(data)
    version = Version(stamp, digest, read_ns)
    if known is not None and known.source is not None and known.version.digest == digest:
        return SourceFile(version, data, known.source)
    try:
        info = _info(name, location, data)
    except SyntaxError as error:
        return SourceFile(version, data, error=error_text(error))
    found = _relaid(known, location, info, data) if known is not None and compare_code else None
    return SourceFile(version, data, info, relaid=found)


def _relaid(known: Module, location: Location, info: SourceInfo, data: bytes) -> Relaid | None:
    """Returns the source if only comments or layout changed since the module ran."""
    ran = known.source
    if ran is None or location.path is None or not info.same_imports(ran):
        return None
    if digest_of(ran.data) != known.version.digest or ran.all_submodules != info.all_submodules:
        return None
    found = relaid(ran.data, data, location.path)
    if found is not None and location.custom_loader:
        return found._replace(obstacle=messages.made_by_loader())
    return found


def _info(name: str, location: Location, data: bytes) -> SourceInfo:
    info = fast_imports(data, package_of(name, is_package=location.is_package))
    return with_package_facts(info, data) if location.is_package else info


def unreadable_file(stamp: Stamp, error: str, errno: int, *, read_ns: int) -> SourceFile:
    """Returns a file that could not be read, for the reason that `error` and `errno` tell."""
    version = Version(stamp, digest_of(b""), read_ns)
    return SourceFile(version, b"", error=error, errno=errno)


def error_text(error: Exception) -> str:
    """Returns why a source is not Python, in a line."""
    if not isinstance(error, SyntaxError):
        return messages.cannot_be_parsed(str(error))
    return messages.syntax_error(str(error.msg), error.lineno)
