"""What the notebook still holds of old versions, as values; what to do about each."""

from typing import Literal, NamedTuple

from attrs import frozen

from liveimport.core import Value, public
from liveimport.core.report import messages
from liveimport.core.report.rendering import OLD_OBJECT, Line, Readable

OldKind = Literal[
    "definition",
    "instance",
    "subclass",
    "instance of a subclass",
    "made",
    "running",
    "value",
]
"""What an object is to what is old: that itself, an instance of it, and so on."""

DEFINITION: OldKind = "definition"
INSTANCE: OldKind = "instance"
SUBCLASS: OldKind = "subclass"
INSTANCE_OF_SUBCLASS: OldKind = "instance of a subclass"
MADE: OldKind = "made"
RUNNING: OldKind = "running"
VALUE: OldKind = "value"


@public
class OldObject(NamedTuple):
    """An old object, or several of one kind, that a name of the notebook leads to.

    Attributes:
        name: The name.
        path: How Python writes the way to the object; the name only, if Python cannot write it.
        is_path: Whether the path leads to the object.
        kind: ``"instance"`` of an old class, ``"definition"`` if it is an old class or function
            itself, ``"subclass"``, ``"instance of a subclass"``, ``"made"`` by an old function,
            ``"running"`` one, or an old ``"value"``.
        old: The full name of the old class, function or value.
        subclass: The class of the object, if it is an instance of a subclass.
        cell: The number of the cell that bound the name last; None if no cell did.
        total: How many such objects the name leads to.
        nbytes: How much memory they and what they hold take, about; 0 if that is not known.
        has_state_dict: Whether the object can give its state to another, as a torch module can.
        can_upgrade: Whether an instance can get the present version of its class, as far as
            that is seen.
        is_gone: Whether there is no present version of what is old.
    """

    name: str
    path: str
    is_path: bool
    kind: OldKind
    old: str
    subclass: str = ""
    cell: int | None = None
    total: int = 1
    nbytes: int = 0
    has_state_dict: bool = False
    can_upgrade: bool = False
    is_gone: bool = False

    @property
    def line(self) -> Line:
        """What it is, as a report tells it."""
        what = described(self.kind, self.old, self.subclass)
        sentence = messages.is_old(self.path, what, is_path=self.is_path)
        return Line(messages.made_in_cell(sentence, self.cell), kind=OLD_OBJECT)

    @property
    def advice(self) -> str:
        """What to do about it."""
        again = messages.run_cell_again(self.cell)
        is_direct = self.is_path and self.path == self.name
        if self.is_gone and (self.kind == INSTANCE or is_direct):
            return messages.has_no_new_version(self.old)
        if self.kind == INSTANCE:
            return messages.one_of(*self._new_from_state, *self._upgrade, again)
        if self.kind in (DEFINITION, VALUE) and is_direct:
            return messages.bind_it_again(self.name, self.old)
        if self.kind == INSTANCE_OF_SUBCLASS:
            return messages.define_again(self.subclass, again)
        return again

    @property
    def _new_from_state(self) -> tuple[str, ...]:
        is_possible = self.has_state_dict and self.is_path
        return (messages.load_state(self.path, self.old),) if is_possible else ()

    @property
    def _upgrade(self) -> tuple[str, ...]:
        if not self.can_upgrade:
            return ()
        if self.total > 1:
            return (messages.upgrade_it(self.name, deep=True),)
        return (messages.upgrade_it(self.path, deep=not self.is_path),)


@public
@frozen(repr=False, str=False, eq=False)
class OldObjects(Value, Readable):
    """What names of the notebook hold of old versions. Falsy if they hold nothing.

    Attributes:
        objects: The old objects, in the order of the names.
        is_complete: Whether all was searched.
    """

    objects: tuple[OldObject, ...] = ()
    is_complete: bool = True

    def __bool__(self) -> bool:
        return bool(self.objects)

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each, with its size; below it, what to do about it."""
        lines: list[str] = []
        for one in self.objects:
            told = messages.with_size(one.line, one.total, one.nbytes)
            lines += (Line(told, kind=OLD_OBJECT), f"  {one.advice}")
        if not self.objects:
            lines.append(messages.nothing_old())
        if not self.is_complete:
            lines.append(messages.too_much_for_old_objects())
        return tuple(lines)


@public
class Upgraded(NamedTuple):
    """Objects that got the present version of their class.

    Attributes:
        name: The full name of the class.
        by_hook: Whether its `__liveimport_upgrade__` was called for each.
        total: How many objects.
    """

    name: str
    by_hook: bool
    total: int


@public
@frozen(repr=False, str=False, eq=False)
class Upgrade(Value, Readable):
    """What `upgrade` changed. Falsy if nothing was old.

    Attributes:
        upgraded: The classes, in the order in which their first objects were found.
    """

    upgraded: tuple[Upgraded, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.upgraded)

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each class."""
        told = tuple(
            messages.was_upgraded(name, total, by_hook=by_hook)
            for name, by_hook, total in self.upgraded
        )
        return told or (messages.nothing_upgraded(),)


def described(kind: OldKind, old: str, subclass: str = "") -> str:
    """Returns what an object is, such as ``an instance of the old models.Net``."""
    if kind in (DEFINITION, VALUE):
        return messages.the_old(old)
    if kind == SUBCLASS:
        return messages.an_old_subclass(old)
    if kind == MADE:
        return messages.made_by_old(old)
    if kind == RUNNING:
        return messages.running_old(old)
    return messages.an_old_instance(old, subclass)
