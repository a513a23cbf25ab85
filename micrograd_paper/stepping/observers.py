"""Observers installed for the duration of a `with`. Several may be active at once, and may end in any order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from micrograd_paper import observing
from micrograd_paper.engine import Value
from micrograd_paper.observing import Earlier


class Watcher:
    """An observer that does nothing."""

    stops = False

    @property
    def sees_new(self) -> bool:
        return type(self).made is not Watcher.made

    def made(self, node: Value) -> None:
        """Called with each new Value, a leaf or the result of an operation."""

    def walk(self, nodes: Iterator[Value], earlier: Earlier) -> Iterator[Value]:
        """The nodes of a backward. They must be taken one by one, each when its turn comes."""
        return nodes


@contextmanager
def watching(watcher: Callable[[], Watcher]) -> Iterator[None]:
    """An observer installed for the duration of a `with`: it sees what every thread and every asyncio task makes."""
    observer = watcher()
    observing.add(observer)
    try:
        yield
    finally:
        observing.remove(observer)
