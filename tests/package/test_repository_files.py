"""What hosts of repositories read: it parses, and what it calls exists. Nobody has run it yet."""

import importlib.util
import re
import shlex
import shutil
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROGRAMS = {"sudo", "env", "bash", "grep", "python"}
PIP = ["python", "-m", "pip"]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def parsed(name):
    """Returns the content of a YAML file; `on` is a word there, not a truth value."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return yaml.safe_load(re.sub("^on:", "'on':", text, flags=re.MULTILINE))


def project():
    """Returns the tables of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def jobs():
    """Returns each job of each workflow, by the names of both."""
    return {
        (path.name, name): job
        for path in WORKFLOWS
        for name, job in parsed(path.relative_to(ROOT))["jobs"].items()
    }


def steps():
    """Returns each step of each job."""
    return [step for job in jobs().values() for step in job.get("steps", ())]


COMMANDS = [step["run"] for step in steps() if "run" in step]


def unknown_in(command):
    """Returns what a command calls and what is not there: programs, modules, files, extras, groups."""
    unknown = []
    for part in command.split("|"):
        words = shlex.split(re.sub(r"\$\{.*?\}", "x", part))
        program = words[0]
        beside = Path(sys.executable).parent / program
        if program not in PROGRAMS and not beside.exists() and shutil.which(program) is None:
            unknown.append(program)
        runs_module = words[:2] == ["python", "-m"] and words[:3] != PIP
        if runs_module and importlib.util.find_spec(words[2]) is None:
            unknown.append(words[2])
        for word in words[1:]:
            if re.match(r"(tests|docs|\.ci)\b", word) and "_build" not in word:
                unknown.extend([] if (ROOT / word).exists() else [word])
            if word.startswith(".["):
                extras = project()["project"]["optional-dependencies"]
                unknown.extend(set(word[2:-1].split(",")) - set(extras))
        named = {group for option, group in pairwise(words) if option == "--group"}
        unknown.extend(named - set(project()["dependency-groups"]))
    return unknown


@pytest.mark.parametrize("command", COMMANDS)
def test_what_workflows_call_exists(command):
    """Programs, modules, folders, extras and groups that a step names are there."""
    if "build" in command or "twine" in command:
        pytest.importorskip("build")
        pytest.importorskip("twine")
    assert unknown_in(command) == []


@pytest.mark.parametrize(
    "command",
    [
        "rufff check .",
        "python -m liveimpotr",
        "python -m pytest tests/cor",
        "pip '.[dve]'",
        "pip --group dve",
    ],
)
def test_what_does_not_exist_is_found(command):
    """The test above can fail."""
    assert len(unknown_in(command)) == 1


def test_the_matrix_is_what_is_promised():
    """Tests run on each system and each Python that pyproject.toml names."""
    matrix = jobs()["checks.yml", "tests"]["strategy"]["matrix"]
    classifiers = project()["project"]["classifiers"]
    pythons = [c.rpartition(" ")[2] for c in classifiers if re.search(r"Python :: 3\.\d", c)]
    assert matrix["python"] == pythons
    systems = {c.split(" :: ")[-1] for c in classifiers if c.startswith("Operating System")}
    names = {"ubuntu-latest": "Linux", "macos-latest": "MacOS", "windows-latest": "Windows"}
    assert {names[system] for system in matrix["os"]} == systems


QUICK = ("ruff check .", "ruff format --check .", "mypy --strict", "lint-imports")


def test_workflows_check_what_ci_checks():
    """Style, types, layers and the coverage of core are checked by the words of .ci/run."""
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").replace('"$main/bin/', "")
    ci = re.sub(r'"? \\\n *', " ", ci.replace('"', ""))
    coverage = next(command for command in COMMANDS if "--cov-fail-under" in command)
    for command in (*QUICK, coverage.removeprefix("python ")):
        assert command in ci
        assert command in " ".join(COMMANDS)


def test_hooks_check_what_ci_checks():
    """The hooks before a commit are the quick checks."""
    (local,) = parsed(".pre-commit-config.yaml")["repos"]
    assert tuple(hook["entry"] for hook in local["hooks"]) == QUICK
    assert all(hook["pass_filenames"] is False for hook in local["hooks"])


def test_a_release_is_of_a_tag_and_attested():
    """Tags alone publish, after all checks, without a password, with attestations."""
    release = parsed(".github/workflows/release.yml")
    assert release["on"] == {"push": {"tags": ["v*"]}}
    publish = release["jobs"]["publish"]
    assert release["jobs"]["build"]["needs"] == "checks"
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"id-token": "write"}
    action = publish["steps"][-1]
    assert action["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert action["with"] == {"attestations": True}
    checks = release["jobs"]["checks"]["uses"]
    assert (ROOT / checks).is_file()
    assert "workflow_call" in parsed(checks)["on"]


def test_each_workflow_may_read_only():
    """A workflow may read; a job that may more says so itself."""
    assert all(
        parsed(path.relative_to(ROOT))["permissions"] == {"contents": "read"}
        for path in WORKFLOWS
    )


def test_each_job_ends():
    """A job that hangs is ended."""
    assert [
        name for name, job in jobs().items() if not {"timeout-minutes", "uses"} & set(job)
    ] == []


def test_the_site_is_built_as_in_ci():
    """Read the Docs has a configuration and groups that exist, and fails on warnings."""
    site = parsed(".readthedocs.yaml")
    assert (ROOT / site["sphinx"]["configuration"]).is_file()
    assert site["sphinx"]["fail_on_warning"] is True
    installs = site["build"]["jobs"]["install"]
    assert [unknown_in(command) for command in installs] == [[]] * len(installs)


def test_extras_are_for_users():
    """What developers need is a group, and CONTRIBUTING says how to have each."""
    tables = project()
    groups = tables["dependency-groups"]
    assert not set(tables["project"]["optional-dependencies"]) & set(groups)
    within = {part["include-group"] for part in groups["dev"] if isinstance(part, dict)}
    told = {group for group in groups if f"| `{group}` |" in CONTRIBUTING}
    assert "--group dev" in CONTRIBUTING
    assert told | within | {"dev"} == set(groups)


@pytest.mark.parametrize("name", ["bug.yml", "wish.yml"])
def test_forms_of_issues(name):
    """Each has a name, and fields with a label each."""
    form = parsed(f".github/ISSUE_TEMPLATE/{name}")
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["id"] and field["attributes"]["label"] for field in fields)


def test_the_citation():
    """It has what the format demands, and says of the license what pyproject.toml says."""
    citation = parsed("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    tables = project()["project"]
    assert citation["license"] == tables["license"]
    assert citation["repository-code"] == tables["urls"]["Source"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in tables["authors"]
    ]


def test_contributing_names_these_files():
    """It says what each is for, and that nobody has run them."""
    files = [path.relative_to(ROOT).as_posix() for path in WORKFLOWS]
    for name in (*files, ".readthedocs.yaml", ".pre-commit-config.yaml", ".ci/run"):
        assert f"`{name}`" in CONTRIBUTING
    assert "untested until" in CONTRIBUTING


def test_constraints_are_within_the_bounds():
    """Each version that is named is one that pyproject.toml allows, and none is missing."""
    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    tables = project()
    groups = tables["dependency-groups"]
    told = list(tables["project"]["dependencies"])
    for group in ("test", "docs", "dev", "recipes", "release"):
        told.extend(groups[group])
    for wanted in told:
        if isinstance(wanted, str):
            needed = Requirement(wanted)
            assert pinned[canonicalize_name(needed.name)] in needed.specifier
