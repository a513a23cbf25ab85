"""Which equation of the paper a step is, where the graph bears the paper's names; (18) is the chain rule anywhere."""

from collections.abc import Sequence

from micrograd_paper.costs import COSTS, PaperCost
from micrograd_paper.engine import Value
from micrograd_paper.operations import ADD, DIVIDE, MULTIPLY, TOTAL, WEIGHTED_SUM
from micrograd_paper.reading.roles import Symbols, computes, is_cost
from micrograd_paper.reading.symbols import last_layer, layer_of

REGULARIZED = "(27)"


class EquationNumbers:
    """The equations of one graph, whose nodes are given in topological order, and their names."""

    def __init__(self, order: Sequence[Value], symbols: Symbols) -> None:
        self.symbols = symbols
        self.last_layer = last_layer(symbols.values())
        self.sums: dict[Value, str] = {}  # nodes that are parts of an equation and have no names of their own
        self.means: set[Value] = set()  # those of them that are a mean over examples, or its sum
        for node in order:
            if self.layer(node, "z"):
                self.mark_products(node)
            self.mark_mean(node)
            self.mark_penalty(node)

    def layer(self, node: Value, name: str) -> int | None:
        """The layer of a node of this name: w, b, z or a."""
        return layer_of(self.symbols[node], name)

    def is_named_cost(self, node: Value) -> bool:
        """The cost of one example."""
        symbol = self.symbols[node]
        return is_cost(node) and symbol is not None and symbol.name == "C"

    def forward(self, node: Value) -> str:
        """(12) of a z, (14) of an a, (5) or (25) of a cost; (4), (25), (27) of the nodes of a mean and a penalty."""
        if self.layer(node, "z") and computes(node, WEIGHTED_SUM):
            return "(12)"
        if self.layer(node, "a") and len(node.operands) == 1 and self.layer(node.operands[0], "z"):
            return "(14)"
        return f"({self.row_of(node).equations[0]})" if self.is_named_cost(node) else self.sums.get(node, "")

    def backward(self, node: Value, position: int) -> str:
        """(24) of a weight, (23) of a bias, (16), (26) and (21) on the way to a δ."""
        operand, n = node.operands[position], len(node.operands) // 2
        if self.is_named_cost(node) and position < n:
            if self.row_of(node).takes_logits:
                return "(26)" if self.layer(operand, "z") else "(18)"
            return "(16)" if self.layer(operand, "a") else "(18)"
        if self.layer(node, "a") and len(node.operands) == 1 and self.layer(operand, "z"):
            return "(16)" if self.layer(node, "a") == self.last_layer else "(21)"
        if self.layer(node, "z") and computes(node, WEIGHTED_SUM):
            if position == 2 * n:
                return "(23)" if self.layer(operand, "b") else "(18)"
            if position < n:
                return "(24)" if self.layer(operand, "w") else "(18)"
            return "(21)" if self.layer(operand, "a") else "(18)"
        return "(18)"

    def mark_products(self, z: Value) -> None:
        """(12) where z is made of × and + nodes."""
        stack = [z] if computes(z, ADD) else []
        while stack:
            node = stack.pop()
            self.sums[node] = "(12)"
            if computes(node, ADD):
                stack += [x for x in node.operands if x.label is None and computes(x, ADD, MULTIPLY)]

    def mark_mean(self, node: Value) -> None:
        """The sum of the costs of all examples, and that sum divided by their number."""
        first = node.operands[0] if node.operands else node
        if computes(node, TOTAL) and all(self.is_named_cost(cost) for cost in node.operands):
            self.sums[node] = f"({self.row_of(first).equations[1]})"
            self.means.add(node)
        elif computes(node, DIVIDE) and computes(first, TOTAL) and first in self.means:
            self.sums[node] = self.sums[first]
            self.means.add(node)

    def mark_penalty(self, node: Value) -> None:
        """α/2m Σ w², as `costs.l2_penalty` builds it, and a cost plus that."""
        if computes(node, TOTAL) and all(self.is_squared_weight(term) for term in node.operands):
            self.sums |= dict.fromkeys((node, *node.operands), REGULARIZED)
        elif computes(node, MULTIPLY, DIVIDE):
            before = node.operands[0]
            if self.sums.get(before) == REGULARIZED and computes(
                before, TOTAL if computes(node, MULTIPLY) else MULTIPLY
            ):
                self.sums[node] = REGULARIZED
        elif computes(node, ADD):
            cost, penalty = node.operands
            if self.sums.get(penalty) == REGULARIZED and (self.is_named_cost(cost) or cost in self.means):
                self.sums[node] = REGULARIZED

    def is_squared_weight(self, node: Value) -> bool:
        is_square = node.op is not None and (node.op.name, node.op.symbol) == ("constant_power", "**2")
        return is_square and bool(self.layer(node.operands[0], "w"))

    def row_of(self, cost: Value) -> PaperCost:
        """The table's row of the cost that made a node."""
        assert cost.op is not None
        return COSTS[cost.op.name]
