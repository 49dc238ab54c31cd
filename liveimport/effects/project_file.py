"""The defaults of a project: ``[tool.liveimport]`` in its pyproject.toml."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from liveimport.core.report import messages
from liveimport.core.settings import ProjectDefaults, project_defaults

from .session.directories import directories_of

if TYPE_CHECKING:
    from .session.session import Session

_FILE = "pyproject.toml"


def take_in_project(session: "Session") -> tuple[str, ...]:
    """Takes in the defaults of the project, the first time that it is called for a session.

    Returns:
        A sentence for each key or value that is wrong. All others hold.
    """
    directory, session.project_directory = session.project_directory, None
    path = table = None
    problems: list[str] = []
    for path in _files_above(directory):
        try:
            table = _table_in(path)
        except ValueError as error:
            problems.append(messages.file_unreadable(str(error)))
            break
        if table is not None:
            break
    if path is None:
        return ()
    defaults = project_defaults(session.settings, table or {})
    problems.extend(defaults.problems)
    session.change_settings(**defaults.settings._asdict())
    problems.extend(_take_in_names(session, defaults))
    problems.extend(_take_in_workspace(session, defaults.workspace, os.path.dirname(path)))
    return tuple(messages.in_project_file(path, problem) for problem in problems)


def _files_above(directory: str | None) -> Iterator[str]:
    """Yields the files in a directory and in those above that mention LiveImport."""
    while directory is not None:
        path = os.path.join(directory, _FILE)
        try:
            with open(path, "rb") as file:
                # Most projects do not, and the parser takes longer to load than all else here.
                if b"liveimport" in file.read():
                    yield path
        except OSError:
            pass
        parent = os.path.dirname(directory)
        directory = parent if parent != directory else None


def _table_in(path: str) -> dict[str, Any] | None:
    """Returns our table of a file; None if it has none.

    Raises:
        ValueError: The file is not TOML.
    """
    import tomllib  # noqa: PLC0415  # see above

    with open(path, "rb") as file:
        tables = tomllib.load(file).get("tool", {})
    return tables.get("liveimport") if isinstance(tables, dict) else None


def _take_in_names(session: "Session", defaults: ProjectDefaults) -> Iterator[str]:
    if not defaults.exclude:
        return
    from liveimport.core.overview.requests import module_names  # noqa: PLC0415  # few exclude any

    try:
        session.exclude(module_names(defaults.exclude))
    except ValueError as error:
        yield str(error)


def _take_in_workspace(
    session: "Session", directories: tuple[str, ...], folder: str
) -> Iterator[str]:
    if not directories:
        return
    given = [os.path.join(folder, os.path.expanduser(directory)) for directory in directories]
    try:
        session.set_default_workspace(directories_of(given))
    except ValueError as error:
        yield str(error)
