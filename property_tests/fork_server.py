"""A process that forks a child for every connection: a live session or a fresh interpreter.

Run as a script: ``fork_server.py ADDRESS session|fresh``. It ends when its standard input
closes. Forking an interpreter that has imported all it needs costs a few milliseconds; starting
one costs a hundred times as much.
"""

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Listener
from typing import Any


def main(address: str, kind: str) -> None:
    """Serves until standard input closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    child = _child_of_kind(kind)
    with Listener(address, "AF_UNIX") as listener:
        print("ready", flush=True)  # noqa: T201  # the process that started it reads this
        socket = listener._listener._socket
        while True:
            ready, _, _ = select.select([socket, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection = listener.accept()
            if os.fork() == 0:
                try:
                    socket.close()
                    serve(connection, child)
                except (EOFError, BrokenPipeError):
                    pass
                finally:
                    os._exit(0)
            connection.close()


def _child_of_kind(kind: str) -> Callable[[str], Any]:
    if kind == "session":
        from live_session import LiveSession  # it imports the library, once for all forks

        return LiveSession
    from fresh_interpreter import FreshInterpreter

    return FreshInterpreter


def serve(connection: Connection, child: Callable[[str], Any]) -> None:
    """Answers the requests of one connection: method names with arguments."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    root = connection.recv()
    os.chdir(root)
    sys.path.insert(0, root)
    server = child(root)
    while True:
        name, args = connection.recv()
        try:
            answer = getattr(server, name)(*args)
        except BaseException as error:  # noqa: BLE001  # shown on the other side
            connection.send(RuntimeError("".join(traceback.format_exception(error))))
            continue
        connection.send(answer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
