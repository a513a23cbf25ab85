"""A command of the debugger: a method `do_…`, marked with its group; its docstring is its help.

    @command("go on", "s", repeats=True)
    def do_step(self, text: str) -> None:
        '''step [COUNT]
        One application of the chain rule, (18), or so many.'''
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

GROUPS = ("go on", "go back", "stop", "look", "")  # in the order of `help`; the last without a heading
Method = TypeVar("Method", bound=Callable[..., Any])


class Command(NamedTuple):
    """Its name, its group, its abbreviations, whether an empty line repeats it; its usage and what it does."""

    name: str
    group: str
    also: tuple[str, ...]
    repeats: bool
    usage: str
    help: str

    @property
    def summary(self) -> str:
        """The first sentence of what it does."""
        return self.help.partition(". ")[0].rstrip(".")


def command(group: str, *also: str, repeats: bool = False) -> Callable[[Method], Method]:
    """Mark a method as a command. Raises ValueError for an unknown group."""
    if group not in GROUPS:
        raise ValueError(f"expected one of the groups {GROUPS}; got {group!r}")

    def marked(method: Method) -> Method:
        usage, _, rest = (method.__doc__ or "").partition("\n")
        name = method.__name__.removeprefix("do_")
        method.command = Command(name, group, also, repeats, usage, " ".join(rest.split()))  # type: ignore[attr-defined]
        return method

    return marked


def commands_of(debugger: type) -> dict[str, Command]:
    """The commands of a class by name, in the order of the groups and of their definition."""
    methods = [method for kind in debugger.__mro__[::-1] for method in vars(kind).values()]
    found = [method.command for method in methods if hasattr(method, "command")]
    return {each.name: each for group in GROUPS for each in found if each.group == group}
