"""An equation of the paper with the numbers of a real network's graph put into it.

    >>> print(worked(21))                         # the small network 2-3-2, after backward
    δ²₁ = w³₁₁·δ³₁·σ′(z²₁) + w³₂₁·δ³₂·σ′(z²₁)
        = 0.4·(−0.1201)·σ′(0.45) + (−0.3)·0.1343·σ′(0.45)
        = 0.4·(−0.1201)·0.2378 + (−0.3)·0.1343·0.2378
        = −0.021
    in the graph: −0.021
    >>> own = worked(21, forward)                 # the same of your own network, after backward on its cost

The formula is `equations`' function, run on numbers that write down what is done to them; the number below it is read
from the graph.
"""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.costs import Cost, cost_function, cross_entropy, quadratic
from micrograd_paper.errors import NotAValue, UsageError
from micrograd_paper.examples.formula_stages import ARGUMENTS, NUMBERS, SYMBOLS, VALUES, Line, Stage
from micrograd_paper.examples.one_pass import AS_PRINTED, OF_A_NETWORK, OF_CROSS_ENTROPY, Graph, one_example
from micrograd_paper.examples.several_passes import NOTES, OF_THEIR_OWN
from micrograd_paper.kinds.formula import number_leaf
from micrograd_paper.nn import Forward
from micrograd_paper.paper import Key, equation
from micrograd_paper.plain import printable

MOST_COMPONENTS = 2  # limit on the components of a vector that are shown
WIDTH = 100


class Component(NamedTuple):
    """One number: the stages of its formula as text, its value, and the number read elsewhere.

    stages are symbols, numbers, numbers with the arguments of functions worked out, and functions worked out.
    """

    left: str
    stages: tuple[str, ...]
    value: float
    graph: float
    source: str
    digits: int

    def shown(self, closing: bool = True) -> str:
        """The formula, one line per stage, each once; if `closing`, also where else the number was read."""
        texts = list(dict.fromkeys([*self.stages, number_leaf(self.value, self.digits)[0]]))
        left = self.left if self.left.endswith("←") else f"{self.left} ="
        before = [left, *[" " * (len(left) - 1) + "="] * (len(texts) - 1)]
        lines = [wrapped(f"{start} {text}", len(left) + 1) for start, text in zip(before, texts)]
        if closing:
            lines.append(f"{self.source}: {number_leaf(self.graph, self.digits)[0]}")
        return "\n".join(lines)


class Worked(NamedTuple):
    """An equation with numbers: a Component for each component of a vector, or one; str() shows the first two.

    printed is the first component of the form that the paper prints, where that form is a different one; note says
    what the numbers are of, where the formula does not.
    """

    number: Key
    components: tuple[Component, ...]
    printed: Component | None = None
    note: str = ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Each component's formula in symbols."""
        return tuple(component.stages[SYMBOLS] for component in self.components)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Each component's formula with the numbers put in."""
        return tuple(component.stages[NUMBERS] for component in self.components)

    @property
    def value(self) -> tuple[float, ...]:
        """What the equation gives, one number per component."""
        return tuple(component.value for component in self.components)

    @property
    def graph(self) -> tuple[float, ...]:
        """What the graph holds, one number per component."""
        return tuple(component.graph for component in self.components)

    def __str__(self) -> str:
        parts = [component.shown() for component in self.components[:MOST_COMPONENTS]]
        if len(self.components) > MOST_COMPONENTS:
            parts.append(f"the first {MOST_COMPONENTS} of {len(self.components)} components")
        if self.printed is not None:
            parts.append("as printed:\n" + self.printed.shown(closing=False))
        if self.note:
            parts.append(self.note)
        return printable("\n".join(parts))


def worked(
    number: Key, forward: Forward | None = None, y: Sequence[float] | None = None, cost: Cost | str = quadratic,
    digits: int = 4,
) -> Worked:
    """The equation with numbers of this many significant digits.

    forward is a pass through a sigmoid network, after `backward` of its cost; without it a small network 2-3-2 is
    used. Some equations contain the targets, or the cost: y, cost. Raises UnknownName for an unknown equation,
    UsageError for one that is about more than one pass, or about something that this network does not have.
    """
    key = equation(number).number
    if key in OF_THEIR_OWN:
        if forward is not None:
            raise UsageError(f"equation {number} is about more than one pass through a network: give no forward")
        of_its_own = components([OF_THEIR_OWN[key](Stage(kind, digits)) for kind in STAGES], digits)
        return Worked(key, of_its_own, note=NOTES.get(key, ""))
    if forward is None:
        graph = one_example(cross_entropy if key in OF_CROSS_ENTROPY else quadratic)
    else:
        check_forward(forward)
        graph = Graph(forward, y, cost_function(cost))
    printed = None
    if key in AS_PRINTED:
        (printed,) = components([AS_PRINTED[key](graph, Stage(kind, digits)) for kind in STAGES], digits)
    return Worked(key, components([OF_A_NETWORK[key](graph, Stage(kind, digits)) for kind in STAGES], digits), printed)


STAGES = (SYMBOLS, NUMBERS, ARGUMENTS, VALUES)


def components(stages: Sequence[Sequence[Line]], digits: int) -> tuple[Component, ...]:
    """Each component's lines of all stages, put together."""
    return tuple(
        Component(lines[0].left, tuple(line.right.text for line in lines), float(lines[0].right), float(lines[0].graph),
                  lines[0].source, digits)
        for lines in zip(*stages)
    )


def check_forward(forward: Forward) -> None:
    """Raise for anything but a pass through a sigmoid network after `backward`."""
    if not isinstance(forward, Forward):
        raise NotAValue(f"worked takes what net.forward(x) returned; got {type(forward).__name__}")
    if set(forward.net.activations) != {"sigmoid"}:
        raise UsageError(f"the equations are worked on sigmoid networks; got {forward.net}")
    if all(type(a.grad) is int and a.grad == 0 for a in forward.output):
        raise UsageError("this graph holds no gradients yet: call backward() on its cost")


def wrapped(line: str, indent: int) -> str:
    """The line; if it is wider than the page, broken before a + at the lowest bracket depth that suffices."""
    parts = [line]
    for brackets in range(line.count("(")):
        if max(map(len, parts)) <= WIDTH - indent:
            break
        parts = split(line, brackets)
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 1 + len(part) > WIDTH:
            lines.append(" " * indent + part)
        else:
            lines[-1] += (" " if lines[-1] else "") + part
    return "\n".join(lines)


def split(line: str, brackets: int) -> list[str]:
    """The line cut before each + that is at most `brackets` brackets deep."""
    parts, depth = [""], 0
    for letter in line:
        depth += (letter == "(") - (letter == ")")
        if letter == "+" and depth <= brackets:
            parts[-1] = parts[-1].rstrip()
            parts.append("")
        parts[-1] += letter
    return parts
