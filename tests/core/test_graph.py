"""Graph algorithms on literal drawings: ``a>bc b>c`` has arrows from a to b and c."""

import pytest

from liveimport.core import graph


def arrows(drawing):
    """Returns the successors of each node of a drawing."""
    drawn = dict(part.partition(">")[::2] for part in drawing.split())
    return lambda node: drawn.get(node, "")


def chain(length):
    """Returns the successors in a chain of numbers, too long to walk by recursion."""
    return lambda node: [str(int(node) + 1)] if int(node) < length else []


def shown(sets):
    """Returns sets of nodes as a line."""
    return " ".join("".join(members) for members in sets)


@pytest.mark.parametrize(
    ("drawing", "roots", "expected"),
    [
        ("a>bc b>d c>d", "a", "abdc"),
        ("a>b b>a", "b", "ba"),
        ("a>b", "cab", "cab"),
        ("a>a", "a", "a"),
        ("a>b", "", ""),
        ("a>b c>b", "bb", "b"),
    ],
)
def test_reachable(drawing, roots, expected):
    """A search goes depth first, in the order of roots and arrows."""
    assert "".join(graph.reachable(roots, arrows(drawing))) == expected


def test_traverse_gives_the_order_of_starts_and_of_ends():
    """As in imports, a node finishes behind all that it leads to."""
    started, finished = graph.traverse("a", arrows("a>bc b>d c>d"))
    assert ("".join(started), "".join(finished)) == ("abdc", "dbca")


def test_reverse_gives_the_dependents():
    """They have the order of the nodes."""
    turned = graph.reverse("cab", arrows("a>bx c>b"))
    assert {node: "".join(found) for node, found in turned.items()} == {"b": "ca", "x": "a"}


@pytest.mark.parametrize(
    ("drawing", "nodes", "expected"),
    [
        ("a>b c>b", "acb", "acb"),
        ("a>b c>d", "acbd", "ab cd"),
        ("a>x b>x", "ab", "a b"),
        ("a>a", "ab", "a b"),
        ("", "", ""),
    ],
)
def test_components(drawing, nodes, expected):
    """Nodes are connected in any direction, but only by way of the nodes given."""
    assert shown(graph.components(nodes, arrows(drawing))) == expected


@pytest.mark.parametrize(
    ("drawing", "nodes", "expected"),
    [
        ("a>b b>c", "abc", "c b a"),
        ("a>b b>a", "ab", "ab"),
        ("a>b b>a", "ba", "ba"),
        ("a>b b>c c>a", "abc", "abc"),
        ("a>b b>c c>b", "cab", "cb a"),
        ("a>b b>ac c>d d>c", "abcd", "cd ab"),
        ("a>x x>a", "a", "a"),
        ("a>a", "a", "a"),
    ],
)
def test_cycles(drawing, nodes, expected):
    """Dependencies come first. Members keep their order."""
    assert shown(graph.cycles(nodes, arrows(drawing))) == expected


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("a>b b>c", {"a": 3, "b": 2, "c": 1}),
        ("a>bc b>c", {"a": 3, "b": 2, "c": 1}),
        ("a>b b>ac", {"a": 2, "b": 2, "c": 1}),
        ("", {"a": 1, "b": 1, "c": 1}),
    ],
)
def test_heights(drawing, expected):
    """A node's height is its longest way down. A cycle counts as one."""
    assert graph.heights("abc", arrows(drawing)) == expected


def test_entry_points_are_the_natural_order_where_nothing_is_deep():
    """The order of a fresh interpreter stays if it does not nest too deep."""
    assert graph.entry_points("abcd", "dcba", arrows("a>b b>c c>d"), deepest=5) == tuple("abcd")


def test_entry_points_come_from_below_where_imports_nest_deep():
    """Some levels are entered early, the lowest first. No node is lost."""
    deep = arrows("a>b b>c c>d d>e e>f")
    assert "".join(graph.entry_points("abcdef", "fedcba", deep, deepest=2)) == "ecabdf"
    assert "".join(graph.entry_points("bef", "fedcba", deep, deepest=2)) == "ebf"


def test_entry_points_never_nest_deeper_than_asked():
    """No import waits below more than `deepest` others."""
    length, deepest = 1_000, 40
    nodes = [str(number) for number in range(length + 1)]
    entered: set[str] = set()
    for node in graph.entry_points(nodes, nodes[::-1], chain(length), deepest=deepest):
        nested = graph.reachable(
            [node], lambda n: [s for s in chain(length)(n) if s not in entered]
        )
        assert len(nested) <= deepest
        entered.update(nested)
    assert entered == set(nodes)


def test_closure_is_the_start_and_all_that_depends_on_it():
    """Dependents of dependents count, through cycles too."""
    dependents = {"c": ["b"], "b": ["a"], "a": ["b"], "x": ["y"]}
    found = graph.closure("c", lambda node: dependents.get(node, ()))
    assert found == {"a", "b", "c"}


def test_a_chain_of_thousands_is_no_recursion():
    """No function recurses, so chains may be as long as they like."""
    length = 3_000
    nodes = [str(number) for number in range(length + 1)]
    assert len(graph.reachable(["0"], chain(length))) == length + 1
    assert len(graph.components(nodes, chain(length))) == 1
    assert graph.cycles(nodes, chain(length))[0] == (str(length),)
    assert graph.heights(nodes, chain(length))["0"] == length + 1


@pytest.mark.parametrize(
    ("arrows_in", "expected"),
    [
        ("ab bc ac", "ab bc"),
        ("ab bc cd ad bd", "ab bc cd"),
        ("ab ba ac bc", "ab ba ac bc"),
        ("ab bc cb ac", "ab bc cb ac"),
        ("ab bc cb cd ad", "ab bc cb cd"),
        ("ab cd", "ab cd"),
    ],
)
def test_reduced(arrows_in, expected):
    """Arrows that follow from others go. Those within a cycle or between two cycles stay."""
    given = tuple((arrow[0], arrow[1]) for arrow in arrows_in.split())
    kept = graph.reduced("abcd", given)
    assert " ".join(map("".join, kept)) == expected
