"""How automatic syncing behaves, and what each setting takes."""

from math import nan
from typing import Any, NamedTuple

from liveimport.core.state import DETECT

ON_ERROR = ("run", "stop")
"""What may become of a cell when a module failed to reload before it."""


class Settings(NamedTuple):
    """How automatic syncing behaves. See `auto_sync`."""

    enabled: bool = True
    grace: float = 1.0
    report: bool = True
    hidden_cell_magic: bool = True
    detect: str = "mtime"
    on_error: str = "run"


def checked(settings: Settings) -> Settings:
    """Returns the settings, each value in its own type.

    Raises:
        ValueError: A value is none that the setting takes.
    """
    _check_choice("detect", settings.detect, DETECT)
    _check_choice("on_error", settings.on_error, ON_ERROR)
    return settings._replace(
        enabled=_yes_or_no("enabled", settings.enabled),
        grace=_seconds("grace", settings.grace),
        report=_yes_or_no("report", settings.report),
        hidden_cell_magic=_yes_or_no("hidden_cell_magic", settings.hidden_cell_magic),
    )


def _seconds(name: str, value: Any) -> float:
    """Returns a number of any kind as a float; a text is none."""
    try:
        seconds = nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = nan
    if not seconds >= 0:
        raise ValueError(f"{name} is a number of seconds, 0 or more, not {value!r}")
    return seconds


def _yes_or_no(name: str, value: object) -> bool:
    _check_choice(name, value, (True, False))
    return bool(value)


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {' or '.join(map(repr, choices))}, not {value!r}")
