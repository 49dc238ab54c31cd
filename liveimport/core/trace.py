"""What the code of a module read, and may have changed, as it ran last: the values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Chain = tuple[str, ...]
"""A global name, and the attributes that are asked of it: ``("shop", "tax", "vat")``."""

Load = tuple[str, Chain]
"""The module whose code loads a global, and that with what is asked of it."""


class Entry(NamedTuple):
    """A table of another module, to which a module has added entries at the end.

    Attributes:
        module: The other module.
        name: A name of it that leads to the table.
        is_dict: Whether the table is a dict, so that to ask for a key asks no value.
    """

    module: str
    name: str
    is_dict: bool


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
        skeleton: A digest of the code that runs as the module does: of all but its functions.
        exported: What it says in `__all__`, if that is written out, and bound once.
    """

    names: frozenset[str] = frozenset()
    imported: Mapping[str, Import] = MappingProxyType({})
    stars: tuple[Import, ...] = ()
    others: frozenset[Import] = frozenset()
    repeated: frozenset[str] = frozenset()
    order: tuple[str | Import, ...] = ()
    is_dynamic: bool = False
    skeleton: str = ""
    exported: frozenset[str] | None = None

    def may_show(self, name: str) -> bool:
        """Whether a star import may bind a name, if the module has it."""
        if self.exported is not None:
            return name in self.exported
        return name[:1] != "_" or "__all__" in self.names


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
        is_outdated: Whether modules that it is in a cycle with may begin in another order now.
        compared: The modules that it may have changed, and that were compared.
        changed: Those of them that it has changed otherwise than by entries.
        entries: The tables of others to which it has added entries, which can be taken out.
        adding: Those of `loads` of which code only sets or adds entries.
        asking: Those of which it also asks only whether they have a key.
        begun: When it began for the first time, as a number that grows.
        ended: When it had finished then.
        last_begun: When it began for the last time.
        last_ended: When it had finished then.
        times: If other modules began meanwhile, when the code last ran that has a load or import.
        called: The names of its own functions whose code ran.
        replaced: The names that had another value before, when it had begun other modules; None
            if that is not known.
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
    is_outdated: bool = False
    compared: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    entries: frozenset[Entry] = frozenset()
    adding: frozenset[Load] = frozenset()
    asking: frozenset[Load] = frozenset()
    begun: int = 0
    ended: int = 0
    last_begun: int = 0
    last_ended: int = 0
    times: Mapping[Load | tuple[str, Import], int] = MappingProxyType({})
    called: frozenset[str] = frozenset()
    replaced: frozenset[str] | None = None
    digest: str = ""

    def ran_after(self, other: "Trace") -> int | None:
        """Returns a time since which code of the module has run after another one had; or None.

        It is None if that one began when the module had finished, for a fresh interpreter too.
        """
        for begun in (other.last_begun, other.begun):
            if self.last_begun < begun < self.last_ended:
                return begun
        return -1 if self.ended > other.begun else None

    def __repr__(self) -> str:
        return f"Trace({len(self.loads)} loads, {len(self.ran)} others ran)"


NO_TRACE = Trace()


class Demand(NamedTuple):
    """What the code of a source may ask for while the module runs.

    Attributes:
        loads: The globals that it may load, with the attributes that it may ask of them.
        imports: What functions that it may call import.
    """

    loads: frozenset[Chain] = frozenset()
    imports: frozenset[Import] = frozenset()


NO_DEMAND = Demand()
