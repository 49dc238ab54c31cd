"""Hypothesis profiles, and the processes that sessions are forked from."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(_HERE), "tests"))  # core.worlds draws worlds

from driving import close_fork_servers  # noqa: E402  # found by pytest's own path

# Hypothesis also draws the constants of our sources that are loaded. These differ from run to run,
# and so would the sessions. Without them, a test fails only for who broke something.
vars(providers)["is_local_module_file"] = lambda _: False

settings.register_profile(
    "brief",
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
settings.load_profile("brief")


@pytest.fixture(scope="session", autouse=True)
def _fork_servers() -> Iterator[None]:
    yield
    close_fork_servers()
