"""The picture of the tracked modules: as lines, and as text for the frontend's renderer."""

import pytest

from liveimport.core.picture import Picture, picture

from .worlds import world


def drawn_of(drawn):
    """Returns the picture of a world."""
    return picture(drawn.state, drawn.plan())


@pytest.fixture
def project():
    """A world with a cycle, a module below it and one beside it."""
    return world(a="import b", b="import a, c", c="", d="import d").register("import a, d")


def test_arrows_go_from_a_module_to_what_it_depends_on(project):
    """All but those to itself."""
    assert drawn_of(project).arrows == (("a", "b"), ("b", "a"), ("b", "c"))


def test_cycles_are_boxed(project):
    """Those of more than one module."""
    assert drawn_of(project).boxes == (("a", "b"),)


def test_conditions(project):
    """What changed, what reloads with it, what is owed, and what is as it was."""
    edited = project.touch("b")
    assert dict(drawn_of(edited).modules) == {"a": "reloads", "b": "modified", "c": "", "d": ""}
    failed = edited.sync(fails="b").touch("d")
    assert dict(drawn_of(failed).modules) == {
        "a": "owed",
        "b": "owed",
        "c": "",
        "d": "modified",
    }


def test_the_picture_as_lines(project):
    """For where nothing draws: a line for each module."""
    assert str(drawn_of(project.touch("b"))).splitlines() == [
        "a [will reload] -> b (cycle of 2)",
        "b [modified] -> a, c (cycle of 2)",
        "c",
        "d",
    ]


def test_the_picture_as_a_drawing(project):
    """Every module a node, told apart by shape and words; the cycle a box."""
    lines = drawn_of(project.touch("b")).mermaid().splitlines()
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
    owed = drawn_of(project.touch("b").sync(fails="b")).mermaid()
    assert 'm1{{"b<br><i>owed</i>"}}:::owed' in owed


def test_each_class_of_a_drawing_is_defined(project):
    """A style that is named exists."""
    text = drawn_of(project.touch("b").sync(fails="b").touch("d")).mermaid()
    used = {line.rpartition(":::")[2] for line in text.splitlines() if ":::" in line}
    defined = {line.split()[1] for line in text.splitlines() if line.startswith("classDef")}
    assert used == {"owed", "modified"}
    assert used <= defined


def test_a_picture_comes_in_the_forms_that_frontends_draw(project):
    """Nothing in HTML, which they would prefer; as Markdown it may scroll."""
    shown = drawn_of(project)
    assert shown._repr_mimebundle_(include=None, exclude=None) == {
        "text/vnd.mermaid": shown.mermaid()
    }
    assert shown._repr_html_() is None
    assert f"\n```mermaid\n{shown.mermaid()}\n```\n" in shown._repr_markdown_()


def mesh(size):
    """Returns a picture in which each module depends on all behind it."""
    names = [f"m{i}" for i in range(size)]
    arrows = tuple((one, other) for i, one in enumerate(names) for other in names[i + 1 :])
    return Picture(tuple((name, "") for name in names), arrows, ())


def arrows_of(shown):
    """Returns the number of arrows in a drawing."""
    return sum(" --> " in line for line in shown.mermaid().splitlines())


def test_arrows_that_follow_from_others_are_left_out_of_a_large_drawing():
    """And that is said; a small one has them all."""
    assert arrows_of(mesh(10)) == 45
    assert "left out" not in mesh(10)._repr_markdown_()
    assert arrows_of(mesh(50)) == 49
    assert "left out" in mesh(50)._repr_markdown_()


def test_what_is_too_large_or_empty_is_words_only():
    """The renderer refuses so many arrows, and an empty drawing is an error in it."""
    names = [f"m{i}" for i in range(40)]
    arrows = tuple((one, other) for one in names for other in names if one != other)
    huge = Picture(tuple((name, "") for name in names), arrows, (tuple(names),))
    for shown in (huge, Picture((), (), ())):
        assert shown.mermaid() == ""
        assert shown._repr_mimebundle_() == {}
        assert shown._repr_markdown_() == f"```console\n{shown}\n```"
        assert "mermaid" not in shown._repr_html_()
