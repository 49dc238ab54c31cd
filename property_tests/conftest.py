"""Hypothesis profiles, and the processes that sessions are forked from.

The slow test runs the same 400 sessions wherever it runs, so that it fails only for who broke
something. ``LIVEIMPORT_SESSIONS=5000`` has it search among that many others, at random.
"""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(_HERE), "tests"))  # core.worlds draws worlds

from driving import close_fork_servers  # noqa: E402  # found by pytest's own path

SEARCHED = os.environ.get("LIVEIMPORT_SESSIONS")
SESSIONS = int(SEARCHED or "400")

_COMMON = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
settings.register_profile("brief", _COMMON, max_examples=60, derandomize=True, database=None)
settings.register_profile(
    "long",
    _COMMON,
    max_examples=SESSIONS,
    derandomize=SEARCHED is None,
    database=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
settings.load_profile("brief")


@pytest.fixture(scope="session", autouse=True)
def _fork_servers() -> Iterator[None]:
    yield
    close_fork_servers()
