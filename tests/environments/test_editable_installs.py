"""A package below ``src``, installed by ``pip install -e``, and a notebook beside it."""

from textwrap import dedent

import pytest

from .environment import virtual
from .extensions import extension_source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BACKENDS = ("hatchling", "editables", "setuptools>=77", "flit-core", "meson-python", "ninja")
PYPROJECT = """
    [build-system]
    requires = []
    build-backend = "{backend}"
    [project]
    name = "{name}"
    version = "1"
    description = "A package below src."
"""
HATCHLING = """
    [tool.hatch.build.targets.wheel]
    packages = ["src/{name}"]
"""
MAPPED_BY_HATCHLING = """
    [tool.hatch.build.targets.wheel]
    only-include = ["src/{name}"]
    dev-mode-exact = true
    [tool.hatch.build.targets.wheel.sources]
    "src" = ""
"""
MAPPED_BY_SETUPTOOLS = """
    [tool.setuptools]
    packages = ["{name}", "{name}.deep"]
    package-dir = {{"{name}" = "src/{name}"}}
"""
SCIKIT_BUILD = """
    [tool.scikit-build]
    wheel.packages = ["src/{name}"]
"""
MESON_EXTENSION = """
    add_languages('c')
    py.extension_module('_fast', 'src/{name}/_fast.c', install: true, subdir: '{name}')
"""
CMAKE_EXTENSION = """
    find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
    python_add_library(_fast MODULE src/{name}/_fast.c WITH_SOABI)
    install(TARGETS _fast DESTINATION {name})
"""
CMAKE = """
    cmake_minimum_required(VERSION 3.15)
    project({name} LANGUAGES C)
"""
MESON = """
    project('{name}', version: '1')
    py = import('python').find_installation(pure: false)
    sources = ['src/{name}/__init__.py', 'src/{name}/api.py']
    py.install_sources(sources, subdir: '{name}')
    py.install_sources(['src/{name}/deep/__init__.py', 'src/{name}/deep/low.py'], subdir: '{name}/deep')
"""
REBUILD = {
    "scikit_build_core.build": (
        "--config-settings=editable.rebuild=true",
        "--config-settings=editable.verbose=false",
        "--config-settings=build-dir=build",
    )
}
HATCH, SETUPTOOLS = "hatchling.build", "setuptools.build_meta"

LAYOUTS = {
    "hatchling": (HATCH, HATCHLING, ()),
    "hatchling_finder": (HATCH, MAPPED_BY_HATCHLING, ()),
    "setuptools_lenient": (SETUPTOOLS, "", ("--config-settings=editable_mode=lenient",)),
    "setuptools_strict": (SETUPTOOLS, "", ("--config-settings=editable_mode=strict",)),
    "setuptools_compat": (SETUPTOOLS, "", ("--config-settings=editable_mode=compat",)),
    "setuptools_finder": (SETUPTOOLS, MAPPED_BY_SETUPTOOLS, ()),
    "flit": ("flit_core.buildapi", "", ()),
    "meson": ("mesonpy", "", ()),
    "scikit_build": ("scikit_build_core.build", SCIKIT_BUILD, ()),
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the build backends."""
    made = virtual(tmp_path_factory.mktemp("editable") / "venv")
    made.install("--ignore-installed", *BACKENDS, "scikit-build-core")
    return made


@pytest.fixture
def install(project, environment):
    """Installs the package with a backend, in editable mode."""

    def install(name, backend, extra, options, *, extension=False):
        text = dedent(PYPROJECT) + dedent(extra)
        if extension:
            # A second import of the package, in another process, builds it again.
            options = (*options, *REBUILD.get(backend, ()))
        project.write("pyproject.toml", text.format(backend=backend, name=name))
        for file, build, more in (
            ("meson.build", MESON, MESON_EXTENSION),
            ("CMakeLists.txt", CMAKE, CMAKE_EXTENSION),
        ):
            text = dedent(build) + (dedent(more) if extension else "")
            project.write(file, text.format(name=name))
        environment.install("--no-build-isolation", "--no-deps", *options, "-e", project.folder)

    (project.folder / "notebooks").mkdir()
    return install


def write_package(project, name):
    """Writes a package whose function takes its value from the deepest module."""
    package = f"src/{name}"
    project.write(f"{package}/__init__.py", "from .api import run")
    project.write(f"{package}/api.py", "from .deep.low import x\ndef run(): return x")
    project.write(f"{package}/deep/__init__.py", "")
    project.write(f"{package}/deep/low.py", "x = 1")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_edit_anywhere_is_seen(project, environment, tmp_path, install, layout):
    """Without a word of set-up. After each edit the session is as fresh, or as before and told."""
    name = f"lab_{layout}"
    package = f"src/{name}"
    write_package(project, name)
    install(name, *LAYOUTS[layout])

    def fresh():
        return environment.fresh(f"import {name}; print({name}.run())")

    with environment.kernel(project.folder / "notebooks", tmp_path) as kernel:
        ran = kernel.run(f"%%liveimport\nfrom {name} import run\nrun()")
        assert ran.value == fresh() == "1"
        project.write(f"{package}/deep/low.py", "x = 22")
        assert kernel.run("run()").value == fresh() == "22"
        project.write(f"{package}/api.py", "from .deep.low import x\ndef run(): return 10 * x")
        assert kernel.run("run()").value == fresh() == "220"
        project.write(f"{package}/__init__.py", "from .deep.low import x\ndef run(): return -x")
        assert kernel.run("run()").value == fresh() == "-22"
        project.write(f"{package}/deep/low.py", "x = 333")
        assert kernel.run("run()").value == fresh() == "-333"
        project.write(f"{package}/extra.py", "y = 4")
        project.write(f"{package}/__init__.py", "from .extra import y\ndef run(): return y")
        ran, now = kernel.run("run()"), fresh()
        assert ran.value == (now or "-333")
        assert ("Could not reload" in ran.report) is (now is None)
        project.write(f"{package}/__init__.py", "from .api import run")
        assert kernel.run("run()").value == fresh() == "3330"


@pytest.mark.parametrize("mapped", [False, True])
def test_a_namespace_package_of_two_installs(project, environment, tmp_path, mapped):
    """Each part is in a folder of its own. Only one of them is registered."""
    space = f"space_{mapped}".lower()
    for part, text in (("one", f"from {space}.two import x as y\n"), ("two", "")):
        name = f"{space}.{part}"
        folder = f"{part}/src/{space}/{part}"
        project.write(f"{folder}/__init__.py", f"{text}from .low import x")
        project.write(f"{folder}/low.py", "x = 1")
        where = f'{{"{name}" = "src/{space}/{part}"}}' if mapped else '{"" = "src"}'
        pyproject = dedent(PYPROJECT).format(backend=SETUPTOOLS, name=f"{space}_{part}")
        settings = f'[tool.setuptools]\npackages = ["{name}"]\npackage-dir = {where}'
        project.write(f"{part}/pyproject.toml", pyproject + settings)
        folder = project.folder / part
        environment.install("--no-build-isolation", "--no-deps", "-e", folder)
    (project.folder / "notebooks").mkdir()
    with environment.kernel(project.folder / "notebooks", tmp_path) as kernel:
        kernel.run(f"%%liveimport\nfrom {space}.one import x, y")
        assert kernel.run("x, y").value == "(1, 1)"
        project.write(f"two/src/{space}/two/low.py", "x = 22")
        assert kernel.run("x, y").value == "(1, 22)"
        project.write(f"one/src/{space}/one/low.py", "x = 333")
        assert kernel.run("x, y").value == "(333, 22)"


@pytest.mark.parametrize("layout", ["meson", "scikit_build"])
def test_a_compiled_module_that_is_built_again(project, environment, tmp_path, install, layout):
    """It lies in a directory of the build. That a restart is needed is told once."""
    name = f"fast_{layout}"
    write_package(project, name)
    project.write(f"src/{name}/api.py", "from ._fast import value\ndef run(): return value()")
    project.write(f"src/{name}/_fast.c", extension_source("_fast", 1))
    install(name, *LAYOUTS[layout], extension=True)
    with environment.kernel(project.folder / "notebooks", tmp_path) as kernel:
        ran = kernel.run(f"%%liveimport\nfrom {name} import run\nrun()")
        assert ran.value == "1"
        project.write(
            f"src/{name}/api.py", "from ._fast import value\ndef run(): return 10 * value()"
        )
        assert kernel.run("run()").value == "10"
        project.write(f"src/{name}/_fast.c", extension_source("_fast", 22))
        assert environment.fresh(f"import {name}; print({name}.run())").endswith("220")
        ran = kernel.run("run()")
        line = f"{name}._fast changed; it is compiled, so restart to use it"
        assert (ran.value, ran.report) == ("10", line)
        assert kernel.run("run()").report == ""
