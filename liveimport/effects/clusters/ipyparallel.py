"""Clusters of ipyparallel: a `Client`, or one of its views.

An engine runs one task after the other. A version goes to it as a task of its own, so the engine changes over
between two others. What the client submits says which version it needs. So a task that comes by
another way, and sooner, waits for the version. And an engine that cannot run it refuses the task.
"""

import asyncio
import sys
from collections import OrderedDict, deque
from collections.abc import Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any

from ipyparallel.serialize import pack_apply_message
from IPython.core.getipython import get_ipython

from liveimport.core.clusters import Update, from_plain
from liveimport.core.committing.workers import BEHIND, FAILED, REFUSED, ClusterStatus
from liveimport.core.imports import Binding, parse_imports
from liveimport.core.report import messages

from .hosted import HostedFinder, Standing, finder_of
from .protocol import OLDEST_PYTHON, python_too_old, require

_UNFIT = (FAILED, REFUSED)
_STAMP = "liveimport"
"""What the metadata of a request call who sent it, the version, and whether others may take it."""
_PATIENCE_S = 2.0
"""How long to wait for busy engines at detach. They forget the client before their next task."""
_APPLY, _EXECUTE = "apply_request", "execute_request"


_ERRAND = """
def errand(task, *given):
    import sys
    from importlib import import_module, util
    python = tuple(sys.version_info[:3])
    if python < oldest or util.find_spec("liveimport") is None:
        return python, None
    is_new = "liveimport" not in sys.modules
    here = import_module("liveimport.effects.clusters.ipyparallel")
    if is_new:
        import_module("liveimport").unload_ipython_extension(here.get_ipython())
    return python, getattr(here, task)(*given)
"""
"""Runs on an engine one of the functions below; returns its Python, too.

It travels as a text, because compiled code runs on the same Python only. On an engine LiveImport must not watch
the cells, which importing it in a shell begins.
"""
_INSIDES = ("_engines", "_mux_stream", "_closed", "send_apply_request", "send_execute_request")
"""What we need of a client, and nothing public has."""
_RUN_ERRAND = "[exec(code, names), names['errand'](*given)][-1]"


class IpyparallelCluster:
    """The engines of a client of ipyparallel."""

    def __init__(self, client: Any, session: str) -> None:
        self._client = _client_of(client)
        require("ipyparallel", self._client, "client", _INSIDES)
        # A notebook may have two clients of the same engines. Each counts its versions.
        self._key = f"{session}/{self._client.session.session}"
        self._lock = Lock()
        self._plain: Any = None
        self._version = ""
        self._count = 0
        self._sent: dict[str, Future[Any]] = {}
        # How each engine stood when it last answered: one that is busy cannot be asked.
        self._known: dict[str, Standing] = {}
        self._apply = self._client.send_apply_request
        self._execute = self._client.send_execute_request
        self._client.send_apply_request = self._send_apply_request
        self._client.send_execute_request = self._send_execute_request

    @property
    def name(self) -> str:
        """What the user knows it by."""
        return "ipyparallel"

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return bool(self._client._closed)  # noqa: SLF001  # nothing public says so

    def belongs_to(self, client: Any) -> bool:
        """Whether it is the cluster of this client or view."""
        return _client_of(client) is self._client

    def carry_out(self, update: Update) -> None:
        """Brings all engines to this version, and those that join later."""
        with self._lock:
            # ipyparallel looks for functions in each value of a dict and of its lists, but not of this.
            self._plain = OrderedDict(update.to_plain())
            self._version = update.version
            self._count += 1
            self._sent = {}
        self._tell_new()

    def status(self, update: Update, timeout_s: float) -> ClusterStatus:
        """Returns how the engines stand. Waits for those that are still changing over."""
        self._tell_new()
        wait(list(self._sent.values()), timeout_s)
        workers = (
            self._standing_of(uuid).of(_called(number), update)
            for number, uuid in self._engines()
        )
        return ClusterStatus(self.name, update.digest, tuple(workers))

    def detach(self) -> None:
        """Takes everything of LiveImport off the client and the engines. They keep what they run."""
        del self._client.send_apply_request
        del self._client.send_execute_request
        if not self.is_closed:
            wait([self._run(uuid, "forget") for _, uuid in self._engines()], _PATIENCE_S)

    def _engines(self) -> list[tuple[int, str]]:
        """Returns the number and the identity of each engine that there is."""
        # A copy: the thread of the client changes it.
        return sorted(self._client._engines.copy().items())  # noqa: SLF001  # nothing public has the identities

    def _tell_new(self) -> None:
        """Sends the version to the engines that it has not been sent to."""
        engines = self._engines()
        if all(uuid in self._sent for _, uuid in engines):
            return
        with self._lock:
            for _, uuid in engines:
                if uuid not in self._sent:
                    sent = self._run(uuid, "take", self._plain, self._count)
                    sent.add_done_callback(partial(self._note_answer, uuid))
                    self._sent[uuid] = sent

    def _run(self, uuid: str, task: str, *given: Any) -> "Future[Any]":
        """Sends one of the functions below to an engine."""
        names = {"oldest": OLDEST_PYTHON}
        there = {"code": _ERRAND, "names": names, "given": [task, self._key, *given]}
        future: Future[Any] = self._apply(
            self._client._mux_stream,  # noqa: SLF001  # as a DirectView does
            eval,
            [_RUN_ERRAND, there],
            ident=uuid.encode(),
        )
        return future

    def _note_answer(self, uuid: str, future: "Future[Any]") -> None:
        standing = _answer(future)
        if standing.version:
            self._known[uuid] = standing

    def _standing_of(self, uuid: str) -> Standing:
        future = self._sent.get(uuid)
        if future is None or not future.done():
            return self._known.get(uuid, Standing())._replace(state=BEHIND, message="")
        return _answer(future)

    def _send_apply_request(  # as ipyparallel calls it
        self,
        socket: Any,
        f: Any,
        args: Any = None,
        kwargs: Any = None,
        metadata: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Sends a call that says which version it needs."""
        metadata, why = self._stamped(metadata, options.get("ident"))
        if why:
            f, args, kwargs = partial(exec, _raising(why), {}), [], {}
        return self._apply(socket, f, args, kwargs, metadata=metadata, **options)

    def _send_execute_request(
        self,
        socket: Any,
        code: str,
        silent: bool = True,  # noqa: FBT001, FBT002  # as ipyparallel calls it
        metadata: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Sends code that says which version it needs."""
        metadata, why = self._stamped(metadata, options.get("ident"))
        code = _raising(why) if why else code
        return self._execute(socket, code, silent, metadata=metadata, **options)

    def _stamped(
        self, metadata: Mapping[str, Any] | None, ident: bytes | None
    ) -> tuple[dict[str, Any], str]:
        """Returns the metadata of a request; or why no engine can run it.

        The scheduler of balanced tasks may choose among the engines that have been sent the version.
        So it passes over those that cannot run it, and those that join while the task waits.
        """
        self._tell_new()
        given = dict(metadata or {})
        is_balanced = "after" in given
        stamped = {**given, _STAMP: [self._key, self._count, is_balanced]}
        asked = given["targets"] if is_balanced else [_identity(ident)]
        able, reason = [], ""
        for number, uuid in self._engines():
            if uuid in asked or (is_balanced and not asked):
                standing = self._standing_of(uuid)
                if standing.state in _UNFIT:
                    reason = messages.worker_failed((_called(number),), standing.message)
                else:
                    able.append(uuid)
        if reason and not able:
            # What raises instead must be let in.
            return given, reason
        return ({**stamped, "targets": able} if is_balanced else stamped), ""


def _client_of(client: Any) -> Any:
    """Returns the client of a view, or the client itself."""
    return getattr(client, "client", client)


def _identity(ident: object) -> str:
    """Returns the engine that a request goes to; empty if it goes to several."""
    return ident.decode() if isinstance(ident, bytes) else ""


def _called(number: int) -> str:
    return f"engine {number}"


def _answer(future: "Future[Any]") -> Standing:
    """Returns how an engine stands by its own answer."""
    error = future.exception()
    if error is not None:
        why = f"{getattr(error, 'ename', type(error).__name__)}: {_said(error)}"
        return Standing(FAILED, message=why)
    python, answer = future.result()
    if answer is None:
        it, is_old = messages.it(), python < OLDEST_PYTHON
        why = python_too_old(it, python) if is_old else messages.no_liveimport_there(it)
        return Standing(FAILED, message=why)
    given: Standing = answer
    return given


def _said(error: BaseException) -> str:
    return str(getattr(error, "evalue", error))


def _raising(why: str) -> str:
    return f"raise RuntimeError({why!r})"


# On an engine.


def take(key: str, plain: Mapping[str, Any], count: int) -> Standing:
    """Brings this engine to a version. Returns how it stands."""
    session = _session_in(key)
    update = from_plain(plain)
    finder = finder_of(session)
    if finder is None:
        finder = HostedFinder(session)
        sys.meta_path.insert(0, finder)
    shell: Any = get_ipython()
    gate = _gate_of(shell.kernel) or _Gate(shell.kernel)
    if finder.accepts(update) and not finder.has_tried:
        before = {source.name: sys.modules.get(source.name) for source in update.sources}
        finder.take_wanted()
        _bind_again(shell.user_ns, before, gate.imported)
    gate.counts[key] = count
    gate.resume()
    return finder.standing


def forget(key: str) -> None:
    """Takes a client off this engine; the finder of its notebook, and the gate, after the last one."""
    shell: Any = get_ipython()
    gate = _gate_of(shell.kernel)
    counts = gate.counts if gate is not None else {}
    counts.pop(key, None)
    finder = finder_of(_session_in(key))
    if finder is not None and _session_in(key) not in map(_session_in, counts):
        sys.meta_path.remove(finder)
    if gate is not None:
        gate.resume()
        if not counts:
            gate.remove()


def _session_in(key: str) -> str:
    return key.partition("/")[0]


class _Gate:
    """Lets a request of the notebook in when the engine runs the version that it needs.

    Attributes:
        counts: Which version of each client is here.
        imported: What code of the notebook has imported here, by name.
    """

    def __init__(self, kernel: Any) -> None:
        self.counts: dict[str, int] = {}
        self.imported: dict[str, Binding] = {}
        self._kernel = kernel
        self._handlers = {kind: kernel.shell_handlers[kind] for kind in (_APPLY, _EXECUTE)}
        self._waiting: deque[tuple[str, Any, Any, Any]] = deque()
        self._resuming: object = None
        for kind in self._handlers:
            kernel.shell_handlers[kind] = _Entrance(self, kind)

    def remove(self) -> None:
        """Gives the kernel its own handlers back."""
        self._kernel.shell_handlers.update(self._handlers)

    def enter(self, kind: str, stream: Any, ident: Any, request: Any) -> Any:
        """Handles a request: now, when the version has come, or by an error."""
        stamp = request["metadata"].get(_STAMP)
        if stamp is not None:
            key, count, is_balanced = stamp
            if self.counts.get(key, count) < count:
                self._waiting.append((kind, stream, ident, request))
                return None
            finder = finder_of(_session_in(key))
            if finder is not None and not finder.is_current:
                name = _called(self._kernel.engine_id)
                why = messages.worker_failed((name,), finder.failure)
                request = _refused(kind, request, why, is_balanced)
            elif kind == _EXECUTE:
                self._note(request["content"]["code"])
        return self._handlers[kind](stream, ident, request)

    def _note(self, code: str) -> None:
        """Keeps which names the code imports: plain values do not tell where they are from."""
        if "import" in code:
            with suppress(SyntaxError, ImportError):
                text = self._kernel.shell.transform_cell(code)
                for binding in parse_imports(text, allow_other_statements=True):
                    self.imported[binding.name] = binding

    def resume(self) -> None:
        """Handles the requests that waited, as soon as this task has ended."""
        if self._waiting:
            # The loop itself keeps no task alive.
            self._resuming = asyncio.ensure_future(self._handle_waiting())

    async def _handle_waiting(self) -> None:
        for _ in range(len(self._waiting)):
            kind, stream, ident, request = self._waiting.popleft()
            self._kernel.set_parent(ident, request, channel="shell")
            handled = self.enter(kind, stream, ident, request)
            if handled is not None:
                await handled


class _Entrance:
    """What the kernel calls for a kind of request."""

    def __init__(self, gate: _Gate, kind: str) -> None:
        self.gate = gate
        self._kind = kind

    def __call__(self, stream: Any, ident: Any, request: Any) -> Any:
        """Handles a request."""
        return self.gate.enter(self._kind, stream, ident, request)


def _gate_of(kernel: Any) -> _Gate | None:
    entrance = kernel.shell_handlers[_APPLY]
    return entrance.gate if isinstance(entrance, _Entrance) else None


def _refused(kind: str, request: Any, why: str, is_balanced: bool) -> Any:  # noqa: FBT001
    """Returns a request that raises instead. Of a balanced one the scheduler asks another engine."""
    code = _raising(why)
    if is_balanced:
        code = f"from ipyparallel.error import UnmetDependency as RuntimeError; {code}"
    if kind == _EXECUTE:
        return {**request, "content": {**request["content"], "code": code}}
    return {**request, "buffers": pack_apply_message(partial(exec, code, {}), [], {})}


def _bind_again(
    names: dict[str, Any],
    before: Mapping[str, ModuleType | None],
    imported: Mapping[str, Binding],
) -> None:
    """Binds what names of the engine hold of modules that have run again, as they are now.

    A name whose function or class is gone goes, too: code that is sent must not meet the old one.
    """
    for name, value in list(names.items()):
        module, attribute = _home_of(value)
        binding = imported.get(name)
        if binding is not None and binding.attribute is not None and binding.module in before:
            module, attribute = binding.module, binding.attribute
        old, new = before.get(module), sys.modules.get(module)
        if old is None or old is new:
            continue
        if value is old:
            _bind(names, name, _GONE if new is None else new)
        elif vars(old).get(attribute, _GONE) is value:
            _bind(names, name, _GONE if new is None else vars(new).get(attribute, _GONE))


_GONE = object()


def _home_of(value: object) -> tuple[str, str]:
    """Returns the module that a value is, or is of, and its name there; of others nothing."""
    if isinstance(value, ModuleType):
        return value.__name__, ""
    if isinstance(value, (FunctionType, type)) and isinstance(value.__module__, str):
        return value.__module__, value.__name__
    return "", ""


def _bind(names: dict[str, Any], name: str, value: object) -> None:
    if value is _GONE:
        del names[name]
    else:
        names[name] = value
