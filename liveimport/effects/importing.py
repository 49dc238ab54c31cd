"""The members of a reload group, imported as a fresh interpreter would import them."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Self

from .loading import Prepared
from .shedding import Shedding


class GroupImporter:
    """Finder and loader of the members of a reload group while it runs.

    An import of a member, whoever makes it, runs the member's new code in its old module
    object. So the members nest by their own imports, as a fresh interpreter would run them.

    Attributes:
        finished: The members that ran, in the order in which they finished.
        failed: The member whose code raised last.
    """

    def __init__(
        self,
        members: dict[str, Prepared],
        modules: dict[str, ModuleType],
        shed: Shedding,
        begun: Callable[[str], None],
    ) -> None:
        self._members = members
        self._modules = modules
        self._shed = shed
        self._begun = begun
        self._error: BaseException | None = None
        self.finished: list[str] = []
        self.failed: str | None = None

    def __enter__(self) -> Self:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Returns the spec of a member, to be loaded here."""
        del path, target
        prepared = self._members.get(name)
        if prepared is None:
            return None
        spec = prepared.spec()
        spec.loader = self  # type: ignore[assignment]  # create_module and exec_module are enough
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Returns the member's old module, without what its old source left there."""
        module = self._modules.get(spec.name)
        if module is not None:
            self._shed.before(self._members[spec.name].step, module)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Runs the member's new code."""
        spec = module.__spec__
        assert spec is not None
        prepared = self._members[spec.name]
        spec.loader = module.__loader__ = prepared.loader
        try:
            self._begun(spec.name)
            prepared.run(module)
        except BaseException as error:
            if error is not self._error:
                self._error, self.failed = error, spec.name
            raise
        self._shed.after(prepared.step, module)
        self.finished.append(spec.name)
