"""Dependencies, dependents, cycles, order. Plain graph algorithms on names, none recursive.

A graph is given as a function from a node to its successors, in an order that the caller
fixes; every result follows from that order, so none depends on the hash seed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

Successors = Callable[[str], Iterable[str]]


def reachable(roots: Iterable[str], successors: Successors) -> tuple[str, ...]:
    """Returns the roots and all that can be reached from them, in the order of a search."""
    return traverse(roots, successors)[0]


def traverse(
    roots: Iterable[str], successors: Successors
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the nodes of a depth-first search twice: as they start, and as they finish."""
    started: dict[str, None] = {}
    finished: list[str] = []
    for root in roots:
        if root in started:
            continue
        started[root] = None
        stack: list[tuple[str, Iterator[str]]] = [(root, iter(successors(root)))]
        while stack:
            node, rest = stack[-1]
            for successor in rest:
                if successor not in started:
                    started[successor] = None
                    stack.append((successor, iter(successors(successor))))
                    break
            else:
                stack.pop()
                finished.append(node)
    return tuple(started), tuple(finished)


def reverse(nodes: Iterable[str], successors: Successors) -> Mapping[str, Sequence[str]]:
    """Returns the dependents of each node, for dependencies given by `successors`."""
    dependents: dict[str, list[str]] = {}
    for node in nodes:
        for successor in successors(node):
            dependents.setdefault(successor, []).append(node)
    return dependents


def components(nodes: Sequence[str], successors: Successors) -> tuple[tuple[str, ...], ...]:
    """Returns the sets of nodes that are connected in whatever direction.

    Members keep the order of `nodes`; so do the sets, by their first member.
    """
    inside = frozenset(nodes)
    home: dict[str, list[str]] = {node: [node] for node in nodes}
    for node in nodes:
        for successor in successors(node):
            if successor in inside and home[successor] is not home[node]:
                _merge(home, home[successor], home[node])
    sets: dict[int, list[str]] = {}
    for node in nodes:
        sets.setdefault(id(home[node]), []).append(node)
    return tuple(map(tuple, sets.values()))


def _merge(home: dict[str, list[str]], one: list[str], other: list[str]) -> None:
    """Makes two sets one: the smaller moves, so that no node moves often."""
    larger, smaller = (one, other) if len(one) >= len(other) else (other, one)
    larger.extend(smaller)
    for node in smaller:
        home[node] = larger


def cycles(nodes: Sequence[str], successors: Successors) -> tuple[tuple[str, ...], ...]:
    """Returns the strongly connected sets of `nodes`, dependencies first.

    A node in no cycle is a set of its own. Members keep the order of `nodes`.
    """
    inside = frozenset(nodes)

    def inner(node: str) -> list[str]:
        return [successor for successor in successors(node) if successor in inside]

    _, finished = traverse(nodes, inner)
    dependents = reverse(nodes, inner)
    place = {node: index for index, node in enumerate(nodes)}
    visited: set[str] = set()
    sets: list[tuple[str, ...]] = []
    for node in reversed(finished):
        if node in visited:
            continue
        members = reachable(
            [node], lambda n: [d for d in dependents.get(n, ()) if d not in visited]
        )
        visited.update(members)
        sets.append(tuple(sorted(members, key=place.__getitem__)))
    return tuple(reversed(sets))


def heights(nodes: Sequence[str], successors: Successors) -> Mapping[str, int]:
    """Returns how many strongly connected sets, at most, a path down from each node meets.

    It is quickest where `nodes` has each node behind its successors, as all can be that are
    in no cycle.
    """
    inside = frozenset(nodes)
    height: dict[str, int] = {}
    for node in nodes:
        below = 0
        for successor in successors(node):
            if successor in inside and successor != node:
                if successor not in height:
                    return _heights_of_cycles(nodes, successors)
                below = max(below, height[successor])
        height[node] = below + 1
    return height


def _heights_of_cycles(nodes: Sequence[str], successors: Successors) -> Mapping[str, int]:
    height: dict[str, int] = {}
    for members in cycles(nodes, successors):
        below = [
            height[successor]
            for member in members
            for successor in successors(member)
            if successor in height
        ]
        for member in members:
            height[member] = 1 + max(below, default=0)
    return height


def entry_points(
    run_order: Sequence[str],
    finish_order: Sequence[str],
    successors: Successors,
    *,
    deepest: int,
) -> tuple[str, ...]:
    """Returns the order in which to enter modules so that none nests more than `deepest`.

    Where nothing is deeper, that is `run_order`, the order of a fresh interpreter. Otherwise
    the modules at every multiple of that height come first, the lowest first. `finish_order`
    has all modules in the order in which they finish, also those that are not entered.
    """
    height = heights(finish_order, successors)
    steps = [node for node in run_order if height[node] % deepest == 0]
    if not steps:
        return tuple(run_order)
    steps.sort(key=height.__getitem__)
    early = frozenset(steps)
    return (*steps, *(node for node in run_order if node not in early))


def closure(start: Iterable[str], dependents: Successors) -> AbstractSet[str]:
    """Returns `start` and everything that depends on it."""
    found = set(start)
    pending = list(found)
    while pending:
        for dependent in dependents(pending.pop()):
            if dependent not in found:
                found.add(dependent)
                pending.append(dependent)
    return found


def reduced(
    nodes: Sequence[str], arrows: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Returns the arrows without those between cycles that follow from others.

    What can be reached from where stays the same. Arrows within a cycle all stay.
    """
    targets: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in arrows:
        targets[source].append(target)
    ring = {
        node: index
        for index, members in enumerate(cycles(nodes, targets.__getitem__))
        for node in members
    }
    below: dict[int, set[int]] = {}
    for source, target in sorted(arrows, key=lambda arrow: ring[arrow[0]]):
        if ring[source] != ring[target]:
            reach = below.setdefault(ring[source], set())
            reach |= {ring[target], *below.get(ring[target], ())}
    nearest = {
        index: reach - {lower for middle in reach for lower in below.get(middle, ())}
        for index, reach in below.items()
    }
    return tuple(
        (source, target)
        for source, target in arrows
        if ring[source] == ring[target] or ring[target] in nearest[ring[source]]
    )
