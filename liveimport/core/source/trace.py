"""What the code of a module read, and may have changed, as it ran last: the values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Chain = tuple[str, ...]
"""A global name, and the attributes that are asked of it: ``("shop", "tax", "vat")``."""

Load = tuple[str, Chain]
"""The module whose code loads a global, and that with what is asked of it."""


class Import(NamedTuple):
    """A name that a module binds by an import.

    Attributes:
        module: The module as it is written, without leading dots.
        level: How many dots lead it.
        attribute: What is taken from it; None for the module itself.
    """

    module: str
    level: int = 0
    attribute: str | None = None


class Surface(NamedTuple):
    """The names of a module, as its code binds them.

    Attributes:
        names: All names that the code binds.
        imported: Those that one import binds, perhaps again and again, and nothing else.
        stars: The modules that it imports with a star.
        others: What it imports and binds in another way, or by names that it binds otherwise too.
        repeated: The names that it binds more than once.
        order: Its imports, and the names that it binds, each where it stands first.
        is_dynamic: Whether it may bind names that no instruction shows.
    """

    names: frozenset[str] = frozenset()
    imported: Mapping[str, Import] = MappingProxyType({})
    stars: tuple[Import, ...] = ()
    others: frozenset[Import] = frozenset()
    repeated: frozenset[str] = frozenset()
    order: tuple[str | Import, ...] = ()
    is_dynamic: bool = False


NO_SURFACE = Surface()


class Trace(NamedTuple):
    """What is known of the last run of a module, from the code that ran.

    Attributes:
        surface: The names of the module.
        loads: What its code loaded of modules, and the code of others while it ran.
        imports: By module whose code did it, what was imported meanwhile and not bound there.
        ran: The other modules whose code ran.
        changing: Those of them whose code may change what they have.
        changeable: Those of `loads` that lead to a value that code could change.
        sets: The globals of which attributes were set.
        sets_attributes: Whether anything was done that may set attributes of others.
        all_of: Modules whose code ran that may read any global of its module.
        is_unclear: Whether it may have read anything.
        catches: Whether it may have gone on after an error.
        within: The modules that had begun before it, and had not finished.
        compared: The modules that it may have changed, and that were compared.
        changed: Those of them that it has changed.
        digest: Of the source that ran. If another one is loaded, the trace is not of that.
    """

    surface: Surface = NO_SURFACE
    loads: frozenset[Load] = frozenset()
    imports: frozenset[tuple[str, Import]] = frozenset()
    ran: frozenset[str] = frozenset()
    changing: frozenset[str] = frozenset()
    changeable: frozenset[Load] = frozenset()
    sets: frozenset[Load] = frozenset()
    sets_attributes: bool = False
    all_of: frozenset[str] = frozenset()
    is_unclear: bool = False
    catches: bool = False
    within: frozenset[str] = frozenset()
    compared: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    digest: str = ""

    def __repr__(self) -> str:
        return f"Trace({len(self.loads)} loads, {len(self.ran)} others ran)"


NO_TRACE = Trace()
