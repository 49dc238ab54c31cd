"""Every sentence, label and help text that a user reads.

Each function takes plain values and returns text. An example of the text is in its docstring.
The parts follow the place where the user sees the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_MAX_NAMES = 10
_NAMES_SHOWN = 6  # of a list that has more than _MAX_NAMES

# ---- Parts of sentences ----


def age(seconds: float) -> str:
    """Returns ``18 seconds ago``: the time in its largest full unit."""
    # A file can have a time in the future, for example on a file server.
    whole = max(0, int(seconds))
    unit, size = next((u for u in _UNITS if whole >= u[1]), _UNITS[-1])
    count = whole // size
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def joined(names: Sequence[str]) -> str:
    """Returns ``a``, ``a and b``, or ``a, b, and c``. A long list is cut as in `listed`."""
    if len(names) > _MAX_NAMES:
        return listed(names)
    if len(names) < 3:  # noqa: PLR2004  # a list of three or more needs commas
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def listed(names: Sequence[str]) -> str:
    """Returns ``a, b, c``. A list of more than ten becomes ``a, b, c, d, e, f, and 5 more``."""
    if len(names) > _MAX_NAMES:
        return f"{', '.join(names[:_NAMES_SHOWN])}, and {len(names) - _NAMES_SHOWN} more"
    return ", ".join(names)


def with_place(message: str, file: str | None, line: int | None) -> str:
    """Returns ``ValueError: not yet (trips.py, line 4)``, as far as the place is known.

    A file that the message names itself is not named again.
    """
    told = bool(file) and re.search(
        rf"(?<![\w.-]){re.escape(file or '')}(?![\w-]|\.\w)", message
    )
    place = (
        *([file] if file and not told else []),
        *([f"line {line}"] if file and line else []),
    )
    return f"{message} ({', '.join(place)})" if place else message


def error_summary(kind: str, message: str) -> str:
    """Returns ``ValueError: not yet``, or ``ValueError`` if it has no message."""
    return f"{kind}: {message}" if message else kind


def unprintable(kind: str) -> str:
    """Returns ``<unprintable Odd>``: what is shown of an object that raises when it is printed."""
    return f"<unprintable {kind}>"


def printed(value: object) -> str:
    """Returns ``'a text'``, the repr of a value; or `unprintable` if that raises."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  # objects of users may raise anything when they are printed
        return unprintable(type(value).__name__)


def it() -> str:
    """Returns ``it``: a worker that was named before."""
    return "it"


def it_was_interrupted() -> str:
    """Returns ``it was interrupted``."""
    return "it was interrupted"


# ---- The report: what a sync did ----


def nothing_to_reload() -> str:
    """Returns ``Nothing to reload``."""
    return "Nothing to reload"


def reloaded_modified(module: str, seconds: float) -> str:
    """Returns ``Reloaded symcode modified 18 seconds ago``."""
    return f"Reloaded {module} modified {age(seconds)}"


def only_layout_changed(module: str) -> str:
    """Returns ``symcode: only comments or layout changed``."""
    return f"{module}: only comments or layout changed"


def with_obstacle(line: str, obstacle: str) -> str:
    """Returns ``Reloaded symcode …, only in comments or layout; but it is compiled``."""
    return f"{line}, only in comments or layout; but {obstacle}" if obstacle else line


def reloaded_because(module: str, causes: Sequence[str]) -> str:
    """Returns ``Reloaded simulator because symcode reloaded``; the causes may be missing."""
    return f"Reloaded {module}" + (f" because {joined(causes)} reloaded" if causes else "")


def reloaded_because_it_holds(module: str, names: Sequence[str]) -> str:
    """Returns ``Reloaded registry because it holds plug.Plugin``."""
    return f"Reloaded {module} because it holds {joined(names)}"


def reloaded_because_it(module: str, cause: str, name: str, how: str) -> str:
    """Returns ``Reloaded invoice because it reads tax.Rate``."""
    return f"Reloaded {module} because {_why_needed(cause, name, how)}"


def would_reload_because_it(module: str, cause: str, name: str, how: str) -> str:
    """Returns ``Would reload invoice because it reads tax.Rate``."""
    return f"Would reload {module} because {_why_needed(cause, name, how)}"


def _why_needed(module: str, name: str, how: str) -> str:
    """Returns ``it reads tax.Rate``. Without a name it is about all of the module."""
    what = f"{module}.{name}" if name else module
    return {
        "reads": f"it reads {what}",
        "imports": f"it imports {what}, which came or went",
        "star": f"it imports all names of {what}, and these may be others",
        "calls": f"it calls functions of {what}",
        "changes": f"{what} may change its values",
        "used": f"{what} uses what others have put into it since",
        "cycle": f"it and {what} import each other",
        "holds": f"it holds something of {what}",
        "unknown": f"it depends on {what}, and what it reads of it is not known",
    }[how]


def not_needed(modules: Sequence[str], names: Sequence[str], *, would: bool) -> str:
    """Returns ``cart and shop did not need to run: vat bound again``, or that they would not."""
    verb = "would not need" if would else "did not need"
    bound = f": {joined(names)} bound again" if names else ""
    return f"{joined(modules)} {verb} to run{bound}"


def reloaded_requested(module: str) -> str:
    """Returns ``Reloaded symcode because you asked for it``."""
    return f"Reloaded {module} because you asked for it"


def reloaded_because_of_file(module: str, cause: str) -> str:
    """Returns ``Reloaded conf because conf.json was modified 2 seconds ago``."""
    return f"Reloaded {module} because {cause}"


def became_of_file(file: str, what: str, seconds: float) -> str:
    """Returns ``conf.json was modified 2 seconds ago``, ``… is new`` or ``… was removed``."""
    if what == "modified":
        return f"{file} was modified {age(seconds)}"
    return f"{file} is new" if what == "new" else f"{file} was removed"


def and_more_files(cause: str, count: int) -> str:
    """Returns ``conf.json was modified 2 seconds ago, with 3 other files``; or only the first."""
    return f"{cause}, with {count} other file{'' if count == 1 else 's'}" if count else cause


def file_changed(file: str, modules: Sequence[str]) -> str:
    """Returns ``conf.json changed; conf read it at import (`%liveimport reload conf`)``."""
    names = " ".join(modules)
    return f"{file} changed; {joined(modules)} read it at import (`%liveimport reload {names}`)"


def too_many_files(module: str) -> str:
    """Returns ``conf read more files at import than are followed``."""
    return f"{module} read more files at import than are followed"


def workers_current(cluster: str, current: int, count: int) -> str:
    """Returns ``Dask at tcp://127.0.0.1:8786: 3 of 4 workers run this version``."""
    if not count:
        return f"{cluster}: no workers; those that come begin with this version"
    if current == count:
        workers = "its worker runs" if count == 1 else f"all {count} workers run"
        return f"{cluster}: {workers} this version"
    return f"{cluster}: {current} of {count} workers run this version"


def workers_behind(workers: Sequence[str]) -> str:
    """Returns ``tcp://127.0.0.1:4001 is busy: it changes over before its next task``."""
    if len(workers) == 1:
        return f"{workers[0]} is busy: it changes over before its next task"
    return f"{listed(workers)} are busy: they change over before their next task"


def worker_failed(workers: Sequence[str], why: str) -> str:
    """Returns ``tcp://127.0.0.1:4001 cannot run it, and gets no task until it can: …``."""
    if len(workers) == 1:
        return f"{workers[0]} cannot run it, and gets no task until it can: {why}"
    return f"{listed(workers)} cannot run it, and get no task until they can: {why}"


def worker_refused(workers: Sequence[str], why: str) -> str:
    """Returns ``tcp://127.0.0.1:4001 keeps what it runs: another notebook has …``, with why."""
    return f"{listed(workers)} {'keeps what it runs' if len(workers) == 1 else 'keep what they run'}: {why}"


def sync_tries_again() -> str:
    """Returns ``When the cause is gone, liveimport.sync() tries again``."""
    return "When the cause is gone, liveimport.sync() tries again"


def needs_newer_python(python: str, file: str, why: str, here: str) -> str:
    """Returns ``it runs Python 3.11.7, and a.py needs a newer one (line 3: invalid syntax)…``.

    With the remedy; `here` is the version that the notebook runs.
    """
    return (
        f"it runs Python {python}, and {file} needs a newer one ({why}): "
        f"start it with Python {here}, as the notebook"
    )


def syntax_error_at(line: int, why: str) -> str:
    """Returns ``line 3: invalid syntax``."""
    return f"line {line}: {why}"


def on_other_python(why: str, python: str, here: str) -> str:
    """Returns ``ImportError: no (it runs Python 3.11.7, and the notebook 3.12.1)``."""
    return f"{why} (it runs Python {python}, and the notebook {here})"


def no_liveimport_there(worker: str) -> str:
    """Returns ``tcp://127.0.0.1:4001 has no LiveImport: install the same release there``."""
    return f"{worker} has no LiveImport: install the same release there"


def other_release(package: str, version: str, lacks: str) -> str:
    """Returns ``dask 2030.1 has no normalize_token._lookup, which LiveImport needs…``.

    With the remedy.
    """
    return (
        f"{package} {version} has no {lacks}, which LiveImport needs: "
        "install a newer LiveImport, or the release that its documentation names"
    )


def has_not_travelled(module: str) -> str:
    """Returns ``No module named 'fresh' on this worker: register it, and submit in a later cell``."""
    return f"No module named {module!r} on this worker: register it, and submit in a later cell"


def nothing_travels(cluster: str) -> str:
    """Returns ``Dask at tcp://127.0.0.1:8786: no module travels until one is registered``."""
    return f"{cluster}: no module travels until one is registered"


def python_too_old_there(worker: str, python: str, needed: str) -> str:
    """Returns ``tcp://127.0.0.1:4001 runs Python 3.10.13: LiveImport needs 3.11 or newer there``."""
    return f"{worker} runs Python {python}: LiveImport needs {needed} or newer there"


def with_version(line: str, version: str) -> str:
    """Returns ``Dask at tcp://127.0.0.1:8786: all 4 workers run this version, 4f2a91c0``."""
    return f"{line}, {version}" if version else line


def no_version_yet() -> str:
    """Returns ``-``: what stands for the version of a worker that runs none of the notebook's."""
    return "-"


def worker_state(state: str, changes_behind: int, why: str) -> str:
    """Returns ``2 changes behind, busy: it changes over before its next task``.

    Or ``current``; or ``cannot run it, and gets no task until it can: …``, with why.
    """
    if state == "current":
        return state
    said = "busy: it changes over before its next task"
    if state == "failed":
        said = f"cannot run it, and gets no task until it can: {why}"
    if state == "refused":
        said = f"keeps what it runs: {why}"
    if not changes_behind:
        return said
    changes = "1 change" if changes_behind == 1 else f"{changes_behind} changes"
    return f"{changes} behind, {said}"


def other_wire_format(given: object, ours: int) -> str:
    """Returns ``the notebook has another release of LiveImport than this worker…``, with both."""
    return (
        "the notebook has another release of LiveImport than this worker "
        f"(format {given}, and {ours} here): install the same"
    )


def other_notebook_has(module: str) -> str:
    """Returns ``another notebook has other sources for units on this cluster``, with what to do."""
    return (
        f"another notebook has other sources for {module} on this cluster: "
        "detach it there first, or restart the workers"
    )


def no_cluster(given: str) -> str:
    """Returns ``give a client of Dask or ipyparallel, not 3``; `given` is a repr."""
    return f"give a client of Dask or ipyparallel, not {given}"


def asynchronous_client() -> str:
    """Returns ``give a client that is not asynchronous…``."""
    return "give a client that is not asynchronous: a sync waits for the workers"


def clusters_section(lines: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Clusters:`` and the lines, if there are any."""
    return ("Clusters:", *lines) if lines else ()


def old_workers(replaced: int, left: int, busy: int) -> tuple[str, ...]:
    """Returns ``joblib starts new workers at its next call: 2 had the code of before``, if any.

    And ``3 processes that were started before run the code of then: start a new pool``. And
    ``4 workers of joblib are in use, and keep the code of before until another sync finds them
    idle``.
    """
    lines = []
    if replaced:
        lines.append(
            f"joblib starts new workers at its next call: {replaced} had the code of before"
        )
    if left:
        processes = "1 process that was" if left == 1 else f"{left} processes that were"
        run = "runs" if left == 1 else "run"
        lines.append(f"{processes} started before {run} the code of then: start a new pool")
    if busy:
        use = "1 worker of joblib is" if busy == 1 else f"{busy} workers of joblib are"
        keep = "keeps" if busy == 1 else "keep"
        idle = "it" if busy == 1 else "them"
        lines.append(
            f"{use} in use, and {keep} the code of before until another sync finds {idle} idle"
        )
    return tuple(lines)


def keeps_last_value(name: str, module: str, attribute: str) -> str:
    """Returns ``mile keeps its last value: units no longer has mile``."""
    return f"{name} keeps its last value: {module} no longer has {attribute}"


def is_no_longer_exported(name: str, module: str) -> str:
    """Returns ``mile is no longer exported by units, and keeps its last value``."""
    return f"{name} is no longer exported by {module}, and keeps its last value"


def own_name_replaced(name: str, source: str, place: str) -> str:
    """Returns ``df was yours and is now utils.df; yours is in liveimport.replaced['df']``."""
    return f"{name} was yours and is now {source}; yours is in liveimport.replaced[{place}]"


def the_module(module: str) -> str:
    """Returns ``the module symcode``."""
    return f"the module {module}"


def own_name_kept(name: str) -> str:
    """Returns ``plot is yours: not bound``."""
    return f"{name} is yours: not bound"


def deleted_names_kept(names: Sequence[str]) -> tuple[str, ...]:
    """Returns ``plot is yours: not bound, as you deleted it``; of many names, one line."""
    if len(names) > _MAX_NAMES:
        return (f"{listed(names)} are yours: not bound, as you deleted them",)
    return tuple(f"{name} is yours: not bound, as you deleted it" for name in names)


def could_not_reload(module: str, message: str, file: str | None, line: int | None) -> str:
    """Returns ``Could not reload trips: ValueError: not yet (trips.py, line 4)``."""
    return f"Could not reload {module}: {with_place(message, file, line)}"


def installed_fails(line: str) -> str:
    """Returns ``Could not reload trips: ValueError: not yet (trips.py, line 4); it is installed, …``."""
    return f"{line}; it is installed, so restart to use it"


def also_held_back(modules: Sequence[str]) -> str:
    """Returns ``also held back: simulator, units``."""
    return f"also held back: {listed(modules)}"


def unchanged_may_refuse(module: str) -> str:
    """Returns ``users did not change: it may refuse to run twice (`%liveimport reload …)``."""
    return (
        f"{module} did not change: it may refuse to run twice "
        f"(`%liveimport reload --deep {module}`, or exclude it)"
    )


def may_refuse(module: str) -> str:
    """Returns ``users may refuse to run twice: restart to use its new version``."""
    return f"{module} may refuse to run twice: restart to use its new version"


def still_fails(module: str, message: str, file: str | None, line: int | None) -> str:
    """Returns ``trips still fails: ValueError: not yet (trips.py, line 4)``."""
    return f"{module} still fails: {with_place(message, file, line)}"


def extension_changed(module: str) -> str:
    """Returns ``fastmath changed; it is compiled, so restart to use it``."""
    return f"{module} changed; it is compiled, so restart to use it"


def not_reloaded_protected(module: str) -> str:
    """Returns ``report was not reloaded: its values changed since it was loaded; register …``."""
    return (
        f"{module} was not reloaded: its values changed since it was loaded; "
        "register it to reload it too, or exclude it"
    )


def not_reloaded_missing(module: str) -> str:
    """Returns ``report was not reloaded: its file is missing``."""
    return f"{module} was not reloaded: its file is missing"


def added_again(module: str, table: str, owner: str) -> str:
    """Returns ``run added to defaults.LAYERS again (`%liveimport reload defaults`)``."""
    return f"{module} added to {table} again (`%liveimport reload {owner}`)"


def package_upgraded(package: str) -> str:
    """Returns ``numpy was upgraded; restart to use the new version``."""
    return f"{package} was upgraded; restart to use the new version"


def changed_not_followed(module: str, reason: str, remedy: str) -> str:
    """Returns ``report changed, and is not followed: nothing registered imports it; …``."""
    return f"{module} changed, and is not followed: {reason}; {remedy}"


def still_not_followed(modules: Sequence[str]) -> str:
    """Returns ``changed and not followed: report, tools``."""
    return f"changed and not followed: {listed(modules)}"


def names_rebound(count: int) -> str:
    """Returns ``2 names rebound``, the title of a detail."""
    return "1 name rebound" if count == 1 else f"{count} names rebound"


def traceback_of(module: str) -> str:
    """Returns ``Traceback of trips``, the title of a detail."""
    return f"Traceback of {module}"


# ---- The plan: what a sync would do ----


def would_load(module: str) -> str:
    """Returns ``Would load planets for the first time``."""
    return f"Would load {module} for the first time"


def would_reload_modified(module: str, seconds: float) -> str:
    """Returns ``Would reload symcode: modified 18 seconds ago``."""
    return f"Would reload {module}: modified {age(seconds)}"


def would_reload_because(module: str, causes: Sequence[str]) -> str:
    """Returns ``Would reload simulator because symcode reloads``; the causes may be missing."""
    if not causes:
        return f"Would reload {module}"
    verb = "reloads" if len(causes) == 1 else "reload"
    return f"Would reload {module} because {joined(causes)} {verb}"


def would_reload_because_it_holds(module: str, names: Sequence[str]) -> str:
    """Returns ``Would reload registry because it holds plug.Plugin``."""
    return f"Would reload {module} because it holds {joined(names)}"


def would_reload_requested(module: str) -> str:
    """Returns ``Would reload symcode because you ask for it``."""
    return f"Would reload {module} because you ask for it"


def would_reload_because_of_file(module: str, cause: str) -> str:
    """Returns ``Would reload conf because conf.json was modified 2 seconds ago``."""
    return f"Would reload {module} because {cause}"


def would_try_again(module: str, message: str, file: str | None, line: int | None) -> str:
    """Returns ``Would try trips again: ValueError: not yet (trips.py, line 4)``."""
    return f"Would try {module} again: {with_place(message, file, line)}"


def would_not_reload_broken(module: str, error: str) -> str:
    """Returns ``Would not reload trips: invalid syntax (line 3)``."""
    return f"Would not reload {module}: {error}"


def would_not_reload_protected(module: str) -> str:
    """Returns ``Would not reload report: its values changed since it was loaded``."""
    return f"Would not reload {module}: its values changed since it was loaded"


def would_not_reload_missing(module: str) -> str:
    """Returns ``Would not reload report: its file is missing``."""
    return f"Would not reload {module}: its file is missing"


def would_rebind(names: Sequence[str], star_modules: Sequence[str]) -> str:
    """Returns ``Would rebind km and the public names of winter``."""
    stars = (f"the public names of {module}" for module in star_modules)
    return f"Would rebind {joined((*names, *stars))}"


# ---- ModuleError, and why a module cannot run ----


def did_not_reload(module: str, detail: str) -> str:
    """Returns ``could not reload trips: ValueError: not yet (trips.py, line 4)``."""
    return f"could not reload {module}" + (f": {detail}" if detail else "")


def syntax_error(message: str, line: int | None) -> str:
    """Returns ``invalid syntax (line 3)``."""
    return f"{message} (line {line})" if line else message


def cannot_be_parsed(message: str) -> str:
    """Returns ``cannot be parsed: source code string cannot contain null bytes``."""
    return f"cannot be parsed: {message}"


def written_during_reload(path: str) -> str:
    """Returns ``/project/trips.py was written during the reload; sync again``."""
    return f"{path} was written during the reload; sync again"


def extension_holds(extension: str, module: str, name: str) -> str:
    """Returns ``the compiled module fast holds low.Net and cannot run again; restart …``."""
    return (
        f"the compiled module {extension} holds {module}.{name} and cannot run again; "
        "restart to use the change"
    )


# ---- Errors of register, workspace and auto_sync ----


def not_a_namespace(given: str) -> str:
    """Returns ``a namespace is a dict, such as globals(), not [1]``; `given` is a repr."""
    return f"a namespace is a dict, such as globals(), not {given:.50}"


def not_statements(given: str) -> str:
    """Returns ``import statements are text, such as "import symcode", not None``."""
    return f'import statements are text, such as "import symcode", not {given:.50}'


def module_as_statement(module: str) -> str:
    """Returns ``import statements are text: use the name of the module, "import low"``."""
    return f'import statements are text: use the name of the module, "import {module}"'


def not_a_package(given: str) -> str:
    """Returns ``package is a name, such as "lab" or __package__, not 1``."""
    return f'package is a name, such as "lab" or __package__, not {given:.50}'


def module_as_package(module: str) -> str:
    """Returns ``package is a name: use the name of the module, "lab"``."""
    return f'package is a name: use the name of the module, "{module}"'


def magic_in_statements() -> str:
    """Returns ``leave out the line %%liveimport: register takes import statements only``."""
    return "leave out the line %%liveimport: register takes import statements only"


def locals_of_function() -> str:
    """Returns ``locals() of a function is a copy, so its names cannot be bound again: …``."""
    return (
        "locals() of a function is a copy, so its names cannot be bound again: "
        "register globals(), or a dict of your own"
    )


def not_an_observer(given: str) -> str:
    """Returns ``observer is a function that takes a ReloadEvent, not 'x'``."""
    return f"observer is a function that takes a ReloadEvent, not {given:.50}"


def not_a_shell(given: str) -> str:
    """Returns ``this takes an IPython shell, as %load_ext liveimport gives it, not None``."""
    return f"this takes an IPython shell, as %load_ext liveimport gives it, not {given:.50}"


def not_an_import(line: int, statement: str) -> str:
    """Returns ``line 2 is not an import statement: x = 1``."""
    return f"line {line} is not an import statement: {statement}"


def relative_import_needs_package(dotted: str) -> str:
    """Returns ``relative import '.low' needs a package, and none is given``."""
    return f"relative import {dotted!r} needs a package, and none is given"


def relative_import_leaves_package(dotted: str, package: str) -> str:
    """Returns ``relative import '...x' leaves its package 'a.b'``."""
    return f"relative import {dotted!r} leaves its package {package!r}"


def module_not_loaded(module: str) -> str:
    """Returns ``module 'low' is not loaded``."""
    return f"module {module!r} is not loaded"


def name_not_bound(name: str) -> str:
    """Returns ``the namespace has no name 'km'``."""
    return f"the namespace has no name {name!r}"


def module_lacks(module: str, attribute: str, statement: str) -> str:
    """Returns ``module 'low' has no 'km', so `from low import km` was not executed``."""
    return f"module {module!r} has no {attribute!r}, so `{statement}` was not executed"


def name_differs(name: str, module: str, attribute: str | None) -> str:
    """Returns ``the namespace's 'km' is not the 'kilo' of module 'low'``."""
    if attribute is None:
        return f"the namespace's {name!r} is not module {module!r}"
    theirs = "that" if attribute == name else f"the {attribute!r}"
    return f"the namespace's {name!r} is not {theirs} of module {module!r}"


def execute_first(missing: str, statement: str) -> str:
    """Returns ``module 'low' is not loaded: execute `import low` before registering it``."""
    return f"{missing}: execute `{statement}` before registering it"


def execute_imports_only() -> str:
    """Returns ``execute=True takes import statements only: leave out allow_other_statements``."""
    return "execute=True takes import statements only: leave out allow_other_statements"


def cannot_reload(module: str, reason: str) -> str:
    """Returns ``cannot reload units: it is excluded``; the reason may be missing."""
    return f"cannot reload {module}" + (f": {reason}" if reason else "")


def because_not_of_project() -> str:
    """Returns ``it is not a module of your project; register it first``."""
    return "it is not a module of your project; register it first"


def because_not_loaded(suggestion: str) -> str:
    """Returns ``it is not loaded; did you mean units?``; the suggestion may be empty."""
    return f"it is not loaded; {suggestion}" if suggestion else "it is not loaded"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns ``did you mean units?``, or nothing if no word is close."""
    import difflib  # noqa: PLC0415  # 0.9 ms of `import liveimport`, and rarely needed

    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def no_attribute(name: str, known: Iterable[str]) -> str:
    """Returns ``module 'liveimport' has no attribute 'replacd'; did you mean replaced?``."""
    # Tools ask for names of their own, which nobody meant.
    suggestion = "" if name.startswith("_") else did_you_mean(name, known)
    said = f"module 'liveimport' has no attribute {name!r}"
    return f"{said}; {suggestion}" if suggestion else said


def not_module_names(given: str) -> str:
    """Returns ``give the names of modules as strings, not <module 'units'>``; `given` is a repr."""
    return f"give the names of modules as strings, not {given}"


def no_code(given: str) -> str:
    """Returns ``give a module, its name, or a function or class of it, not 3``; `given` is a repr."""
    return f"give a module, its name, or a function or class of it, not {given}"


def has_no_version(module: str, *, is_loaded: bool) -> str:
    """Returns ``units has no version: LiveImport does not follow it…``, with what to do."""
    if module == "__main__":
        return "what is defined in the notebook has no version: move it to a module"
    if not is_loaded:
        return f"{module} has no version: it is not loaded; import and register it first"
    return f"{module} has no version: LiveImport does not follow it; register it first"


def no_module_name(given: str) -> str:
    """Returns ``'a b' is not the name of a module``; `given` is a repr."""
    return f"{given} is not the name of a module"


def a_list_of_names(argument: str, given: str) -> str:
    """Returns ``reload takes a list of names, such as ['units']``; `given` is a repr."""
    return f"{argument} takes a list of names, such as [{given}]"


def deep_needs_reload() -> str:
    """Returns ``deep goes with reload: name the modules to reload``."""
    return "deep goes with reload: name the modules to reload"


def not_excluded(module: str, suggestion: str) -> str:
    """Returns ``units is not excluded``; the suggestion, as `did_you_mean` makes it, may be empty."""
    return f"{module} is not excluded" + (f"; {suggestion}" if suggestion else "")


def not_a_directory(path: str) -> str:
    """Returns ``'/project/none' is not a directory``."""
    return f"{path!r} is not a directory"


def separate_arguments(directories: Sequence[str]) -> str:
    """Returns ``give the directories as separate arguments: workspace('a', 'b')``."""
    call = f"workspace({', '.join(directories)})"
    return f"give the directories as separate arguments: {call}"


def no_path(given: str) -> str:
    """Returns ``a directory is a string or a path, not 3``; `given` is a repr."""
    return f"a directory is a string or a path, not {given}"


def not_seconds(setting: str, given: str) -> str:
    """Returns ``grace is a number of seconds, 0 or more, not -1``; `given` is a repr."""
    return f"{setting} is a number of seconds, 0 or more, not {given}"


def not_a_choice(setting: str, choices: Sequence[str], given: str) -> str:
    """Returns ``detect is 'mtime' or 'content', not 'x'``; choices and `given` are reprs."""
    but_last = ", ".join(choices[:-1])
    return f"{setting} is {but_last} or {choices[-1]}, not {given}"


# ---- The pyproject.toml of a project ----


def in_project_file(path: str, problem: str) -> str:
    """Returns ``/lab/pyproject.toml, [tool.liveimport]: workspace is a list of strings, not 'src'``."""
    return f"{path}, [tool.liveimport]: {problem}"


def file_unreadable(reason: str) -> str:
    """Returns ``the file is not TOML: Invalid value (at line 3, column 9)``."""
    return f"the file is not TOML: {reason}"


def not_a_table(given: str) -> str:
    """Returns ``it is a table, not 3``; `given` is a repr."""
    return f"it is a table, not {given}"


def no_setting(key: str, suggestion: str) -> str:
    """Returns ``grase is no setting; did you mean grace?``; the suggestion may be missing."""
    return f"{key} is no setting" + (f"; {suggestion}" if suggestion else "")


def not_a_list_of_strings(setting: str, given: str) -> str:
    """Returns ``workspace is a list of strings, not 'src'``; `given` is a repr."""
    return f"{setting} is a list of strings, not {given}"


# ---- The status of a session ----


def registered_section(statements: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Registered:`` and ``  import symcode``, or ``  nothing``."""
    return _section("Registered:", statements)


def registered_statement(statement: str, namespace: int | None) -> str:
    """Returns ``import symcode  (namespace 1)``; one namespace alone has no number."""
    return statement if namespace is None else f"{statement}  (namespace {namespace})"


def tracked_section(modules: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Tracked:`` and ``  symcode  modified  imported by simulator``, or ``  nothing``."""
    return _section("Tracked:", modules)


def tracked_headings() -> tuple[str, ...]:
    """Returns ``module``, ``state``, ``why``: the headings of the table of tracked modules."""
    return ("module", "state", "why")


def why_tracked(statement: str, importers: Sequence[str], reached: str) -> str:
    """Returns ``registered by `import symcode`, imported by simulator``."""
    by_statement = [f"registered by `{statement}`"] if statement else []
    by_modules = [f"imported by {joined(importers)}"] if importers else []
    otherwise = [reached] if reached else []
    return ", ".join((*by_statement, *by_modules, *otherwise))


def tracked_module(module: str, why: str) -> str:
    """Returns ``symcode: registered by `import symcode`, imported by simulator``."""
    return f"{module}: {why}"


def with_reason(text: str, reason: str) -> str:
    """Returns ``imported by trips; it is compiled``; the reason may be empty."""
    return f"{text}; {reason}" if reason else text


def blocked_by(module: str) -> str:
    """Returns ``blocked by units``."""
    return f"blocked by {module}"


def registered_title(count: int) -> str:
    """Returns ``2 statements registered``, the title of a detail."""
    return f"{count} statement{'' if count == 1 else 's'} registered"


def reached_as_parent(module: str) -> str:
    """Returns ``package of lab.models``."""
    return f"package of {module}"


def reached_by_function(module: str) -> str:
    """Returns ``imported by a function of plugins``."""
    return f"imported by a function of {module}"


def reached_as_held(module: str) -> str:
    """Returns ``held by registry``."""
    return f"held by {module}"


def reached_as_submodule(package: str) -> str:
    """Returns ``loaded submodule of lab``."""
    return f"loaded submodule of {package}"


def state_of_module(state: str, message: str) -> str:
    """Returns ``; modified``, ``; failed: ValueError: no``, ``; blocked by units``."""
    if state == "will reload":
        return "; reloads with what it depends on"
    if state == "blocked":
        return f"; blocked by {message}"
    return f"; {state}: {message}" if message else f"; {state}"


def excluded_section(names: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Excluded:`` and ``  bigdata``, or nothing."""
    return _section("Excluded:", names) if names else ()


def assumed_section(modules: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Taken as current; nobody knows when they were loaded:``, ``  units``, or nothing."""
    title = "Taken as current; nobody knows when they were loaded:"
    return _section(title, modules) if modules else ()


def untraced_section(modules: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Run as dependents; what they read is not known:``, ``  units``, or nothing."""
    title = "Run as dependents; what they read is not known:"
    return _section(title, modules) if modules else ()


def files_section(read: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Files read at import:`` and ``  conf: conf.json, plugins``, or nothing."""
    return _section("Files read at import:", read) if read else ()


def files_read(module: str, files: Sequence[str], *, is_cut_off: bool) -> str:
    """Returns ``conf: conf.json, plugins``; with ``, not all are followed`` if there are too many."""
    return f"{module}: {listed(files)}" + ("; not all are followed" if is_cut_off else "")


def changed_file(file: str) -> str:
    """Returns ``conf.json (changed)``."""
    return f"{file} (changed)"


def files_not_followed(reason: str) -> str:
    """Returns ``Files read at import are not followed: that takes Python 3.12.``."""
    because = (
        "that takes Python 3.12"
        if reason == "python"
        else "other tools have all ids of sys.monitoring"
    )
    return f"Files read at import are not followed: {because}."


def because_excluded() -> str:
    """Returns ``it is excluded``."""
    return "it is excluded"


def include_it(module: str) -> str:
    """Returns ``undo it: liveimport.include('bigdata')``."""
    return f"undo it: liveimport.include({module!r})"


def because_upgraded() -> str:
    """Returns ``its package was upgraded``."""
    return "its package was upgraded"


def because_compiled() -> str:
    """Returns ``it is compiled``."""
    return "it is compiled"


def because_no_file() -> str:
    """Returns ``it has no source file``."""
    return "it has no source file"


def looks_at_lines(name: str) -> str:
    """Returns ``it may look at lines, by getsource``."""
    return f"it may look at lines, by {name}"


def reads_own_source() -> str:
    """Returns ``it may read its own source, by __file__``."""
    return "it may read its own source, by __file__"


def made_by_loader() -> str:
    """Returns ``a loader of its own makes its code``."""
    return "a loader of its own makes its code"


def code_is_running(function: str) -> str:
    """Returns ``its rows is running, or suspended``."""
    return f"its {function} is running, or suspended"


def code_is_kept(function: str) -> str:
    """Returns ``something keeps the code of its area``."""
    return f"something keeps the code of its {function}"


def code_is_other(function: str) -> str:
    """Returns ``the code of its area is not that of its source``."""
    return f"the code of its {function} is not that of its source"


def because_not_registered() -> str:
    """Returns ``nothing registered imports it``."""
    return "nothing registered imports it"


def because_values_changed() -> str:
    """Returns ``nothing registered imports it, and its values changed since it was loaded``."""
    return "nothing registered imports it, and its values changed since it was loaded"


def register_it() -> str:
    """Returns ``register it to follow its edits``."""
    return "register it to follow its edits"


def because_outside() -> str:
    """Returns ``it is outside the workspace``."""
    return "it is outside the workspace"


def because_nested() -> str:
    """Returns ``no import at the top level of a tracked module leads to it``."""
    return "no import at the top level of a tracked module leads to it"


def register_it_or_widen(folder: str) -> str:
    """Returns ``register it, or add its folder: workspace('/other/', extend=True)``."""
    return f"register it, or add its folder: workspace({folder!r}, extend=True)"


def register_it_or_follow() -> str:
    """Returns ``register it, or set follow="loaded"``."""
    return 'register it, or set follow="loaded"'


def not_followed(module: str, reason: str, remedy: str, *, changed: bool) -> str:
    """Returns ``report, changed: no import at the top level of a tracked module …``."""
    return f"{module}{', changed' if changed else ''}: {reason}; {remedy}"


def not_followed_section(changed: Sequence[str], unchanged: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Not followed:`` and ``  report: …``, or nothing. A long list is cut."""
    lines = [*changed, *unchanged]
    if len(unchanged) > _MAX_NAMES:
        more = len(unchanged) - _NAMES_SHOWN
        lines = [*changed, *unchanged[:_NAMES_SHOWN], f"and {more} more, unchanged"]
    return _section("Not followed:", lines) if lines else ()


def versions(versions: Sequence[tuple[str, str]]) -> str:
    """Returns ``LiveImport 0.1.0, Python 3.12.1, IPython 8.30.0``."""
    return ", ".join(f"{name} {version}" for name, version in versions)


def failed_section(failures: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Failed, to be retried:`` and ``  trips: ValueError: not yet``, or nothing."""
    return _section("Failed, to be retried:", failures) if failures else ()


def failed_module(module: str, message: str, held_back: Sequence[str]) -> str:
    """Returns ``trips: ValueError: not yet (trips.py, line 4); also held back: units``."""
    others = f"; {also_held_back(held_back)}" if held_back else ""
    return f"{module}: {message}{others}"


def workspace_section(directories: Sequence[str]) -> tuple[str, ...]:
    """Returns ``Workspace:`` and ``  /project/``, or ``  nothing``."""
    return _section("Workspace:", directories)


def each_cell_registers() -> str:
    """Returns ``Each cell registers its imports of your own modules.``."""
    return "Each cell registers its imports of your own modules."


def automatic_syncing(
    *, enabled: bool, grace: float, detect: str, follow: str, own_names: str
) -> str:
    """Returns ``Syncing only when asked to; a file counts as changed by its mtime; …``."""
    when = (
        f"Syncing before each cell, {grace:g} s after the last one ended"
        if enabled
        else "Syncing only when asked to"
    )
    return (
        f"{when}; a file counts as changed by its {detect}; "
        f"followed imports: {follow}; own names: {own_names}."
    )


def _section(heading: str, lines: Sequence[str]) -> tuple[str, ...]:
    return (heading, *(f"  {line}" for line in lines or ("nothing",)))


# ---- The log of a notebook ----


def nothing_reported() -> str:
    """Returns ``Nothing was reported yet``."""
    return "Nothing was reported yet"


def shown_with_cell(cell: int | None, seconds: float) -> str:
    """Returns ``With In [7], 18 seconds ago:``; without a number, ``18 seconds ago:``."""
    place = "" if cell is None else f"With In [{cell}], "
    return f"{place}{age(seconds)}:"


# ---- The dependency diagram ----


def label_modified() -> str:
    """Returns ``modified``."""
    return "modified"


def label_will_reload() -> str:
    """Returns ``will reload``."""
    return "will reload"


def label_failed() -> str:
    """Returns ``failed, to be retried``."""
    return "failed, to be retried"


def label_cycle() -> str:
    """Returns ``cycle``, the title of the box around one."""
    return "cycle"


def diagram_line(module: str, label: str, dependencies: Sequence[str], cycle_size: int) -> str:
    """Returns ``trips [modified] -> units, maps (cycle of 2)``; a size of 0 means no cycle."""
    status = f" [{label}]" if label else ""
    arrow = f" -> {', '.join(dependencies)}" if dependencies else ""
    cycle = f" (cycle of {cycle_size})" if cycle_size else ""
    return f"{module}{status}{arrow}{cycle}"


def arrows_left_out() -> str:
    """Returns ``Arrows that follow from others are left out.``."""
    return "Arrows that follow from others are left out."


# ---- Before and after a cell ----


def changed_while_running(module: str, grace: float) -> str:
    """Returns ``symcode changed while cells were running; it reloads before … reloads it now)``."""
    return (
        f"{module} changed while cells were running; "
        f"it reloads before the first cell run after a pause of {grace:g} s "
        "(`%liveimport sync` reloads it now)"
    )


def namesake_installed(distribution: str) -> str:
    """Returns ``liveimport 1.3.1 is another project, and its files may stand among ours: …``."""
    return (
        f"{distribution} is another project, and its files may stand among ours: uninstall both, "
        "then install liveimport-notebook alone"
    )


def autoreload_is_on() -> str:
    """Returns ``%autoreload is on too and reloads in its own way: turn one of them off``."""
    return "%autoreload is on too and reloads in its own way: turn one of them off"


def cell_did_not_run(reason: str) -> str:
    """Returns ``could not reload trips; the cell did not run``. The next three are reasons."""
    return f"{reason}; the cell did not run"


def because_modules_failed(modules: Sequence[str]) -> str:
    """Returns ``could not reload trips, maps``."""
    return f"could not reload {listed(modules)}"


def because_interrupted() -> str:
    """Returns ``interrupted while reloading; the reload was rolled back``."""
    return "interrupted while reloading; the reload was rolled back"


def because_interrupted_waiting() -> str:
    """Returns ``interrupted while another shell reloads``."""
    return "interrupted while another shell reloads"


def reloading(module: str, number: int, count: int) -> str:
    """Returns ``Reloading simulator (2 of 3)``."""
    return f"Reloading {module} ({number} of {count})"


def reloading_took(seconds: float) -> str:
    """Returns ``Reloading took 4.2 s``."""
    return f"Reloading took {seconds:.1f} s"


def the_old(definition: str) -> str:
    """Returns ``the old low.run``."""
    return f"the old {definition}"


def an_old_instance(old_class: str, subclass: str = "") -> str:
    """Returns ``an instance of the old models.Net``, or of Sub, a subclass of it."""
    if subclass:
        return f"an instance of {subclass}, {an_old_subclass(old_class)}"
    return f"an instance of the old {old_class}"


def an_old_subclass(old_class: str) -> str:
    """Returns ``a subclass of the old models.Net``."""
    return f"a subclass of the old {old_class}"


def made_by_old(function: str) -> str:
    """Returns ``a function that the old low.decorate made``."""
    return f"a function that the old {function} made"


def running_old(function: str) -> str:
    """Returns ``a call of the old low.steps that has not ended``."""
    return f"a call of the old {function} that has not ended"


def is_old(path: str, what: str, *, is_path: bool) -> str:
    """Returns ``a is the old low.run``, or ``a holds the old low.run``."""
    return f"{path} {'is' if is_path else 'holds'} {what}"


def member_of(name: str, key: str) -> str:
    """Returns ``nets[1]``, the name of a member; `key` is a repr."""
    return f"{name}[{key}]"


def attribute_of(path: str, name: str) -> str:
    """Returns ``model.net``."""
    return f"{path}.{name}"


def made_in_cell(sentence: str, cell: int | None) -> str:
    """Returns ``net is an instance of the old models.Net, made in In [3]``."""
    return sentence if cell is None else f"{sentence}, made in In [{cell}]"


def more_old_objects(count: int) -> str:
    """Returns ``2 more names hold old objects (`%liveimport old` lists all)``."""
    names = "1 more name holds" if count == 1 else f"{count} more names hold"
    return f"{names} old objects (`%liveimport old` lists all)"


def not_all_searched() -> str:
    """Returns ``not all was searched for old objects (`%liveimport old` searches the rest)``."""
    return "not all was searched for old objects (`%liveimport old` searches the rest)"


def nothing_old() -> str:
    """Returns ``No name of the notebook holds anything of an old version``."""
    return "No name of the notebook holds anything of an old version"


def too_much_for_old_objects() -> str:
    """Returns ``not all was searched: only the first 10,000 entries of containers, …``."""
    return "not all was searched: only the first 10,000 entries of containers, 12 levels deep"


def with_size(line: str, count: int, nbytes: int) -> str:
    """Returns ``a is old, with 2 more like it; 1.2 MB``."""
    more = f", with {count - 1} more like it" if count > 1 else ""
    return f"{line}{more}; {size(nbytes)}" if nbytes else f"{line}{more}"


def size(nbytes: int) -> str:
    """Returns ``48 bytes``, or ``2.0 GB``."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if nbytes >= factor:
            return f"{nbytes / factor:.1f} {unit}"
    return f"{nbytes} bytes"


def what_to_do() -> str:
    """Returns ``What to do about old objects``."""
    return "What to do about old objects"


def advice_for(path: str, advice: str) -> str:
    """Returns ``net: make it again``."""
    return f"{path}: {advice}"


def run_cell_again(cell: int | None) -> str:
    """Returns ``run In [3] again``, or ``make it again``."""
    return "make it again" if cell is None else f"run In [{cell}] again"


def upgrade_it(path: str, *, deep: bool) -> str:
    """Returns ```liveimport.upgrade(net)```."""
    return f"`liveimport.upgrade({path}{', deep=True' if deep else ''})`"


def load_state(path: str, old_class: str) -> str:
    """Returns ```new = models.Net(...); new.load_state_dict(net.state_dict())```."""
    return f"`new = {old_class}(...); new.load_state_dict({path}.state_dict())`"


def one_of(*choices: str) -> str:
    """Returns ``wait, or go``."""
    return ", or ".join(choices)


def has_no_new_version(old: str) -> str:
    """Returns ``low.CONFIG is gone: there is no new one``."""
    return f"{old} is gone: there is no new one"


def bind_it_again(name: str, old: str) -> str:
    """Returns ```cfg = low.CONFIG` takes the new one``."""
    return f"`{name} = {old}` takes the new one"


def define_again(cls: str, again: str) -> str:
    """Returns ``run the cell that defines Sub again, then make it again``."""
    return f"run the cell that defines {cls} again, then {again}"


def old_file(path: str, clock: str) -> str:
    """Returns ``/lab/models.py (before 12:07:31)``, the file name of old functions."""
    return f"{path} (before {clock})"


# ---- upgrade ----


def was_upgraded(name: str, total: int, *, by_hook: bool) -> str:
    """Returns ``2 objects are instances of the present models.Net now``."""
    objects = "1 object is an instance" if total == 1 else f"{total} objects are instances"
    hook = ", upgraded by its __liveimport_upgrade__" if by_hook else ""
    return f"{objects} of the present {name} now{hook}"


def nothing_upgraded() -> str:
    """Returns ``Nothing to upgrade: no object is an instance of an old class``."""
    return "Nothing to upgrade: no object is an instance of an old class"


def no_instance(what: str) -> str:
    """Returns ``only instances can be upgraded, and this is the old low.run``."""
    return f"only instances can be upgraded, and this is {what}"


def cannot_upgrade(name: str, problem: str, path: str) -> str:
    """Returns ``an old models.Net cannot be upgraded: Python refuses; …``, and where it is."""
    place = f" (it is the object's {path.lstrip('.')})" if path else ""
    return f"an old {name} cannot be upgraded: {problem}{place}; nothing was changed"


def because_made_in_function(function: str) -> str:
    """Returns ``its class was made in make, and cannot be found by a name``."""
    return f"its class was made in {function}, and cannot be found by a name"


def because_no_class(name: str, *, is_there: bool) -> str:
    """Returns ``models.Net is gone``, or ``models.Net is no class any more``."""
    return f"{name} is no class any more" if is_there else f"{name} is gone"


def because_still_old(name: str) -> str:
    """Returns ``the present Sub is a subclass of an old class; run the cell that defines it …``."""
    return (
        f"the present {name} is a subclass of an old class; run the cell that defines it again"
    )


def because_enumeration() -> str:
    """Returns ``it is a member of an enumeration; take the new member``."""
    return "it is a member of an enumeration; take the new member"


def because_other_fields() -> str:
    """Returns ``the fields of the tuple are others now``."""
    return "the fields of the tuple are others now"


def because_other_slots(gone: Sequence[str], new: Sequence[str]) -> str:
    """Returns ``its slots are others now: without x; with y``."""
    changes = [f"without {joined(gone)}"] if gone else []
    changes += [f"with {joined(new)}"] if new else []
    return f"its slots are others now: {'; '.join(changes)}"


def because_python_refuses(reason: str) -> str:
    """Returns ``Python refuses: object layout differs``."""
    return f"Python refuses: {reason.removeprefix('__class__ assignment: ')}"


# ---- The magics and %config ----


def cell_magic_usage() -> str:
    """Returns ``%%liveimport [-c | --clear]``."""
    return "%%liveimport [-c | --clear]"


def cell_magic_help() -> str:
    """Returns the help of ``%%liveimport``: its usage, what it does, its options."""
    return f"""\
{cell_magic_usage()}

Run the cell and, if it succeeds, register its top-level imports. From then on, each cell that
runs sees their modules as they are on disk.

  -c, --clear  first discard what this notebook registered before

A comment may follow the options. Editors that do not know the magic accept #_%%liveimport.

It stands on the first line of its own cell. Only blank lines, comments and other cell magics may
stand above it. Below it, another cell magic may stand too, such as %%time or %%capture.

Without the magic, each cell can register its imports of your own modules:
liveimport.auto_sync(register="project").
"""


def cell_option_unknown(option: str, known: Iterable[str]) -> str:
    """Returns ``'--claer' is not understood; did you mean --clear? Usage: %%liveimport …``."""
    return f"{_not_understood(option, known)} Usage: {cell_magic_usage()}"


def word_of_line_magic(word: str) -> str:
    """Returns ``'sync' belongs to the line magic: %liveimport sync``."""
    return f"{word!r} belongs to the line magic: %liveimport {word}"


def option_of_cell_magic(option: str) -> str:
    """Returns ``'-c' belongs to the cell magic: %%liveimport -c``."""
    return f"{option!r} belongs to the cell magic: %%liveimport {option}"


def _not_understood(word: str, known: Iterable[str]) -> str:
    suggestion = did_you_mean(word, known)
    return f"{word!r} is not understood{f'; {suggestion}' if suggestion else '.'}"


def registers_nothing(reason: str, *, cleared: bool = False) -> str:
    """Returns ``This cell registers nothing: it has no import``. The next five are reasons.

    If it also discards what was registered, a second part says so.
    """
    discarded = "; what was registered before is discarded" if cleared else ""
    return f"This cell registers nothing: {reason}{discarded}"


def because_no_import() -> str:
    """Returns ``it has no import``."""
    return "it has no import"


def because_nested_in(head: str) -> str:
    """Returns ``its imports stand inside try: …; register them with register()``."""
    return f"its imports stand inside {head} …; register them with register()"


def because_run_elsewhere(magic: str) -> str:
    """Returns ``%%bash does not run it in the notebook``."""
    return f"%%{magic} does not run it in the notebook"


def because_not_python() -> str:
    """Returns ``what it ran is not Python``."""
    return "what it ran is not Python"


def because_not_first() -> str:
    """Returns ``#_%%liveimport stands on the first line of its own cell``."""
    return "#_%%liveimport stands on the first line of its own cell"


def magic_not_first() -> str:
    """Returns ``%%liveimport stands on the first line of its own cell``."""
    return "%%liveimport stands on the first line of its own cell"


_LINE_MAGIC_HELP = """\
%liveimport [plan | sync | on | off | graph | log | old | status | help]
%liveimport reload NAME... [--deep]
%liveimport [exclude | include] NAME...

  plan     show what a sync would do now, and why; change nothing
  sync     bring modules and names up to date now, and retry what failed
  reload   run these modules now, edited or not, and all that depend on them; with --deep, also
           the modules of the project that they depend on
  exclude  never run these modules again; of a package, nor its submodules
  include  undo exclude
  on       sync before each cell (the default)
  off      sync only when asked to
  graph    draw the tracked modules, their dependencies, and what will reload
  log      show the last reports again, also those that were cleared away
  old      show what names of the notebook hold of old versions, how large, and what to do
  status   show registrations, why each module is tracked, and what will reload or failed

`%liveimport` alone shows the status. `%liveimport WORD --help` explains one word.
"""


def line_magic_help(word: str = "") -> str:
    """Returns the help of ``%liveimport``, or the line about one word: ``  on       sync …``."""
    about: list[str] = []
    for line in _LINE_MAGIC_HELP.splitlines():
        if line.startswith(f"  {word} ") or (about and line.startswith("    ")):
            about.append(line)
        elif about:
            break
    return "\n".join(about) if word and about else _LINE_MAGIC_HELP


def line_word_unknown(word: str, known: Sequence[str]) -> str:
    """Returns ``'grpah' is not understood; did you mean graph? %liveimport takes one of: …``."""
    return f"{_not_understood(word, known)} %liveimport takes one of: {', '.join(known)}"


def word_too_many(command: str, word: str) -> str:
    """Returns ``%liveimport plan takes no other word, not 'low'``."""
    return f"%liveimport {command} takes no other word, not {word!r}"


def option_unknown(option: str, known: Iterable[str]) -> str:
    """Returns ``'--dep' is not understood; did you mean --deep?``."""
    return _not_understood(option, known)


def names_missing(command: str) -> str:
    """Returns ``%liveimport reload takes the names of modules``."""
    return f"%liveimport {command} takes the names of modules"


def excluded_now(names: Sequence[str]) -> str:
    """Returns ``Excluded: bigdata, plots``, or ``Nothing is excluded``."""
    return f"Excluded: {listed(names)}" if names else "Nothing is excluded"


def syncing_is_on() -> str:
    """Returns ``LiveImport syncs before each cell.``."""
    return "LiveImport syncs before each cell."


def syncing_is_off() -> str:
    """Returns ``LiveImport syncs only when asked to.``."""
    return "LiveImport syncs only when asked to."


def setting_refused(name: str, kept: str, reason: str) -> str:
    """Returns ``LiveImport.grace stays 1.0: grace is a number of seconds, …, not -1``."""
    return f"LiveImport.{name} stays {kept}: {reason}"


def setting_unknown(name: str, suggestion: str) -> str:
    """Returns ``LiveImport has no setting grce; did you mean grace?``; no suggestion: no end."""
    return f"LiveImport has no setting {name}{f'; {suggestion}' if suggestion else ''}"


_SETTING_HELP: Mapping[str, str] = {
    "enabled": "Whether to sync before a cell runs.",
    "grace": "Seconds that must have passed since the end of the last cell.",
    "report": "Whether to show what was reloaded; transient: until the next cell has ended.",
    "hidden_cell_magic": "Whether #_%%liveimport makes a cell a %%liveimport cell.",
    "detect": "What counts as changed: mtime (with size and inode), content, or code.",
    "on_error": "Whether a cell runs or stops if a module failed to reload.",
    "follow": "Which imports of modules count: loaded (all that run) or top-level.",
    "own_names": "Whether a reload replaces or keeps names that you bound yourself.",
    "files": "What a change of a file does that a module read at import: tell, reload or False.",
    "reload": "What runs after an edit: dependents (all of them), or needed (what it can change).",
    "register": "Which imports count: magic (of cells with it) or project (also of its modules).",
}


def setting_help(setting: str) -> str:
    """Returns ``Whether to sync before a cell runs.``, for ``%config LiveImport``."""
    return _SETTING_HELP[setting]
