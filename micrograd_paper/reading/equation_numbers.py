"""Which equation of the paper a step is, where the graph bears the paper's names; (18) is the chain rule anywhere."""

from collections.abc import Sequence

from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol

COSTS = {"quadratic": "(5)", "cross_entropy": "(25)", "cross_entropy_from_logits": "(25)"}
MEANS = {"quadratic": "(4)", "cross_entropy": "(25)", "cross_entropy_from_logits": "(25)"}


class References:
    """The equations of one graph, whose nodes are given in topological order."""

    def __init__(self, order: Sequence[Value]) -> None:
        self.last_layer = max([layer_of(node, name) or 0 for node in order for name in "wbza"], default=0)
        self.sums: dict[Value, str] = {}  # nodes that are parts of an equation and have no names of their own
        for node in order:
            if layer_of(node, "z"):
                self.mark_products(node)
            self.mark_mean(node)
            self.mark_penalty(node)

    def forward(self, node: Value) -> str:
        """(12) of a z, (14) of an a, (5) or (25) of a cost; (4), (25), (27) of the nodes of a mean and a penalty."""
        if layer_of(node, "z") and op_name(node) == "weighted_sum":
            return "(12)"
        if layer_of(node, "a") and len(node.operands) == 1 and layer_of(node.operands[0], "z"):
            return "(14)"
        return COSTS[op_name(node)] if is_cost(node) else self.sums.get(node, "")

    def backward(self, node: Value, position: int) -> str:
        """(24) of a weight, (23) of a bias, (16), (26) and (21) on the way to a δ."""
        operand, n = node.operands[position], len(node.operands) // 2
        if is_cost(node) and position < n:
            if op_name(node) == "cross_entropy_from_logits":
                return "(26)" if layer_of(operand, "z") else "(18)"
            return "(16)" if layer_of(operand, "a") else "(18)"
        if layer_of(node, "a") and len(node.operands) == 1 and layer_of(operand, "z"):
            return "(16)" if layer_of(node, "a") == self.last_layer else "(21)"
        if layer_of(node, "z") and op_name(node) == "weighted_sum":
            if position == 2 * n:
                return "(23)" if layer_of(operand, "b") else "(18)"
            if position < n:
                return "(24)" if layer_of(operand, "w") else "(18)"
            return "(21)" if layer_of(operand, "a") else "(18)"
        return "(18)"

    def mark_products(self, z: Value) -> None:
        """(12) where z is made of × and + nodes."""
        stack = [z] if op_name(z) == "add" else []
        while stack:
            node = stack.pop()
            self.sums[node] = "(12)"
            if op_name(node) == "add":
                stack += [x for x in node.operands if x.label is None and op_name(x) in ("add", "multiply")]

    def mark_mean(self, node: Value) -> None:
        """The sum of the costs of all examples, and that sum divided by their number."""
        first = node.operands[0] if node.operands else node
        if op_name(node) == "total" and all(is_cost(cost) for cost in node.operands):
            self.sums[node] = MEANS[op_name(first)]
        elif op_name(node) == "divide" and op_name(first) == "total" and self.sums.get(first) in MEANS.values():
            self.sums[node] = self.sums[first]

    def mark_penalty(self, node: Value) -> None:
        """α/2m Σ w², as `costs.l2_penalty` builds it, and a cost plus that."""
        name = op_name(node)
        if name == "total" and all(is_squared_weight(term) for term in node.operands):
            self.sums |= dict.fromkeys((node, *node.operands), "(27)")
        elif name in ("multiply", "divide"):
            before = node.operands[0]
            if self.sums.get(before) == "(27)" and op_name(before) == ("total" if name == "multiply" else "multiply"):
                self.sums[node] = "(27)"
        elif name == "add":
            cost, penalty = node.operands
            if self.sums.get(penalty) == "(27)" and (is_cost(cost) or self.sums.get(cost) in MEANS.values()):
                self.sums[node] = "(27)"


def op_name(node: Value) -> str:
    return node.op.name if node.op else ""


def layer_of(node: Value, name: str) -> int | None:
    """The layer of a node whose label is the paper's w, b, z or a."""
    label = node.label
    return label.layer if isinstance(label, Symbol) and label.name == name and isinstance(label.layer, int) else None


def is_cost(node: Value) -> bool:
    """The cost of one example."""
    return op_name(node) in COSTS and isinstance(node.label, Symbol) and node.label.name == "C"


def is_squared_weight(node: Value) -> bool:
    return op_name(node) == "constant_power" and node.op is not None and node.op.symbol == "**2" and bool(
        layer_of(node.operands[0], "w")
    )
