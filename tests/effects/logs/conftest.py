"""How tests of the logs import."""

import importlib

import pytest

from liveimport.effects.logs.run_log import RunLog


@pytest.fixture
def traces(project):
    """Imports a module among others, and returns the traces of all."""
    folder = str(project.folder)
    log = RunLog(lambda path: not path.startswith(folder))

    def of(**modules):
        project.write_all(**modules)
        assert log.begin()
        try:
            importlib.import_module("m")
        finally:
            log.end()
        return log.take()

    yield of
    log.end()
