"""Which modules run, and what is bound anew in the others: the values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Because(NamedTuple):
    """Why a module runs.

    Attributes:
        module: The module that has to do with it.
        name: The name of that module; empty if it is all of it.
        how: ``"reads"``, ``"imports"``, ``"star"``, ``"calls"``, ``"changes"``, ``"used"``,
            ``"cycle"``, ``"holds"``, or ``"unknown"``.
    """

    module: str
    name: str
    how: str


class Rebinding(NamedTuple):
    """A name of a module that does not run, which an import bound to something of another.

    Attributes:
        module: The module.
        name: The name in it; a star for all that a star import bound.
        source: The module that it is imported from.
        attribute: The name there.
        own: With a star, names that the module binds otherwise.
    """

    module: str
    name: str
    source: str
    attribute: str
    own: frozenset[str] = frozenset()


class Judgement(NamedTuple):
    """Which modules run.

    Attributes:
        running: Those that run.
        because: By module that runs as a dependent, why.
        rebindings: What is bound anew in modules that do not run.
        uses: By module that runs, others that run and have added to tables that it uses.
    """

    running: frozenset[str]
    because: Mapping[str, Because]
    rebindings: tuple[Rebinding, ...]
    uses: Mapping[str, frozenset[str]] = MappingProxyType({})
