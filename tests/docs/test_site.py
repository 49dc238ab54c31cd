"""The site, built as .ci/run builds it."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import liveimport

DOCS = Path(__file__).parents[2] / "docs"


class Text(HTMLParser):
    """The text of a page, without its tags."""

    def __init__(self, page):
        super().__init__()
        self.text = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_data(self, data):
        self.text += data


def inventory():
    """Returns the script that chooses the names of Python."""
    spec = spec_from_file_location("inventory", DOCS / "inventory.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    result = subprocess.run(
        [*build, "-d", str(folder / "trees"), str(DOCS), str(folder / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return folder / "html"


@pytest.mark.slow
def test_every_source_is_a_page(site):
    """Each page of docs is built, and each can be reached from the first."""
    names = {page.stem for page in DOCS.glob("*.md")} | {"tutorial"}
    first = (site / "index.html").read_text(encoding="utf-8")
    assert {name for name in names if (site / f"{name}.html").is_file()} == names
    assert {n for n in names if f'href="{n}.html"' in first} == names - {"index"}


class Links(HTMLParser):
    """The targets of the links of a page, and what can be linked to in it."""

    def __init__(self, page):
        super().__init__()
        self.targets, self.anchors = set(), {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given.get("id"), given.get("name")} - {None}
        if tag in ("a", "img", "link"):
            self.targets |= {given.get("href"), given.get("src")} - {None}


@pytest.mark.slow
def test_links_lead_somewhere(site):
    """Each link to a page, a part of a page or a file leads to one that exists."""
    # The page for addresses that do not exist has links from the root of the real site.
    pages = {page: Links(page) for page in site.glob("*.html") if page.stem != "404"}
    assert (site / "404.html").is_file()
    dead = []
    for page, links in pages.items():
        for target in links.targets:
            if re.match(r"\w+:", target) or "searchindex" in target:
                continue
            path, _, anchor = target.partition("#")
            file = site / path.partition("?")[0] if path else page
            known = pages[file].anchors if file in pages else {"", anchor}
            if not file.exists() or anchor not in known:
                dead.append((page.name, target))
    assert sorted(dead) == []


@pytest.mark.slow
def test_pages_have_what_readers_expect(site):
    """An icon, a description for previews, buttons to copy, the source, issues, the version."""
    page = (site / "guide.html").read_text(encoding="utf-8")
    for part in (
        "favicon.svg",
        'property="og:description"',
        "copybutton",
        "/blob/main/docs/guide.md",
    ):
        assert part in page
    assert "/issues" in page
    assert f"LiveImport {liveimport.__version__}" in Text(site / "guide.html").text


@pytest.mark.slow
def test_names_of_python_are_links(site):
    """Each name of the inventory is linked to from some page, and nothing else of Python is."""
    linked = {
        target.partition("#")[2]
        for page in site.glob("*.html")
        for target in Links(page).targets
        if target.startswith("https://docs.python.org/3/library/")
    }
    assert linked == set(inventory().NAMES)


def test_the_inventory_is_what_its_script_writes():
    """It has the names of the script, and no others. The build reads it, not the network."""
    script = inventory()
    data = script.FILE.read_bytes()
    _, entries = script.read(data)
    assert {entry.partition(" py:")[0] for entry in entries} == set(script.NAMES)
    assert script.chosen(data) == data


@pytest.mark.slow
def test_reference_has_every_public_name(site):
    """Each public name has an entry, with its docstring's first line."""
    page = (site / "api.html").read_text(encoding="utf-8")
    names = set(liveimport.__all__) - {"__version__"}
    assert {name for name in names if f'id="liveimport.{name}"' in page} == names
    text = Text(site / "api.html").text.replace("`", "")
    assert "Return what sync would do now, and why. This is a dry run" in text


@pytest.mark.slow
def test_internals_print_real_values(site):
    """The worked example shows the values of its own run: State, Snapshot, Plan, Outcome."""
    text = Text(site / "internals.html").text
    assert "State(1 namespaces, 2 tracked of 2 known modules, 0 failures" in text
    assert "DependencyGraph(2 tracked of 2 modules)" in text
    # The module that was not edited is read too until it is settled, which depends on speed.
    assert re.search(r"Snapshot\((1 stamps, 1 sources|2 stamps, 2 sources), 0 found\)", text)
    assert "Changes(['symcode'], new=[]) True" in text
    assert "Would reload simulator because symcode reloads\nWould rebind drop" in text
    assert "Reloaded simulator because symcode reloaded" in text
    assert "Could not reload symcode: ZeroDivisionError: division by zero" in text


@pytest.mark.slow
def test_tutorial_shows_what_its_cells_show(site):
    """The tutorial is executed when the site is built, though stored without outputs."""
    text = Text(site / "tutorial.html").text
    assert "Could not reload symcode: SyntaxError: invalid syntax" in text
    assert "(24.79, '49.6 m exactly')" in text
