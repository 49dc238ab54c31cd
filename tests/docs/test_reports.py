"""The page about reports: its lines are those of the code, its schema is that of `to_dict`."""

import json
import re
from pathlib import Path

from liveimport import ClusterStatus, WorkerStatus
from liveimport.core.planning.plan import SCHEMA
from liveimport.core.report import messages

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"

SESSION = """\
import json
from pathlib import Path

import liveimport
from liveimport.effects.session.session import SESSION

liveimport.auto_sync(False)
for name in ("good", "bad", "tools"):
    Path(f"{name}.py").write_text("x, y = 1, 2")
from good import x
from good import *
import bad
import tools  # it is not registered

liveimport.register(globals(), "from good import x, y\\nimport bad")
Path("good.py").write_text("x = 3")
Path("bad.py").write_text("1 / 0")
plan = liveimport.plan().to_dict()
status = liveimport.status().to_dict()
# sync() raises for the failure, and so does not return the outcome.
print(json.dumps([plan, SESSION.sync(retry_failed=True).to_dict(), status]))
"""


def fields(section):
    """Returns the fields in the table of a section of the page."""
    text = PAGE.read_text(encoding="utf-8")
    body = text.partition(f" {section}\n\n")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE))


def test_schema_is_complete(run):
    """A session in which everything happens gives just the fields that the page lists."""
    plan, outcome, status = json.loads(run(SESSION))
    both = {name for name in fields("For other programs") if not name.startswith("files[]")}
    [group, _] = plan["groups"]
    inner = {f"groups[].{name}" for name in group}
    inner |= {f"groups[].steps[].{name}" for name in group["steps"][0]}
    assert set(plan) | inner == both | fields("Plan")
    assert set(outcome) == both | fields("Outcome")
    for binding in (*plan["rebinds"], *outcome["rebound"], *outcome["vanished"]):
        assert set(binding) == fields("Bindings")
    assert [set(failure) for failure in outcome["failed"]] == [fields("Failures")]
    assert (outcome["vanished"][0]["name"], outcome["failed"][0]["module"]) == ("y", "bad")
    assert set(outcome["events"][0]) == {
        "because",
        "module",
        "reason",
        "mtime",
        "after",
        "holds",
        "obstacle",
        "files",
    }
    inner = {f"modules[].{name}" for name in status["modules"][0]}
    inner |= {f"not_followed[].{name}" for name in status["not_followed"][0]}
    # A session with a cluster takes seconds; tests/hosts has some.
    cluster = ClusterStatus("Dask", workers=(WorkerStatus("a", "current"),)).to_dict()
    inner |= {f"clusters[].{name}" for name in cluster}
    inner |= {f"clusters[].workers[].{name}" for name in cluster["workers"][0]}
    assert set(status) | inner == {"schema", "kind"} | fields("Status")
    assert status["not_followed"][0]["module"] == "tools"
    assert plan["schema"] == status["schema"] == outcome["schema"] == SCHEMA
    assert f"now {SCHEMA}." in PAGE.read_text(encoding="utf-8")


def test_lines_are_those_of_the_code():
    """The table of lines has each line that a report can have, word by word."""
    place = ("SyntaxError: invalid syntax", "symcode.py", 1)
    lines = [
        messages.reloaded_modified("symcode", 18),
        messages.only_layout_changed("symcode"),
        messages.with_obstacle(
            messages.reloaded_modified("symcode", 2), messages.reads_own_source()
        ),
        messages.reloaded_because("simulator", ["symcode"]),
        messages.reloaded_because_it_holds("registry", ["plug.Plugin"]),
        messages.reloaded_because_it("invoice", "tax", "Rate", "reads"),
        messages.not_needed(["cart", "shop"], ["vat"], would=False),
        messages.reloaded_requested("symcode"),
        messages.reloaded_because_of_file(
            "conf", messages.became_of_file("conf.json", "modified", 2)
        ),
        messages.reloaded_because_of_file(
            "conf", messages.became_of_file("plugins/new.py", "new", 2)
        ),
        messages.file_changed("conf.json", ["conf"]),
        messages.too_many_files("conf"),
        messages.keeps_last_value("mile", "units", "mile"),
        messages.is_no_longer_exported("mile", "units"),
        messages.own_name_replaced("df", "utils.df", "'df'"),
        messages.own_name_kept("plot"),
        *messages.deleted_names_kept(["plot"]),
        *(
            messages.made_in_cell(messages.is_old("a", what, is_path=True), 3)
            for what in (
                messages.an_old_instance("models.Net"),
                messages.an_old_instance("models.Net", "Sub"),
                messages.an_old_subclass("models.Net"),
                messages.the_old("models.train"),
                messages.made_by_old("models.timed"),
                messages.running_old("models.batches"),
            )
        ),
        messages.is_old("a", messages.an_old_instance("models.Net"), is_path=False),
        messages.more_old_objects(5),
        messages.not_all_searched(),
        messages.could_not_reload("symcode", *place),
        messages.could_not_reload("symcode", messages.unprintable("Odd"), "symcode.py", 3),
        messages.still_fails("symcode", messages.it_was_interrupted(), "symcode.py", 1),
        messages.also_held_back(["simulator"]),
        messages.installed_fails(
            messages.could_not_reload("click", "ValueError: twice", None, 1)
        ),
        messages.unchanged_may_refuse("users"),
        messages.may_refuse("users"),
        messages.still_fails("symcode", *place),
        messages.extension_changed("fastmath"),
        messages.not_reloaded_protected("report"),
        messages.package_upgraded("numpy"),
        messages.not_reloaded_missing("simulator"),
        messages.added_again("run", "defaults.LAYERS", "defaults"),
        messages.changed_not_followed(
            "report", messages.because_not_registered(), messages.register_it()
        ),
        messages.still_not_followed(["report", "tools"]),
        messages.changed_while_running("symcode", 1),
        messages.registers_nothing(messages.because_no_import()),
        messages.autoreload_is_on(),
        messages.reloading("simulator", 2, 3),
        messages.reloading_took(4.2),
    ]
    page = PAGE.read_text(encoding="utf-8")
    table = page.partition("## The lines\n\n")[2].partition("\n\n")[0]
    said = re.findall(r"^\| (?:`([^`]+)`|``(.+?)``) \|", table, re.MULTILINE)
    assert [single or double for single, double in said] == lines
