"""Where in the user's program a Value was made.

    >>> with record_origins():
    ...     C = net.forward(x).output[0] ** 2
    >>> print(C.origin)          # or train.py:7, in loss
    <doctest micrograd_paper.stepping.origins[0]>:2

Leaves are recorded too. Errors of operations, tooltips of drawings and the page then show where a node was made.
"""

import os
import sys
from contextlib import AbstractContextManager
from typing import NamedTuple

from micrograd_paper.engine import Value
from micrograd_paper.reading.variables import users_frame
from micrograd_paper.stepping.observers import Watcher, watching

COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")  # frames of their own until Python 3.11


class Origin(NamedTuple):
    """File, line and function of the code that made a Value. As text `train.py:7, in loss`, or `train.py:7` outside
    functions: a terminal that recognizes paths makes it a link. In a notebook `In[3], line 2`."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        cell = cell_number(self.file)
        if cell:
            return f"In[{cell}], line {self.line}"
        place = f"{from_here(self.file)}:{self.line}"
        return place if self.function == "<module>" else f"{place}, in {self.function}"


def record_origins() -> AbstractContextManager[None]:
    """A context in which every new Value remembers, as `.origin`, the line outside this package that made it.

    Origins are kept by copy and pickle. Contexts can be nested and combined with break_at and detect_anomaly.
    """
    return watching(Origins)


def cell_number(file: str) -> int | None:
    """The number of the notebook's cell that was compiled as this file; None for another file."""
    shell = getattr(getattr(sys.modules.get("IPython"), "get_ipython", str)(), "compile", None)
    number = getattr(shell, "_filename_map", {}).get(file)
    return number if isinstance(number, int) else None


class Origins(Watcher):
    """Gives each new Value its Origin; Values made by the same line share one."""

    def __init__(self) -> None:
        self.origins: dict[Origin, Origin] = {}

    def made(self, node: Value) -> None:
        if node.origin is None:
            origin = users_line()
            node.origin = None if origin is None else self.origins.setdefault(origin, origin)


def users_line() -> Origin | None:
    """The line that is being executed in the innermost frame outside this package; None if all are inside."""
    frame = users_frame()
    if frame is None:
        return None
    function = frame
    while function.f_code.co_name in COMPREHENSIONS and function.f_back is not None:
        function = function.f_back
    return Origin(frame.f_code.co_filename, frame.f_lineno, function.f_code.co_name)


def from_here(file: str) -> str:
    """The path, relative to the current directory if it is below it; a character that cannot be printed is �."""
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:  # it has been removed
        here = ""
    return "".join([letter if letter.isprintable() else "�" for letter in file.removeprefix(here)])
