"""How automatic syncing behaves, and which values each setting takes."""

from math import nan
from typing import Any, Literal, NamedTuple, get_args

from . import public
from .report import messages

Detect = Literal["mtime", "content"]
"""What may count as a changed file."""

Follow = Literal["loaded", "top-level"]
"""Which imports of modules may be followed."""

OwnNames = Literal["replace", "keep"]
"""What may happen to a name that the user bound to something else than its import did."""

Register = Literal["magic", "project"]
"""Which cells may register their imports: those with the magic, or all, of project modules."""

OnError = Literal["run", "stop"]
"""What may happen to a cell if a module failed to reload before it."""

DETECT: tuple[Detect, ...] = get_args(Detect)
FOLLOW: tuple[Follow, ...] = get_args(Follow)
OWN_NAMES: tuple[OwnNames, ...] = get_args(OwnNames)
ON_ERROR: tuple[OnError, ...] = get_args(OnError)
REGISTER: tuple[Register, ...] = get_args(Register)


@public
class Settings(NamedTuple):
    """How automatic syncing behaves. See `auto_sync`."""

    enabled: bool = True
    grace: float = 1.0
    report: bool = True
    hidden_cell_magic: bool = True
    detect: Detect = "mtime"
    on_error: OnError = "run"
    follow: Follow = "loaded"
    own_names: OwnNames = "replace"
    register: Register = "magic"


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
    return settings._replace(
        enabled=flag("enabled", settings.enabled),
        grace=_as_seconds("grace", settings.grace),
        report=flag("report", settings.report),
        hidden_cell_magic=flag("hidden_cell_magic", settings.hidden_cell_magic),
    )


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
