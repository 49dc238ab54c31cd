"""Extension modules, compiled in the test."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

_SOURCE = """
#include <Python.h>
static PyObject *value(PyObject *self, PyObject *args) { return PyLong_FromLong(%(value)s); }
static PyMethodDef methods[] = {{"value", value, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "%(name)s", 0, -1, methods};
PyMODINIT_FUNC PyInit_%(name)s(void) { return PyModule_Create(&module); }
"""


def extension_source(name: str, value: int) -> str:
    """Returns the source of a module with a function `value`."""
    return _SOURCE % {"name": name, "value": value}


def build_extension(folder: Path, name: str, value: int) -> None:
    """Compiles such a module into a folder, in place of the one that may be there."""
    if shutil.which("cc") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no C compiler")
    source, built = folder / f"{name}.c", folder / f"{name}.so"
    folder.mkdir(parents=True, exist_ok=True)
    source.write_text(extension_source(name, value), "utf-8")
    built.unlink(missing_ok=True)
    include = sysconfig.get_path("include")
    command = ["cc", "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(built)]
    subprocess.run(command, check=True)
