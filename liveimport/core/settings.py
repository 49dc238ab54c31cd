"""How automatic syncing behaves, and which values each setting takes."""

from collections.abc import Mapping
from math import nan
from typing import Any, Literal, NamedTuple, get_args

from . import public
from .report import messages

Detect = Literal["mtime", "content", "code"]
"""What may count as a changed file."""

Follow = Literal["loaded", "top-level"]
"""Which imports of modules may be followed."""

OwnNames = Literal["replace", "keep"]
"""What may happen to a name that the user bound to something else than its import did."""

Register = Literal["magic", "project"]
"""Which cells may register their imports: those with the magic, or all, of project modules."""

OnError = Literal["run", "stop"]
"""What may happen to a cell if a module failed to reload before it."""

Files = Literal["tell", "reload", False]
"""What a change of a file may do that a module read as it ran."""

Reload = Literal["dependents", "needed"]
"""What may run after an edit, beside what was edited."""

ShowReport = Literal[True, False, "transient"]
"""Whether reports are shown, and whether they stay."""

DETECT: tuple[Detect, ...] = get_args(Detect)
FOLLOW: tuple[Follow, ...] = get_args(Follow)
OWN_NAMES: tuple[OwnNames, ...] = get_args(OwnNames)
ON_ERROR: tuple[OnError, ...] = get_args(OnError)
REPORT: tuple[ShowReport, ...] = get_args(ShowReport)
REGISTER: tuple[Register, ...] = get_args(Register)
FILES: tuple[Files, ...] = get_args(Files)
RELOAD: tuple[Reload, ...] = get_args(Reload)


@public
class Settings(NamedTuple):
    """How automatic syncing behaves. See `auto_sync`."""

    enabled: bool = True
    grace: float = 1.0
    report: ShowReport = True
    hidden_cell_magic: bool = True
    detect: Detect = "mtime"
    on_error: OnError = "run"
    follow: Follow = "loaded"
    own_names: OwnNames = "replace"
    register: Register = "magic"
    files: Files = "tell"
    reload: Reload = "dependents"


def checked(settings: Settings) -> Settings:
    """Returns the settings, each value converted to the type of its setting.

    Raises:
        ValueError: A setting does not take its value.
    """
    _check_choice("detect", settings.detect, DETECT)
    _check_choice("on_error", settings.on_error, ON_ERROR)
    _check_choice("follow", settings.follow, FOLLOW)
    _check_choice("own_names", settings.own_names, OWN_NAMES)
    _check_choice("register", settings.register, REGISTER)
    _check_choice("files", settings.files, FILES)
    _check_choice("reload", settings.reload, RELOAD)
    return settings._replace(
        enabled=flag("enabled", settings.enabled),
        grace=_as_seconds("grace", settings.grace),
        report=_as_report(settings.report),
        hidden_cell_magic=flag("hidden_cell_magic", settings.hidden_cell_magic),
    )


class ProjectDefaults(NamedTuple):
    """What a project says in its pyproject.toml.

    Attributes:
        settings: The settings.
        workspace: The directories of the workspace, relative to the file; none for the default.
        exclude: Names of modules that never run again.
        problems: What is wrong: a sentence for each key or value.
    """

    settings: Settings
    workspace: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def project_defaults(settings: Settings, table: object) -> ProjectDefaults:
    """Returns what a table of a project says, on top of `settings`. What is wrong is left out."""
    if not isinstance(table, Mapping):
        return ProjectDefaults(settings, problems=(messages.not_a_table(repr(table)),))
    lists: dict[str, tuple[str, ...]] = {"workspace": (), "exclude": ()}
    problems: list[str] = []
    for key, value in table.items():
        try:
            if key in lists:
                lists[key] = _as_texts(key, value)
            elif key in Settings._fields:
                settings = checked(settings._replace(**{key: value}))
            else:
                known = (*Settings._fields, *lists)
                problems.append(messages.no_setting(key, messages.did_you_mean(key, known)))
        except (TypeError, ValueError) as error:
            problems.append(str(error))
    return ProjectDefaults(settings, **lists, problems=tuple(problems))


def _as_texts(setting: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise TypeError(messages.not_a_list_of_strings(setting, repr(value)))
    return tuple(value)


def _as_seconds(setting: str, value: Any) -> float:
    """Returns a number of any kind as a float. A string is not a number."""
    try:
        seconds = nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = nan
    # Every comparison with nan is False.
    if not seconds >= 0:
        raise ValueError(messages.not_seconds(setting, messages.printed(value)))
    return seconds


def _as_report(value: object) -> ShowReport:
    _check_choice("report", value, REPORT)
    return "transient" if value == "transient" else bool(value)


def flag(name: str, value: object) -> bool:
    """Returns a value of a setting, or of an argument, that is True or False.

    Raises:
        ValueError: It is neither.
    """
    _check_choice(name, value, (True, False))
    return bool(value)


def _check_choice(setting: str, value: object, choices: tuple[object, ...]) -> None:
    try:
        is_known = value in choices
    except Exception:  # noqa: BLE001  # to compare an object may raise, as it does for arrays
        is_known = False
    if not is_known:
        options = tuple(map(repr, choices))
        raise ValueError(messages.not_a_choice(setting, options, messages.printed(value)))
