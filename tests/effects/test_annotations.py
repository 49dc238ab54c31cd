"""Annotations are code of the user: nobody evaluates them (Python 3.14 does it when it is asked)."""

import sys

import pytest

import liveimport

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 14), reason="annotations are evaluated at once before Python 3.14"
)

SOURCE = """
import functools

evaluated = []


def refuse():
    evaluated.append(1)
    raise RuntimeError("an annotation was evaluated")


LIMIT: refuse() = {value}
if LIMIT:
    OTHER: refuse() = 1


def plain(x: refuse()) -> refuse():
    return {value}


@functools.lru_cache
def cached(x: refuse() = 1) -> refuse():
    return plain(x)


@functools.wraps(plain)
def wrapping(*values: refuse()):
    return plain(*values)


class Net:
    size: refuse() = {value}
    def area(self, x: refuse()) -> refuse():
        return plain(x)


table = {{"plain": plain, "net": Net(), "cached": cached}}
"""


@pytest.fixture
def shell_of_net(project, shell):
    """A shell that has imported a module of annotations, and a table that holds its functions."""
    project.write("net.py", SOURCE.format(value=1))
    project.write("holder.py", "import net\nheld = [net.plain, net.Net]\n")
    shell.run("%%liveimport\nimport net, holder\nfrom net import *")
    shell.run("mine = Net(); f = plain; bound = mine.area")
    return shell


@pytest.mark.parametrize("detect", ["mtime", "content", "code"])
def test_no_sync_evaluates_them(project, shell_of_net, detect):
    """Nor a plan, nor a search for old objects, nor an upgrade of them."""
    shell = shell_of_net
    liveimport.auto_sync(detect=detect)
    for text in (SOURCE, "# one\n" + SOURCE, SOURCE.replace("(x: refuse())", "(x: str)")):
        project.write("net.py", text.format(value=2))
        str(liveimport.plan())
        assert shell.run("net.plain(1), Net.size, net.table['plain'](1)").value == (2, 2, 2)
        shell.run("%liveimport old")
        shell.run("%liveimport")
        assert shell.run("net.evaluated").value == []
    upgraded = shell.run("import liveimport; liveimport.upgrade(mine)")
    upgraded.result.raise_error()
    assert shell.run("net.evaluated, mine.area(1)").value == ([], 2)


def test_an_edit_of_annotations_is_an_edit_of_code(project, shell_of_net):
    """Their code is compared, not what they give."""
    shell = shell_of_net
    liveimport.auto_sync(detect="code")
    project.write("net.py", SOURCE.format(value=1).replace("-> refuse()", "-> int"))
    assert "Reloaded net" in shell.run("1").report
    project.write("net.py", SOURCE.format(value=1).replace("-> refuse()", "->   int"))
    assert "layout changed" in shell.run("1").report
    assert shell.run("net.evaluated").value == []


def test_a_module_that_loses_its_annotations(project, session, live):
    """It has none of the names that they bring."""
    project.write_all(low="x: int = 1\nif x:\n    y: int = 2\n")
    low = live("import low")["low"]
    with_annotations = set(vars(low))
    assert "__annotate__" in with_annotations
    project.write_all(low="x = 1\n")
    liveimport.sync()
    project.write_all(plain="x = 1\n")
    assert set(vars(low)) == set(vars(__import__("plain")))
    assert low.__annotations__ == {}
