"""Who watches the engine, and the lock that lets one `backward` run at a time.

Observers are the process's: every thread and every asyncio task sees what another one installed, and a fork's child
none. `stepping.observers` installs one for the length of a `with`.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Node = Any
Earlier = Sequence[tuple[Node, Any]]


class Observer(Protocol):
    """What may watch. One that `stops` a debugger hands the nodes to `backward` itself, with nothing in between. Only
    one that `sees_new` is told of each new Value."""

    stops: bool

    @property
    def sees_new(self) -> bool: ...

    def made(self, node: Node) -> None:
        """Called with each Value, a leaf or what an operation made, right after it was made."""

    def walk(self, nodes: Iterator[Node], earlier: Earlier) -> Iterator[Node]:
        """Called once a `backward`; it yields the nodes on, and may look at each before and after its chain rule.

        earlier     the leaves that held something before this pass, and what: it is added to them at the end
        """


observers: tuple[Observer, ...] = ()
makers: tuple[Observer, ...] = ()  # those that see what is new
lock = threading.RLock()  # of backward
changing = threading.Lock()  # of the observers


def add(observer: Observer) -> None:
    """Install an observer, after those that there are, but before those that stop a debugger: see `Observer`."""
    with changing:
        install(sorted([*observers, observer], key=lambda each: each.stops))


def remove(observer: Observer) -> None:
    """Take this one out, whichever others were installed after it."""
    with changing:
        install([other for other in observers if other is not observer])


def install(these: Sequence[Observer]) -> None:
    global observers, makers
    observers, makers = tuple(these), tuple([each for each in these if each.sees_new])


def made(node: Node) -> None:
    for observer in makers:
        observer.made(node)


def walk(nodes: Iterator[Node], earlier: Earlier) -> Iterator[Node]:
    """The nodes of a backward, root first, through the hands of every observer, in their order."""
    for observer in observers:
        nodes = observer.walk(nodes, earlier)
    return nodes


def in_a_forks_child() -> None:
    """No observer is a child's, and no lock is held there."""
    global lock, changing
    install(())
    lock, changing = threading.RLock(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=in_a_forks_child)
