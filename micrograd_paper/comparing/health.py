"""One table of a backward pass: where gradients vanish, explode, are 0 or not finite, and what they do not reach.

    >>> print(health(C))
    layer  ‖δ‖     of the next  dead relus  saturated
    2      0.0132  0.02525      –           0 of 2
    3      0.5227               –           0 of 1
    nothing that hinders learning was found in this pass
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from micrograd_paper.checks import real
from micrograd_paper.display import aligned, number_text
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.functions import Number
from micrograd_paper.graph import gradient, same
from micrograd_paper.plain import printable
from micrograd_paper.reading.gradients import is_untouched
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.stale_nodes import stale_note
from micrograd_paper.reading.variables import Variables

SQUASHING = ("sigmoid", "tanh")
FLAT = 0.01  # a slope of a sigmoid or tanh below it: saturated
FAR = 1000.0  # between the ‖δ‖ of two layers, or of the first and the last: vanishing or exploding
SHOWN = 5
MOST_LEAVES = 50  # of which it is asked whether the node that has their number was made from one with it: w·1
LEAVING = {"": lambda x: x, **{name: getattr(math, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh")}}


class Health:
    """.ok; .findings, sentences; .rows, one a layer: its name, ‖δ‖, the ratio to the next layer's, how many relus and
    how many of them dead, how many sigmoids and tanhs and how many of them saturated."""

    def __init__(self, rows: Sequence[tuple[str, float, float | None, int, int, int, int]], findings: Sequence[str],
                 head: str) -> None:
        self.rows = list(rows)
        self.findings = list(findings)
        self.head = head

    @property
    def ok(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        cells = [
            (name, number_text(norm), "" if ratio is None else number_text(ratio),
             f"{dead} of {relus}" if relus else "–", f"{saturated} of {squashing}" if squashing else "–")
            for name, norm, ratio, relus, dead, squashing, saturated in self.rows
        ]
        table = aligned([(self.head, "‖δ‖", "of the next", "dead relus", "saturated"), *cells]) if cells else []
        said = self.findings or ["nothing that hinders learning was found in this pass"]
        return printable("\n".join([*table, *said]))

    __repr__ = __str__


def health(C: Value, held: Mapping[Value, Number] | None = None) -> Health:
    """What a pass of C with the seed 1 gives its graph, as one table and sentences; changes nothing.

    The table has a row for each layer; in a graph that is no network, for each level of relu, sigmoid and tanh, counted
    from the inputs. ‖δ‖ is the Euclidean norm of ∂C/∂z, z what these functions are applied to, over all examples. The
    variables of the caller's program say which Values C does not depend on. `held`: what leaves hold of other passes,
    if the caller knows. Numbers that are not real are left out. Raises NotAValue.
    """
    reading = Reading(C)
    slopes = dict(zip(reading.nodes, gradient(C, reading.nodes)))
    rows = layers_of(reading, slopes)
    found = [
        *([f"{stale_note(reading.stale, reading.names, 3)}: the graph was used again after a number was changed; build "
           "it anew in each epoch, or recompute(C)"] if reading.stale else []),
        *of_held(reading, slopes, held), *not_finite(reading, slopes), *of_rows(rows), *zeros(reading, slopes),
        *outside(reading),
    ]
    return Health(rows, found, "layer" if reading.is_network else "level")


def layers_of(
    reading: Reading, slopes: Mapping[Value, Number],
) -> list[tuple[str, float, float | None, int, int, int, int]]:
    levels: dict[Value, int] = {}
    groups: dict[int, list[Value]] = {}
    for node in reading.nodes:
        name = "" if node.op is None else node.op.name
        levels[node] = max((levels[operand] for operand in node.operands), default=0)
        if name == "relu" or name in SQUASHING:
            levels[node] += 1
            layer = reading.layers.get(node.operands[0]) if reading.is_network else levels[node]
            if layer is not None:
                groups.setdefault(layer, []).append(node)
    rows: list[tuple[str, float, float | None, int, int, int, int]] = []
    after = None
    for layer in sorted(groups, reverse=True):
        nodes = groups[layer]
        norm = math.hypot(*[real(slopes[z]) or 0.0 for z in {node.operands[0]: None for node in nodes}])
        relus = [node for node in nodes if node.op is not None and node.op.name == "relu"]
        others = [real(node.partials[0]) for node in nodes if node.op is not None and node.op.name in SQUASHING]
        rows.append((
            str(layer), norm, norm / after if after else None, len(relus), sum(same(each.data, 0) for each in relus),
            len(others), sum(slope is not None and abs(slope) < FLAT for slope in others),
        ))
        after = norm
    return rows[::-1]


def of_rows(rows: Sequence[tuple[str, float, float | None, int, int, int, int]]) -> list[str]:
    """What the table says, in sentences."""
    found = []
    for name, _, _, relus, dead, squashing, saturated in rows:
        if relus and 2 * dead > relus:
            found.append(f"{dead} of {relus} relus at {name} are dead: they give 0 and pass no gradient on")
        if squashing and 2 * saturated > squashing:
            found.append(f"{saturated} of {squashing} sigmoids or tanhs at {name} are saturated: their slope is below "
                         f"{number_text(FLAT)}")
    ends = [(rows[0], rows[-1])] if len(rows) > 1 else []
    for (name, low, *_), (above, high, *_) in [*ends, *pairwise(rows)]:
        if high > FAR * low or low > FAR * high:
            how = "vanishes" if high > low else "explodes"
            times = "0" if high and not low else number_text(low / high) if high else "more than any number of"
            found.append(f"the gradient {how} on its way down: ‖δ‖ at {name} is {times} times that at {above}")
            break
    return found


def of_held(reading: Reading, slopes: Mapping[Value, Number], held: Mapping[Value, Number] | None) -> list[str]:
    """What leaves held before this pass, which it is added to."""
    if held is None and not reading.gradients.is_computed:
        held = {x: x.grad for x in reading.nodes if x.op is None and not is_untouched(x) and not same(x.grad, 0)}
    elif held is None:
        notes = {x: reading.gradients.of(x).note for x in reading.nodes if x.op is None and not is_untouched(x)}
        told = [f"{reading.names[x]}: {note}" for x, note in notes.items() if " other passes" in note]
        return [f"leaves hold gradients of other passes, too: {some_of(told)}; set .grad to 0 before each backward()"
                ] if told else []
    told = [f"{reading.names[leaf]} {number_text(grad)}" for leaf, grad in held.items()]
    return [f"what leaves held before is added to this pass: {some_of(told)}; set .grad to 0 before each backward()"
            ] if told else []


def not_finite(reading: Reading, slopes: Mapping[Value, Number]) -> list[str]:
    found = [f"{reading.names[node]} = {number_text(node.data)}" for node in reading.nodes if is_not_finite(node.data)]
    partials = [f"∂{reading.names[node]}/∂{reading.names[x]} = {number_text(partial)}" for node in reading.nodes
                for x, partial in zip(node.operands, node.partials) if is_not_finite(partial)]
    first = found or partials
    ruined = sum(map(is_not_finite, slopes.values()))
    more = f"; {ruined:,} gradients are not finite" if ruined else ""
    return [f"not finite from the inputs on: {some_of(first)}{more}"] if first else [more[2:]] if more else []


def zeros(reading: Reading, slopes: Mapping[Value, Number]) -> list[str]:
    """Leaves whose gradient is 0 although C depends on them; of a network weights and biases alone."""
    wanted = ("weight", "bias") if reading.is_network else ("unnamed-leaf", "weight", "bias", "input")
    leaves = [x for x in reading.nodes if x.op is None and reading.roles[x] in wanted and x in reading.given_names]
    none = [reading.names[x] for x in leaves if same(slopes[x], 0)]
    return [f"{len(none):,} of {len(leaves):,} leaves have the gradient 0: {some_of(none)}"] if none else []


def outside(reading: Reading) -> list[str]:
    """Values of the program that the root does not depend on, and leaves that hold a number of theirs."""
    there, root = set(reading.nodes), reading.names[reading.root]
    others = {node: path for node, path in Variables.visible().paths().items() if node not in there}
    inside = {node: reading.names[node] for node in reading.nodes if node.op is not None and is_long(node.data)}
    numbers = {}
    for node, path in [*inside.items(), *others.items()]:
        for name, function in LEAVING.items() if node.op is not None else ():
            try:
                numbers[function(node.data)] = node, f"{path}.data" if not name else f"{name} of {path}.data"
            except (ArithmeticError, ValueError, TypeError):
                continue
    leaves = [node for node in reading.nodes if node.op is None and is_long(node.data) and node.data in numbers]
    left = [f"{reading.names[leaf]} is a leaf with the number {numbers[leaf.data][1]}" for leaf in leaves[:MOST_LEAVES]
            if not any(x.op is None and same(x.data, leaf.data) for x in topological_order(numbers[leaf.data][0]))]
    found = [f"a value has left the graph: {some_of(left)}, and passes no gradient on"] if left else []
    trained = [path for node, path in others.items() if node.op is None]
    return [*found, *([f"{root} does not depend on {some_of(trained)}"] if trained else [])]


def is_long(number: Number) -> bool:
    """Whether it has so many digits that another number is hardly the same by chance."""
    return type(number) is float and math.isfinite(number) and number != round(number, 3)


def is_not_finite(number: Number) -> bool:
    value = real(number)
    return value is not None and not math.isfinite(value)


def some_of(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
