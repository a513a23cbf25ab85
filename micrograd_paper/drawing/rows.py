"""A row of a ledger box, as text: the symbols, numbers, shades and tooltip of a node, or of many nodes together."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_paper.costs import COSTS, PaperCost
from micrograd_paper.display import cut, number_text, one_line
from micrograd_paper.drawing.svg import clean, exact
from micrograd_paper.engine import Value
from micrograd_paper.graph import same
from micrograd_paper.notation import SUPERSCRIPTS, Symbol
from micrograd_paper.operations import WEIGHTED_SUM, Op
from micrograd_paper.reading.gradients import NOT_COMPUTED, Held
from micrograd_paper.reading.groups import Place
from micrograd_paper.reading.names import bracketed
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import computes, is_cost
from micrograd_paper.reading.stale_nodes import now_given
from micrograd_paper.reading.symbols import symbol_of
from micrograd_paper.stepping.anomaly import is_finite

LETTERS = {"weight": "W", "bias": "b", "weighted-input": "z", "activation": "a", "input": "x"}  # of a whole layer
ELIDED = "⋮"  # the name of a place of what is not drawn one by one, and its operator
MOST_CELLS = 24  # in a row of many nodes
STEPS = (0.01, 0.0316, 0.1, 0.316)  # of the largest |gradient|: a shade each, √10 apart
BEYOND = 1e100  # times the usual gradient: out of all proportion
MAX_OPERANDS = 12  # in a tooltip
RULES = {  # where the paper has it
    "input": "x is a¹, an input of z² in (12)",
    "activation": "a = σ(z), (14)",
    "weight": "∂C/∂w = δ a, (24)",
    "bias": "∂C/∂b = δ, (23)",
    "weighted-input": "z = Σ w a + b, (12); δ = ∂C/∂z, (15)",
}


class NodeRow(NamedTuple):
    """One node of the graph, as text."""

    id: str
    role: str
    operator: str  # how it enters, or what made it; "" for a leaf on its own
    name: Symbol | str
    twin: str  # #2 for the second node of this name; ""
    value: str
    gradient: str | None  # None: not computed; "": not shown, as that of a target
    shade: int | None  # −4 … 4, the gradient's class; None: not finite
    delta: Symbol | None  # the gradient's name, where it has one
    partial: str  # ∂consumer/∂node where the consumer is a row of the same box; "" if it is none, or not asked for
    tooltip: list[str]  # lines
    is_term: bool  # a leaf in its consumer's box
    is_older: bool  # than the leaves
    many: str = ""  # how many nodes the row stands for, 16 × 2; then value and gradient are norms
    cells: tuple[int | None, ...] = ()  # of such a row: shades of gradients beside the largest of them
    is_focus: bool = False  # whether the part that is drawn is about it
    nodes: tuple[Value, ...] = ()  # that it stands for; none of a stub
    is_of_then: bool = False  # whether its gradient is of before a number was changed


def is_neuron(place: Place) -> bool:
    return isinstance(place.box, tuple) and place.box[0] == "neuron"


def norm(numbers: Iterable[Any]) -> float | None:
    """‖·‖₂ of all elements; None if one of them is neither a real nor a complex number."""
    parts: list[float] = []
    try:
        for number in numbers:
            elements = number.ravel().tolist() if hasattr(number, "ravel") and hasattr(number, "tolist") else [number]
            for element in elements:
                is_complex = isinstance(element, complex)
                parts += [element.real, element.imag] if is_complex else [float(element)]
    except Exception:  # symbolic, or too large for a float
        return None
    return math.hypot(*parts)  # neither overflows nor underflows on the way


class Writer:
    """Writes the rows of one graph: symbols, numbers, shades, tooltips."""

    def __init__(
        self, graph: Reading, hosts: dict[Value, Value], every_gradient: bool = False,
        reached: Mapping[Value, bool] | None = None, has_targets: bool = True,
    ) -> None:
        self.graph = graph
        self.has_targets = has_targets  # whether ∂C/∂y is asked for
        self.hosts = hosts
        self.reached = reached
        self.every_gradient = every_gradient
        self.stale = set(graph.stale)
        self.is_of_then = bool(self.stale) and not every_gradient and reached is None
        self.largest_of_layer: dict[int, float] = {}  # |gradient| of a weight
        self.computed = every_gradient or graph.gradients.is_computed
        shown = [self.held(node).number for node in graph.nodes if node is not graph.root] if self.computed else []
        sizes = [*map(magnitude, shown)]
        self.largest = largest_size(sizes) if self.computed else None
        self.not_finite = sum([
            not size and number is not None and not is_finite(number) for size, number in zip(sizes, shown)])
        self.beyond = sum([size > (self.largest or 0.0) for size in sizes])

    @property
    def notes(self) -> list[str]:
        """What the legend says of the whole graph."""
        stale = f"{self.graph.stale_note}; gradients and local derivatives are of then, too" if self.graph.stale else ""
        notes = [*self.graph.gradients.notes, *[stale] * bool(stale)] if self.reached is None else []
        for count, what in ((self.not_finite, "not finite: nan or infinity"), (self.beyond, "beyond this scale")):
            if count:
                notes.append(f"{count} gradient{'s are' if count > 1 else ' is'} {what}")
        return notes

    def row(self, node: Value, partial: str, constant: Value | None = None) -> NodeRow:
        """A node; with the constant that is its second operand, where that has no row of its own."""
        row = self.plain_row(node, partial)
        if constant is None:
            return row
        about = f"1 more node, a constant: {exact(constant.data)}, {self.gradient_text(constant)}"
        return row._replace(operator=f"{row.operator} {number_text(constant.data)}", tooltip=[*row.tooltip, about])

    def plain_row(self, node: Value, partial: str) -> NodeRow:
        role = self.graph.roles[node]
        symbol = self.graph.symbols[node]
        delta = None
        if role == "weighted-input" and self.graph.is_of_cost:
            delta = symbol.delta if symbol is not None and symbol.name == "z" else Symbol("delta")
        held = self.held(node)
        row = NodeRow(
            self.graph.ids[node], role, self.operator(node), self.name(node), self.graph.twin(node),
            number_text(node.data),
            self.gradient_shown(role, held), self.shade(node),
            delta if held.is_derivative else None, partial, self.tooltip(node), node in self.hosts,
            self.is_older(node),
        )
        return row._replace(nodes=(node,), is_of_then=self.is_of_then and held.number is not None)

    def gradient_shown(self, role: str, held: Held) -> str | None:
        if role == "target" and not self.has_targets:
            return ""
        return None if held.number is None else number_text(held.number)

    def is_older(self, node: Value) -> bool:
        """Whether its number is older than the leaves; a page is of a graph that was recomputed."""
        return not self.every_gradient and node in self.graph.older

    def held(self, node: Value) -> Held:
        """What the node's gradient is. In the middle of a pass it is what the pass has made of it so far."""
        if self.every_gradient:
            return Held(node.grad, True, "")
        if self.reached is not None:
            if node not in self.reached:
                return Held(None, False, NOT_COMPUTED)
            is_complete = self.reached[node]
            return Held(node.grad, is_complete and same(self.graph.root.grad, 1), "" if is_complete else "so far")
        return self.graph.gradients.of(node)

    def gradient_text(self, node: Value) -> str:
        """∂C/∂w = 30; grad = 60: 30 here + 30 from other passes = 60; or why there is none."""
        held = self.held(node)
        if held.number is None:
            return held.note
        root, name = (bracketed(cut(plain_name(self.graph, each))) for each in (self.graph.root, node))
        what = f"∂{root}/∂{name}" if held.is_derivative else "grad"
        return f"{what} = {exact(held.number)}" + (f": {held.note}" if held.note else "")

    def name(self, node: Value) -> Symbol | str:
        symbol = self.graph.symbols[node]
        return clean(self.graph.given_names.get(node, "")) if symbol is None else symbol

    def operator(self, node: Value) -> str:
        host = self.hosts.get(node)
        if host is None:
            return operator_text(node.op)
        if computes(host, WEIGHTED_SUM):
            return "+" if node is host.operands[-1] else "×"
        row = cost_row(host)
        return operator_text(host.op) if row is None else row.sign

    def shade(self, node: Value) -> int | None:
        """0 for the root, −4 … 4 for the others, by size and sign; None for what is not finite."""
        return 0 if node is self.graph.root else shade(self.held(node).number, self.largest or 0.0)

    def tooltip(self, node: Value) -> list[str]:
        """Label and exact number, the operation, the gradient, where it was made, the paper's equation; a line each."""
        name = whole_name(self.graph, node)
        lines = [f"{name} = {exact(node.data)}"]
        if self.is_older(node):
            lines[0] += f"; {now_given(node) if node in self.stale else 'it is older than the leaves'}"
        if node.op is not None:
            of = [cut(plain_name(self.graph, operand)) for operand in node.operands[:MAX_OPERANDS]]
            more = ["…"] if len(node.operands) > MAX_OPERANDS else []
            lines.append(f"{node.op.name} {operator_text(node.op)} of {', '.join(of + more)}")
        else:
            role = self.graph.roles[node]
            lines.append(f"a leaf: {role}" if node in self.graph.given_names else "a leaf without a name")
        lines.append(self.gradient_text(node))
        if node.origin is not None:
            lines.append(f"made at {one_line(node.origin, str)}")
        rule = self.rule(node)
        return [*lines, rule] if rule else lines

    def rule(self, node: Value) -> str:
        role = self.graph.roles[node]
        row = cost_row(node)
        if row is not None:
            return row.rule
        symbol = self.graph.symbols[node]
        if not self.graph.is_network or symbol is None:
            return ""
        if role == "target" and self.graph.consumers[node]:
            row = cost_row(self.graph.consumers[node][0])
            return f"a target of {row.rule}" if row is not None and row.rule else ""
        if role == "weighted-input" and symbol.layer is not None:
            hidden = symbol.layer < self.graph.last_layer
            return self.rule_of(role) + (" and (21)" if hidden else " and (16)") * self.graph.is_of_cost
        return self.rule_of(role)

    def rule_of(self, role: str) -> str:
        """Where the paper has such a node; nothing of C in a graph that ends in a neuron."""
        rules = RULES.get(role, "").split("; ")
        return "; ".join([rule for rule in rules if self.graph.is_of_cost or "∂C" not in rule])


    def group_row(self, nodes: Sequence[Value], place: Place) -> NodeRow:
        """Many nodes as one: how many they are, norms, and the shades of their gradients."""
        graph, first = self.graph, nodes[0]
        if is_neuron(place):
            sums = [node for node in nodes if graph.roles[node] == "weighted-input"]
            if len(sums) == 1:
                return self.neuron_row(nodes, sums[0])
            first = nodes[-1]
        role = graph.roles[first] if len({graph.roles[node] for node in nodes}) == 1 else "operation"
        layer, symbols = graph.layers.get(first), [graph.symbols[node] for node in nodes]
        letter = LETTERS.get(role) if graph.is_network and not is_neuron(place) else None
        named = symbol_of(place.name)
        title: Symbol | str = clean(cut(place.name, 24)) if named is None else named  # y₁ of all examples
        if letter is not None and (layer is not None or role == "input"):
            title = Symbol(letter, None if role == "input" else layer)
        ends = [{symbol.indices[at] for symbol in symbols if symbol and len(symbol.indices) == 2} for at in (0, 1)]
        is_matrix = role == "weight" and place.name != ELIDED and len(ends[0]) * len(ends[1]) == len(nodes)
        count = f"{len(ends[0])} × {len(ends[1])}" if is_matrix else f"{len(nodes):,}"
        held = [self.held(node) for node in nodes]
        missing = next((each.note for each in held if each.number is None), "")
        there = sum([each.number is not None for each in held])
        some = f"{there:,}/{len(held):,}" if missing and there else ""  # never a norm of some
        slopes = [] if missing else [each.number for each in held]
        value, slope = norm([node.data for node in nodes]), norm(slopes)
        largest, size = largest_of(slopes), -(-len(nodes) // min(len(ends[0]) if is_matrix else MOST_CELLS, MOST_CELLS))
        cells = [max(slopes[at : at + size], key=magnitude) for at in range(0, len(slopes), size)]
        shown = [cut(whole_name(graph, node)) for node in nodes[:MAX_OPERANDS]]
        about = [
            f"{len(nodes):,} nodes: {', '.join(shown)}{', …' if len(nodes) > MAX_OPERANDS else ''}",
            f"norm of their numbers: {'undefined' if value is None else exact(value)}",
            f"gradients of {there:,} are computed" if some else missing or (
                f"norm of their gradients: {'undefined' if slope is None else exact(slope)}"),
        ]
        symbols_of_ops = {node.op.symbol for node in nodes if node.op is not None}
        operator = self.operator(first) if len(symbols_of_ops) < 2 or is_neuron(place) else ELIDED
        if place.name == ELIDED:
            title, operator, count = "", ELIDED, f"{len(nodes):,} more"
        row = NodeRow(
            graph.new_id(title.ascii if isinstance(title, Symbol) else "group"), role, operator, title, "",
            "–" if value is None else number_text(value, 3),
            some or None if missing else "–" if slope is None else number_text(slope, 3), 0, None, "", about,
            role in ("weight", "bias", "unnamed-leaf"), any(map(self.is_older, nodes)), count,
            () if self.is_of_then else tuple(shade(cell, largest) for cell in cells),
        )
        return row._replace(nodes=tuple(nodes), is_of_then=self.is_of_then and not missing)

    def neuron_row(self, nodes: Sequence[Value], z: Value) -> NodeRow:
        """A neuron of one example: its activation, δ, and the shades of its weights' gradients."""
        row, sum_row = (self.row(node, "") for node in (nodes[-1], z))
        held = [self.held(node).number for node in nodes if self.graph.roles[node] == "weight"]
        layer = self.graph.layers[z]
        if layer not in self.largest_of_layer:
            self.largest_of_layer[layer] = largest_of(
                self.held(node).number for node in self.graph.nodes
                if self.graph.roles[node] == "weight" and self.graph.layers.get(node) == layer)
        largest = self.largest_of_layer[layer]
        cells = [] if self.is_of_then or any(slope is None for slope in held) else held[:MOST_CELLS]
        about = [*row.tooltip, f"in the pill {self.gradient_text(z)}",
                 f"{len(nodes) - 1:,} more nodes are not drawn: its weights, bias and sums"]
        return row._replace(
            nodes=tuple(nodes), is_older=any(map(self.is_older, nodes)), gradient=sum_row.gradient, shade=sum_row.shade,
            delta=sum_row.delta, tooltip=about, cells=tuple(shade(cell, largest) for cell in cells))

    def stub(self, nodes: Sequence[Value], is_above: bool) -> NodeRow:
        """Where edges lead that are cut, because their other ends are not drawn."""
        names = [cut(whole_name(self.graph, node)) for node in nodes[:MAX_OPERANDS]]
        more = ", …" if len(nodes) > MAX_OPERANDS else ""
        about = [f"not drawn: {', '.join(names)}{more}"]
        name = self.graph.new_id("above" if is_above else "below")
        return NodeRow(name, "stub", "", "", "", f"{len(nodes):,} more", None, 0, None, "", about, True, False)


def cost_row(node: Value) -> PaperCost | None:
    """The row of the paper's cost that made the node."""
    return COSTS[node.op.name] if node.op is not None and is_cost(node) else None


def magnitude(gradient: Any) -> float:
    """|gradient|; 0 where that is no real number, or not finite."""
    if type(gradient) is float:
        return abs(gradient) if math.isfinite(gradient) else 0.0
    try:
        size = 0.0 if gradient is None or getattr(gradient, "shape", ()) != () else abs(float(gradient))
    except Exception:  # a symbol
        return 0.0
    return size if math.isfinite(size) else 0.0


def largest_of(gradients: Iterable[Any]) -> float:
    """The largest |gradient| of those that are not out of all proportion: one of 1e308 would make all others 0."""
    return largest_size([*map(magnitude, gradients)])


def largest_size(sizes: Iterable[float]) -> float:
    sizes = sorted([size for size in sizes if size])
    return max([size for size in sizes if size <= BEYOND * sizes[(len(sizes) - 1) // 2]], default=0.0)


def shade(gradient: Any, largest: float) -> int | None:
    """−4 … 4, by sign and by size beside the largest: the class of a gradient, its colour. None: not finite."""
    if gradient is not None and not is_finite(gradient):
        return None
    size = magnitude(gradient)
    if not largest or not size:
        return 0
    steps = sum([size / largest >= step for step in STEPS])
    return -steps if float(gradient) < 0 else steps


def whole_name(graph: Reading, node: Value) -> str:
    """The node's label, of any length, or what else it is named: n12, model.py:5."""
    return plain_name(graph, node) if node in graph.given_names else graph.full_name(node)


def plain_name(graph: Reading, node: Value) -> str:
    """The same without the place where it was made: n12."""
    label = node.label if isinstance(node.label, str) else one_line("" if node.label is None else node.label, str)
    return label + graph.twin(node) if label.strip() else graph.names[node]


def operator_text(op: Op | None) -> str:
    """What an operation is drawn with; ·² for **2."""
    if op is None:
        return ""
    exponent = op.symbol[2:]
    if op.symbol.startswith("**") and exponent.lstrip("-").isdecimal():
        return "·" + exponent.translate(SUPERSCRIPTS)
    return clean(cut(op.symbol, 12))
