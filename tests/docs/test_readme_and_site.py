"""The first pages: short, plain, with links that lead somewhere, and a picture that is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from liveimport.core.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")


def test_readme_is_short():
    """It has at most 120 lines."""
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("syntax", [r"^```\{", r"\{\w+\}`", r"^:::", r"^\(.*\)=$", r"^% "])
def test_readme_has_no_syntax_of_the_site(syntax):
    """Hosts of repositories and package indexes would show it as it is."""
    assert re.search(syntax, README, re.MULTILINE) is None


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/index.md"]
)
def test_links_lead_somewhere(page):
    """A link to a file leads to one that exists."""
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)]
    files = [target for target in targets if target and not target.startswith("https://")]
    assert [file for file in files if not ((ROOT / page).parent / file).exists()] == []


@pytest.mark.processes
def test_the_picture_is_of_the_demonstration():
    """The animated picture shows what a run shows today: `python docs/demonstration.py`."""
    check = [sys.executable, str(ROOT / "docs" / "demonstration.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0


def test_the_table_of_settings():
    """It has each setting, with its default, and what only a project has."""
    table = GUIDE.partition("### All settings")[2].partition("###")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", table, re.MULTILINE)
    found = {name: default for name, _, default in rows}
    only_lists = {"workspace", "exclude"}
    assert list(found)[: len(Settings._fields)] == list(Settings._fields)
    assert set(found) - set(Settings._fields) == only_lists
    for name, default in Settings()._asdict().items():
        assert found[name] == f"`{default!r}`".replace("'", '"')


def test_limitations_are_in_the_order_of_their_list():
    """The page begins with a list of its parts, the most frequent ones first."""
    page = (ROOT / "docs" / "limitations.md").read_text(encoding="utf-8")
    begin, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    listed = re.findall(r"^- \[.*?\]\(#(.*?)\)", begin, re.MULTILINE)
    titles = [part.partition("\n")[0].lower() for part in parts]
    assert listed == [re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles]
