"""The settings as a traitlets Configurable: config files, `%config`, the command line."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from traitlets import Bool, Enum, Float, TraitError
from traitlets.config import Config, Configurable
from traitlets.config.loader import DeferredConfig

from liveimport.core.report import messages
from liveimport.core.report.messages import setting_help
from liveimport.core.settings import (
    DETECT,
    FILES,
    FOLLOW,
    ON_ERROR,
    OWN_NAMES,
    REGISTER,
    RELOAD,
    REPORT,
    Detect,
    Files,
    Follow,
    OnError,
    OwnNames,
    Register,
    Reload,
    Settings,
    ShowReport,
)

if TYPE_CHECKING:
    from liveimport.effects.session.session import Session

_DEFAULTS = Settings()


class LiveImport(Configurable):
    """How automatic syncing behaves. `liveimport.auto_sync` sets the same values.

    Attributes:
        problems: What is wrong in the configuration of the shell, a line each.
    """

    enabled: "Bool[bool, bool | int]" = Bool(
        _DEFAULTS.enabled, help=setting_help("enabled")
    ).tag(config=True)
    grace: "Float[float, int | float]" = Float(
        _DEFAULTS.grace, min=0, help=setting_help("grace")
    ).tag(config=True)
    report: "Enum[ShowReport]" = Enum(
        list(REPORT), _DEFAULTS.report, help=setting_help("report")
    ).tag(config=True)
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

    register: "Enum[Register]" = Enum(
        list(REGISTER), _DEFAULTS.register, help=setting_help("register")
    ).tag(config=True)

    files: "Enum[Files]" = Enum(list(FILES), _DEFAULTS.files, help=setting_help("files")).tag(
        config=True
    )

    reload: "Enum[Reload]" = Enum(
        list(RELOAD), _DEFAULTS.reload, help=setting_help("reload")
    ).tag(config=True)

    session: "Session"
    shell: Any
    problems: tuple[str, ...]

    @classmethod
    def of(cls, shell: Any, session: "Session") -> Self:
        """Returns the settings of a session in a shell.

        Values in the configuration of the shell replace those that the session had before; but
        not again, if the shell is attached anew with the same configuration.
        """
        # Without the configuration: traitlets would raise for a value that it does not take.
        created = cls(parent=shell, config=Config())
        created.shell, created.session = shell, session
        created.take_over(session.settings)
        values = shell.config.get(cls.__name__, {})
        known = session.configured
        # Not equal alone, for nan.
        changed = [
            name
            for name, value in values.items()
            if name not in known or (known[name] is not value and known[name] != value)
        ]
        created.problems = created.change_to({name: values[name] for name in changed})
        return created

    def update_config(self, config: Config) -> None:
        """Changes settings, as ``%config`` asks for it.

        What was configured before stays out of it: a call of `auto_sync` may have changed it.
        """
        for line in self.change_to(config.get(type(self).__name__, {})):
            print(line, file=sys.stderr)  # noqa: T201  # an answer to the user

    def change_to(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Changes settings to configured values. Returns what is refused, a line each."""
        problems: list[str] = []
        # `%config` writes them into the shell's configuration too.
        self.session.configured = {**self.session.configured, **values}
        traits = self.traits(config=True)
        for name, value in values.items():
            if name not in traits:
                suggestion = messages.did_you_mean(name, traits)
                problems.append(messages.setting_unknown(name, suggestion))
                continue
            # On a command line, all values are texts.
            deferred = isinstance(value, DeferredConfig)
            given = value.get_value(traits[name]) if deferred else value
            try:
                self.session.change_settings(**{name: given})
            except ValueError as error:
                kept = getattr(self.session.settings, name)
                problems.append(messages.setting_refused(name, repr(kept), str(error)))
        self.take_over(self.session.settings)
        return tuple(problems)

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
