"""What watches the engine for the length of a `with`, several at a time: each passes on what it sees."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from micrograd_paper.engine import Value, observer


class Watcher:
    """An observer that passes everything on to the one that was set when it was made."""

    def __init__(self) -> None:
        self.outer = observer.get()

    def made(self, node: Value) -> None:
        if self.outer is not None:
            self.outer.made(node)

    def walk(self, nodes: Iterable[Value]) -> Iterator[Value]:
        """The nodes as the outer observer yields them. They must be taken one by one, each when its turn comes."""
        return iter(nodes) if self.outer is None else self.outer.walk(nodes)


@contextmanager
def watching(watcher: Callable[[], Watcher]) -> Iterator[None]:
    """Set the observer to a new watcher, and afterwards to what it was."""
    token = observer.set(watcher())
    try:
        yield
    finally:
        observer.reset(token)
