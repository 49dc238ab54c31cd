"""What a session works with beside its State: logs and caches."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from liveimport.core.model import Snapshot
from liveimport.effects.old_versions.texts import Texts
from liveimport.effects.own_names import OwnNames

if TYPE_CHECKING:
    from types import CodeType

    from liveimport.core.committing.registered import NewRegistration
    from liveimport.effects.compiling.code_cache import CodeCache
    from liveimport.effects.loaded.module_values import ModuleValues
    from liveimport.effects.logs.read_log import ReadLog
    from liveimport.effects.observe.import_log import ImportLog
    from liveimport.effects.observe.snapshot import Memory
    from liveimport.effects.old_objects.tracker import OldObjects

Namespace = MutableMapping[str, Any]


class Parts:
    """What a session works with. Some is made when it is first used.

    What observes, plans and reloads is imported then too, so that ``import liveimport`` stays
    cheap.

    Attributes:
        namespaces: By key, the namespaces that have registered.
        pending: What modules register while a sync runs them.
        import_log: Which version of its file each module was imported from.
        read_log: Which files modules read as they run.
        own_names: Which names of the namespaces are the user's own.
        texts: What old functions ran from.
        notebook_names: Gives the names of the notebook; None without one.
    """

    def __init__(self, import_log: "ImportLog", read_log: "ReadLog") -> None:
        self.namespaces: dict[int, Namespace] = {}
        self.pending: list[NewRegistration] = []
        self.import_log = import_log
        self.read_log = read_log
        self.own_names: OwnNames = OwnNames()
        self.texts: Texts = Texts()
        self.notebook_names: Callable[[], Mapping[str, Any]] | None = None

    @cached_property
    def memory(self) -> "Memory":
        """What is remembered between two observations."""
        from liveimport.effects.loaded.holds import HoldScanner  # noqa: PLC0415  # see above
        from liveimport.effects.loaded.living_code import LivingCode  # noqa: PLC0415  # see above
        from liveimport.effects.observe.installed import InstalledPackages  # noqa: PLC0415  # see above
        from liveimport.effects.observe.snapshot import Memory  # noqa: PLC0415  # see above

        return Memory(
            self.import_log,
            self.values,
            InstalledPackages(),
            HoldScanner(self.read_log.runs.entries),
            LivingCode(self._kept_code),
        )

    @cached_property
    def values(self) -> "ModuleValues":
        """What modules had bound as their code ended."""
        from liveimport.effects.loaded.module_values import ModuleValues  # noqa: PLC0415  # see above

        return ModuleValues()

    @cached_property
    def code_cache(self) -> "CodeCache":
        """The code of modules that have not changed."""
        from liveimport.effects.compiling.code_cache import CodeCache  # noqa: PLC0415  # see above

        return CodeCache()

    @cached_property
    def old_objects(self) -> "OldObjects":
        """What the names of the notebook hold of old versions."""
        from liveimport.effects.old_objects.tracker import OldObjects  # noqa: PLC0415  # see above

        return OldObjects()

    def _kept_code(self, module: str) -> "Sequence[CodeType]":
        return (*self.code_cache.kept(module), *self.old_objects.kept_code(module))

    def note_texts(self, snapshot: Snapshot) -> None:
        """Keeps sources for old functions that names of a notebook hold. A script has none."""
        if self.notebook_names is not None:
            self.texts.note(snapshot.sources)
