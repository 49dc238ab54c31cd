"""The sdist and the wheel: what is in them, what an index would say of them, and one version."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import liveimport

ROOT = Path(__file__).parents[2]
NEEDS_CLONE = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="asks git which files there are; this is a copy"
)
TRACKED = ("git", "ls-files", "--cached", "--others", "--exclude-standard")


def run(*command):
    """Returns what a command prints; its failure is shown."""
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The files of a release: the sdist, and the wheel that was made of it."""
    if not os.environ.get("CI"):
        for module in ("build", "hatchling", "hatch_fancy_pypi_readme", "pyroma", "twine"):
            pytest.importorskip(module)
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "-o", str(folder), ".")
    return sorted(folder.iterdir())


def names_in(path):
    """Returns the names of the files in an sdist or wheel, without the folder of an sdist."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return set(wheel.namelist())
    with tarfile.open(path) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


@pytest.mark.slow
def test_names(built):
    """They have the name of the distribution, and the version of the package."""
    start = f"liveimport_notebook-{liveimport.__version__}"
    assert [p.name for p in built] == [f"{start}-py3-none-any.whl", f"{start}.tar.gz"]


@pytest.mark.slow
def test_the_wheel_is_the_package(built):
    """It has each module and the marker of types, its license, and nothing else."""
    files = run(*TRACKED, "liveimport").split()
    names = names_in(built[0])
    assert {name for name in names if ".dist-info/" not in name} == set(files)
    others = {Path(name).name for name in names if ".dist-info/" in name}
    assert others == {"METADATA", "RECORD", "WHEEL", "LICENSE"}


@pytest.mark.slow
def test_the_sdist_is_the_repository(built):
    """It has every file of the repository but those that only hosts of repositories read."""
    files = set(run(*TRACKED).split())
    hosts = {name for name in files if name.startswith(".") and not name.startswith(".ci/")}
    assert names_in(built[1]) - {"PKG-INFO", ".gitignore"} == files - hosts


@pytest.mark.slow
def test_links_work_on_the_index(built):
    """What README links to by a path is linked to by an address."""
    with zipfile.ZipFile(built[0]) as wheel:
        (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        text = wheel.read(metadata).decode()
    assert re.findall(r"\]\((?!https://)([^)]*)\)", text) == []
    assert "blob/main/docs/guide.md)" in text


@pytest.mark.slow
def test_an_index_would_take_them(built):
    """Twine finds nothing wrong, and pyroma gives ten of ten."""
    run(sys.executable, "-m", "twine", "check", "--strict", *map(str, built))
    rated = run(sys.executable, "-m", "pyroma", "-n", "10", str(built[1]))
    assert "Final rating: 10/10" in rated


@NEEDS_CLONE
def test_one_version():
    """The version stands in `liveimport/__init__.py`, and nowhere else."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    assert "version" in project["project"]["dynamic"]
    literal = re.compile(r"""^_*(?:version|release)_* *[=:] *["']?\d""", re.MULTILINE)
    found = [
        path
        for path in run(*TRACKED, "*.py", "*.toml", "*.cff").split()
        if literal.search((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert found == ["liveimport/__init__.py"]


@NEEDS_CLONE
def test_one_address():
    """Every link to the repository is to the one that the index is told of."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        urls = tomllib.load(file)["project"]["urls"]
    source = urls["Source"]
    assert all(url.startswith((source, urls["Documentation"])) for url in urls.values())
    pages = run(*TRACKED, "*.md", "*.toml", "*.yml", "*.yaml", "*.cff", "docs/conf.py").split()
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages)
    ours = re.findall(r"https://(?:raw\.)?github\w*\.com/(liveimport[\w-]*/[\w-]*)", text)
    assert set(ours) == {source.removeprefix("https://github.com/")}
