"""The variables of the user's program that hold Values: who wrote x = Value(3.0) can say x."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from micrograd_paper.engine import Value
from micrograd_paper.reading.names import typed_names

PACKAGE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")
CONTEXTLIB = contextlib.__file__


def users_frame() -> FrameType | None:
    """The innermost frame outside this package; None if all are inside."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, CONTEXTLIB)):
        frame = frame.f_back
    return frame


@contextmanager
def named_by_variables(order: Sequence[Value]) -> Iterator[None]:
    """Inside, Values without a label bear the name of the variable that holds them in the innermost frame outside this
    package: who wrote x = Value(3.0) can say x. Names already used as labels are not reassigned."""
    taken = {name for node in order if node.label is not None for name in typed_names(node.label)}
    named = []
    for name, thing in variables().items():
        if isinstance(thing, Value) and thing.label is None and not name.startswith("_") and name not in taken:
            thing.label = name
            named.append(thing)
    try:
        yield
    finally:
        for node in named:
            node.label = None


def variables() -> dict[str, Any]:
    """By name, what the innermost frame outside this package sees, its own variables first."""
    frame = users_frame()
    return {} if frame is None else {**frame.f_locals, **frame.f_globals, **frame.f_locals}
