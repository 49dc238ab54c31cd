"""The diagram of the tracked modules: as lines, and as Mermaid text."""

import pytest

from core.worlds import world
from liveimport.core.overview.diagram import Diagram, diagram


def diagram_of(drawn):
    """Returns the diagram of a world."""
    return diagram(drawn.state, drawn.plan())


@pytest.fixture
def project():
    """A world with a cycle, a module below it and one beside it."""
    return world(a="import b", b="import a, c", c="", d="import d").register("import a, d")


def test_arrows_go_from_a_module_to_what_it_depends_on(project):
    """An import of itself has no arrow."""
    assert diagram_of(project).arrows == (("a", "b"), ("b", "a"), ("b", "c"))


def test_cycles_are_boxed(project):
    """A cycle has more than one module."""
    assert diagram_of(project).cycles == (("a", "b"),)


def test_the_status_of_each_module(project):
    """A module changed, reloads with another, failed, or is as it was."""
    edited = project.touch("b")
    assert dict(diagram_of(edited).modules) == {
        "a": "reloads",
        "b": "modified",
        "c": "",
        "d": "",
    }
    failed = edited.sync(fails="b").touch("d")
    assert dict(diagram_of(failed).modules) == {
        "a": "failed",
        "b": "failed",
        "c": "",
        "d": "modified",
    }


def test_a_diagram_as_lines(project):
    """Where nothing draws, there is a line for each module."""
    assert str(diagram_of(project.touch("b"))).splitlines() == [
        "a [will reload] -> b (cycle of 2)",
        "b [modified] -> a, c (cycle of 2)",
        "c",
        "d",
    ]


def test_a_diagram_as_mermaid(project):
    """Each module is a node. Its shape and its label tell its status. A cycle is a box."""
    lines = diagram_of(project.touch("b")).mermaid().splitlines()
    assert [line for line in lines if not line.startswith(("%%", "classDef"))] == [
        "flowchart LR",
        'subgraph cycle0["cycle"]',
        'm0(["a<br><i>will reload</i>"]):::reloads',
        'm1[["b<br><i>modified</i>"]]:::modified',
        "end",
        "class cycle0 cycle",
        'm2["c"]',
        'm3["d"]',
        "m0 --> m1",
        "m1 --> m0",
        "m1 --> m2",
    ]
    failed = diagram_of(project.touch("b").sync(fails="b")).mermaid()
    assert 'm1{{"b<br><i>failed, to be retried</i>"}}:::failed' in failed


def test_each_style_is_defined(project):
    """A node has no style that the diagram does not have."""
    text = diagram_of(project.touch("b").sync(fails="b").touch("d")).mermaid()
    used = {line.rpartition(":::")[2] for line in text.splitlines() if ":::" in line}
    defined = {line.split()[1] for line in text.splitlines() if line.startswith("classDef")}
    assert used == {"failed", "modified"}
    assert used <= defined


def test_a_diagram_comes_in_the_forms_that_frontends_draw(project):
    """There is no HTML, which they would prefer. As Markdown it may scroll."""
    shown = diagram_of(project)
    assert shown._repr_mimebundle_(include=None, exclude=None) == {
        "text/vnd.mermaid": shown.mermaid()
    }
    assert shown._repr_html_() is None
    assert f"\n```mermaid\n{shown.mermaid()}\n```\n" in shown._repr_markdown_()


def mesh(size):
    """Returns a diagram in which each module depends on all behind it."""
    names = [f"m{i}" for i in range(size)]
    arrows = tuple((one, other) for i, one in enumerate(names) for other in names[i + 1 :])
    return Diagram(tuple((name, "") for name in names), arrows, ())


def arrows_of(shown):
    """Returns the number of drawn arrows."""
    return sum(" --> " in line for line in shown.mermaid().splitlines())


def test_arrows_that_follow_from_others_are_left_out_of_a_large_diagram():
    """A note says so. A small diagram has all arrows."""
    assert arrows_of(mesh(10)) == 45
    assert "left out" not in mesh(10)._repr_markdown_()
    assert arrows_of(mesh(50)) == 49
    assert arrows_of(mesh(41)) == 40
    assert mesh(40).mermaid() == ""
    assert "left out" in mesh(50)._repr_markdown_()


def test_a_diagram_that_is_too_large_or_empty_is_text_only():
    """Mermaid refuses many arrows, and an empty diagram is an error."""
    names = [f"m{i}" for i in range(40)]
    arrows = tuple((one, other) for one in names for other in names if one != other)
    huge = Diagram(tuple((name, "") for name in names), arrows, (tuple(names),))
    for shown in (huge, Diagram((), (), ())):
        assert shown.mermaid() == ""
        assert shown._repr_mimebundle_() == {}
        assert shown._repr_markdown_() == f"```console\n{shown}\n```"
        assert "mermaid" not in shown._repr_html_()
