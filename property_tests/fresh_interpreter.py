"""An interpreter that has run nothing of the project yet: what a live session is compared with."""

import importlib
import os
import sys
from typing import Any

from describing import describe, modules_below


class FreshInterpreter:
    """Executes import statements one by one, and says what became of them."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.namespace: dict[str, Any] = {}
        sys.dont_write_bytecode = True
        sys.pycache_prefix = os.path.join(root, "no such folder")

    def run(
        self, bindings: list[tuple[str, str, str | None, bool]], others: list[str]
    ) -> dict[str, Any]:
        """Executes an import statement for each binding; then imports other modules.

        An empty name binds nothing. Returns the names that their modules do not have, what
        raised, and what is loaded. A star import that asks for such a name is told as
        ``module.*``.
        """
        vanished: list[str] = []
        errors: list[tuple[str, str]] = []
        imported = [("", other, None, False) for other in others]
        for name, module, attribute, aliased in (*bindings, *imported):
            try:
                importlib.import_module(module)
            except BaseException as error:  # noqa: BLE001  # SystemExit too
                errors.append(
                    (self._raiser(error), f"{module}: {type(error).__name__}: {error}")
                )
                continue
            if not name:
                continue
            bound = f"{module}.*" if attribute == "*" else name
            try:
                self._bind(name, module, attribute, aliased=aliased)
            except (ImportError, AttributeError) as error:
                vanished.append(bound)
                if self._raiser(error) or not _says_vanished(error):
                    errors.append((self._raiser(error), f"{module}: {error}"))
            except BaseException as error:  # noqa: BLE001  # a submodule may raise anything
                errors.append(
                    (
                        self._raiser(error),
                        f"{module}.{attribute}: {type(error).__name__}: {error}",
                    )
                )
            else:
                vanished = [other for other in vanished if other != bound]
        return {"vanished": vanished, "errors": errors, "loaded": modules_below(self.root)}

    def _raiser(self, error: BaseException) -> str:
        """Returns the file of the project that raised, relative to it."""
        if isinstance(error, SyntaxError) and error.filename:
            return os.path.relpath(error.filename, self.root)
        place = ""
        traceback = error.__traceback__
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            if file.startswith(self.root + os.sep):
                place = os.path.relpath(file, self.root)
            traceback = traceback.tb_next
        return place

    def _bind(self, name: str, module: str, attribute: str | None, *, aliased: bool) -> None:
        if attribute is None:
            statement = f"import {module}" + (f" as {name}" if aliased else "")
        elif attribute == "*":
            statement = f"from {module} import *"
        else:
            statement = f"from {module} import {attribute} as {name}"
        exec(statement, self.namespace)  # noqa: S102  # as a cell would

    def describe(self, modules: list[str]) -> dict[str, dict[str, str]]:
        """Returns what these modules and the namespace have, as text."""
        return describe([m for m in modules if m in sys.modules], self.namespace)

    def loaded(self) -> list[str]:
        """Returns the names of all that is in `sys.modules`."""
        return list(sys.modules)


def _says_vanished(error: BaseException) -> bool:
    return isinstance(error, AttributeError) or str(error).startswith("cannot import name")
