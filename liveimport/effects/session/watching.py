"""Whether anything is to be done: the files to look at, and what is loaded."""

import sys
from collections.abc import Iterable

from liveimport.core.model import Stamp, State, is_certain
from liveimport.core.watch_list import WatchList, read_list, updated, watch_list
from liveimport.effects.observe.files import has_other_content
from liveimport.effects.observe.stat import changed_files, changed_unread, changed_untracked

Changes = dict[str, Stamp | None]
"""By module, the stamp of a file that is not as the State has it; None if it is missing."""


class Watcher:
    """Compares files with a State. Its lists are made anew only for a State that is new.

    Attributes:
        last_changed: What had changed when a sync last looked.
    """

    def __init__(self) -> None:
        self.last_changed: Changes = {}
        self._clean_state: State | None = None
        self._watched_state: State | None = None
        self._watch_list = WatchList()
        self._read_state: State | None = None
        self._read_list = WatchList()
        self._loaded_count = 0

    def watch_list(self, state: State) -> WatchList:
        """Returns the files of modules that a State is compared with."""
        if state is not self._watched_state:
            self._watched_state, self._watch_list = state, watch_list(state)
        return self._watch_list

    def changed(self, state: State) -> Changes:
        """Returns the modules whose file is not as the State has it."""
        return changed_files(self.watch_list(state))

    def changed_again(self) -> Changes:
        """Returns the same as `changed` did, as the files are now."""
        return changed_files(self._watch_list)

    def with_untracked(self, changed: Changes) -> Changes:
        """Returns changes without those that are only told, with those of untracked modules."""
        return {**self._of_tracked(changed), **changed_untracked(self._watch_list)}

    def unread(self) -> dict[str, Stamp]:
        """Returns the changed files of modules that no sync has read yet."""
        return changed_unread(self._watch_list)

    def _of_tracked(self, changed: Changes) -> Changes:
        not_followed = self._watch_list.not_followed
        return {name: stamp for name, stamp in changed.items() if name not in not_followed}

    def changed_modules(self, state: State) -> frozenset[str]:
        """Returns the tracked modules whose file is not as it was at the last sync."""
        return frozenset(
            name
            for name, stamp in self._of_tracked(self.changed(state)).items()
            for module in (state.modules[name],)
            for known in (module.version.stamp,)
            if stamp not in (known, self.last_changed.get(name, known))
            if is_certain(module, stamp, state.detect) or has_other_content(module)
        )

    def is_clean(self, state: State) -> bool:
        """Whether nothing is to be done unless a source changed: nothing was loaded since."""
        return (
            state is self._clean_state
            and len(sys.modules) == self._loaded_count
            and not self._changed_read(state)
        )

    def _changed_read(self, state: State) -> Changes:
        """Returns by path the stamps of files that tracked modules read and that may have changed."""
        if state is not self._read_state:
            self._read_state, self._read_list = state, read_list(state, state.tracked)
        return changed_files(self._read_list) if self._read_list.slices else {}

    def mark_clean(self, state: State, ran: Iterable[str]) -> None:
        """Takes in a State in which nothing is to be done until a file changes."""
        watched = self._watched_state
        if watched is None or not _watches_the_same(state, watched):
            self._watch_list = watch_list(state)
        elif state.modules is not watched.modules:
            self._watch_list = updated(self._watch_list, state, (*self.last_changed, *ran))
        self._watched_state = state
        self._loaded_count = len(sys.modules)
        if not state.failures and state.cut_off <= state.cut_off_told:
            self._clean_state = state


def _watches_the_same(state: State, other: State) -> bool:
    """Whether two States watch the same files, though perhaps with other stamps."""
    return (
        state.graph is other.graph
        and state.project is other.project
        and state.reported is other.reported
    )
