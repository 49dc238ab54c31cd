"""The workspace: what it covers, the import roots of modules, and how paths are shown."""

import pytest

from liveimport.core.workspace import Workspace, import_root, roots_of, shown_path

PROJECT = "/home/me/project/"
PYTHON = "/home/me/project/.conda/lib/python3.11/"


# What a workspace covers.


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/home/me/project/a.py", True),
        ("/home/me/project/deep/down/a.py", True),
        ("/home/me/projects/a.py", False),
        ("/a.py", False),
        ("/home/me/project/.venv/lib/python3.11/site-packages/a.py", False),
        ("/usr/lib/python3/dist-packages/a.py", False),
        ("/home/me/project/dist-packages/p/__init__.py", False),
        ("/home/me/project/my-site-packages/a.py", True),
        ("\\project\\site-packages\\a.py", False),
        ("\\project\\a.py", True),
        ("/src/a.py", True),
        ("/src/site-packages/a.py", False),
        (None, False),
    ],
)
def test_a_workspace_covers_what_is_under_its_directories_and_roots(path, inside):
    """Installed packages are left out, though they are below a directory of it."""
    workspace = Workspace((PROJECT, "\\project\\"), roots=("/src/",))
    assert workspace.covers(path) is inside


@pytest.mark.parametrize(
    ("directory", "path", "inside"),
    [
        (PROJECT, f"{PYTHON}json/decoder.py", False),
        (PROJECT, "/home/me/project/.conda/other.py", True),
        ("/home/me/", f"{PYTHON}json/decoder.py", False),
        (PYTHON, f"{PYTHON}json/decoder.py", True),
        (f"{PYTHON}json/", f"{PYTHON}json/decoder.py", True),
        (f"{PYTHON}json/", f"{PYTHON}os.py", False),
        (PYTHON, f"{PYTHON}site-packages/a.py", False),
        (f"{PYTHON}site-packages/", f"{PYTHON}site-packages/a.py", True),
        (f"{PYTHON}site-packages/mine/", f"{PYTHON}site-packages/mine/__init__.py", True),
    ],
)
def test_a_library_is_left_out_unless_a_directory_is_in_it(directory, path, inside):
    """An interpreter may be below the home directory. Who gives a library means it."""
    workspace = Workspace((directory,), libraries=(PYTHON, "/usr/lib/python3.11/"))
    assert workspace.covers(path) is inside


def test_one_directory_in_a_library_does_not_open_the_others():
    """Each directory is looked at by itself."""
    workspace = Workspace((PROJECT, f"{PYTHON}json/"), libraries=(PYTHON,))
    assert workspace.covers(f"{PYTHON}json/decoder.py")
    assert not workspace.covers(f"{PYTHON}os.py")


@pytest.mark.parametrize(
    ("path", "installed"),
    [
        ("/env/lib/python3.11/site-packages/lib.py", True),
        (f"{PYTHON}os.py", True),
        (f"{PYTHON}site-packages/lib.py", True),
        (f"{PYTHON}json/decoder.py", False),
        ("/home/me/project/a.py", False),
        ("/elsewhere/a.py", False),
        (None, False),
    ],
)
def test_what_is_installed(path, installed):
    """It is in a library or among packages, and was not given as part of the workspace."""
    workspace = Workspace((PROJECT, f"{PYTHON}json/"), libraries=(PYTHON,))
    assert workspace.is_installed(path, path) is installed


SITE = "/env/lib/python3.11/site-packages/"


@pytest.mark.parametrize(
    ("path", "real_path", "inside", "installed"),
    [
        (f"{SITE}lab.py", f"{PROJECT}lab.py", True, False),
        (f"{SITE}lab.py", "/elsewhere/lab.py", False, False),
        (f"{SITE}lab.py", f"/store{SITE}lab.py", False, True),
        (f"{PROJECT}lab.py", f"{SITE}lab.py", True, False),
        ("/elsewhere/lab.py", f"{SITE}lab.py", False, False),
        (f"{PYTHON}os.py", f"{PROJECT}cache/python/os.py", False, True),
        (f"{PYTHON}os.py", "/cache/python/os.py", False, True),
        (f"{SITE}lab.py", None, False, True),
    ],
)
def test_links(path, real_path, inside, installed):
    """A link among installed packages may lead to a project. The standard library is no project."""
    workspace = Workspace((PROJECT,), libraries=(PYTHON,))
    assert workspace.covers_file(path, real_path) is inside
    assert workspace.is_installed(path, real_path) is installed


def test_an_empty_workspace_covers_nothing():
    """There is no directory to be below of."""
    assert not Workspace().covers("/a.py")


def test_directories_are_added_once():
    """They come behind those there are. Everything else stays."""
    workspace = Workspace(("/a/", "/b/"), ("/src/",), ("/lib/",), adds_roots=True)
    wider = workspace.with_directories(["/c/", "/a/", "/c/"])
    assert wider == workspace._replace(directories=("/a/", "/b/", "/c/"))


# Import roots.


@pytest.mark.parametrize(
    ("name", "path", "root"),
    [
        ("a", "/src/a.py", "/src/"),
        ("p", "/src/p/__init__.py", "/src/"),
        ("p.a", "/src/p/a.py", "/src/"),
        ("p.q", "/src/p/q/__init__.py", "/src/"),
        ("p.q.a", "/src/p/q/a.py", "/src/"),
        ("a", "/a.py", "/"),
        ("p.a", "/p/a.py", "/"),
        ("p.q", "C:\\src\\p\\q\\__init__.py", "C:\\src\\"),
        ("a", "C:\\a.py", "C:\\"),
        ("mylib", "/project/python/__init__.py", "/project/"),
        ("mylib.a.b", "/project/python/a/b.py", "/project/"),
        ("mylib.a", "/project/elsewhere/a.py", "/project/"),
        ("mylib.a", "/project/elsewhere/b.py", "/project/elsewhere/"),
        ("app.plugins.one", "/project/plugins/p1.py", "/project/plugins/"),
        ("a.b", "/project/a/b.cpython-311.so", "/project/"),
    ],
)
def test_the_import_root_of_a_module(name, path, root):
    """It is the directory in which the top-level name was found."""
    assert import_root(name, path) == root


@pytest.mark.parametrize(
    ("modules", "roots"),
    [
        ([("p.a", "/src/p/a.py"), ("p", "/src/p/__init__.py")], ("/src/",)),
        ([("p.a", "/one/p/a.py"), ("p.b", "/two/p/b.py")], ("/one/", "/two/")),
        ([("flat", "/home/me/lib/flat.py"), ("b", "/src/b.py")], ("/home/me/lib/", "/src/")),
        ([("a", "/home/me/project/a.py")], ()),
        ([("a", "/home/me/project/src/a.py")], ()),
        ([("json", f"{PYTHON}json/__init__.py")], ()),
        ([("os", "/usr/lib/python3.11/os.py")], ()),
        ([("lib", "/usr/lib/python3/dist-packages/lib.py")], ()),
        ([("lib", "/env/lib/python3.11/site-packages/lib/__init__.py")], ()),
        ([], ()),
    ],
    ids=[
        "src layout",
        "namespace package",
        "flat modules",
        "in a directory",
        "below a directory",
        "interpreter below the directory",
        "standard library",
        "dist-packages",
        "site-packages",
        "nothing",
    ],
)
def test_the_roots_of_modules(modules, roots):
    """What is inside already has none to add, and what is installed is not the user's."""
    workspace = Workspace((PROJECT,), libraries=(PYTHON, "/usr/lib/python3.11/"))
    assert roots_of(workspace, modules) == roots


def test_a_root_that_was_added_is_found_again():
    """Roots are those of all registered modules. Those of before do not count as directories."""
    workspace = Workspace((PROJECT,), roots=("/src/", "/gone/"))
    assert roots_of(workspace, [("a", "/src/a.py")]) == ("/src/",)


def test_a_module_of_a_library_that_was_given_adds_no_root():
    """The directory that was given covers it. What is next to it stays outside."""
    inside = f"{PYTHON}site-packages/mine/"
    workspace = Workspace((inside,), libraries=(PYTHON,))
    modules = [("mine", f"{inside}__init__.py"), ("other", f"{PYTHON}site-packages/other.py")]
    assert roots_of(workspace, modules) == ()


# How paths are shown.


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/me/project/p/a.py", "p/a.py"),
        ("/home/me/project/deep/a.py", "a.py"),
        ("/src/p/a.py", "p/a.py"),
        ("/elsewhere/a.py", "/elsewhere/a.py"),
        (None, None),
    ],
)
def test_paths_are_shown_relative_to_the_workspace(path, shown):
    """The innermost directory or root above the file counts."""
    workspace = Workspace((PROJECT, "/home/me/project/deep/"), roots=("/src/",))
    assert shown_path(workspace, path) == shown


def test_folders_of_packages_are_libraries():
    """Unless one of them, or what lies in it, was given."""
    workspace = Workspace(("/work/",), package_folders=("/work/vendor/",))
    assert workspace.covers("/work/mine.py")
    assert not workspace.covers("/work/vendor/lib.py")
    assert workspace.is_installed("/work/vendor/lib.py", None)
    assert Workspace(("/work/vendor/",), package_folders=("/work/vendor/",)).covers(
        "/work/vendor/lib.py"
    )
