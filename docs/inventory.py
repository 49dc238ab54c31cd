"""Writes `inventories/python.inv`: where the documentation of Python has the names that our pages link to.

The site is built without the network, so it reads this small file and not the whole list of
docs.python.org. Run `python docs/inventory.py OBJECTS.INV` when a name is added below. The whole list is at
https://docs.python.org/3/objects.inv, or in Debian's packages of Python's documentation.
"""

import sys
import zlib
from pathlib import Path

FILE = Path(__file__).parent / "inventories" / "python.inv"

NAMES = (
    *("None", "bool", "dict", "float", "int", "list", "str", "tuple"),
    *("BaseException", "Exception", "ImportError", "TypeError", "ValueError"),
    *("collections.abc.Callable", "collections.abc.Iterable", "collections.abc.MutableMapping"),
    *("importlib.reload", "os.PathLike"),
)
"""What docstrings and pages name. Sphinx tells of a type that is missing."""


def read(data: bytes) -> tuple[bytes, list[str]]:
    """Returns the four lines at the head of an inventory, and its entries."""
    lines = data.split(b"\n", 4)
    return b"\n".join(lines[:4]), zlib.decompress(lines[4]).decode().splitlines()


def chosen(data: bytes) -> bytes:
    """Returns an inventory that has our names only."""
    head, entries = read(data)
    ours = [entry for entry in entries if entry.partition(" py:")[0] in NAMES]
    return head + b"\n" + zlib.compress("".join(f"{entry}\n" for entry in ours).encode(), 9)


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(chosen(Path(sys.argv[1]).read_bytes()))
