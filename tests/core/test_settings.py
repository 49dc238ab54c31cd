"""The settings of automatic syncing, and the values that each takes."""

from decimal import Decimal
from fractions import Fraction

import pytest

from liveimport.core.model import CODE, KEEP, LOADED, MTIME, TOP_LEVEL, State
from liveimport.core.settings import (
    DETECT,
    FOLLOW,
    ON_ERROR,
    OWN_NAMES,
    REGISTER,
    ProjectDefaults,
    Settings,
    checked,
    project_defaults,
)


def test_the_defaults_are_settings_that_pass():
    """They are those that the documentation names."""
    settings = Settings()
    assert checked(settings) == settings
    assert settings == (
        True,
        1.0,
        True,
        True,
        "mtime",
        "run",
        "loaded",
        "replace",
        "magic",
        "tell",
        "dependents",
    )


@pytest.mark.parametrize(
    ("setting", "given", "taken"),
    [
        ("enabled", 0, False),
        ("report", 1, True),
        ("hidden_cell_magic", 1.0, True),
        ("grace", 2, 2.0),
        ("grace", True, 1.0),
        ("grace", Decimal("0.5"), 0.5),
        ("grace", Fraction(1, 4), 0.25),
        ("grace", 0, 0.0),
        ("grace", float("inf"), float("inf")),
        ("detect", "content", "content"),
        ("on_error", "stop", "stop"),
        ("follow", "top-level", "top-level"),
        ("own_names", "keep", "keep"),
        ("register", "project", "project"),
        ("report", "transient", "transient"),
    ],
)
def test_values_are_converted_to_the_type_of_their_setting(setting, given, taken):
    """What equals True or False is a flag. Any real number is a number of seconds."""
    value = getattr(checked(Settings(**{setting: given})), setting)
    assert value == taken
    assert type(value) is type(taken)


@pytest.mark.parametrize(
    ("setting", "choices"),
    [
        ("enabled", "True or False"),
        ("report", "True, False or 'transient'"),
        ("hidden_cell_magic", "True or False"),
    ],
)
@pytest.mark.parametrize("value", ["no", None, 2, [], ()])
def test_other_values_are_no_flags(setting, choices, value):
    """A text such as "no" would count as true."""
    with pytest.raises(ValueError, match=f"^{setting} is {choices}, not ") as caught:
        checked(Settings(**{setting: value}))
    assert str(caught.value).endswith(repr(value))


@pytest.mark.parametrize("value", [-1, float("nan"), "1", None, 10**400, 1j, []])
def test_other_values_are_no_seconds(value):
    """The error quotes what was given."""
    with pytest.raises(ValueError, match=r"^grace is a number of seconds, 0 or more") as caught:
        checked(Settings(grace=value))
    assert str(caught.value).endswith(f"not {value!r}")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("detect", "detect is 'mtime', 'content' or 'code', not 'x'"),
        ("on_error", "on_error is 'run' or 'stop', not 'x'"),
        ("follow", "follow is 'loaded' or 'top-level', not 'x'"),
        ("own_names", "own_names is 'replace' or 'keep', not 'x'"),
        ("register", "register is 'magic' or 'project', not 'x'"),
        ("files", "files is 'tell', 'reload' or False, not 'x'"),
    ],
)
def test_other_texts_are_no_choices(setting, message):
    """The error names the choices."""
    with pytest.raises(ValueError, match="^" + message.replace("'", ".") + "$"):
        checked(Settings(**{setting: "x"}))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, ProjectDefaults(Settings())),
        (
            {"grace": 2, "register": "project", "workspace": ["src"], "exclude": ["a", "b.c"]},
            ProjectDefaults(Settings(grace=2.0, register="project"), ("src",), ("a", "b.c")),
        ),
        (
            {"grase": 2, "x": 1, "follow": "all", "report": False},
            ProjectDefaults(
                Settings(report=False),
                problems=(
                    "grase is no setting; did you mean grace?",
                    "x is no setting",
                    "follow is 'loaded' or 'top-level', not 'all'",
                ),
            ),
        ),
        (
            {"workspace": "src", "exclude": [1], "own_names": "keep"},
            ProjectDefaults(
                Settings(own_names="keep"),
                problems=(
                    "workspace is a list of strings, not 'src'",
                    "exclude is a list of strings, not [1]",
                ),
            ),
        ),
        ([1], ProjectDefaults(Settings(), problems=("it is a table, not [1]",))),
    ],
)
def test_what_a_project_says(table, expected):
    """What is right holds. The rest is told, a sentence each."""
    assert project_defaults(Settings(), table) == expected


def test_what_a_project_says_comes_on_top():
    """What it does not mention stays."""
    settings = Settings(grace=7.0, detect="content")
    assert project_defaults(settings, {"grace": 2}).settings == settings._replace(grace=2.0)


def test_the_planner_knows_the_choices():
    """The first choice is the default, of a State too."""
    assert (State().detect, MTIME, "content", CODE) == (MTIME, *DETECT)
    assert (State().follow, TOP_LEVEL) == (LOADED, TOP_LEVEL) == FOLLOW
    assert (State().own_names, KEEP) == OWN_NAMES
    defaults = (Settings().detect, Settings().on_error, Settings().follow)
    assert defaults == (DETECT[0], ON_ERROR[0], FOLLOW[0])
    assert Settings().own_names == OWN_NAMES[0]
    assert Settings().register == REGISTER[0]


def test_a_value_that_cannot_be_compared():
    """It is refused like any other."""

    class Odd:
        __hash__ = None

        def __eq__(self, other):
            raise ZeroDivisionError

    with pytest.raises(ValueError, match=r"^enabled is True or False, not "):
        checked(Settings(enabled=Odd()))
