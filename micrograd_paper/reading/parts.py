"""Parts of a graph, which draw, explore, the debugger's `draw` and `--part` take in the place of the whole.

    >>> part = around(C, "w2_1_1", 2)      # what is within two edges of a node, both ways
    >>> print(part)
    w²₁₁ and what is within 2 steps of it
    >>> len(part.nodes)
    7
    >>> len(between(C, "w2_1_1").nodes)    # all paths from a node to the root, and nothing else
    6

Numbers, names and gradients in a part are those of the whole graph: a part says what is drawn, and nothing about it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from micrograd_paper.checks import integer
from micrograd_paper.display import counted, label_text
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UnknownName, UsageError
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.names import find, own_name
from micrograd_paper.reading.symbols import symbol_of

PARTS = "around:NODE:STEPS, between:NODE:NODE, above:STEPS or collapsed:LAYER_OR_NEURON:…"
Path = list[tuple[Value, int]]  # edges: a node, and the position of the operand
Words = tuple[str | Symbol, ...]  # what is written side by side


class GraphPart(NamedTuple):
    """Some nodes of root's graph; `focus` are those that it is about, `heading` says what it is."""

    kind: str
    root: Value
    nodes: dict[Value, None]  # those that are drawn
    heading: Words
    focus: tuple[Value, ...] = ()
    opened: frozenset[int | tuple[int, int]] = frozenset()  # of a collapsed graph: layers by neurons, neurons by nodes

    def __str__(self) -> str:
        return "".join(map(str, self.heading))


def around(root: Value, node: Value | str | Symbol, steps: int = 1) -> GraphPart:
    """What is within so many edges of a node, upwards and downwards. Raises UnknownName, UsageError."""
    order, start = topological_order(root), found(root, node)
    count = checked(steps)
    consumers: dict[Value, list[Value]] = {each: [] for each in order}
    for each in order:
        for operand in each.operands:
            consumers[operand].append(each)
    near, front = {start: None}, [start]
    for _ in range(count):
        front = [other for each in front for other in dict.fromkeys([*each.operands, *consumers[each]])]
        front = [each for each in dict.fromkeys(front) if each not in near]
        near |= dict.fromkeys(front)
    words = f" and what is within {counted(count, 'step')} of it"
    return GraphPart("around", root, in_order(order, near), (named(start, root, node), words), (start,))


def between(root: Value, source: Value | str | Symbol, target: Value | str | Symbol | None = None) -> GraphPart:
    """All paths from source to target, which is the root unless it is given: the chain rule of one gradient.

    Raises UnknownName, and UsageError if there is no path.
    """
    order, start = topological_order(root), found(root, source)
    end = root if target is None else found(root, target)
    above = {start}
    for node in order:
        if not above.isdisjoint(node.operands):
            above.add(node)
    on_paths = {end: None} if end in above else {}
    for node in reversed(order):
        if node in on_paths:
            on_paths |= dict.fromkeys([operand for operand in node.operands if operand in above])
    if not on_paths:
        raise UsageError(f"{named(start, root, source)} has no path to {named(end, root, target)}")
    words = (named(start, root, source), " → ", named(end, root, target), ": the chain rule on every path")
    return GraphPart("between", root, in_order(order, on_paths), words, tuple(dict.fromkeys([start, end])))


def above(root: Value, steps: int) -> GraphPart:
    """The root and what is at most so many edges below it: the upper end of the graph. Raises UsageError."""
    count = checked(steps)
    near, front = {root: None}, [root]
    for _ in range(count):
        front = list(dict.fromkeys([other for each in front for other in each.operands if other not in near]))
        near |= dict.fromkeys(front)
    words = (named(root, root), f" and what is at most {counted(count, 'step')} below it")
    return GraphPart("above", root, in_order(topological_order(root), near), words)


def collapsed(root: Value, *opened: int | str | Symbol) -> GraphPart:
    """The whole graph, with all that is alike in one box: layers; a layer in `opened` by its neurons, and a neuron in
    it, "a2_1", by its nodes. Raises UsageError for what is neither.
    """
    places: set[int | tuple[int, int]] = set()
    for each in opened:
        symbol = symbol_of(each)
        layer = integer(int(each) if isinstance(each, str) and each.isdecimal() else each)
        if symbol is not None and symbol.layer and symbol.indices:
            places |= {symbol.layer, (symbol.layer, symbol.indices[0])}
        elif layer is not None and layer > 0:
            places.add(layer)
        else:
            raise UsageError(f'expected the number of a layer, or a neuron such as "a2_1", to open; got {each!r}')
    everything = dict.fromkeys(topological_order(root))
    return GraphPart("collapsed", root, everything, (named(root, root),), (), frozenset(places))


def strongest(part: GraphPart, source: Value, target: Value, most: int = 6) -> tuple[list[tuple[Any, Path]], int]:
    """The paths with the largest products of local derivatives, (product, edges from target down to source), and how
    many paths there are, at most 10¹⁵. If there are more than `most`, one less than that.
    """
    best: dict[Value, list[tuple[Any, Path]]] = {source: [(1, [])]}
    counts = {source: 1}
    for node in part.nodes:
        if node is source:
            continue
        edges = [(position, operand) for position, operand in enumerate(node.operands) if operand in best]
        counts[node] = min(sum([counts[operand] for _, operand in edges]), 10**15)
        ways = [(product * node.partials[i], [(node, i), *path])
                for i, operand in edges for product, path in best[operand]]
        best[node] = sorted(ways, key=lambda way: -size_of(way[0]))[:most]
    found = best[target]
    return (found if counts[target] <= most else found[: most - 1]), counts[target]


def size_of(number: Any) -> float:
    """|number|, 0 for a symbol."""
    try:
        return float(abs(number))
    except Exception:
        return 0.0


def part_of(root: Value, text: str) -> GraphPart:
    """The part that is typed: around:w2_1_1:2. Raises UsageError, UnknownName."""
    kind, *arguments = text.split(":")
    if kind == "around" and 1 <= len(arguments) <= 2:
        return around(root, arguments[0], typed_steps(arguments[1]) if arguments[1:] else 1)
    if kind == "between" and 1 <= len(arguments) <= 2:
        return between(root, *arguments)
    if kind == "above" and len(arguments) == 1:
        return above(root, typed_steps(arguments[0]))
    if kind == "collapsed":
        return collapsed(root, *arguments)
    raise UsageError(f"expected a part, {PARTS}; got {text!r}")


def found(root: Value, node: Value | str | Symbol) -> Value:
    """The node, or the one of that name. Raises UnknownName."""
    if not isinstance(node, Value):
        return find(root, node)
    if node not in set(topological_order(root)):
        raise UnknownName(f"{named(root, root)} does not depend on {named(node, node)}")
    return node


def named(node: Value, root: Value, typed: object = None) -> str | Symbol:
    """Its name, as its label says it or as it was typed; the root's is "the result" where it has none."""
    symbol = symbol_of(node.label)
    if symbol is not None:
        return symbol
    name = own_name(node.label) or (label_text(typed) if isinstance(typed, str) else "")
    return name or ("the result" if node is root else "a node")


def checked(steps: object) -> int:
    count = integer(steps)
    if count is None or count < 0:
        raise UsageError(f"expected a number of steps, 0 or more; got {steps!r}")
    return count


def typed_steps(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise UsageError(f"expected a number of steps, 0 or more; got {text!r}")
    return int(text)


def in_order(order: Iterable[Value], nodes: dict[Value, None]) -> dict[Value, None]:
    return {node: None for node in order if node in nodes}
