"""The settings as a traitlets Configurable: config files, `%config`, the command line."""

from typing import Any, Self

from traitlets import Bool, Enum, Float, TraitError
from traitlets.config import Configurable

from liveimport.core.report.messages import setting_help
from liveimport.core.settings import (
    DETECT,
    FOLLOW,
    ON_ERROR,
    OWN_NAMES,
    Detect,
    Follow,
    OnError,
    OwnNames,
    Settings,
)
from liveimport.effects.session import Session

_DEFAULTS = Settings()


class LiveImport(Configurable):
    """How automatic syncing behaves. `liveimport.auto_sync` sets the same values."""

    enabled: "Bool[bool, bool | int]" = Bool(
        _DEFAULTS.enabled, help=setting_help("enabled")
    ).tag(config=True)
    grace: "Float[float, int | float]" = Float(
        _DEFAULTS.grace, min=0, help=setting_help("grace")
    ).tag(config=True)
    report: "Bool[bool, bool | int]" = Bool(_DEFAULTS.report, help=setting_help("report")).tag(
        config=True
    )
    hidden_cell_magic: "Bool[bool, bool | int]" = Bool(
        _DEFAULTS.hidden_cell_magic, help=setting_help("hidden_cell_magic")
    ).tag(config=True)
    detect: "Enum[Detect]" = Enum(
        list(DETECT), _DEFAULTS.detect, help=setting_help("detect")
    ).tag(config=True)
    on_error: "Enum[OnError]" = Enum(
        list(ON_ERROR), _DEFAULTS.on_error, help=setting_help("on_error")
    ).tag(config=True)

    follow: "Enum[Follow]" = Enum(
        list(FOLLOW), _DEFAULTS.follow, help=setting_help("follow")
    ).tag(config=True)
    own_names: "Enum[OwnNames]" = Enum(
        list(OWN_NAMES), _DEFAULTS.own_names, help=setting_help("own_names")
    ).tag(config=True)

    session: Session
    shell: Any

    @classmethod
    def of(cls, shell: Any, session: Session) -> Self:
        """Returns the settings of a session in a shell.

        Values in the configuration of the shell replace those that the session had before.
        """
        created = cls(parent=shell)
        created.shell, created.session = shell, session
        # traitlets has already warned of names that do not exist.
        known = created.trait_names(config=True)
        configured = [name for name in shell.config.get("LiveImport", {}) if name in known]
        session.change_settings(**{name: getattr(created, name) for name in configured})
        created.take_over(session.settings)
        return created

    def install(self) -> None:
        """Makes the settings known to `%config`, and keeps them equal to the session's."""
        self.shell.configurables.append(self)
        self.session.listeners.append(self.take_over)
        self.observe(self._change_session, self.trait_names(config=True))

    def uninstall(self) -> None:
        """Undoes `install`."""
        self.unobserve(self._change_session, self.trait_names(config=True))
        self.session.listeners.remove(self.take_over)
        self.shell.configurables.remove(self)

    def take_over(self, settings: Settings) -> None:
        """Takes the values of the session's settings."""
        for name in self.trait_names(config=True):
            setattr(self, name, getattr(settings, name))

    def _change_session(self, change: Any) -> None:
        try:
            self.session.change_settings(**{change["name"]: change["new"]})
        except ValueError as error:
            self.take_over(self.session.settings)
            raise TraitError(str(error)) from None
