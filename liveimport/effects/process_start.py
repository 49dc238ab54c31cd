"""When did this process start? Each system tells it in a way of its own."""

import importlib
import os
import sys
import time
from collections.abc import Callable
from typing import Any

SOONER_NS = 20_000_000
"""How much too early a time is taken to be. Clocks of files and processes are coarse."""

_FROM_1601_TO_1970_S = 11_644_473_600
"""Windows counts from the first."""


def process_start_ns() -> int:
    """Returns when this process started, in ns since the epoch and rather too early; or 0."""
    for ask in (_as_linux_says, _as_psutil_says, _as_the_system_says):
        started = _answer_of(ask)
        if started:
            return started - SOONER_NS
    return 0


def _answer_of(ask: Callable[[], int]) -> int:
    try:
        started = ask()
    except Exception:  # noqa: BLE001  # a system that cannot say it may say so in any way
        return 0
    return started if 0 < started <= time.time_ns() else 0


def _as_linux_says() -> int:
    with open("/proc/self/stat", "rb") as file:
        ticks = int(file.read().rpartition(b")")[2].split()[19])
    uptime = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    started = ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return time.time_ns() - (uptime - started)


def _as_psutil_says() -> int:
    """Asks psutil, which ipykernel brings."""
    psutil: Any = importlib.import_module("psutil")  # it is not everywhere

    return int(psutil.Process().create_time() * 1_000_000_000)


def _as_the_system_says() -> int:
    """Asks macOS or Windows itself."""
    if sys.platform == "darwin":
        return _as_macos_says()
    if sys.platform == "win32":
        return _as_windows_says()
    return 0


def _as_macos_says() -> int:
    """Asks ``sysctl kern.proc.pid``, whose answer begins with the time of the start."""
    import ctypes  # noqa: PLC0415  # it takes a while to load

    # CTL_KERN, KERN_PROC, KERN_PROC_PID
    question = (ctypes.c_int * 4)(1, 14, 1, os.getpid())
    answer = ctypes.create_string_buffer(1024)
    size = ctypes.c_size_t(len(answer))
    libc: Any = ctypes.CDLL(None)
    if libc.sysctl(question, 4, answer, ctypes.byref(size), None, 0) or not size.value:
        return 0
    seconds, microseconds = _two_of(answer.raw)
    return seconds * 1_000_000_000 + microseconds * 1000


def _two_of(answer: bytes) -> tuple[int, int]:
    """Returns a ``struct timeval``: eight bytes of seconds, four of microseconds."""
    return int.from_bytes(answer[:8], "little"), int.from_bytes(answer[8:12], "little")


def _as_windows_says() -> int:
    """Asks ``GetProcessTimes``, which counts in tenths of microseconds."""
    import ctypes  # noqa: PLC0415  # it takes a while to load

    kernel: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]  # on Windows only
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    times = [ctypes.c_uint64() for _ in range(4)]
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    if not kernel.GetProcessTimes(process, *map(ctypes.byref, times)):
        return 0
    return times[0].value * 100 - _FROM_1601_TO_1970_S * 1_000_000_000
