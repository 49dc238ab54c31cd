"""The settings as a traitlets Configurable: config files, `%config`, the command line."""

from typing import Any, Self

from traitlets import Bool, Enum, Float, TraitError
from traitlets.config import Configurable

from liveimport.core.state import DETECT
from liveimport.effects.session import Session
from liveimport.effects.settings import ON_ERROR, Settings


class LiveImport(Configurable):
    """How automatic syncing behaves. `liveimport.auto_sync` sets the same values."""

    enabled = Bool(default_value=True, help="Whether to sync before a cell runs.").tag(
        config=True
    )
    grace = Float(
        1.0, min=0, help="Seconds that must have passed since the end of the last cell."
    ).tag(config=True)
    report = Bool(default_value=True, help="Whether to show what was reloaded.").tag(
        config=True
    )
    hidden_cell_magic = Bool(
        default_value=True, help="Whether #_%%liveimport makes a cell a %%liveimport cell."
    ).tag(config=True)
    detect = Enum(
        list(DETECT), "mtime", help="What counts as changed: mtime, size and inode, or content."
    ).tag(config=True)
    on_error = Enum(
        list(ON_ERROR), "run", help="Whether a cell runs although a module failed to reload."
    ).tag(config=True)

    session: Session
    shell: Any

    @classmethod
    def of(cls, shell: Any, session: Session) -> Self:
        """Returns the settings of a session in a shell.

        What the shell's configuration says wins over what was set before it was attached.
        """
        made = cls(parent=shell)
        made.shell, made.session = shell, session
        # Of what there is not, traitlets has warned.
        known = made.trait_names(config=True)
        configured = [name for name in shell.config.get("LiveImport", {}) if name in known]
        session.change_settings(**{name: getattr(made, name) for name in configured})
        made.follow(session.settings)
        return made

    def install(self) -> None:
        """Makes `%config` know it, and keeps it and the session alike."""
        self.shell.configurables.append(self)
        self.session.listeners.append(self.follow)
        self.observe(self._lead, self.trait_names(config=True))

    def uninstall(self) -> None:
        """Undoes `install`."""
        self.unobserve(self._lead, self.trait_names(config=True))
        self.session.listeners.remove(self.follow)
        self.shell.configurables.remove(self)

    def follow(self, settings: Settings) -> None:
        """Takes over what was set elsewhere."""
        for name in self.trait_names(config=True):
            setattr(self, name, getattr(settings, name))

    def _lead(self, change: Any) -> None:
        try:
            self.session.change_settings(**{change["name"]: change["new"]})
        except ValueError as refusal:
            self.follow(self.session.settings)
            raise TraitError(str(refusal)) from None
