"""`%%liveimport` for whoever calls it past the transformer, and `%liveimport` to look and steer."""

from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from liveimport.core.cell import USAGE, parse_words
from liveimport.core.outcome import Outcome, first_error
from liveimport.core.picture import Picture, picture
from liveimport.core.status import Status, status
from liveimport.effects.session import Session

_CELL_HELP = f"""\
{USAGE}

Run the cell and, when it succeeded, register its top-level imports: from then on each cell
that runs sees their modules as they are on disk.

  -c, --clear  first discard what this notebook registered before

A comment may follow. Editors that stumble over the magic take it as #_%%liveimport.
"""

_LINE_HELP = """\
%liveimport [plan | sync | on | off | graph | status | help]

  plan    what a sync would do now, and why; changes nothing
  sync    bring modules and names up to date now; tries again what failed
  on      sync before each cell (the default)
  off     sync only when asked to
  graph   draw the tracked modules, their dependencies and what is due
  status  registrations, tracked modules and why each is, what is stale or owed;
          the same without a word

`%liveimport WORD --help` tells about one of them.
"""


class Magics:
    """The magics of one shell."""

    def __init__(self, shell: Any, session: Session) -> None:
        self.shell = shell
        self.session = session
        self._commands: dict[str, Callable[[], Any]] = {
            "": self.status,
            "graph": self.graph,
            "help": self.help,
            "off": self.off,
            "on": self.on,
            "plan": self.session.plan,
            "status": self.status,
            "sync": self.sync,
        }

    def install(self) -> None:
        """Makes the shell know the magics and complete their words."""
        self.shell.register_magic_function(self.cell_magic, "cell", "liveimport")
        self.shell.register_magic_function(self.line_magic, "line", "liveimport")
        for key, words in self._completions().items():
            self.shell.set_hook("complete_command", words, str_key=key)

    def uninstall(self) -> None:
        """Undoes `install`."""
        for kind in ("cell", "line"):
            self.shell.magics_manager.magics[kind].pop("liveimport", None)
        for key in self._completions():
            self.shell.strdispatchers["complete_command"].strs.pop(key, None)

    def _completions(self) -> dict[str, Callable[[Any, Any], list[str]]]:
        words = [word for word in self._commands if word]
        return {
            "%liveimport": lambda _shell, _event: words,
            "%%liveimport": lambda _shell, _event: ["--clear", "--help"],
        }

    def cell_magic(self, line: str, cell: str) -> None:
        """Run a cell and register its imports. The docstring that users see is below."""
        magic = parse_words(line)
        if magic.help:
            print(_CELL_HELP)  # noqa: T201  # help is printed
        elif magic.refused:
            raise UsageError(f"{magic.refused!r} is not understood. Usage: {USAGE}")
        else:
            self.shell.run_cell(f"%%liveimport {line}\n{cell}").raise_error()

    cell_magic.__doc__ = _CELL_HELP

    def line_magic(self, line: str) -> Any:
        """Look and steer. The docstring that users see is below."""
        words = line.partition("#")[0].split()
        command, rest = (words[0], words[1:]) if words else ("", [])
        if command in {"-h", "--help"} or (rest and rest[0] in {"-h", "--help"}):
            return self.help(command)
        if command not in self._commands or rest:
            asked = rest[0] if rest and command in self._commands else command
            raise UsageError(
                f"{asked!r} is not understood. %liveimport takes one of: "
                f"{', '.join(word for word in self._commands if word)}"
            )
        return self._commands[command]()

    line_magic.__doc__ = _LINE_HELP

    def help(self, command: str = "") -> None:
        """Prints how the magic is used, or one word of it."""
        said = [x for x in _LINE_HELP.splitlines() if x.startswith(f"  {command} ")]
        print("\n".join(said) if command and said else _LINE_HELP)  # noqa: T201  # help is printed

    def status(self) -> Status:
        """Returns how the session stands."""
        settings = self.session.settings
        automatic = (
            f"Syncing before each cell, {settings.grace:g} s after the last one ended; "
            if settings.enabled
            else "Syncing only when asked to; "
        )
        detect = f"a file counts as changed by its {settings.detect}."
        return status(self.session.state, self.session.plan(), automatic + detect)

    def graph(self) -> Picture:
        """Returns the tracked modules as a picture."""
        return picture(self.session.state, self.session.plan())

    def sync(self) -> Outcome:
        """Syncs and returns what happened.

        Raises:
            ModuleError: A module is broken.
        """
        outcome = self.session.sync(insist=True)
        if outcome.failed:
            raise first_error(outcome)
        return outcome

    def on(self) -> None:
        """Turns automatic syncing on."""
        self.session.change_settings(enabled=True)
        print("LiveImport syncs before each cell.")  # noqa: T201  # an answer to the user

    def off(self) -> None:
        """Turns automatic syncing off."""
        self.session.change_settings(enabled=False)
        print("LiveImport syncs only when asked to.")  # noqa: T201  # an answer to the user
