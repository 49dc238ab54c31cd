"""A real ipykernel, spoken to as frontends do: by messages."""

import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_PATIENCE_S = 60

Message = dict[str, Any]


class Ran:
    """What came back for a cell.

    Attributes:
        reply: The content of the reply.
        messages: All that the kernel published for it, in order.
    """

    def __init__(self, reply: Message, messages: Sequence[Message]) -> None:
        self.reply = reply
        self.messages = messages

    def contents(self, kind: str) -> list[Message]:
        """Returns the contents of what was published as `kind`."""
        return [m["content"] for m in self.messages if m["msg_type"] == kind]

    @property
    def value(self) -> str | None:
        """The last expression's value as text, or None."""
        results = self.contents("execute_result")
        return results[0]["data"]["text/plain"] if results else None

    @property
    def printed(self) -> str:
        """What it printed."""
        return "".join(content["text"] for content in self.contents("stream"))

    @property
    def report(self) -> str:
        """What it displayed, as text."""
        shown = self.contents("display_data")
        return "\n".join(content["data"]["text/plain"] for content in shown)

    @property
    def traceback(self) -> str:
        """The traceback that was shown."""
        (error,) = self.contents("error")
        return _ESCAPE.sub("", "\n".join(error["traceback"]))


class Kernel:
    """A kernel at work in a folder."""

    def __init__(self, client: BlockingKernelClient, manager: KernelManager) -> None:
        self.client = client
        self._manager = manager

    def run(self, code: str, *, subshell: str | None = None, **options: Any) -> Ran:
        """Runs a cell to its end.

        After an error, older kernels refuse for a moment what comes next.
        """
        while True:
            (ran,) = self.ended(self.begin(code, subshell=subshell, **options))
            if ran.reply["status"] != "aborted":
                return ran

    def begin(self, code: str, *, subshell: str | None = None, **options: Any) -> str:
        """Sends a cell to run; returns what `ended` wants."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
            **options,
        }
        message = self.client.session.msg("execute_request", content)
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        identity: str = message["header"]["msg_id"]
        return identity

    def ended(self, *identities: str) -> list[Ran]:
        """Waits for the end of cells; returns what came back for each, in their order."""
        messages: dict[str, list[Message]] = {identity: [] for identity in identities}
        waiting = set(identities)
        while waiting:
            message = self.client.get_iopub_msg(timeout=_PATIENCE_S)
            parent = message["parent_header"].get("msg_id")
            if parent in messages:
                messages[parent].append(message)
                if message["content"].get("execution_state") == "idle":
                    waiting.discard(parent)
        replies: dict[str, Message] = {}
        while not replies.keys() >= messages.keys():
            reply = self.client.get_shell_msg(timeout=_PATIENCE_S)
            replies[reply["parent_header"]["msg_id"]] = reply["content"]
        return [Ran(replies[identity], messages[identity]) for identity in identities]

    def wait_for(self, path: Path) -> None:
        """Waits until a cell has made a file, by which it tells how far it is."""
        until = time.monotonic() + _PATIENCE_S
        while not path.exists():
            assert time.monotonic() < until, f"{path.name} was never made"
            time.sleep(0.01)

    def interrupt(self) -> None:
        """Presses the stop button."""
        self._manager.interrupt_kernel()

    def control(self, request: str) -> Message:
        """Sends a request past the cells, and returns the content of its reply."""
        message = self.client.session.msg(request, {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=_PATIENCE_S)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                content: Message = reply["content"]
                return content


@contextlib.contextmanager
def kernel(
    folder: Path, own: Path, *arguments: str, python: str | None = None
) -> Iterator[Kernel]:
    """Yields a kernel that works in `folder`, started with `arguments`, by another `python`."""
    manager = KernelManager(kernel_name="python3", connection_file=str(own / "kernel.json"))
    if python is not None:
        manager.kernel_spec.argv = [python, *manager.kernel_spec.argv[1:]]
    environment = {**os.environ, "IPYTHONDIR": str(own / "ipython")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    manager.start_kernel(cwd=str(folder), env=environment, extra_arguments=list(arguments))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=_PATIENCE_S)
        yield Kernel(client, manager)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
