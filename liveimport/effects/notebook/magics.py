"""`%liveimport` to query and configure; `%%liveimport` for code that calls the magic itself."""

from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from liveimport.core.cell_magic import parse_options
from liveimport.core.overview.diagram import Diagram, diagram
from liveimport.core.planning.outcome import Outcome, first_error
from liveimport.core.report import messages
from liveimport.effects.session import Session

_HELP_OPTIONS = frozenset({"-h", "--help"})


class Magics:
    """The magics of one shell."""

    def __init__(self, shell: Any, session: Session) -> None:
        self.shell = shell
        self.session = session
        self._commands: dict[str, Callable[[], Any]] = {
            "graph": self.graph,
            "help": self.help,
            "off": self.off,
            "on": self.on,
            "plan": self.session.plan,
            "status": self.session.status,
            "sync": self.sync,
        }

    def install(self) -> None:
        """Registers the magics with the shell, and the words that the tab key completes."""
        self.shell.register_magic_function(self.cell_magic, "cell", "liveimport")
        self.shell.register_magic_function(self.line_magic, "line", "liveimport")
        for key, completer in self._completers().items():
            self.shell.set_hook("complete_command", completer, str_key=key)

    def uninstall(self) -> None:
        """Undoes `install`."""
        for kind in ("cell", "line"):
            self.shell.magics_manager.magics[kind].pop("liveimport", None)
        for key in self._completers():
            self.shell.strdispatchers["complete_command"].strs.pop(key, None)

    def _completers(self) -> dict[str, Callable[[Any, Any], list[str]]]:
        return {
            "%liveimport": lambda _shell, _event: list(self._commands),
            "%%liveimport": lambda _shell, _event: ["--clear", "--help"],
        }

    def cell_magic(self, line: str, cell: str) -> None:
        """Run a cell and register its imports. Users see the docstring that is set below."""
        magic = parse_options(line)
        if magic.help:
            print(messages.cell_magic_help())  # noqa: T201  # help is printed
        elif magic.unknown_option:
            raise UsageError(messages.cell_option_unknown(magic.unknown_option))
        else:
            self.shell.run_cell(f"%%liveimport {line}\n{cell}").raise_error()

    cell_magic.__doc__ = messages.cell_magic_help()

    def line_magic(self, line: str) -> Any:
        """Query and configure. Users see the docstring that is set below."""
        words = line.partition("#")[0].split()
        command, rest = (words[0], words[1:]) if words else ("status", [])
        if not _HELP_OPTIONS.isdisjoint([command, *rest[:1]]):
            return self.help(command)
        if command not in self._commands or rest:
            unknown = rest[0] if rest and command in self._commands else command
            raise UsageError(messages.line_word_unknown(unknown, list(self._commands)))
        return self._commands[command]()

    line_magic.__doc__ = messages.line_magic_help()

    def help(self, command: str = "") -> None:
        """Prints how to use the magic, or one command of it."""
        print(messages.line_magic_help(command))  # noqa: T201  # help is printed

    def graph(self) -> Diagram:
        """Returns the diagram of the tracked modules."""
        return diagram(self.session.state, self.session.plan())

    def sync(self) -> Outcome:
        """Syncs and returns what happened.

        Raises:
            ModuleError: A module is broken.
        """
        outcome = self.session.sync(retry_failed=True)
        if outcome.failed:
            raise first_error(outcome)
        return outcome

    def on(self) -> None:
        """Turns automatic syncing on."""
        self.session.change_settings(enabled=True)
        print(messages.syncing_is_on())  # noqa: T201  # an answer to the user

    def off(self) -> None:
        """Turns automatic syncing off."""
        self.session.change_settings(enabled=False)
        print(messages.syncing_is_off())  # noqa: T201  # an answer to the user
