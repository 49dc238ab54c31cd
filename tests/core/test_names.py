"""The names that a source binds and looks up, by its syntax and by its code."""

import warnings

import pytest

from liveimport.core.names import Bound, bound_by, bound_in


def bound(text):
    """Returns the names of a source; the same whether it was compiled before or not."""
    data = text.encode()
    found = bound_in(compile(data, "source.py", "exec", dont_inherit=True), data)
    assert found == bound_by(data)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = y = 1", ["x", "y"]),
        ("x, (y, *z) = v", ["x", "y", "z"]),
        ("x += 1", ["x"]),
        ("x: int = 1", ["x"]),
        ("import a.b, c as d\nfrom e import f", ["a", "d", "f"]),
        ("def f():\n    inner = 1", ["f"]),
        ("class C:\n    inner = 1", ["C"]),
        ("async def f(): pass", ["f"]),
        ("for i in v: pass", ["i"]),
        ("with v as w: pass", ["w"]),
        ("if (w := v): pass", ["w"]),
        ("match v:\n    case {'key': w, **rest}: pass", ["rest", "w"]),
        ("if v:\n    x = 1\nelse:\n    y = 1", ["x", "y"]),
        ("try:\n    x = 1\nexcept E as e:\n    y = 1", ["e", "x", "y"]),
        ("[i for i in v]", []),
        ("v.attribute = 1\nv[0] = 1\nprint(v)", []),
        ("lambda x: x", []),
        ("[y := i for i in v]", ["y"]),
        ("def f():\n    (w := v)", ["f"]),
        ("if v:\n    def f():\n        (w := 1)\ng = lambda: (x := 1)", ["f", "g"]),
    ],
)
def test_names_bound_at_module_level(text, expected):
    """Every name that any statement outside functions and classes binds, and no other."""
    assert sorted(bound(text).names) == expected


def test_names_that_are_bound_elsewhere_in_the_source():
    """By `global`, in functions and classes: whether they are bound shows only in the run."""
    found = bound("x = 1\ndef f():\n    global y\n    y = 1\nclass C:\n    global g\n    g = 1")
    assert found.names == {"x", "f", "C"}
    assert found.elsewhere == {"y", "g"}


def test_what_is_not_bound_though_it_looks_so():
    """What is only annotated, declared, never got to, or the module's text."""
    text = "x: int\ndef f():\n    global y\n    print(y)\nif 0:\n    z = 1\n"
    assert bound(text) == Bound(names=frozenset({"f"}))
    assert bound("'Text.'\nw = 1").names == {"w"}


def test_a_variable_called_like_a_function_that_looks_is_no_look():
    """A variable of a function is no name of the module."""
    assert bound("def f(dir):\n    return dir ('cache')").guards == frozenset()


def test_looking_for_names_warns_of_nothing():
    """Not even where the user makes warnings errors: running the module warns, once."""
    for action in ("always", "error"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(action)
            bound_by.cache_clear()
            assert bound_by(b"x = 1 is 1\ny = '\\d'").names == {"x", "y"}
        assert caught == []


@pytest.mark.parametrize("lead", ["", "\n", "\f", "x = 1\n", "\ufeff", "x = 1\r\n", "x = 1\r"])
def test_a_try_is_found_wherever_it_may_stand(lead):
    """At the start of any line, whatever ends lines."""
    text = f"{lead}try:\n    cache\nexcept NameError:\n    cache = {{}}"
    assert bound(text).guards == {"cache"}


def test_names_of_what_is_no_python():
    """There are none."""
    assert bound_by(b"def") == Bound()


@pytest.mark.parametrize(
    "text",
    [
        "if 'cache' not in globals():\n    cache = {}",
        "if not hasattr(sys.modules[__name__], 'cache'):\n    cache = {}",
        "cache = vars().get('cache') or {}",
        "cache = me.__dict__.get('cache', {})",
        "try:\n    cache\nexcept NameError:\n    cache = {}",
        "try:\n    if cache: pass\nexcept NameError:\n    cache = {}",
    ],
)
def test_a_name_that_may_be_looked_up_first_is_guarded(text):
    """Promise 8: state that a module looks up before it makes it anew is to survive."""
    assert "cache" in bound(text).guards


@pytest.mark.parametrize(
    "text",
    [
        "cache = {}",
        "name = 'cache'",
        "# unlike globals()\nname = 'cache'",
        "try:\n    import cache\nexcept ImportError:\n    cache = None",
        "try:\n    pass\nfinally:\n    cache",
        "def f():\n    try:\n        cache\n    except NameError:\n        pass",
    ],
)
def test_a_name_that_is_only_bound_is_not_guarded(text):
    """What nothing looks up before it is bound leaves the module before it runs again."""
    assert bound(text).guards == frozenset()


def test_what_all_lists_is_no_guard():
    """The texts of `__all__` are names, but nothing looks them up."""
    text = "look = globals()\n__all__ = ['a']\n__all__ += ['b']\n__all__: list = ['c']\nx = 'd'"
    assert bound(text).guards == {"d"}


@pytest.mark.parametrize(
    "text", ["__all__, other = ['a'], 1", "other = ['a']", "x.__all__ = ['a']"]
)
def test_other_assignments_are_no_list_of_public_names(text):
    """A text that is not surely in `__all__` may be a name that is looked up."""
    assert bound(f"look = globals()\n{text}").guards == {"a"}


def test_more_names_than_an_instruction_has_room_for():
    """Arguments beyond a byte are extended by instructions before, and beyond two by two."""
    for count in (300, 70_000):
        text = "\n".join(f"name_{number} = 1" for number in range(count))
        assert len(bound(text).names) == count


def test_a_comment_that_speaks_of_namespaces_guards_nothing():
    """Where a module is parsed for its ``try``, a text is a guard only if something looks."""
    text = "try:\n    cache\nexcept NameError:\n    cache = {}\n# unlike globals()\nname = 'x'"
    assert bound(text).guards == {"cache"}
