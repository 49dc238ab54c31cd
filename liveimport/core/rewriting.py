"""Bindings → which names they decide, and which of these a reload makes again."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from .registration import STAR, Binding


def deciding(
    bindings: Iterable[Binding], exports: Callable[[str], Iterable[str]]
) -> Mapping[str, Binding]:
    """Returns, for each name, the binding executed last among those that bind it.

    `exports` gives the names that a star import of a module binds. A star's share is given
    as a binding of its own for each name.
    """
    last: dict[str, Binding] = {}
    for binding in bindings:
        if binding.name == STAR:
            for name in exports(binding.module):
                last[name] = Binding(name, binding.module, attribute=name, starred=True)
        else:
            last[binding.name] = binding
    return last


class Rewriting(NamedTuple):
    """What a reload asks of one namespace.

    Attributes:
        write: The bindings to be made again.
        gone: Those that a star import made before the reload, and nothing makes now.
    """

    write: tuple[Binding, ...]
    gone: tuple[Binding, ...]


def rewriting(
    bindings: tuple[Binding, ...],
    reloaded: frozenset[str],
    before: Callable[[str], Iterable[str]],
    after: Callable[[str], Iterable[str]],
    referred: Callable[[Binding], Iterable[str]],
) -> Rewriting:
    """Returns which names a reload rebinds, and which a star import no longer gives.

    Written are the names whose last binding refers to a reloaded module, and those that fall
    to another binding because a star import of a reloaded module gave them up (promise 1).
    """
    decided_before = deciding(bindings, before)
    decided_after = deciding(bindings, after)
    write = tuple(
        binding
        for name, binding in decided_after.items()
        if not reloaded.isdisjoint(referred(binding))
        or (name in decided_before and decided_before[name] != binding)
    )
    gone = tuple(
        binding for name, binding in decided_before.items() if name not in decided_after
    )
    return Rewriting(write, gone)
