"""The variables of the user's program, and by which path each Value is reached from them.

    >>> from micrograd_paper import Neuron
    >>> n = Neuron(2)
    >>> parameters = n.parameters()
    >>> list(Variables({"parameters": parameters, "n": n}).paths().values())
    ['n.bias', 'n.weights[0]', 'n.weights[1]']

Only what is stored is looked at: elements of lists, tuples and dicts, attributes of the user's own objects. No code of
the program runs, and no frame is kept.
"""

import ast
import contextlib
import dis
import heapq
import inspect
import os
import re
import sys
import sysconfig
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import islice
from types import CodeType, FrameType, MemberDescriptorType
from typing import Any

from micrograd_paper.engine import Value
from micrograd_paper.nn import Forward, Module

PACKAGE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")
LIBRARIES = tuple({os.path.join(path, "") for name, path in sysconfig.get_paths().items() if name.endswith("lib")})
NOT_THE_USERS = (PACKAGE, *LIBRARIES, "<frozen ")
NOTEBOOKS = ("In", "Out")  # variables of a notebook itself; others begin with _
ATOMS = frozenset((int, float, complex, bool, str, bytes, type(None)))
NEW_LOCALS = inspect.CO_NEWLOCALS  # a flag of functions
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
LOOKED_AT = 10_000  # objects, of which 100 plain numbers are one
LONG = 1_000  # elements; what is in a longer container is looked at last
LONGEST_PATH = 60  # characters

Rank = tuple[bool, bool, bool, int, int]


class Variables:
    """Names, and what they stand for; `loops` are those that a loop assigns."""

    def __init__(self, things: Mapping[str, Any], loops: Container[str] = ()) -> None:
        self.things = things
        self.loops = loops

    @classmethod
    def visible(cls) -> "Variables":
        """What the user's innermost frame sees, its own variables first."""
        if seen_instead:
            return seen_instead[-1]
        frame = users_frame()
        if frame is None:
            return cls({})
        things = {**frame.f_locals, **{n: thing for n, thing in frame.f_globals.items() if n not in frame.f_locals}}
        loops = set(loop_variables(frame.f_code))
        outer = frame.f_back
        while outer is not None:
            if outer.f_globals is frame.f_globals and not outer.f_code.co_flags & NEW_LOCALS:  # the module's own code
                loops |= loop_variables(outer.f_code) - set(frame.f_locals)
            outer = outer.f_back
        return cls(things, loops)

    def paths(self) -> dict[Value, str]:
        """Each Value that is reached → its path: one through an attribute rather than one without, then the shortest;
        one that begins with a loop's variable only if there is no other."""
        found: dict[Value, tuple[Rank, str]] = {}
        walked: set[tuple[int, bool, bool]] = set()
        queue: list[tuple[Rank, int, str, Any]] = []

        def meet(rank: Rank, path: str, thing: Any) -> None:
            if isinstance(thing, Value):
                if thing not in found or (rank, path) < found[thing]:
                    found[thing] = rank, path
            elif rank[-1] < LONGEST_PATH and (id(thing), *rank[:2]) not in walked and is_walked(thing):
                walked.add((id(thing), *rank[:2]))
                is_long = rank[2] or size(thing) > LONG
                heapq.heappush(queue, ((*rank[:2], is_long, *rank[3:]), len(walked), path, thing))

        for name, thing in self.things.items():
            if not name.startswith("_") and name not in NOTEBOOKS:
                meet((name in self.loops, True, False, 0, len(name)), name, thing)
        looked_at = 0
        while queue and looked_at < LOOKED_AT:
            (in_loop, is_plain, is_long, steps, _), _, path, thing = heapq.heappop(queue)  # the best first
            is_plain = is_plain and not is_object(thing)
            for suffix, part in parts(thing):
                length = len(path) + len(suffix)
                meet((in_loop, is_plain, is_long, steps + 1, length), path + suffix, part)
            looked_at += 1 + size(thing) // 100
        return {node: path for node, (_, path) in found.items() if len(path) <= LONGEST_PATH}

    def at(self, path: str) -> Any:
        """What a path that somebody typed leads to; None for nothing, and for a text that is no path."""
        if "#" in QUOTED.sub("", path):  # a comment for Python
            return None
        try:
            return self.follow(ast.parse(path.strip(), mode="eval").body)
        except (SyntaxError, ValueError, LookupError, TypeError, RecursionError, MemoryError):
            return None

    def follow(self, path: ast.expr) -> Any:
        if isinstance(path, ast.Name):
            return self.things[path.id]
        if isinstance(path, ast.Attribute):
            return dict(attributes(self.follow(path.value)))[path.attr]
        if isinstance(path, ast.Subscript):
            thing, key = self.follow(path.value), ast.literal_eval(path.slice)
            kinds: list[Any] = [kind for kind in (list, tuple, dict) if isinstance(thing, kind)]
            return kinds[0].__getitem__(thing, key)
        raise LookupError


seen_instead: list[Variables] = []


@contextmanager
def seen_as(variables: Variables) -> Iterator[None]:
    """Inside, these are the user's variables: those of a script that has ended."""
    seen_instead.append(variables)
    try:
        yield
    finally:
        seen_instead.pop()


def users_frame() -> FrameType | None:
    """The innermost frame outside this package and outside of libraries; None if there is none."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(NOT_THE_USERS):
        frame = frame.f_back
    return frame


@cache
def loop_variables(code: CodeType) -> frozenset[str]:
    """The variables to which the code's `for` loops assign."""
    found: set[str] = set()
    missing = 0  # variables that the last loop has yet to assign
    inner: set[str] = set()  # variables of comprehensions, which have no code of their own since Python 3.12
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name == "FOR_ITER":
            missing = 1
        elif missing and name == "UNPACK_SEQUENCE":
            missing += instruction.argval - 1
        elif missing and name == "UNPACK_EX":  # a, *b, c: how many stand before and after the starred one
            missing += (instruction.argval & 255) + (instruction.argval >> 8)
        elif missing and name == "POP_TOP":  # the first of a, a
            missing -= 1
        elif missing and name.startswith("STORE_"):
            names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
            stored = names[:1] if name.endswith("LOAD_FAST") else names  # two instructions in one
            found |= {*map(str, stored)} - inner
            inner.difference_update(stored)
            missing -= len(stored)
        elif name != "EXTENDED_ARG":
            missing = 0
        if name == "LOAD_FAST_AND_CLEAR":
            inner.add(instruction.argval)
    return frozenset(found)


def parts(thing: Any) -> Iterator[tuple[str, Any]]:
    """What it stores, and how each is written after its path: [0], ['key'], .name; no plain numbers and texts."""
    if is_object(thing):
        yield from [(f".{name}", part) for name, part in attributes(thing) if type(part) not in ATOMS]
    elif isinstance(thing, dict):
        yield from [(f"[{key!r}]", part) for key, part in islice(dict.items(thing), 10 * LOOKED_AT)
                    if type(part) not in ATOMS and is_literal(key)]
    else:
        yield from [(f"[{i}]", part) for i, part in enumerate(islice(thing, 10 * LOOKED_AT)) if type(part) not in ATOMS]


def is_walked(thing: Any) -> bool:
    return is_container(thing) or is_object(thing)


def is_container(thing: Any) -> bool:
    return isinstance(thing, list | tuple | dict)


def size(thing: Any) -> int:
    return len(thing) if is_container(thing) else 0


def is_object(thing: Any) -> bool:
    """Whether its attributes are looked at: of a class of the user's, a named tuple too, or a network."""
    kind: Any = type(thing)
    return (not is_container(thing) or hasattr(kind, "_fields")) and is_users(kind)


@cache
def is_users(kind: type) -> bool:
    """Whether a class is neither of a library nor of this package; networks are the user's own."""
    if kind.__module__ == "__main__" or issubclass(kind, Module | Forward):
        return True
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return bool(file) and not file.startswith(NOT_THE_USERS) and "-packages" not in file


def attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    """The attributes that it stores, in its dictionary and in slots; no property is called."""
    if isinstance(thing, Value) or not is_object(thing):
        return
    kind: Any = type(thing)
    if kind.__dictoffset__:
        yield from list(object.__getattribute__(thing, "__dict__").items())
    if isinstance(thing, tuple):
        yield from zip(kind._fields, thing)
    for name, slot in slots(kind):
        with contextlib.suppress(AttributeError):  # it holds nothing yet
            yield name, slot.__get__(thing)


@cache
def slots(kind: type) -> list[tuple[str, Any]]:
    return [(name, slot) for base in kind.__mro__ for name, slot in vars(base).items()
            if type(slot) is MemberDescriptorType and not name.startswith("__")]


def is_literal(key: Any) -> bool:
    """Whether a key can be typed: a number, a text, or a tuple of these."""
    return all(map(is_literal, key)) if type(key) is tuple else type(key) in (int, str, bool, float)
