"""`%liveimport` to query and configure; `%%liveimport` for code that calls the magic itself."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from liveimport.core.cells.magic_line import CELL_OPTIONS, parse_options
from liveimport.core.committing.outcome import Outcome, first_error
from liveimport.core.overview.diagram import Diagram, diagram
from liveimport.core.overview.dry_run import Plan, dry_run
from liveimport.core.overview.log import Log
from liveimport.core.overview.old_objects import OldObjects
from liveimport.core.overview.requests import excluded_names, module_names
from liveimport.core.report import messages

if TYPE_CHECKING:
    from liveimport.effects.session.session import Session

# IPython takes a cell magic further down in a cell for a line magic of this name.
_MISPLACED = "%liveimport"
_HELP_OPTIONS = frozenset({"-h", "--help"})


class Magics:
    """The magics of one shell.

    `log` and `old` give what the commands of these names show.
    """

    def __init__(
        self,
        shell: Any,
        session: "Session",
        log: Callable[[], Log],
        old: Callable[[], OldObjects],
    ) -> None:
        self.shell = shell
        self.session = session
        self._commands: dict[str, Callable[[], Any]] = {
            "graph": self.graph,
            "help": self.help,
            "log": log,
            "off": self.off,
            "old": old,
            "on": self.on,
            "plan": self.plan,
            "status": self.session.status,
            "sync": self.sync,
        }
        self._commands_with_names: dict[str, Callable[[list[str]], Any]] = {
            "exclude": self.exclude,
            "include": self.include,
            "reload": self.reload,
        }

    def install(self) -> None:
        """Registers the magics with the shell, and the words that the tab key completes."""
        self.shell.register_magic_function(self.cell_magic, "cell", "liveimport")
        self.shell.register_magic_function(self.line_magic, "line", "liveimport")
        self.shell.register_magic_function(self.misplaced, "line", _MISPLACED)
        for key, completer in self._completers().items():
            self.shell.set_hook("complete_command", completer, str_key=key)

    def uninstall(self) -> None:
        """Undoes `install`."""
        magics = self.shell.magics_manager.magics
        for kind, name in (
            ("cell", "liveimport"),
            ("line", "liveimport"),
            ("line", _MISPLACED),
        ):
            magics[kind].pop(name, None)
        for key in self._completers():
            self.shell.strdispatchers["complete_command"].strs.pop(key, None)

    def _completers(self) -> dict[str, Callable[[Any, Any], list[str]]]:
        return {
            "%liveimport": lambda _shell, _event: self._words,
            "%%liveimport": lambda _shell, _event: ["--clear", "--help"],
        }

    @property
    def _words(self) -> list[str]:
        return sorted((*self._commands, *self._commands_with_names))

    def cell_magic(self, line: str, cell: str) -> None:
        """Run a cell and register its imports. Users see the docstring that is set below."""
        magic = parse_options(line)
        if magic.help:
            print(messages.cell_magic_help())  # noqa: T201  # help is printed
        elif magic.unknown_option:
            raise UsageError(self._unknown_option(magic.unknown_option))
        else:
            self.shell.run_cell(f"%%liveimport {line}\n{cell}").raise_error()

    cell_magic.__doc__ = messages.cell_magic_help()

    def line_magic(self, line: str) -> Any:
        """Query and configure. Users see the docstring that is set below."""
        words = line.partition("#")[0].split()
        command, rest = (words[0], words[1:]) if words else ("status", [])
        if not _HELP_OPTIONS.isdisjoint([command, *rest[:1]]):
            return self.help(command)
        if command in self._commands_with_names:
            return self._call_with_names(command, rest)
        if command not in self._commands:
            raise UsageError(self._unknown_word(command))
        if rest:
            raise UsageError(messages.word_too_many(command, rest[0]))
        return self._commands[command]()

    def _call_with_names(self, command: str, words: list[str]) -> Any:
        known = {"--deep"} if command == "reload" else set()
        for word in words:
            if word.startswith("-") and word not in known:
                raise UsageError(messages.option_unknown(word, known))
        # As Python writes a list of them.
        names = [name.strip("'\"") for word in words for name in word.split(",")]
        try:
            return self._commands_with_names[command]([name for name in names if name])
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None

    def _unknown_word(self, word: str) -> str:
        if word in CELL_OPTIONS:
            return messages.option_of_cell_magic(word)
        return messages.line_word_unknown(word, self._words)

    def _unknown_option(self, option: str) -> str:
        if option in self._words:
            return messages.word_of_line_magic(option)
        return messages.cell_option_unknown(option, CELL_OPTIONS)

    line_magic.__doc__ = messages.line_magic_help()

    def misplaced(self, line: str) -> None:
        """Tells where ``%%liveimport`` belongs, if it stands anywhere else."""
        del line
        raise UsageError(messages.magic_not_first())

    def help(self, command: str = "") -> None:
        """Prints how to use the magic, or one command of it."""
        print(messages.line_magic_help(command))  # noqa: T201  # help is printed

    def plan(self) -> Plan:
        """Returns what a sync would do."""
        return dry_run(self.session.plan())

    def graph(self) -> Diagram:
        """Returns the diagram of the tracked modules."""
        return diagram(self.session.state, self.session.plan())

    def sync(self) -> Outcome:
        """Syncs and returns what happened.

        Raises:
            ModuleError: A module is broken.
        """
        return self._sync(())

    def _sync(self, reload: Sequence[str], *, deep: bool = False) -> Outcome:
        outcome = self.session.sync(retry_failed=True, reload=reload, deep=deep)
        if outcome.failed:
            raise first_error(outcome)
        return outcome

    def reload(self, words: list[str]) -> Outcome:
        """Runs modules, edited or not, and all that depend on them.

        Raises:
            ModuleError: A module is broken.
            ValueError: No module is named, or one cannot run.
        """
        names = [word for word in words if word != "--deep"]
        if not names:
            raise ValueError(messages.names_missing("reload"))
        return self._sync(module_names(names), deep="--deep" in words)

    def exclude(self, names: list[str]) -> None:
        """Lets modules never run again, and prints what is excluded.

        Raises:
            ValueError: A word is not the name of a module.
        """
        self.session.exclude(module_names(names))
        self._print_excluded()

    def include(self, names: list[str]) -> None:
        """Undoes `exclude`, and prints what is excluded still.

        Raises:
            ValueError: A word is not the name of an excluded module, or none is given.
        """
        if not names:
            raise ValueError(messages.names_missing("include"))
        self.session.include(excluded_names(self.session.state, names))
        self._print_excluded()

    def _print_excluded(self) -> None:
        excluded = sorted(self.session.state.excluded)
        print(messages.excluded_now(excluded))  # noqa: T201  # an answer to the user

    def on(self) -> None:
        """Turns automatic syncing on."""
        self.session.change_settings(enabled=True)
        print(messages.syncing_is_on())  # noqa: T201  # an answer to the user

    def off(self) -> None:
        """Turns automatic syncing off."""
        self.session.change_settings(enabled=False)
        print(messages.syncing_is_off())  # noqa: T201  # an answer to the user
