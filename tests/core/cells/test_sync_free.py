"""Cells before which no sync comes."""

import pytest

from liveimport.core.cells import sync_free
from liveimport.core.cells.sync_free import is_looking_word, is_sync_free


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%liveimport", True),
        ("%liveimport sync\n", True),
        ("%config LiveImport.grace = 2", True),
        ("%load_ext liveimport", True),
        ("%unload_ext liveimport\n%reload_ext  liveimport", True),
        ("%load_ext autoreload", False),
        ("import liveimport\n\n# by hand\nliveimport.auto_sync(False)\n", True),
        ("  liveimport.sync()", True),
        ("liveimport.status()", True),
        ("print(liveimport.status().to_dict())", True),
        ("liveimport.auto_sync(\n    grace=2,\n)", True),
        ("plan = liveimport.plan()\nprint(plan.to_dict())", False),
        ("print(liveimport.plan().to_dict())", True),
        ("liveimport.replaced", True),
        ("df = liveimport.replaced['df']", True),
        ("liveimport.replaced[1, 'df']", True),
        ("print(liveimport.replaced.get('df'))", True),
        ("liveimport.replaced.clear()", True),
        ("liveimport.replaced[choose()]", False),
        ("liveimport.replaced.get(choose())", False),
        ("liveimport.other['df']", False),
        ("liveimport.other.clear()", False),
        ("liveimport.auto_sync(report=False); fall(2)", False),
        ("liveimport.plan(), fall(2)", False),
        ("liveimport.register(globals(), 'import a')", False),
        ("liveimport.plan(", False),
        ("liveimport.sync()\nif ready:\n    pass", False),
        ("import liveimport; x = 1", False),
        ("liveimport.sync()\nx = 1", False),
        ("%config InlineBackend.figure_format = 'svg'", False),
        ("%%liveimport\nimport a", False),
        ("# nothing", False),
        ("", False),
    ],
)
def test_cells_that_only_configure(cell, expected):
    """Each statement queries or configures LiveImport. An empty cell does not."""
    assert is_sync_free(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%tb", True),
        ("%tb Verbose\n", True),
        ("  %debug  ", True),
        ("%pdb on", True),
        ("%xmode Minimal\n%tb", True),
        ("%history -n 1-5", True),
        ("%hist", True),
        ("%who\n%who_ls int\n%whos", True),
        ("%pinfo f\n%psource f", True),
        ("%lsmagic", True),
        ("# what was it?\n%tb\n", True),
        ("f?", True),
        ("lab.models.Net??", True),
        ("nets[0].fit?", True),
        ("*.fit*?", True),
        ("%timeit?", True),
        ("%%time?", True),
        ("?f", True),
        ("??lab.models", True),
        ("?", True),
        ("help(f)", True),
        ("help(lab.Net.fit)", True),
        ("help('topics')", True),
        ("help()", True),
        ("%tb\nliveimport.plan()", True),
        ("import pdb; pdb.pm()", True),
        ("ipdb.pm()", True),
        ("import pdb", True),
        ("import pdb\nf(3)", False),
        ("import pdb, low; pdb.pm()", False),
        ("pdb.set_trace()", False),
        ("clock.pm()", False),
        ("%debug f(3)", False),
        ("%whoami", False),
        ("%timeit f(3)", False),
        ("%run script.py", False),
        ("%rerun 3", False),
        ("names = %who_ls", False),
        ("x = 1\nf?", False),
        ("%tb\nf(3)", False),
        ("help(f(3))", False),
        ("help(f, 3)", False),
        ("print(f'{x % 2}?')", False),
        ("'''\n%tb\nf?\n'''", False),
        ("f() ?", False),
        ("# help?", False),
        ("# %tb", False),
    ],
)
def test_cells_that_only_look(cell, expected):
    """At help, the history, the names of the notebook, or the last error."""
    assert is_sync_free(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("tb", True),
        ("who int float\n", True),
        ("history -n 1-5", True),
        ("debug", True),
        ("debug f", False),
        ("who = 3", False),
        ("history[3]", False),
        ("magic(3)", False),
        ("pdb.run", False),
        ("whoami", False),
        ("who\nwhos", False),
        ("f", False),
        ("", False),
    ],
)
def test_words_that_may_be_magics(cell, expected):
    """IPython takes a word without % for a magic, if it is a cell of its own."""
    assert is_looking_word(cell) is expected


def test_what_may_be_sync_free(monkeypatch):
    """The shortcut leaves out no cell: without it, the result is the same."""
    cells = [
        cell
        for test in (test_cells_that_only_look, test_cells_that_only_configure)
        for cell, _ in test.pytestmark[0].args[1]
    ]
    before = list(map(is_sync_free, cells))
    monkeypatch.setattr(sync_free, "may_be_sync_free", lambda _cell: True)
    assert list(map(is_sync_free, cells)) == before
