"""How tests of the effects import and register."""

import sys
from typing import Any

import pytest

import liveimport
from liveimport.core import model


@pytest.fixture
def settled(monkeypatch):
    """Takes each version for settled as soon as it was read. Else a test would wait for that."""
    monkeypatch.setattr(model, "SETTLED_NS", 0)


@pytest.fixture
def live(session, project):
    """Executes import statements in a new namespace, or the one given, and registers them."""
    session.install()

    def execute_and_register(
        statements: str, namespace: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        namespace = {} if namespace is None else namespace
        exec(statements, namespace)  # noqa: S102  # it is what a script does before it registers
        liveimport.register(namespace, statements, **options)
        return namespace

    return execute_and_register


@pytest.fixture
def loaded():
    """Imports modules and returns them: one by itself, several as a list."""

    def load(*names: str) -> Any:
        for name in names:
            __import__(name)
        modules = [sys.modules[name] for name in names]
        return modules[0] if len(modules) == 1 else modules

    return load
