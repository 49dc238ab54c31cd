"""Tests that run in a cell of a real ipykernel test the code as it is."""

import time

import pytest

from .kernel import kernel

PYTEST = "import pytest; pytest.main(['-q', '-p', 'no:cacheprovider', '{}']) == 0"
UNITTEST = (
    "import unittest; unittest.main('test_calc', argv=['x'], exit=False).result.wasSuccessful()"
)
DISCOVER = (
    "import unittest\n"
    "unittest.TextTestRunner().run(unittest.defaultTestLoader.discover('{}')).wasSuccessful()"
)
RIGHT, BROKEN = "def add(a, b): return a + b", "def add(a, b): return a - b"


@pytest.fixture
def opened(project, tmp_path, monkeypatch):
    """A kernel in the folder ``notebooks`` of a project, beside ``src`` and ``tests``."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project.folder / "notebooks").mkdir()
    project.write("src/lab/__init__.py", "from .calc import add")
    project.write("src/lab/calc.py", RIGHT)
    project.write(
        "tests/test_calc.py",
        """
        import unittest
        from lab import add
        class TestAdd(unittest.TestCase):
            def test_add(self): assert add(1, 2) == 3
        """,
    )
    with kernel(project.folder / "notebooks", tmp_path) as started:
        started.run("import liveimport, sys\nliveimport.auto_sync(grace=0)")
        started.run("sys.path += ['../src', '../tests']")
        started.run("%%liveimport\nimport lab")
        yield started


@pytest.fixture
def passes(opened):
    """Whether the tests pass, twice."""

    def run(cell):
        first, second = opened.run(cell), opened.run(cell)
        assert first.value == second.value, first.printed
        assert "was not reloaded" not in first.report
        return first.value == "True"

    return run


@pytest.mark.parametrize(
    "cell",
    [PYTEST.format("../tests"), UNITTEST, DISCOVER.format("../tests")],
    ids=["pytest", "unittest", "discover"],
)
def test_tests_beside_the_notebook(project, passes, cell):
    """They are in a folder that no registered module comes from."""
    assert passes(cell)
    project.write("src/lab/calc.py", BROKEN)
    assert not passes(cell)
    project.write("src/lab/calc.py", f"{RIGHT}  # again")
    assert passes(cell)


def test_a_fixture(project, passes):
    """Each run imports ``conftest`` anew, so what it holds is nobody's state."""
    project.write(
        "tests/conftest.py",
        """
        import pytest
        from lab import add
        @pytest.fixture
        def plus(): return add
        """,
    )
    project.write("tests/test_calc.py", "def test_add(plus): assert plus(1, 2) == 3")
    cell = PYTEST.format("../tests")
    assert passes(cell)
    project.write("src/lab/calc.py", BROKEN)
    assert not passes(cell)


def test_a_test_that_was_written_meanwhile(project, opened, passes):
    """It is as its file, so nothing is told of it until it is edited."""
    project.write(
        "tests/test_calc.py", "from lab import add\ndef test_add(): assert add(1, 2) == 3"
    )
    time.sleep(0.1)  # nobody is quicker
    cell = PYTEST.format("../tests")
    assert passes(cell)
    assert opened.run("1").report == ""
    project.write("tests/test_calc.py", "def test_add(): assert False")
    assert "test_calc changed, and is not followed" in opened.run("1").report


def test_helpers_of_the_tests(project, passes):
    """They are modules of a package that nothing registered leads to."""
    project.write("tests/__init__.py", "")
    project.write("tests/helper.py", "from lab import add as plus")
    project.write(
        "tests/test_calc.py",
        "from .helper import plus\ndef test_add(): assert plus(1, 2) == 3",
    )
    cell = PYTEST.format("../tests")
    assert passes(cell)
    project.write("src/lab/calc.py", BROKEN)
    assert not passes(cell)


def test_tests_in_the_notebook(project, opened, passes):
    """A class of a cell looks its names up when it runs."""
    opened.run("%%liveimport\nfrom lab import add")
    opened.run(
        "import unittest\n"
        "class TestAdd(unittest.TestCase):\n"
        "    def test_add(self): assert add(1, 2) == 3"
    )
    cell = "unittest.main(argv=['x'], exit=False).result.wasSuccessful()"
    assert passes(cell)
    project.write("src/lab/calc.py", BROKEN)
    assert not passes(cell)
