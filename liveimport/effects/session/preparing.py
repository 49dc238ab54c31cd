"""State → plan and code: observe, plan, compile. No code of a module runs.

What observes, plans and compiles is imported when it is first used, so that ``import liveimport``
stays cheap.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from liveimport.core.model import State
from liveimport.core.watch_list import read_list
from liveimport.effects.observe.stat import changed_files

if TYPE_CHECKING:
    from liveimport.core.planning.plan import RelaidModule, ReloadPlan
    from liveimport.core.planning.staleness import Request
    from liveimport.effects.compiling.compiled_module import CompiledGroup

    from .directories import PackageFolders
    from .parts import Parts
    from .watching import Changes, Watcher

_ATTEMPTS = 5
"""How often a sync observes again because a file was written meanwhile."""


class Wanted(NamedTuple):
    """What a sync is asked for, beside what has changed.

    Attributes:
        retry_failed: Whether what failed before is tried again though nothing of it changed.
        reload: Modules to run, edited or not.
        deep: Whether those run with all of the project that they depend on.
    """

    retry_failed: bool
    reload: Sequence[str] = ()
    deep: bool = False


class Prepared(NamedTuple):
    """A plan that can be executed.

    Attributes:
        plan: What is to run.
        planned: The State after it, if all succeeds.
        code: The code of each group.
    """

    plan: "ReloadPlan"
    planned: State
    code: "tuple[CompiledGroup, ...]"


class Preparation:
    """Makes plans, and their code, from one State."""

    def __init__(
        self,
        state: State,
        wanted: Wanted,
        parts: "Parts",
        watcher: "Watcher",
        folders: "PackageFolders",
    ) -> None:
        self._state = state
        self._wanted = wanted
        self._parts = parts
        self._watcher = watcher
        self._folders = folders

    def plan(self, changed: "Changes") -> "tuple[ReloadPlan, State]":
        """Returns what is to run now that these files have changed, and the State after it.

        Raises:
            ValueError: One of the modules that are wanted cannot run.
        """
        from liveimport.core.planning.dependencies import wider  # noqa: PLC0415  # see above
        from liveimport.core.planning.planner import plan_reload  # noqa: PLC0415  # see above
        from liveimport.effects.observe.snapshot import observe, with_data_files  # noqa: PLC0415  # see above

        parts, request = self._parts, _request(self._wanted)
        # Those of modules too that are tracked once the changes are known.
        files = changed_files(read_list(self._state, self._state.reads))
        state: State | None = self._folders.left_out_of(self._state)
        while state is not None:
            snapshot = observe(
                state,
                changed,
                parts.memory,
                parts.namespaces.values(),
                unread=self._watcher.unread(),
            )
            parts.note_texts(snapshot)
            snapshot = with_data_files(snapshot, state, files)
            result = plan_reload(
                state, snapshot, retry_failed=self._wanted.retry_failed, request=request
            )
            state = wider(state, result[1], snapshot.found)
        _check_request(self._wanted.reload, *result)
        return result

    def prepared(self, changed: "Changes") -> Prepared:
        """Returns a plan and its code. Of what was only laid out anew, the positions are set.

        If they cannot be set any more, such modules are planned to run.

        Raises:
            ValueError: One of the modules that are wanted cannot run. No position is set then.
        """
        while True:
            prepared = self._plan_and_compile(changed)
            relaid = prepared.plan.relaid
            if not relaid or self._set_positions(relaid):
                return prepared

    def _plan_and_compile(self, changed: "Changes") -> Prepared:
        """Returns a plan and its code. A file that is written meanwhile is observed again."""
        for _ in range(_ATTEMPTS):
            self._watcher.last_changed = self._watcher.with_untracked(changed)
            plan, planned = self.plan(self._watcher.last_changed)
            # With nothing to compile, nothing is loaded for it.
            code = self._compiled(plan) if plan.groups else ()
            if code is not None:
                return Prepared(plan, planned, code)
            changed = self._watcher.changed_again()
        code = self._compiled(plan, written_is_failure=True)
        assert code is not None
        return Prepared(plan, planned, code)

    def _compiled(
        self, plan: "ReloadPlan", *, written_is_failure: bool = False
    ) -> "tuple[CompiledGroup, ...] | None":
        """Returns the code of a plan; None if a file was written since it was observed."""
        from liveimport.effects.compiling.compile import FileWrittenError, compile_all  # noqa: PLC0415  # see above

        cache = self._parts.code_cache
        try:
            return compile_all(plan, cache, written_is_failure=written_is_failure)
        except FileWrittenError:
            return None

    def _set_positions(self, relaid: "Sequence[RelaidModule]") -> bool:
        """Sets the positions of all these modules, or of none. Returns whether it did."""
        from liveimport.effects.compiling.compile import forget_lines  # noqa: PLC0415  # see above

        parts = self._parts
        if not parts.memory.living_code.set_positions(relaid):
            return False
        for one in relaid:
            forget_lines(one.path)
            parts.code_cache.replace(one.module, one.digest, one.source.root)
            parts.texts.take_in_relaid(one.module, one.digest)
            parts.old_objects.note_relaid(one.module, one.source.root)
        parts.memory.installed.renew(one.path for one in relaid)
        return True


def _request(wanted: Wanted) -> "Request":
    from liveimport.core.planning.staleness import NO_REQUEST, Request  # noqa: PLC0415  # see above

    return Request(frozenset(wanted.reload), wanted.deep) if wanted.reload else NO_REQUEST


def _check_request(reload: Sequence[str], plan: "ReloadPlan", planned: State) -> None:
    """Raises a ValueError if one of the modules that are asked for does not run."""
    if not reload:
        return
    from liveimport.core.overview.requests import why_not_reloaded  # noqa: PLC0415  # see above

    reason = why_not_reloaded(planned, plan, reload)
    if reason:
        raise ValueError(reason)
