"""Workers of this machine: those of joblib are replaced, others are counted."""

import multiprocessing
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

import liveimport

if sys.platform != "emscripten":
    import joblib

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("_work")]

JOBLIB = "joblib starts new workers at its next call: 2 had the code of before"


@pytest.fixture
def _work(session, project, monkeypatch):
    """A module that imports another; workers can import both."""
    monkeypatch.setenv("PYTHONPATH", project.path(""))
    project.write("cfg.py", "F = 2")
    project.write("work.py", "from cfg import F\ndef f(x): return x * F")
    names: dict[str, object] = {}
    exec("import work", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import work")
    yield
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)


def parallel():
    """Returns what two workers make of two numbers."""
    work = sys.modules["work"]
    return joblib.Parallel(2)(joblib.delayed(work.f)(i) for i in (1, 2))


def test_joblib(project):
    """Its next call runs the new code, also of what the module imports."""
    assert parallel() == [2, 4]
    project.write("cfg.py", "F = 3000")
    outcome = liveimport.sync()
    assert str(outcome).splitlines()[-1] == JOBLIB
    assert outcome.to_dict()["workers_replaced"] == 2
    assert parallel() == [3000, 6000]
    # Nothing has changed: the workers stay.
    executor = joblib.externals.loky.get_reusable_executor(reuse=True)
    assert not liveimport.sync()
    assert parallel() == [3000, 6000]
    assert joblib.externals.loky.get_reusable_executor(reuse=True) is executor


def test_a_call_of_another_thread(project):
    """It ends, on the code of before; else it might hang. Then the workers are replaced."""
    slow = "import time\nfrom cfg import F\ndef f(x):\n    time.sleep(0.1)\n    print(x, file=open(f'{x}.txt', 'w'))\n    return F"
    project.write("work.py", slow)
    liveimport.sync()
    found, work = [], sys.modules["work"]

    def call(count):
        return joblib.Parallel(2)(joblib.delayed(work.f)(i) for i in range(count))

    thread = threading.Thread(target=lambda: found.extend(call(30)), daemon=True)
    thread.start()
    end = time.monotonic() + 60
    # Until a worker has loaded what is edited next.
    while not (project.folder / "5.txt").exists() and time.monotonic() < end:
        time.sleep(0.01)
    project.write("cfg.py", "F = 9")
    busy = "2 workers of joblib are in use, and keep the code of before until another sync finds them idle"
    outcome = liveimport.sync()
    assert str(outcome).splitlines()[-1] == busy
    assert (outcome.workers_busy, outcome.workers_replaced) == (2, 0)
    assert str(liveimport.sync()) == "Nothing to reload"
    thread.join(timeout=60)
    # The other one may have loaded it since.
    assert (found[0], len(found), {*found} <= {2, 9}) == (2, 30, True)
    assert str(liveimport.sync()) == JOBLIB
    assert call(2) == [9, 9]
    assert str(liveimport.sync()) == "Nothing to reload"


def test_no_workers(project):
    """Nothing is started, and nothing is told."""
    project.write("cfg.py", "F = 3")
    assert not liveimport.sync().workers_replaced
    assert "joblib" not in str(liveimport.sync())


def test_a_pool(project):
    """It is counted, and never stopped; a manager is none."""
    context = multiprocessing.get_context("spawn")
    with context.Manager(), ProcessPoolExecutor(1, mp_context=context) as pool:
        f = sys.modules["work"].f
        assert pool.submit(f, 1).result() == 2
        project.write("cfg.py", "F = 3")
        outcome = liveimport.sync()
        assert (outcome.old_processes, outcome.workers_replaced) == (1, 0)
        assert str(outcome).splitlines()[-1] == (
            "1 process that was started before runs the code of then: start a new pool"
        )
        assert pool.submit(int, "4").result() == 4
    project.write("cfg.py", "F = 5")
    assert liveimport.sync().old_processes == 0


def test_a_failure(project):
    """Then nothing is replaced: everything is as before."""
    assert parallel() == [2, 4]
    project.write("cfg.py", "F = 1 / 0")
    with pytest.raises(liveimport.ModuleError) as failed:
        liveimport.sync()
    assert failed.value.outcome.workers_replaced == 0


@pytest.mark.slow
def test_scikit_learn(project):
    """With `n_jobs`, estimators of the project are those of the new code."""
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    project.write(
        "steps.py",
        """\
        from cfg import F
        from sklearn.base import BaseEstimator, TransformerMixin

        class Scale(TransformerMixin, BaseEstimator):
            def __init__(self, by=1):
                self.by = by

            def fit(self, x, y=None):
                return self

            def transform(self, x):
                return [[F * self.by * value for value in row] for row in x]

        def score(model, x, y):
            return F
        """,
    )
    names: dict[str, object] = {}
    exec("import steps", names)  # noqa: S102  # as a notebook does
    liveimport.register(names, "import steps")

    def search():
        """Returns the score of each fold, and what the best step gives here."""
        steps = sys.modules["steps"]
        model = make_pipeline(steps.Scale(), LinearRegression())
        grid = GridSearchCV(model, {"scale__by": [1, 2]}, scoring=steps.score, cv=2, n_jobs=2)
        grid.fit([[1], [2], [3], [4]], [1, 2, 3, 4])
        [scale, _] = grid.best_estimator_.named_steps.values()
        assert isinstance(scale, steps.Scale)
        return grid.cv_results_["mean_test_score"].tolist(), scale.transform([[1]])

    assert search() == ([2, 2], [[2]])
    project.write("cfg.py", "F = 3000")
    assert str(liveimport.sync()).splitlines()[-1] == JOBLIB
    assert search() == ([3000, 3000], [[3000]])
