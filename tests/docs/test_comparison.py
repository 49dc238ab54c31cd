"""The comparison with other tools: the table is that of the results, and our column is true."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPARISON = ROOT / "benchmarks" / "comparison"


@pytest.fixture
def compare(monkeypatch):
    """The script that makes the table."""
    monkeypatch.syspath_prepend(str(COMPARISON))
    import compare

    yield compare
    del sys.modules["compare"]


@pytest.fixture
def results():
    """What was measured last."""
    return json.loads((COMPARISON / "results.json").read_text(encoding="utf-8"))


def test_the_page_has_the_results(compare, results):
    """`compare.py --render` changes nothing."""
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    assert compare.rendered(page, results) == page
    assert compare.table(results) in page


def test_others_are_better_in_some(compare, results):
    """Rows in which we lose are in."""
    ours = results["tools"]["liveimport"]["found"]
    lost = [row for row in compare.ROWS if not ours[row]]
    assert len(lost) >= 3
    for row in lost:
        assert any(tool["found"][row] for tool in results["tools"].values())


@pytest.mark.processes
def test_our_column(compare, results):
    """What LiveImport does in the session today is what the table says."""
    found = compare.run_session("liveimport", sys.executable)
    assert found == results["tools"]["liveimport"]["found"]
    assert set(found) == set(compare.ROWS)
