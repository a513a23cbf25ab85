"""Is each operation's partial derivative the slope of its own forward, and the whole gradient the slope of C?

    >>> check = gradcheck(C)
    >>> check.ok, check.count, check.verdict[:68]
    (True, 20, 'all 20 partial derivatives are the slopes of their operations, and ∇')

For any graph of real numbers, whatever made it: each node's partials beside slopes that are measured by running its
operation; then, by (1), the slope of C along random directions beside ∇C·v.
"""

import html
import math
import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_paper.checks import check_seed, check_size, real
from micrograd_paper.comparing.slopes import EPSILON, SMALLEST, Curve, Slope, complex_step, slope_at_0
from micrograd_paper.display import counted, label_text, number_text
from micrograd_paper.engine import Value
from micrograd_paper.functions import Number
from micrograd_paper.graph import gradient, same
from micrograd_paper.plain import printable
from micrograd_paper.reading.reading import Reading

FEW = 4  # operands that are looked at one by one; more are looked at along a direction first
MOST_ADDED = 100_000  # operands, each looked at alone with all the others in its operation: 300 of 300
RELATIVE = 1e-10  # what the partials' own rounding may be
MOST_TOLD = 5
TOO_SMALL = 1e-102  # for products of two such numbers and a step
NOT_FINITE = "not of finite numbers"


class Finding(NamedTuple):
    """What is to be said of a node's partial derivative by one operand (of a direction, where there is none)."""

    node: Value
    name: str  # ∂n3/∂x
    partial: float
    slope: Slope | None
    why: str = ""  # nothing is known of it

    @property
    def distance(self) -> float:
        """How far the partial is from the slopes, or from what lies between them at a kink."""
        sides = [] if self.slope is None else [side for side in self.slope[:2] if side is not None]
        return max(min(sides) - self.partial, self.partial - max(sides), 0.0) if sides else 0.0

    def __str__(self) -> str:
        op = self.node.op
        place = "" if self.node.origin is None else f" ({self.node.origin})"
        of = f" of {label_text(op.name)}{place}" if op is not None else ""
        if self.slope is None:
            return f"{self.name}{of}: {self.why}"
        left, right = ("none" if side is None else number_text(side, 6) for side in self.slope[:2])
        measured = right if self.slope.is_smooth else f"{left} to the left and {right} to the right"
        return f"{self.name}{of} is {number_text(self.partial, 6)} by its partials, {measured} by its forward"


class GradCheck:
    """.ok, .verdict; .wrong, .kinks and .unknown list Findings; .worst is the partial farthest from its slope.

    It is true where nothing is wrong. `count` is how many partial derivatives were compared.
    """

    def __init__(self, count: int, findings: Sequence[Finding], directions: Sequence[Finding]) -> None:
        self.count = count
        self.directions = list(directions)
        self.unknown = ([each for each in findings if each.slope is None]
                        or [each for each in directions if each.slope is None])
        self.kinks = [each for each in findings if each.slope is not None and not each.slope.is_smooth
                      and not is_wrong(each)]
        self.wrong = [each for each in findings if is_wrong(each)] or [each for each in directions if is_wrong(each)]
        self.worst = max([*findings, *directions], key=lambda each: each.distance, default=None)

    @property
    def ok(self) -> bool:
        return not self.wrong

    def __bool__(self) -> bool:
        return self.ok

    @property
    def verdict(self) -> str:
        """One sentence: whether they are the slopes, and how far that goes."""
        partials = counted(self.count, "partial derivative")
        smooth = [each for each in self.directions if each.slope is not None and each.slope.is_smooth]
        if self.wrong:
            first = self.wrong[0]
            more = f", and {len(self.wrong) - 1} more" if len(self.wrong) > 1 else ""
            return f"{first}{more}"
        said = [f"{'all ' * (self.count > 1)}{partials} {'are the slopes' if self.count != 1 else 'is the slope'} of "
                f"{'their operations' if self.count != 1 else 'its operation'}" if self.count else
                "there are no partial derivatives to compare"]
        if smooth:
            said.append(f"and ∇C·v is the slope of C along {len(smooth)} random "
                        f"direction{'s' * (len(smooth) > 1)} v, (1)")
        if self.kinks:
            said.append(f"at a kink or a rim, where a slope is a choice: {told(self.kinks)}")
        if self.unknown:
            said.append(f"nothing is said of {len(self.unknown)}: {told(self.unknown)}")
        return "; ".join([", ".join(said[:2]) if smooth else said[0], *said[2 if smooth else 1 :]])

    def __str__(self) -> str:
        lines = [self.verdict, *(f"  {each}" for each in self.wrong[1:MOST_TOLD])]
        return printable("\n".join(lines))

    __repr__ = __str__

    def as_dict(self) -> dict[str, Any]:
        """The check as what JSON can hold: sentences for what is wrong, at a kink, or not known."""
        parts = {"wrong": self.wrong, "kinks": self.kinks, "unknown": self.unknown}
        return {"ok": self.ok, "verdict": self.verdict, "count": self.count} | {
            name: list(map(str, findings)) for name, findings in parts.items()}

    def _repr_html_(self) -> str:
        rows = "".join(f"<li>{html.escape(str(each))}</li>" for each in self.wrong[1:MOST_TOLD])
        return f"<div><p><b>{html.escape(self.verdict)}</b></p>" + (f"<ul>{rows}</ul>" if rows else "") + "</div>"


def told(findings: Sequence[Finding]) -> str:
    more = f"; and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"{findings[0]}{more}"


def gradcheck(root: Value, *, directions: int = 3, seed: Any = 0) -> GradCheck:
    """Compare the partials of every node with slopes of its forward, and ∇C·v with the slope of C along random v, (1).

    Numbers are taken as floats; of what is none (an array, a symbol, a complex number), and of a node that does not
    follow from its operands any more, it says nothing. Nothing is changed. Raises NotAValue; UsageError for a number of
    directions that is not a positive integer.
    """
    reading = Reading(root)
    rng = random.Random(check_seed(seed))
    directions = check_size(directions, "the number of directions")
    findings: list[Finding] = []
    count = 0
    for node in reading.nodes:
        if node.op is not None:
            found = of_node(node, reading, rng)
            findings += found
            compared = [each for each in found if each.slope is not None]
            count += len(node.operands) if len(compared) == len(found) else len(compared)
    check = GradCheck(count, findings, [])
    if check.kinks:  # of several in one direction, no slope needs to be between those of both sides
        return check
    return GradCheck(count, findings, of_whole(root, reading.nodes, directions, rng))


def of_node(node: Value, reading: Reading, rng: random.Random) -> list[Finding]:
    """What is to be said of its partials: of each; of many operands only where something is wrong, or at a kink."""
    op = node.op
    assert op is not None
    numbers = [real(operand.data) for operand in node.operands]
    partials = [real(partial) for partial in node.partials]
    why = ""
    if None in numbers or None in partials or real(node.data) is None:
        why = "not of real numbers"
    elif len(partials) != len(numbers):
        why = f"{len(partials)} partials of {len(numbers)} operands"
    elif not follows(node):
        why = "it does not follow from its operands any more; recompute(root) brings it up to date"
    elif not all(math.isfinite(x) for x in [*numbers, *partials, real(node.data)] if x is not None):
        why = NOT_FINITE
    if why:
        return [Finding(node, reading.names[node], math.nan, None, why)]
    x, p = [float(number or 0.0) for number in numbers], [float(partial or 0.0) for partial in partials]

    def finding(places: Sequence[int], weights: Sequence[float]) -> Finding:
        moves = dict(zip(places, weights))

        def f(t: Any) -> Any:
            return op.forward(*[x_i + t * moves[i] if i in moves else x_i for i, x_i in enumerate(x)])

        scale = max([abs(x[i]) for i in places]) or 1.0
        total = sum_of(p[i] * weight for i, weight in moves.items())
        operand = node.operands[places[0]]
        name = reading.partial_name(node, places[0], reading.names[node], reading.names[operand])
        found = Finding(node, name, total, None, "its forward has no numbers beside this one")
        return judged(found, f, scale, least=smallest(x))

    everything = range(len(x))
    if len(x) <= FEW:
        return [finding([i], [1.0]) for i in everything]
    weights = [rng.choice((-1.0, 1.0)) * rng.uniform(0.5, 1.0) for _ in everything]
    whole = finding(everything, weights)
    if whole.slope is None or not whole.slope.is_smooth:
        looked_at = everything[: max(FEW, MOST_ADDED // len(x))]
        left = f"at a kink or a rim, {len(x) - len(looked_at):,} of its {len(x):,} operands were not looked at"
        rest = [Finding(node, reading.names[node], math.nan, None, left)] if len(looked_at) < len(x) else []
        return [*(finding([i], [1.0]) for i in looked_at), *rest]
    if not is_wrong(whole):
        return []
    places: Sequence[int] = everything  # the wrong one is in the half that is wrong
    while len(places) > 1:
        half = places[: len(places) // 2]
        places = half if is_wrong(finding(half, [weights[i] for i in half])) else places[len(places) // 2 :]
    alone = finding(places, [1.0])
    return [alone if is_wrong(alone) else whole]


def follows(node: Value) -> bool:
    """Whether its number is what its operation gives for its operands now."""
    assert node.op is not None
    try:
        return same(node.op.forward(*[operand.data for operand in node.operands]), node.data)
    except Exception:  # an operand that is outside of its domain now
        return False


def is_wrong(finding: Finding) -> bool:
    """Whether the partial is not the slope: at a kink, not even between the slopes of both sides."""
    slope = finding.slope
    if slope is None:
        return False
    sides = [abs(side) for side in slope[:2] if side is not None]
    size = abs(real(finding.node.data) or 0.0)
    rounding = 64 * EPSILON * size + RELATIVE * max(abs(finding.partial), *sides)
    if len(sides) < 2:  # on a rim the slope may be infinite, or what the other side would give
        return False
    return not finding.distance <= 4 * slope.error + rounding


def of_whole(root: Value, nodes: Sequence[Value], directions: int, rng: random.Random) -> list[Finding]:
    """∇C·v beside the slope of C along v, for random v; [] where the graph is not of real numbers."""
    leaves = [node for node in nodes if node.op is None and real(node.data) is not None]
    interior = [node for node in nodes if node.op is not None]
    if not interior or any(real(node.data) is None or not follows(node) for node in interior):
        return []
    try:
        slopes = [real(g) for g in gradient(root, leaves)]
    except OverflowError:  # of a Fraction
        slopes = [math.inf]
    doubts = rounding_of_gradients(nodes)
    found = []
    for _ in range(directions):
        v = {leaf: rng.choice((-1.0, 1.0)) * rng.uniform(0.5, 1.0) * (min(abs(real(leaf.data) or 0.0), 1.0) or 1.0)
             for leaf in leaves}  # beside a small number, by a small step

        def C(t: Any, v: dict[Value, float] = v) -> Number:
            data: dict[Value, Any] = {
                node: float(node.data) + t * v[node] if node in v else node.data for node in nodes if node.op is None}
            for node in interior:
                assert node.op is not None
                data[node] = node.op.forward(*[data[operand] for operand in node.operands])
            return data[root]

        along = sum_of((g or 0.0) * v_i for g, v_i in zip(slopes, v.values()))
        doubt = sum_of(abs(v_i) * doubts[leaf] for leaf, v_i in v.items())
        of_v = Finding(root, "∇C·v", along, None, "C has no numbers beside this one")
        found.append(judged(of_v, C, 1.0, doubt, smallest(real(node.data) or 0.0 for node in nodes)))
    return found


def smallest(numbers: Iterable[float]) -> float:
    """The size of the smallest that is not 0."""
    return min((abs(x) for x in numbers if x), default=1.0)


def judged(finding: Finding, f: Curve, scale: float, doubt: float = 0.0, least: float = 1.0) -> Finding:
    """The finding with the slope of f at 0, unless floats cannot tell: then with what is in the way."""
    partial = finding.partial
    if not math.isfinite(partial + doubt):
        return finding._replace(why=NOT_FINITE)
    if (partial and abs(partial) * scale < SMALLEST) or least < TOO_SMALL:
        return finding._replace(why="of numbers too small to measure a slope")
    slope = slope_at_0(f, scale)
    found = finding._replace(slope=slope and slope._replace(error=slope.error + doubt))
    if is_wrong(found):
        exact = complex_step(f, scale)  # right where differences are too coarse: of sin x for a huge x
        if exact is not None and abs(exact - partial) <= RELATIVE * abs(exact):
            return finding._replace(why="its differences in floats are too coarse to measure a slope")
    return found


def sum_of(terms: Iterable[float]) -> float:
    """Their sum; nan where it is too large for floats, or of infinities."""
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):
        return math.nan


def rounding_of_gradients(nodes: Sequence[Value]) -> dict[Value, float]:
    """A bound on what rounding may have changed in each node's gradient: every partial by some units of the last place
    of the numbers that it was computed from."""
    size = {node: abs(real(node.data) or 0.0) for node in nodes}
    g, doubt = dict.fromkeys(nodes, 0.0), dict.fromkeys(nodes, 0.0)
    g[nodes[-1]] = 1.0
    for node in reversed(nodes):
        for operand, partial in zip(node.operands, node.partials):
            p = abs(real(partial) or 0.0)
            of_partial = 8 * EPSILON * (p + max(1.0, size[node], size[operand]))
            g[operand] += p * g[node]
            doubt[operand] += p * doubt[node] + of_partial * (g[node] + doubt[node])
    return doubt
