"""The tour: `python -m liveimport`."""

import os
import subprocess
import sys
import tempfile

import pytest

import liveimport
from liveimport import __main__ as tour


@pytest.fixture
def machine(tmp_path):
    """The folders of a user with nothing in them, as environment variables."""
    folders = {name: tmp_path / name for name in ("HOME", "TMPDIR", "IPYTHONDIR")}
    for folder in folders.values():
        folder.mkdir()
    environment = {**os.environ, **{name: str(folder) for name, folder in folders.items()}}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def run(arguments, environment, folder):
    """Runs Python in a folder and returns the finished process."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.processes
def test_it_shows_a_session_and_succeeds(machine, tmp_path):
    """The tour exits with 0, and shows cells, edits, reports, a failure and a plan."""
    ran = run(["-m", "liveimport"], machine, tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    for shown in (
        "In [3]: %%liveimport\n   ...: from trips import km\n",
        "  units.py\n    -MILE = 1.6\n    +MILE = 1.5\n",
        "Reloaded trips because units reloaded\nOut[5]: 15.0\n",
        "Could not reload trips: ValueError: not yet",
        "Would rebind km\n",
    ):
        assert shown in ran.stdout
    assert ran.stdout.endswith("\nEverything was as expected.\n")


@pytest.mark.processes
def test_it_leaves_nothing_behind(machine, tmp_path):
    """No file stays: none at home, none among temporary files, none where it was started."""
    before = sorted(os.listdir(tmp_path))
    run(["-m", "liveimport"], machine, tmp_path)
    assert sorted(os.listdir(tmp_path)) == before
    for name in ("HOME", "TMPDIR", "IPYTHONDIR"):
        assert os.listdir(machine[name]) == []


@pytest.mark.processes
def test_modules_of_the_same_names_do_not_disturb_it(machine, tmp_path):
    """It works where the working directory has a `units` and a `trips` of its own."""
    for name in ("units.py", "trips.py"):
        (tmp_path / name).write_text("raise RuntimeError('not the module of the tour')\n")
    ran = run(["-m", "liveimport"], machine, tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.processes
def test_settings_of_a_project_do_not_disturb_it(machine, tmp_path):
    """It works in the folder of a project that has other defaults."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.liveimport]\nreport = false\nexclude = ['units']\nown_names = 'keep'\n"
    )
    ran = run(["-m", "liveimport"], machine, tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.processes
def test_a_wrong_value_fails_it(machine, tmp_path):
    """When a cell shows something else, the exit status is 1, and the message says what."""
    program = "import sys, liveimport.__main__ as m; m.AGO = ' never'; sys.exit(m.main())"
    ran = run(["-c", program], machine, tmp_path)
    assert ran.returncode == 1
    assert "The tour failed: 'km(10)' showed 'Reloaded units modified" in ran.stdout
    assert "Everything was as expected" not in ran.stdout
    assert os.listdir(machine["TMPDIR"]) == []


@pytest.mark.parametrize(("code", "out"), [("1 / 0", ""), ("2", "3"), ("2", "")])
def test_each_cell_is_checked(shell, code, out):
    """A cell that raises, or shows what is not expected, ends the tour."""
    with pytest.raises(tour.TourError):
        tour.Tour(shell.ipython).cell(code, out=out)


def test_the_process_is_as_before(session, project, monkeypatch, capsys):
    """Working directory, `sys.path`, bytecode folder and `__main__` are put back."""
    monkeypatch.setattr(tempfile, "tempdir", str(project.folder))
    monkeypatch.setattr(sys, "pycache_prefix", project.path("bytecode"))

    def process():
        return os.getcwd(), sys.path[:], sys.pycache_prefix, sys.modules["__main__"]

    before = process()
    assert tour.main() == 0
    assert process() == before
    assert capsys.readouterr().out.endswith("Everything was as expected.\n")


@pytest.mark.processes
def test_the_version(machine, tmp_path):
    """It is printed, and nothing runs."""
    ran = run(["-m", "liveimport", "--version"], machine, tmp_path)
    expected = (0, f"liveimport {liveimport.__version__}\n", "")
    assert (ran.returncode, ran.stdout, ran.stderr) == expected


@pytest.mark.processes
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(machine, tmp_path, option):
    """It says what the command does and how LiveImport is used, and nothing runs."""
    ran = run(["-m", "liveimport", option], machine, tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("usage: python -m liveimport [-h] [--version]\n")
    assert " and %%liveimport above a cell of imports." in " ".join(ran.stdout.split())
    assert "In [1]" not in ran.stdout


@pytest.mark.processes
def test_an_option_that_there_is_not(machine, tmp_path):
    """It is an error, and nothing runs."""
    ran = run(["-m", "liveimport", "--quick"], machine, tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "unrecognized arguments: --quick" in ran.stderr


@pytest.mark.processes
@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"]])
@pytest.mark.parametrize("lines", [0, 1])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_who_reads_it_may_stop(machine, tmp_path, arguments, lines, unbuffered):
    """A closed pipe ends it quietly, and nothing is left behind."""
    machine["PYTHONUNBUFFERED"] = unbuffered
    with subprocess.Popen(
        [sys.executable, "-m", "liveimport", *arguments],
        cwd=tmp_path,
        env=machine,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as started:
        for _ in range(lines):
            started.stdout.readline()
        started.stdout.close()
        said = started.stderr.read().decode()
        assert (started.wait(60), said) == (0, "")
    assert os.listdir(machine["TMPDIR"]) == []
