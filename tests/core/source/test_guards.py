"""Guards: the forms in which a source asks for a name that an earlier run may have bound."""

import builtins

import pytest

from liveimport.core.source import guards
from liveimport.core.source.names import names_in_source

THIS = "sys.modules[__name__]"


def guarded(text):
    """Returns the names that a source guards."""
    return names_in_source(text.encode()).guarded


@pytest.mark.parametrize(
    "text",
    [
        "if 'x' not in globals(): x = 1",
        "if 'x' in globals(): pass\nelse: x = 1",
        "x = x if 'x' in globals() else 1",
        "if 'x' not in vars(): x = 1",
        "if 'x' not in dir(): x = 1",
        "[1 for _ in y if 'x' not in vars()]\nx = 1",
        "x = globals().get('x', 0) + 1",
        "x = globals().get('x')",
        "x = vars().get('x') or 1",
        "globals().setdefault('x', 1)",
        "x = globals().setdefault('x', 1)",
        "vars().setdefault('x', 1)",
        f"if not hasattr({THIS}, 'x'): x = 1",
        "if not hasattr(modules[__name__], 'x'): x = 1",
        f"me = {THIS}\nif not hasattr(me, 'x'): x = 1",
        f"me = you = {THIS}\nif not hasattr(you, 'x'): x = 1",
    ],
)
def test_forms_that_ask_by_a_text(text):
    """Each asks the module for the name."""
    assert guarded(text) == {"x"}


@pytest.mark.parametrize(
    "text",
    [
        "try: x\nexcept NameError: x = 1",
        "try: x\nexcept NameError as e: x = 1",
        "try: x\nexcept (KeyError, NameError): x = 1",
        "try: x\nexcept builtins.NameError: x = 1",
        "try: x\nexcept Exception: x = 1",
        "try: x\nexcept BaseException: x = 1",
        "try: x\nexcept: x = 1",
        "try: x\nexcept* NameError: x = 1",
        "try: x\nexcept KeyError: pass\nexcept NameError: x = 1",
        "try:\n    if y: print(x)\nexcept NameError: x = 1",
        "try: x += 1\nexcept NameError: x = 1",
        "try: x = x\nexcept NameError: x = 1",
        "try: x = [x]\nexcept NameError: x = 1",
        "try:\n    for x in x: pass\nexcept NameError: x = 1",
        "try: x: int = x\nexcept NameError: x = 1",
        "try: y: x\nexcept NameError: x = 1",
        "try:\n    x: int\n    x\nexcept NameError: x = 1",
        "try: (x := x)\nexcept NameError: x = 1",
        "try: [y for y in x]\nexcept NameError: x = 1",
        "try: [x for y in z]\nexcept NameError: x = 1",
        "try: {y: x for y in z}\nexcept NameError: x = 1",
        "try:\n    class C(x): pass\nexcept NameError: x = 1",
        "try:\n    class C: y = x\nexcept NameError: x = 1",
        "try:\n    @x\n    def f(): pass\nexcept NameError: x = 1",
        "try:\n    def f(y=x): pass\nexcept NameError: x = 1",
        "try: lambda y=x: 1\nexcept NameError: x = 1",
        "try:\n    try: x\n    finally: pass\nexcept NameError: x = 1",
        "try:\n    try: raise KeyError\n    except KeyError: x\nexcept NameError: x = 1",
        "try:\n    match y:\n        case 1 if x: pass\nexcept NameError: x = 1",
        "if y:\n    try: x\n    except NameError: x = 1",
        "with suppress(NameError): x\nx = 1",
        "with contextlib.suppress(KeyError, NameError): x\nx = 1",
        "with a, suppress(Exception): x\nx = 1",
        "try: x\nexcept NameError: globals()['x'] = 1",
        "try: x\nexcept NameError: exec('x = 1')",
    ],
)
def test_a_load_where_name_error_is_caught(text):
    """The value of an earlier run keeps the error from being raised."""
    assert "x" in guarded(text)
    assert not guarded(text) & {"y", "z", "C", "f", "e"}


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    if 'x' not in globals():\n        global x\n        x = 1",
        "def f():\n    global x\n    try: return x\n    except NameError: x = 1",
        "def f():\n    global x\n    try: return x\n    except: x = 1",
        "def keep(): return globals().get('x', {})\nx = keep()",
        f"def f(): return hasattr({THIS}, 'x')\nx = 1",
        "class C:\n    if 'x' not in globals():\n        global x\n        x = 1",
        "f = lambda: globals().get('x')\nx = f()",
    ],
)
def test_guards_in_functions(text):
    """A function may ask for names of the module, as the module itself does."""
    assert guarded(text) == {"x"}


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\nif 'x' in globals(): pass",
        "try: import y as x\nexcept ImportError: pass\nif 'x' not in vars(): x = 1",
        "if y:\n    x = 1\nx = globals().get('x')",
        "x = 1\ntry: x\nexcept NameError: x = 1",
        "try:\n    x = 1\n    x\nexcept NameError: x = 1",
        "try:\n    import x\n    x.y\nexcept Exception: x = 1",
        "try:\n    from y import z as x\n    x.y\nexcept Exception: x = 1",
        "try:\n    import x.y\n    x.y\nexcept Exception: x = 1",
        "try:\n    for x in y: x\nexcept Exception: x = 1",
        "try:\n    with y as x: x\nexcept Exception: x = 1",
        "try:\n    def x(): pass\n    x()\nexcept Exception: x = 1",
        "try:\n    class x: pass\n    x()\nexcept Exception: x = 1",
        "try:\n    (x := 1).y(x)\nexcept Exception: x = 1",
        "try:\n    [x := y for y in z]\n    x\nexcept Exception: x = 1",
        "try:\n    match y:\n        case [*x]: x\nexcept Exception: x = 1",
        "try:\n    match y:\n        case {**x}: x\nexcept Exception: x = 1",
        "try:\n    match y:\n        case [_] as x: x\nexcept Exception: x = 1",
        "try:\n    try: y\n    except KeyError as x: x\nexcept Exception: x = 1",
        "def f():\n    global x\n    x = 1\n    try: x\n    except NameError: pass",
        "x = 1\ndef f(): return 'x' in globals()",
    ],
)
def test_a_name_that_is_bound_before_is_not_guarded(text):
    """It has the value of this run, or the run is meant to see that it has none."""
    assert "x" not in guarded(text)


@pytest.mark.parametrize(
    "text",
    [
        "try: len(y)\nexcept NameError: pass\ndef len(x): pass",
        "try: x\nexcept ImportError: x = 1",
        "try: x\nexcept (KeyError, OSError): x = 1",
        "try: x\nexcept errors(Exception): x = 1",
        "try: pass\nexcept NameError: x\nx = 1",
        "try: pass\nexcept NameError: pass\nelse: x\nx = 1",
        "try: pass\nexcept NameError: pass\nfinally: x\nx = 1",
        "with suppress(NameError, *x): pass\nx = 1",
        "with suppress(KeyError): x\nx = 1",
        "with opened(NameError): x\nx = 1",
        "try:\n    def f(): return x\n    f()\nexcept NameError: x = 1",
        "try: lambda: x\nexcept NameError: x = 1",
        "def f():\n    try: x\n    except NameError: pass\nx = 1",
        "try: [x for x in y]\nexcept NameError: x = 1",
        "try: [z for y in z for x in y if x]\nexcept NameError: x = 1",
        "try:\n    class C:\n        x = 1\n        y = x\nexcept NameError: x = 1",
        "try:\n    class C:\n        def x(self): pass\n        y = x\nexcept NameError: x = 1",
    ],
)
def test_loads_that_are_no_guards(text):
    """NameError is not caught there, or the name is a built-in, or no name of the module."""
    assert guarded(text) <= {"y", "z"}


@pytest.mark.parametrize(
    "text",
    [
        "HELP = {'x': 'text'}\nnames = set(dir())\nx = 1",
        "names = [n for n in globals() if n != 'x']\nx = 1",
        "put(globals(), 'x')\nx = 1",
        "y = getattr(other, 'x', 1)\nx = 1",
        "y = hasattr(other, 'x')\nx = 1",
        f"y = getattr({THIS}, 'x', 1)\nx = 1",
        "y = hasattr(sys.modules[name], 'x')\nx = 1",
        "y = hasattr(sys.modules['m'], 'x')\nx = 1",
        "y = 'x' in locals()\nx = 1",
        "y = 'x' in vars(other)\nx = 1",
        "y = 'x' in dir(other)\nx = 1",
        "y = 'x' in globals(1)\nx = 1",
        "y = 'x' == globals()\nx = 1",
        "y = 'a' in b in globals()\nx = 1",
        "y = globals().pop('x', 1)\nx = 1",
        "y = globals()['x']\nx = 1",
        "y = dir().get('x')\nx = 1",
        "for n in ('x',):\n    if n not in globals(): x = 1",
        "def f(): return 'x' in vars() or 'x' in dir() or vars().get('x')\nx = 1",
        "class C:\n    y = 'x' in vars() or 'x' in dir()\nx = 1",
        "y: x\nx = 1",
    ],
)
def test_other_uses_of_a_name_are_no_guards(text):
    """A text may be the name by chance; what only lists names asks for none."""
    assert guarded(text) == frozenset()


def test_a_name_that_nothing_binds_is_not_guarded():
    """Only what the source may bind can be kept for it."""
    assert guarded("y = 'x' in globals()") == frozenset()
    assert guarded("y = 'x' in globals()\nglobals()['x'] = 1") == {"x"}
    assert guarded(f"y = 'x' in globals()\n{THIS}.x = 1") == {"x"}
    assert guarded("y = 'x' in globals()\nme.x = 1") == frozenset()
    assert guarded("y = 'x' in globals()\nglobals()['z'] = 1") == frozenset()
    assert guarded("y = 'x' in globals()\nz = globals()['x']") == frozenset()
    for opaque in ("exec(y)", "globals()[y] = 1", "vars().update(y)", "setattr(me, y, 1)"):
        assert guarded(f"y = 'x' in globals()\n{opaque}") == {"x"}


def test_guarded_names_that_a_text_binds():
    """These are bound though no instruction shows it."""
    assert names_in_source(b"globals().setdefault('x', 1)").bound_by_text == {"x"}
    text = b"if 'x' in vars(): pass\nif 'y' in vars(): y = 1\nglobals()['x'] = vars()['z'] = 1"
    assert names_in_source(text).bound_by_text == {"x"}


def test_deep_nesting():
    """What Python can compile can be looked at."""
    text = "try: x\nexcept NameError: x = 1\nz = " + " + ".join(["y"] * 1_000)
    assert guarded(text) == {"x"}


def test_the_built_ins_are_those_of_python():
    """Also those of other versions."""
    assert {"sum", "ExceptionGroup", "PythonFinalizationError"} <= guards.BUILT_IN
    added_by_hosts = {"_", "display", "get_ipython", "__IPYTHON__"}
    assert set(dir(builtins)) - guards.BUILT_IN <= added_by_hosts


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("exec('x = 1; y = 2')", {"x"}),
        ("exec('x = ')", set()),
        ("exec('x = \\0')", set()),
        ("exec(some)", set()),
        ("exec('x = 1', {})", set()),
    ],
)
def test_the_names_that_a_text_binds_when_exec_runs_it(text, bound):
    """What is no Python binds nothing, and what runs in another namespace not here."""
    names = names_in_source(f"try: x\nexcept NameError: {text}".encode())
    assert names.bound_by_text == bound
