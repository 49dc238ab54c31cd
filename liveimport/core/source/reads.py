"""What code reads of modules while it runs, and what it may change, as its instructions show.

It is read off the instructions, as in `names`, once for each code object. Where they do not show
it, `CodeReads.is_unclear` says so, and whoever asks takes it that everything is read.
"""

import opcode
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dis import get_instructions
from functools import lru_cache
from hashlib import blake2b
from inspect import CO_NEWLOCALS
from types import CodeType, MappingProxyType
from typing import Any, NamedTuple

from liveimport.core.imports import STAR
from liveimport.core.trace import Chain, Import, Load, Surface, Trace

_UNCLEAR = frozenset(
    [
        "eval",
        "exec",
        "modules",
        "import_module",
        "__import__",
        "__subclasses__",
        "_getframe",
        "currentframe",
        "stack",
        "get_objects",
        "get_referrers",
        "get_type_hints",
        "resolve_types",
        "run_module",
        "run_path",
        "walk_packages",
        "iter_modules",
        "__builtins__",
    ]
)
"""Whoever uses one of these names may read anything."""

_OWN_NAMESPACE = frozenset({"globals", "locals", "vars", "dir"})
"""Whoever uses one of these names may read any global of its module."""

_BINDING = frozenset({"globals", "locals", "vars", "eval", "exec", "modules"})
"""Whoever uses one of these names may bind names of its module that no instruction shows."""

_IMPORTING = frozenset({"__import__", "import_module"})
_BEFORE_CALLS = frozenset({"PUSH_NULL", "PRECALL"})

_SETTING = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_HARMLESS = frozenset(
    [
        "__name__",
        "__qualname__",
        "__module__",
        "__doc__",
        "__class__",
        "__init__",
        "__new__",
        "startswith",
        "endswith",
        "strip",
        "lower",
        "upper",
        "split",
        "join",
        "format",
        "replace",
        "encode",
        "decode",
        "keys",
        "values",
        "items",
        "get",
        "copy",
        "is_integer",
        "bit_length",
        "isdigit",
        "isidentifier",
        "title",
        "lstrip",
        "rstrip",
        "partition",
        "rpartition",
    ]
)
"""Methods that change nothing, of whatever they are asked."""
_MUTATORS = frozenset(
    [
        "append",
        "appendleft",
        "extend",
        "insert",
        "add",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "discard",
        "clear",
        "sort",
        "reverse",
        "register",
    ]
)
_ADDING = frozenset(["append", "appendleft", "extend", "insert", "add", "update"])
"""Methods that add to a table, and tell nothing of what it has."""
_SET_ATTRIBUTE = frozenset({"STORE_ATTR", "DELETE_ATTR"})
_SET_INSIDE = frozenset({"STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"})
_SET_GLOBAL = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_SETTING_GLOBALS = frozenset(opcode.opmap[name] for name in _SET_GLOBAL)
_CATCHING = opcode.opmap["PUSH_EXC_INFO"]
_SET_NAME = frozenset({"STORE_NAME", "DELETE_NAME"}) | _SET_GLOBAL
_LOAD_GLOBAL = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_LOAD_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_LOAD_KEY = (
    frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_CONST", "LOAD_DEREF"}) | _LOAD_GLOBAL
)
_BETWEEN = frozenset({"CACHE", "NOP", "EXTENDED_ARG", "SWAP", "POP_TOP", "COPY"})
_HAS_METHODS = opcode.opmap.get("LOAD_METHOD", 256) < 256  # noqa: PLR2004  # before Python 3.12
_SHIFT: Mapping[str, int] = {
    "LOAD_GLOBAL": 1,
    "LOAD_ATTR": 0 if _HAS_METHODS else 1,
    "LOAD_SUPER_ATTR": 2,
}
USING = _LOAD_GLOBAL | _LOAD_ATTRIBUTE | {"LOAD_SUPER_ATTR"}
_NAMED = USING | _SET_NAME | {"IMPORT_NAME", "IMPORT_FROM"}
_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_MATTERING = tuple(
    None if name in _BETWEEN else (name, _SHIFT.get(name, 0) if name in _NAMED else -1)
    for name in map(opcode.opname.__getitem__, range(256))
)
"""By operation, its name, and by how much its argument is shifted to find a name."""
_TYPE_CHECKING = "TYPE_CHECKING"
_IF_FALSE = frozenset({"POP_JUMP_IF_FALSE", "POP_JUMP_FORWARD_IF_FALSE"})
_HAVING_CONSTANTS = frozenset(map(opcode.opname.__getitem__, opcode.hasconst))
_OF_CLASSES = frozenset({"__firstlineno__", "__static_attributes__"})
_CONSTANTS = frozenset({"LOAD_CONST", "LOAD_SMALL_INT"})
_BUILDING = frozenset({"BUILD_LIST", "BUILD_TUPLE"})
_FUTURE_ANNOTATIONS = 0x1000000
_WORDS = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
MAKING = frozenset({"MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"})
"""A function is made with its annotations by the one, or from Python 3.13 on by the other."""
_ANNOTATIONS = 4
_AT_END = ("STORE_", "CALL")
"""What uses up the texts that were loaded before."""


class CodeReads(NamedTuple):
    """What one code object reads and may change, without the code objects in it.

    Attributes:
        loads: The globals that it loads, with the attributes that it asks of them.
        imports: What it imports without binding it in the module.
        sets: The globals, with what is asked of them, of which it sets attributes.
        sets_attributes: Whether it sets attributes of anything else.
        may_change: Whether it may change what it was given, or what its own module has.
        reads_all: Whether it may read any global of its module.
        is_unclear: Whether it may read anything.
        catches: Whether it goes on after an error: also if a name was not bound yet.
        annotated: Of a class, what its annotations name, and those of its functions: texts, which
            whoever makes the class may look up.
        adding: Those of `loads` of which it only sets or adds entries.
        asking: Those of which it also asks only whether they have a key.
    """

    loads: frozenset[Chain]
    imports: frozenset[Import] = frozenset()
    sets: frozenset[Chain] = frozenset()
    sets_attributes: bool = False
    may_change: bool = False
    reads_all: bool = False
    is_unclear: bool = False
    catches: bool = False
    annotated: frozenset[Chain] = frozenset()
    adding: frozenset[Chain] = frozenset()
    asking: frozenset[Chain] = frozenset()


class _Instruction(NamedTuple):
    name: str
    argument: int
    value: str


@lru_cache(maxsize=4)
def instructions(code: CodeType) -> tuple[_Instruction, ...]:
    """Returns the instructions of a code that matter, with the name that each is about.

    Those behind ``if TYPE_CHECKING`` do not. They are kept for a moment: a code is gone through up
    to four times.
    """
    found: list[_Instruction] = []
    instructions, names, extended = code.co_code, code.co_names, 0
    unused = _under_type_checking(code) if _TYPE_CHECKING in names else ()
    for place, (operation, low) in enumerate(
        zip(instructions[::2], instructions[1::2], strict=True)
    ):
        if not operation or place in unused:
            continue  # half of all there is are caches
        argument = low | extended
        extended = argument << 8 if operation == _EXTENDED else 0
        known = _MATTERING[operation]
        if known is not None:
            name, shift = known
            found.append(
                _Instruction(name, argument, "" if shift < 0 else names[argument >> shift])
            )
    return tuple(found)


def _under_type_checking(code: CodeType) -> frozenset[int]:
    """Returns the places of the instructions that only type checkers look at."""
    unused: set[int] = set()
    asked = False
    end = 0
    for one in get_instructions(code):
        if one.offset < end:
            unused.add(one.offset // 2)
        elif asked and one.opname in _IF_FALSE:
            end = one.argval
        # Python 3.13 makes a truth value of it first.
        asked = one.argval == _TYPE_CHECKING or (asked and one.opname == "TO_BOOL")
    return frozenset(unused)


def _uses(code: CodeType, names: frozenset[str]) -> bool:
    """Whether a code uses one of these names. To import one under the same name is no use yet."""
    if names.isdisjoint(code.co_names):
        return False
    by_text = [place for place, _ in _imports_by_text(code)]
    imported = ""
    for place, (name, _, value) in enumerate(instructions(code)):
        if place in by_text:
            continue
        if imported and (name not in _SET_NAME or value != imported):
            return True
        imported = value if name == "IMPORT_FROM" and value in names else ""
        if name in USING and value in names:
            return True
    return False


def _imports_by_text(code: CodeType) -> Iterator[tuple[int, Import]]:
    """Yields what is imported by a constant text, each with the place of the instruction.

    ``__import__("a.b")``, with nothing more, and the same with ``import_module``.
    """
    if _IMPORTING.isdisjoint(code.co_names):
        return
    seen = [
        (place, one)
        for place, one in enumerate(instructions(code))
        if one.name not in _BEFORE_CALLS
    ]
    for (place, load), (_, text), (_, call) in zip(seen, seen[1:], seen[2:], strict=False):
        is_call = load.value in _IMPORTING and (call.name, call.argument) == ("CALL", 1)
        if is_call and text.name == "LOAD_CONST":
            name = code.co_consts[text.argument]
            if isinstance(name, str) and name[:1] != ".":
                yield place, Import(name)


@lru_cache(maxsize=20_000)
def code_reads(code: CodeType) -> CodeReads:
    """Returns what a code object reads, and may change."""
    is_function = bool(code.co_flags & CO_NEWLOCALS)
    is_module = code.co_name == "<module>"
    loads: set[Chain] = {()}
    sets: set[Chain] = set()
    chain: Chain = ()
    sets_attributes = _uses(code, _SETTING)
    may_change, last = False, ""
    before = _Instruction("", 0, "")
    for instruction in instructions(code):
        name, _, value = instruction
        if name in _LOAD_ATTRIBUTE and chain:
            chain = (*chain, value)
        else:
            loads.add(chain)
            if name in _SET_ATTRIBUTE and chain:
                sets.add(chain)
            elif name in _SET_ATTRIBUTE:
                sets_attributes |= code.co_name != "__init__" or not _is_first_local(before)
            if name in _LOAD_GLOBAL:
                last = value
            chain = (value,) if name in _LOAD_GLOBAL else ()
            may_change |= _may_change(code, instruction, last)
        before = instruction
    loads.add(chain)
    is_class = not is_module and not is_function
    adding, asking = _loads_of_tables(code)
    annotated: set[Chain] = set()
    if code.co_flags & _FUTURE_ANNOTATIONS:
        texts = _annotations(code, all_functions=is_class)
        annotated = {tuple(word.split(".")) for text in texts for word in _WORDS.findall(text)}
    if not is_class:
        loads |= annotated
    return CodeReads(
        frozenset(loads - {()}),
        frozenset(
            [
                *(one for _, one in _imports_by_text(code)),
                *(one for _, one in (() if is_module else _imports(code))),
            ]
        ),
        frozenset(sets),
        sets_attributes,
        may_change,
        _uses(code, _OWN_NAMESPACE),
        _uses(code, _UNCLEAR),
        _CATCHING in code.co_code[::2],
        frozenset(annotated if is_class else ()),
        adding,
        asking,
    )


_USES_OF_TABLES = frozenset(opcode.opmap[name] for name in ("STORE_SUBSCR", "CONTAINS_OP"))


def _loads_of_tables(code: CodeType) -> tuple[frozenset[Chain], frozenset[Chain]]:
    """Returns the loads of which a code only adds or sets entries; and those, with keys asked for."""
    if _USES_OF_TABLES.isdisjoint(code.co_code[::2]) and _ADDING.isdisjoint(code.co_names):
        return frozenset(), frozenset()
    uses: dict[Chain, set[str]] = {}
    seen = instructions(code)
    for place, (name, _, value) in enumerate(seen):
        if name in _LOAD_GLOBAL:
            chain: Chain = (value,)
            after = place + 1
            while after < len(seen) and seen[after].name in _LOAD_ATTRIBUTE:
                chain, after = (*chain, seen[after].value), after + 1
            uses.setdefault(chain, set()).add(_use_of_table(chain, seen, after))
    return (
        frozenset(chain for chain, found in uses.items() if found == {"add"}),
        frozenset(chain for chain, found in uses.items() if found <= {"add", "ask"}),
    )


def _use_of_table(chain: Chain, seen: Sequence[_Instruction], place: int) -> str:
    """Returns what a code does with what it has loaded: ``"add"``, ``"ask"``, or another use.

    `place` is that of the next instruction.
    """
    if len(chain) > 1 and chain[-1] in _ADDING:
        return "add"
    name, argument, _ = seen[place]
    if name == "CONTAINS_OP":
        return "ask"
    # A key is loaded, and perhaps an attribute of it; then the entry is set.
    is_called = name == "LOAD_GLOBAL" and argument & 1
    if name not in _LOAD_KEY or is_called:
        return ""
    place += 1
    while seen[place].name in _LOAD_ATTRIBUTE and not _is_method(*seen[place][:2]):
        place += 1
    return "add" if seen[place].name == "STORE_SUBSCR" else ""


def _annotations(code: CodeType, *, all_functions: bool) -> Iterator[str]:
    """Yields the texts of annotations that somebody may look up while the code runs.

    Whoever makes a class may do that, and a decorator, of the function that it gets.
    """
    texts: list[str] = []
    of_function: list[str] = []
    pairs: tuple[Any, ...] = ()
    for name, argument, value in instructions(code):
        if name in MAKING:
            if argument & _ANNOTATIONS:
                of_function = _of_function(texts, pairs)
            continue
        if all_functions or not name.startswith("STORE_"):
            yield from of_function
        of_function = []
        if name == "LOAD_CONST":
            constant = code.co_consts[argument]
            constants = constant if isinstance(constant, tuple) else (constant,)
            pairs = constant if isinstance(constant, tuple) else pairs
            texts += (text for text in constants if isinstance(text, str))
        elif value == "__annotations__":
            yield from texts
        elif name.startswith(_AT_END):
            texts, pairs = [], ()


def _of_function(texts: list[str], pairs: tuple[Any, ...]) -> list[str]:
    """Returns the texts of a function's annotations. The names of its arguments are no such.

    `pairs` are these names, each with its text, if all are texts.
    """
    is_known = pairs and _are_texts(pairs) and len(pairs) % 2 == 0
    return list(pairs[1::2]) if is_known else texts


def _are_texts(constants: Any) -> bool:
    """Whether it is a tuple of texts."""
    return isinstance(constants, tuple) and all(isinstance(one, str) for one in constants)


def _may_change(code: CodeType, instruction: _Instruction, last: str) -> bool:
    """Whether an instruction may change something. `last` is the global that was loaded last."""
    name, argument, value = instruction
    if name in _LOAD_ATTRIBUTE:
        return _may_mutate(name, argument, value)
    if name in _SET_GLOBAL:
        return bool(code.co_flags & CO_NEWLOCALS)
    if name == "STORE_DEREF":
        return bool(code.co_freevars)
    return name in _SET_INSIDE and (name != "STORE_SUBSCR" or last != "__annotations__")


def _may_mutate(name: str, argument: int, value: str) -> bool:
    """Whether the attribute may be a method that changes what it is asked of."""
    return value in _MUTATORS or (_is_method(name, argument) and value not in _HARMLESS)


def _is_method(name: str, argument: int) -> bool:
    """Whether an instruction loads an attribute to call it at once."""
    return name == "LOAD_METHOD" or (not _HAS_METHODS and bool(argument & 1))


def _is_first_local(instruction: _Instruction) -> bool:
    """Whether it loads, last, the first argument: the object that `__init__` makes."""
    name, argument, _ = instruction
    if not name.startswith("LOAD_FAST"):
        return False
    return (argument & 15 if name.count("LOAD_FAST") > 1 else argument) == 0


def _imports(code: CodeType) -> Iterator[tuple[str, Import]]:
    """Yields what a code imports, with the name that it binds at once; empty if that is not seen.

    A star has the name of a star.
    """
    level: Any = 0
    taken: Any = None
    module = Import("")
    waiting: Import | None = None
    for name, argument, value in instructions(code):
        # ``import a.b as c`` takes b from a.b, and so on.
        if waiting is not None and not (name == "IMPORT_FROM" and taken is None):
            yield (value if name in _SET_NAME else "", waiting)
            waiting = None
        if name in _CONSTANTS:
            level, taken = taken, argument if name != "LOAD_CONST" else code.co_consts[argument]
        elif name == "IMPORT_NAME":
            module = Import(value, level or 0)
            waiting = module if taken is None else None
            if taken == (STAR,):
                yield STAR, module._replace(attribute=STAR)
        elif name == "IMPORT_FROM":
            waiting = module if taken is None else module._replace(attribute=value)


@lru_cache(maxsize=4096)
def surface_of(code: CodeType) -> Surface:
    """Returns the names of the module whose code this is."""
    stored: list[str] = [i.value for i in instructions(code) if i.name in _SET_NAME]
    is_dynamic = _uses(code, _BINDING)
    pending = [code]
    while pending:
        for inner in pending.pop().co_consts:
            if isinstance(inner, CodeType):
                # Most code sets no globals, and shows that at a glance.
                if not _SETTING_GLOBALS.isdisjoint(inner.co_code[::2]):
                    stored += (i.value for i in instructions(inner) if i.name in _SET_GLOBAL)
                is_dynamic |= _uses(inner, _BINDING)
                pending.append(inner)
    by_name: dict[str, list[Import]] = {}
    stars: list[Import] = []
    others: set[Import] = set()
    for name, one in _imports(code):
        if name == STAR:
            stars.append(one)
        else:
            by_name.setdefault(name, []).append(_bound(name, one))
    counts = Counter(stored)
    imported: dict[str, Import] = {}
    for name, found in by_name.items():
        # The same import may stand there again.
        if counts[name] == len(found) and len(set(found)) == 1:
            imported[name] = found[0]
        else:
            others.update(found)
    return Surface(
        frozenset(stored),
        MappingProxyType(imported),
        tuple(stars),
        frozenset(others),
        frozenset(n for n, count in counts.items() if count > 1 and n not in imported),
        tuple(dict.fromkeys(_order(code))),
        is_dynamic,
        skeleton_of(code),
        _exported(code) if counts["__all__"] == 1 else None,
    )


def skeleton_of(code: CodeType) -> str:
    """Returns a digest of a code, with the classes in it, without functions and line numbers."""
    seen = instructions(code)
    parts = [
        (name, _part_of(code, name, argument, value))
        for (name, argument, value), after in zip(seen, (*seen[1:], None), strict=True)
        # In Python 3.13, a class says at which line it begins, and what its methods set.
        if after is None or after.value not in _OF_CLASSES
    ]
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _part_of(code: CodeType, name: str, argument: int, value: str) -> object:
    """Returns what an instruction is about, wherever the code keeps that."""
    if value:
        return value, argument & ((1 << _SHIFT.get(name, 0)) - 1)
    if name not in _HAVING_CONSTANTS:
        return argument
    constant = code.co_consts[argument]
    if isinstance(constant, CodeType):
        is_function = constant.co_flags & CO_NEWLOCALS
        return constant.co_name if is_function else skeleton_of(constant)
    # Sets have no order of their own; as texts they are the same if their members are.
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else repr(constant)


def _exported(code: CodeType) -> frozenset[str] | None:
    """Returns what a module binds to `__all__`; None if it is not only that, written out."""
    stack: list[Any] = []
    found: frozenset[str] | None = None
    for name, argument, value in instructions(code):
        if value == "__all__":
            if not name.startswith("STORE_") or not stack or not _are_texts(stack[-1]):
                return None
            found = frozenset(stack[-1])
        if name == "LOAD_CONST":
            stack.append(code.co_consts[argument])
        elif name in _BUILDING and argument <= len(stack):
            at = len(stack) - argument
            stack[at:] = [tuple(stack[at:])]
        elif name == "LIST_EXTEND" and all(map(_are_texts, stack[-2:])):
            stack[-2:] = [tuple(text for texts in stack[-2:] for text in texts)]
        else:
            stack = []
    return found


def _order(code: CodeType) -> Iterator[str | Import]:
    """Yields what the code of a module imports and binds, in the order of its instructions."""
    level: Any = 0
    taken: Any = None
    module = Import("")
    for name, argument, value in instructions(code):
        if name in _CONSTANTS:
            level, taken = taken, argument if name != "LOAD_CONST" else code.co_consts[argument]
        elif name == "IMPORT_NAME":
            module = Import(value, level or 0, STAR if taken == (STAR,) else None)
            yield module
        elif name == "IMPORT_FROM":
            yield module._replace(attribute=value)
        elif name in _SET_NAME:
            yield value


def _bound(name: str, one: Import) -> Import:
    """Returns what a name is bound to: ``import a.b`` binds ``a`` to the package."""
    top = one.module.partition(".")[0]
    return one._replace(module=top) if one.attribute is None and name == top else one


@lru_cache(maxsize=256)
def surface_of_source(data: bytes) -> Surface | None:
    """Returns the names of a source; None if it is not Python."""
    try:
        return surface_of(compile(data, "", "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def trace_of(
    name: str,
    root: CodeType,
    ran: Iterable[tuple[str, CodeType]],
    plain: Container[str] = (),
) -> Trace:
    """Returns the trace of a module.

    `root` is the code of its source, and `ran` all code that ran meanwhile, each with the module
    that it belongs to. Nobody looks up annotations of its `plain` classes.
    """
    surface = surface_of(root)
    loads: set[Load] = set()
    imports: set[tuple[str, Import]] = set()
    others: set[str] = set()
    called: set[str] = set()
    changing: set[str] = set()
    all_of: set[str] = set()
    sets: set[Load] = set()
    adding: set[Load] = set()
    asking: set[Load] = set()
    others_than_adding: set[Load] = set()
    others_than_asking: set[Load] = set()
    sets_attributes = is_unclear = catches = False
    for home, code in ran:
        reads = code_reads(code)
        is_own = home == name
        called.update((code.co_name,) if is_own and code.co_flags & CO_NEWLOCALS else ())
        adding.update((home, chain) for chain in reads.adding)
        asking.update((home, chain) for chain in reads.asking)
        others_than_adding.update((home, c) for c in reads.loads - reads.adding)
        others_than_asking.update((home, c) for c in reads.loads - reads.asking)
        loads.update(
            (home, chain)
            for chain in reads.loads
            | (frozenset() if is_own and code.co_qualname in plain else reads.annotated)
            # Its own names are its own, and what it imports with a star may be any.
            if not is_own or chain[0] in surface.imported or surface.stars
        )
        imports.update((home, one) for one in reads.imports)
        sets.update((home, chain) for chain in reads.sets)
        sets_attributes |= reads.sets_attributes
        is_unclear |= reads.is_unclear
        catches |= reads.catches
        if reads.reads_all:
            all_of.add(home)
        if not is_own:
            others.add(home)
            if reads.may_change or reads.sets_attributes or reads.sets:
                changing.add(home)
    return Trace(
        surface,
        frozenset(loads),
        frozenset(imports),
        frozenset(others),
        frozenset(changing),
        changeable=frozenset(sets & loads),
        sets=frozenset(sets),
        sets_attributes=sets_attributes,
        all_of=frozenset(all_of),
        is_unclear=is_unclear,
        catches=catches,
        adding=frozenset(adding - others_than_adding),
        asking=frozenset(asking - others_than_asking),
        called=frozenset(called),
    )
