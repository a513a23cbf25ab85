"""A graph as ledger boxes: which node is a row of which box, and which edges remain between the boxes.

A parameter that is used once is a row of its consumer: × w, × w, + b, then Σ z, whose gradient is δ, then σ a.
"""

import math
from collections.abc import Container
from typing import Any, NamedTuple

from micrograd_paper.reading.roles import ACTIVATIONS, COSTS, Graph
from micrograd_paper.drawing.text import clean, exact
from micrograd_paper.engine import Value
from micrograd_paper.functions import is_zero
from micrograd_paper.notation import SUPERSCRIPTS, Symbol
from micrograd_paper.operations import Op
from micrograd_paper.display import cut, four_digits, one_line

STEPS = (0.01, 0.0316, 0.1, 0.316)  # of the largest |gradient|: a shade each, √10 apart
MAX_OPERANDS = 12  # in a tooltip
FUSED = ("weighted_sum", *COSTS)  # operations with a place for parameters or targets
TERM_SIGNS = {"weighted_sum": "×", "quadratic": "−", "cross_entropy": "ln", "cross_entropy_from_logits": "ln σ"}
RULES = {  # where the paper has it
    "input": "x is a¹, an input of z² in (12)",
    "activation": "a = σ(z), (14)",
    "weight": "∂C/∂w = δ a, (24)",
    "bias": "∂C/∂b = δ, (23)",
    "weighted-input": "z = Σ w a + b, (12); δ = ∂C/∂z, (15)",
}
COST_RULES = {
    "quadratic": "C = ½ Σ (y − a)², (5)",
    "cross_entropy": "C = −Σ [y ln a + (1 − y) ln(1 − a)], (25)",
    "cross_entropy_from_logits": "C of (25) with a = σ(z), from z; δ = a − y, (26)",
}


class Row(NamedTuple):
    """One node of the graph, as text."""

    id: str
    role: str
    operator: str  # how it enters, or what made it; "" for a leaf on its own
    name: Symbol | str
    value: str
    gradient: str | None  # None: not computed
    shade: int  # −4 … 4, the gradient's class
    delta: Symbol | None  # what the gradient is called, where it has a name
    partial: str  # ∂consumer/∂node where the consumer is a row of the same box; "" if it is none, or not asked for
    tooltip: list[str]  # lines
    is_term: bool  # a leaf in its consumer's box


class Box(NamedTuple):
    rows: list[Row]
    group: int | None  # the layer; its parameters that several neurons share stand aside, in group −layer


class Edge(NamedTuple):
    """From the last row of one box into a row of another: operand `position` of `node`, which is in that other box."""

    source: int
    target: int
    row: int
    node: Value
    position: int
    partial: str  # ∂node/∂operand; "" if not asked for


class Ledger(NamedTuple):
    boxes: list[Box]
    edges: list[Edge]
    largest: float | None  # |gradient|, the root's left out; None: not computed


def ledger(
    graph: Graph, *, partials: bool = False, every_gradient: bool = False, reached: Container[Value] | None = None
) -> Ledger:
    """The boxes of a graph and the edges between them, in topological order.

    partials: rows and edges hold local derivatives. every_gradient: rows hold gradients even if none is computed, 0.
    reached: in the middle of a backward pass, the nodes that have a gradient already.
    """
    hosts = folded(graph)
    contents: list[list[Value]] = []
    place: dict[Value, tuple[int, int]] = {}  # node → box, row
    for node in graph.nodes:
        if node in hosts:
            continue
        nodes = [*(operand for operand in node.operands if hosts.get(operand) is node), node]
        if continues(graph, node):
            at = place[node.operands[0]][0]
        else:
            at = len(contents)
            contents.append([])
        for member in nodes:
            place[member] = at, len(contents[at])
            contents[at].append(member)
    write = Writer(graph, hosts, every_gradient, reached)

    def partial(node: Value, position: int) -> str:
        return four_digits(node.partials[position]) if partials else ""

    def partial_in_box(node: Value) -> str:
        users = [user for user in graph.consumers[node] if place[user][0] == place[node][0]]
        return partial(users[0], users[0].operands.index(node)) if users else ""

    edges = [
        Edge(
            place[operand][0], *place[entry(node, position, hosts)], node, position, partial(node, position),
        )
        for node in graph.nodes
        for position, operand in enumerate(node.operands)
        if place[operand][0] != place[node][0]
    ]
    boxes = [
        Box([write.row(node, partial_in_box(node)) for node in nodes], group_of(graph, nodes)) for nodes in contents
    ]
    return Ledger(boxes, edges, write.largest)


def group_of(graph: Graph, nodes: list[Value]) -> int | None:
    """The layer, or −layer: parameters beside the layer before leave the way from its neurons to the next ones free."""
    group = graph.groups.get(nodes[-1])
    is_shared = nodes[-1].op is None and graph.roles[nodes[-1]] in ("weight", "bias")
    return group if group is None or not is_shared else -group


def folded(graph: Graph) -> dict[Value, Value]:
    """The leaves that are rows of their one consumer. In a graph that is no network: of a Σ or a cost only."""
    hosts: dict[Value, Value] = {}
    for node in graph.nodes:
        name = node.op.name if node.op else ""
        if not graph.is_network and name not in FUSED:
            continue
        terms = [
            node.operands[position]
            for position in term_positions(name, len(node.operands))
            if is_term(graph, node.operands[position])
        ]
        if name not in FUSED:  # of w·3 only w, so that something is left to come in
            terms = sorted(terms, key=lambda leaf: graph.roles[leaf] == "constant")[:1]
        hosts |= dict.fromkeys(terms, node)
    return hosts


def term_positions(name: str, count: int) -> list[int]:
    """The operands that may be rows: for − ÷ and powers only what comes second, so that a row reads "÷ 3"."""
    n = count // 2
    if name == "weighted_sum":
        return [*range(n), count - 1]
    if name in COSTS:
        return list(range(n, count))
    return {"add": [1, 0], "multiply": [1, 0], "subtract": [1], "divide": [1], "power": [1]}.get(name, [])


def is_term(graph: Graph, leaf: Value) -> bool:
    own = graph.roles[leaf] in ("weight", "bias", "target", "constant")
    return own and not leaf.operands and len(graph.consumers[leaf]) == 1


def continues(graph: Graph, node: Value) -> bool:
    """Whether a = σ(z) goes on in the box of its z."""
    if not graph.is_network or node.op is None or node.op.name not in (*ACTIVATIONS, "identity"):
        return False
    z = node.operands[0]
    same = graph.groups[z] == graph.groups[node] and graph.roles[z] == "weighted-input"
    return same and bool(z.operands) and len(graph.consumers[z]) == 1


def entry(node: Value, position: int, hosts: dict[Value, Value]) -> Value:
    """The row that an operand's edge enters: of the weight it is multiplied with, the target it is compared to."""
    name, count = node.op.name if node.op else "", len(node.operands)
    n = count // 2
    if name == "weighted_sum" and n <= position < count - 1:
        partners = [node.operands[position - n]]
    elif name in COSTS and position < n:
        partners = [node.operands[position + n]]
    else:
        partners = [] if name in FUSED else list(node.operands)
    return next((partner for partner in partners if hosts.get(partner) is node), node)


class Writer:
    """Writes the rows of one graph: symbols, numbers, shades, tooltips."""

    def __init__(
        self, graph: Graph, hosts: dict[Value, Value], every_gradient: bool = False,
        reached: Container[Value] | None = None,
    ) -> None:
        self.graph = graph
        self.hosts = hosts
        self.reached = reached
        zero = is_zero(graph.root.grad)
        self.computed = every_gradient or not bool(zero.all() if hasattr(zero, "all") else zero)
        sizes = [magnitude(node.grad) for node in graph.nodes if node is not graph.root]
        self.largest = max([size for size in sizes if size < math.inf], default=0.0) if self.computed else None

    def row(self, node: Value, partial: str) -> Row:
        role = self.graph.roles[node]
        symbol = self.graph.symbols[node]
        delta = None
        if role == "weighted-input":
            delta = symbol._replace(name="delta") if symbol is not None and symbol.name == "z" else Symbol("delta")
        return Row(
            self.graph.ids[node], role, self.operator(node), self.name(node), four_digits(node.data),
            four_digits(node.grad) if self.has_gradient(node) else None, self.shade(node), delta, partial,
            self.tooltip(node), node in self.hosts,
        )

    def has_gradient(self, node: Value) -> bool:
        return self.computed and (self.reached is None or node in self.reached)

    def name(self, node: Value) -> Symbol | str:
        symbol = self.graph.symbols[node]
        if symbol is not None:
            return symbol
        return clean(cut(label_text(node)))

    def operator(self, node: Value) -> str:
        host = self.hosts.get(node)
        if host is None:
            return operator_text(node.op)
        if host.op is not None and host.op.name == "weighted_sum" and node is host.operands[-1]:
            return "+"
        return TERM_SIGNS.get(host.op.name if host.op else "", operator_text(host.op))

    def shade(self, node: Value) -> int:
        """0 for the root, −4 … 4 for the others, by size and sign."""
        if not self.largest or node is self.graph.root:
            return 0
        size = magnitude(node.grad)
        steps = sum([size / self.largest >= step for step in STEPS])
        return -steps if size and float(node.grad) < 0 else steps

    def tooltip(self, node: Value) -> list[str]:
        """Label and exact number, the operation, the gradient, where it was made, the paper's equation; a line each."""
        name = called(self.graph, node)
        lines = [f"{name} = {exact(node.data)}"]
        if node.op is not None:
            of = [cut(called(self.graph, operand)) for operand in node.operands[:MAX_OPERANDS]]
            more = ["…"] if len(node.operands) > MAX_OPERANDS else []
            lines.append(f"{node.op.name} {operator_text(node.op)} of {', '.join(of + more)}")
        else:
            lines.append(f"a leaf: {self.graph.roles[node]}")
        gradient = f"∂{cut(called(self.graph, self.graph.root))}/∂{cut(name)} = {exact(node.grad)}"
        lines.append(gradient if self.has_gradient(node) else "gradient not computed")
        if node.origin is not None:
            lines.append(f"made at {one_line(node.origin, str)}")
        rule = self.rule(node)
        return [*lines, rule] if rule else lines

    def rule(self, node: Value) -> str:
        role = self.graph.roles[node]
        if node.op is not None and node.op.name in COST_RULES:
            return COST_RULES[node.op.name]
        symbol = self.graph.symbols[node]
        if not self.graph.is_network or symbol is None:
            return ""
        if role == "target" and self.graph.consumers[node]:
            op = self.graph.consumers[node][0].op
            return f"a target of {COST_RULES[op.name]}" if op is not None and op.name in COST_RULES else ""
        if role == "weighted-input" and symbol.layer is not None:
            hidden = symbol.layer < self.graph.last_layer
            return RULES[role] + (" and (21)" if hidden else " and (16)")
        return RULES.get(role, "")


def magnitude(gradient: Any) -> float:
    """|gradient|; 0 where that is no real number, or nan."""
    try:
        size = abs(float(gradient)) if getattr(gradient, "shape", ()) == () else 0.0
    except Exception:  # a symbol
        return 0.0
    return 0.0 if math.isnan(size) else size


def label_text(node: Value) -> str:
    """The whole label as text; "" if there is none."""
    if node.label is None:
        return ""
    return node.label if isinstance(node.label, str) else one_line(node.label, str)


def called(graph: Graph, node: Value) -> str:
    """The node's label, or its id in the drawing."""
    return label_text(node) or graph.ids[node]


def operator_text(op: Op | None) -> str:
    """What an operation is drawn with; ·² for **2."""
    if op is None:
        return ""
    exponent = op.symbol[2:]
    if op.symbol.startswith("**") and exponent.lstrip("-").isdecimal():
        return "·" + exponent.translate(SUPERSCRIPTS)
    return clean(cut(op.symbol, 12))
