"""The public names: each is where users import it from, light, and as it says in its messages."""

import copy
import inspect
import pickle
import subprocess
import sys
import typing
from collections.abc import Mapping

import pytest

import liveimport

CLASSES = [
    getattr(liveimport, name)
    for name in dir(liveimport)
    if name[0].isupper() and inspect.isclass(getattr(liveimport, name))
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_says_where_users_import_it_from(cls):
    """Its full name leads to it."""
    assert cls.__module__ == "liveimport"
    assert getattr(liveimport, cls.__qualname__) is cls
    assert pickle.loads(pickle.dumps(cls)) is cls  # noqa: S301  # our own


def test_all_of_them_can_be_completed():
    """The tab key finds what is public, and not what the file needs itself."""
    names = set(dir(liveimport))
    assert {*liveimport.__all__, "CellRejected"} <= names
    assert "TYPE_CHECKING" not in names


def test_a_name_that_is_none_of_ours():
    """It is an AttributeError, which says what may be meant."""
    with pytest.raises(
        AttributeError, match=r"'liveimport' has no attribute 'nothing_like_it'$"
    ):
        liveimport.nothing_like_it  # noqa: B018
    with pytest.raises(
        AttributeError, match=r"has no attribute 'regster'; did you mean register"
    ):
        liveimport.regster  # noqa: B018
    assert not hasattr(liveimport, "_ipython_display_")


def test_values_can_be_sent_and_copied(project, session):
    """They are equal to what comes back."""
    project.write_all(low="x = 1", top="from low import x")
    liveimport.register({}, "from top import x", execute=True)
    project.write("low.py", "x = 22")
    plan = liveimport.plan()
    values = [plan, plan.groups[0], plan.steps[0], liveimport.status(), liveimport.sync()]
    project.write("low.py", "1 / 0")
    with pytest.raises(liveimport.ModuleError) as caught:
        liveimport.sync()
    error = caught.value
    values += [session.state.failures[0], session.settings]
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # our own
        assert copy.deepcopy(value) == value
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert (str(again), again.phase, again.__notes__) == (str(error), "reload", error.__notes__)
    assert str(again.outcome) == str(error.outcome)


@pytest.fixture
def values(project, session):
    """Values of a session in which everything happens."""
    project.write_all(low="x = y = 1", mid="from low import x", bad="z = 1", other="")
    namespace = {}
    liveimport.register(
        namespace, "from mid import x\nfrom low import *\nimport bad", execute=True
    )
    __import__("other")
    namespace["x"] = "mine"
    project.write_all(low="x = 22", bad="1 / 0", other="changed = 1")
    status, plan = liveimport.status(), liveimport.plan()
    with pytest.raises(liveimport.ModuleError) as caught:
        liveimport.sync()
    reminder = session.sync(retry_failed=False)
    return [
        status,
        plan,
        caught.value.outcome,
        reminder,
        liveimport.status(),
        liveimport.plan(),
    ]


def parts(value):
    """Yields a value and all that its public attributes lead to."""
    yield value
    if isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, tuple | list | set | frozenset):
        inner = list(value)
    elif isinstance(value, BaseException | str | bytes) or type(value).__module__ == "builtins":
        inner = []
    else:
        names = [name for name in dir(value) if not name.startswith("_")]
        inner = [v for v in (getattr(value, name) for name in names) if not callable(v)]
    for one in inner:
        yield from parts(one)


def test_what_values_have_is_public(values):
    """Each type can be imported from `liveimport`, and prints in a line."""
    types = {type(part) for value in values for part in parts(value)}
    ours = {cls for cls in types if cls.__module__.partition(".")[0] == "liveimport"}
    assert {cls for cls in ours if getattr(liveimport, cls.__name__, None) is not cls} == set()
    assert len(ours) > 10
    for value in values:
        for part in parts(value):
            if part not in values:
                assert len(repr(part).splitlines()) <= 1, repr(part)


def annotated(cls):
    """Yields the types in the annotations of what is public of a class."""
    for name in dir(cls):
        value = inspect.getattr_static(cls, name)
        function = value.fget if isinstance(value, property) else value
        if not name.startswith("_") and inspect.isfunction(function):
            yield from typing.get_type_hints(function, vars(liveimport)).values()
    yield from (
        annotation
        for name, annotation in typing.get_type_hints(cls).items()
        if not name.startswith("_")
    )


def classes_in(annotation):
    """Yields the classes that an annotation is made of."""
    yield from [annotation] if inspect.isclass(annotation) else []
    for inner in typing.get_args(annotation):
        yield from classes_in(inner)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_what_annotations_name_is_public(cls):
    """A user can name every type that an attribute or a method says it has."""
    named = {one for annotation in annotated(cls) for one in classes_in(annotation)}
    assert {one for one in named if one.__module__.startswith("liveimport.")} == set()


def keys_without_attribute(value, plain):
    """Yields the keys of a `to_dict()` that are no attributes of the value."""
    if isinstance(value, liveimport.Failed):
        value = value.failure
    if isinstance(plain, list):
        for one, inner in zip(value, plain, strict=True):
            yield from keys_without_attribute(one, inner)
    elif isinstance(plain, dict) and not isinstance(value, Mapping | liveimport.Settings):
        pair = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int)
        value, others = (value[1], {"namespace"}) if pair else (value, {"schema", "kind"})
        for key, inner in plain.items():
            if key not in others and not hasattr(value, key):
                yield key
            elif key not in others and key != "versions":
                yield from keys_without_attribute(getattr(value, key), inner)


def test_keys_are_attributes(values):
    """There is one vocabulary for both."""
    for value in values:
        assert list(keys_without_attribute(value, value.to_dict())) == []


def printed(code):
    """Returns what a script prints, run by a Python of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import liveimport, sys\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


@pytest.mark.parametrize("code", ["from liveimport import *", "dir(liveimport)"])
def test_a_script_that_takes_all_imports_no_ipython(code):
    """What needs IPython comes only if it is asked for by its name."""
    assert printed(f"{code}\nprint('IPython' in sys.modules)") == "False\n"
    asked = "print(liveimport.CellRejected, 'IPython' in sys.modules)"
    assert printed(asked) == "<class 'liveimport.CellRejected'> True\n"
