"""A time limit for work in many steps, which ask it now and then.

    deadline = Deadline(10.0)
    for node in deadline.watched(nodes):    # raises TimeoutError once the ten seconds are over
"""

import math
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

Thing = TypeVar("Thing")
AT_ONCE = 64  # things of a list between two looks at the clock


class Deadline:
    """The moment when that many seconds are over, of which some were used before now."""

    def __init__(self, seconds: float, used: float = 0.0) -> None:
        self.seconds = seconds
        self.end = monotonic() + seconds - used

    @property
    def used(self) -> float:
        """Seconds."""
        return monotonic() - self.end + self.seconds

    @property
    def left(self) -> float:
        """Seconds. Raises TimeoutError if there are none."""
        left = self.end - monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> TimeoutError:
        """The error for what was stopped."""
        return TimeoutError(f"the drawing took longer than {self.seconds:g} s and was stopped")

    def watched(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """These things, one by one. Raises TimeoutError before the next one that comes too late."""
        for thing in things:
            self.check()
            yield thing

    def check(self) -> None:
        """Raise TimeoutError if the seconds are over."""
        if monotonic() > self.end:
            raise self.passed()


FOREVER = Deadline(math.inf)


class Watched(list[Thing]):
    """A list that is walked through only until a deadline: TimeoutError is raised after it."""

    def __init__(self, things: Iterable[Thing], deadline: Deadline) -> None:
        super().__init__(things)
        self.deadline = deadline

    def __iter__(self) -> Iterator[Thing]:
        for at in range(0, len(self), AT_ONCE):
            self.deadline.check()
            yield from self[at : at + AT_ONCE]

    def __reversed__(self) -> Iterator[Thing]:
        return self.deadline.watched(super().__reversed__())
