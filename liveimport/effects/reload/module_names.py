"""Names in modules that do not run: with `reload="needed"`, they are bound anew."""

from collections.abc import Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Any

from liveimport.core.imports import STAR
from liveimport.core.need.judgement import Rebinding
from liveimport.effects.loaded.modules import MISSING, home_of, qualname_of

from .checkpoint import Checkpoint


class ModuleNames:
    """Binds names anew in modules that do not run, right after what they import them from ran.

    Attributes:
        made: The modules and names that were bound anew.
        doubtful: Modules of which it is not known whether a name is to be bound anew.
    """

    def __init__(self, rebindings: Iterable[Rebinding]) -> None:
        self._by_source: dict[str, list[Rebinding]] = {}
        self._stars: dict[str, list[str]] = {}
        for one in rebindings:
            self._by_source.setdefault(one.source, []).append(one)
            if one.name == STAR:
                self._stars.setdefault(one.module, []).append(one.source)
        self.made: dict[tuple[str, str], None] = {}
        self.doubtful: set[str] = set()

    def follow(self, ran: str, checkpoint: Checkpoint) -> list[str]:
        """Binds names anew that hold what a module had before it ran, also through others.

        Returns the modules that have them.
        """
        rebound: list[str] = []
        pending = [ran] if self._by_source else []
        while pending:
            source = pending.pop()
            before, now = checkpoint.dict_of(source), checkpoint.dict_now(source)
            for one in self._by_source.get(source, ()):
                names = {one.name: one.attribute}
                if one.name == STAR:
                    names = {n: n for n in before if n[:2] != "__" and n not in one.own}
                made = [
                    n
                    for n, a in names.items()
                    if self._bind(one, n, a, (before, now), checkpoint)
                ]
                if made:
                    pending.append(one.module)
                    rebound.append(one.module)
        return rebound

    def _bind(
        self,
        one: Rebinding,
        name: str,
        attribute: str,
        values: tuple[Mapping[str, Any], Mapping[str, Any]],
        checkpoint: Checkpoint,
    ) -> bool:
        """Binds a name anew, if it holds the old value. Returns whether it did."""
        old, new = (held.get(attribute, MISSING) for held in values)
        held = checkpoint.dict_now(one.module)
        value = held.get(name, MISSING)
        if old is MISSING or value is new or not (value is old or _is_version_of(value, old)):
            return False
        if issubclass(type(old), ModuleType):
            return False  # it stays the same; while it runs, its package does not show it
        if new is MISSING or (
            one.name == STAR and self._is_ambiguous(one, name, old, checkpoint)
        ):
            self.doubtful.add(one.module)
            return False
        held[name] = new
        self.made[one.module, name] = None
        return True

    def _is_ambiguous(
        self, one: Rebinding, name: str, old: object, checkpoint: Checkpoint
    ) -> bool:
        """Whether the value may be another module's: a number has no home."""
        others = [s for s in self._stars[one.module] if s != one.source]
        return not issubclass(type(old), type | FunctionType) and any(
            held.get(name, MISSING) is old
            for other in others
            for held in (checkpoint.dict_now(other), checkpoint.dict_of(other))
        )


def _is_version_of(value: object, other: object) -> bool:
    """Whether two classes, or two functions, are of the same name: somebody ran the module."""
    if not issubclass(type(value), type | FunctionType) or type(value) is not type(other):
        return False
    return home_of(value) == home_of(other) and qualname_of(value) == qualname_of(other)  # type: ignore[arg-type]  # see above
