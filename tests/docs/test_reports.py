"""The schema on the page about reports has each field that `to_dict` gives, and no other."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"

SESSION = """\
import json
from pathlib import Path

import liveimport
from liveimport.effects.session import SESSION

liveimport.auto_sync(False)
for name in ("good", "bad"):
    Path(f"{name}.py").write_text("x, y = 1, 2")
from good import x
from good import *
import bad

liveimport.register(globals(), "from good import x, y\\nimport bad")
Path("good.py").write_text("x = 3")
Path("bad.py").write_text("1 / 0")
plan = liveimport.plan().to_dict()
# sync() raises for the failure, and so does not return the outcome.
print(json.dumps([plan, SESSION.sync(insist=True).to_dict()]))
"""


def fields(section):
    """Returns the fields in the table of a section of the page."""
    text = PAGE.read_text(encoding="utf-8")
    body = text.partition(f" {section}\n\n")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE))


def test_schema_is_complete(run):
    """A session in which everything happens gives just the fields that the page lists."""
    plan, outcome = json.loads(run(SESSION))
    both = fields("For other programs")
    [group, _] = plan["groups"]
    inner = {f"groups[].{name}" for name in group}
    inner |= {f"groups[].steps[].{name}" for name in group["steps"][0]}
    assert set(plan) | inner == both | fields("Plan")
    assert set(outcome) == both | fields("Outcome")
    for binding in (*plan["rebinds"], *outcome["rebound"], *outcome["gone"]):
        assert set(binding) == fields("Bindings")
    assert [set(failure) for failure in outcome["failed"]] == [fields("Failures")]
    assert (outcome["gone"][0]["name"], outcome["failed"][0]["module"]) == ("y", "bad")
    assert set(outcome["reloaded"][0]) == {"module", "reason", "mtime", "after"}
