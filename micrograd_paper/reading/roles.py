"""What the nodes of a graph are: inputs, weights, weighted inputs …

A name says it, w²₁₁, "w1" or the path n.layers[0].neurons[0].w[0], and the place of the node says whether it may be:
targets, inputs, weights and biases are leaves, a z is a sum, an a is computed from its z; named by a letter or a word
alone, a weight is multiplied, a bias added, a target compared. Where there is no name, the place alone says it: what σ
is applied to is a weighted input, the second half of a cost's operands are targets.
"""

import re
from collections.abc import Mapping, Sequence

from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.costs import COSTS
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import ADD, LOG, MULTIPLY, SUBTRACT, TABLE, TOTAL, WEIGHTED_SUM, Op
from micrograd_paper.reading.symbols import speaks_of_neurons

ROLES = {"x": "input", "a": "activation", "w": "weight", "b": "bias", "z": "weighted-input", "y": "target", "C": "cost"}
WORDS = {  # what programs name their leaves: the last word of a label or of a path
    "input": ("x", "xs", "X", "input", "inputs", "feature", "features"),
    "weight": ("w", "ws", "W", "weight", "weights"),
    "bias": ("b", "bs", "B", "bias", "biases"),
    "target": ("y", "ys", "Y", "t", "ts", "target", "targets", "y_true", "ytrue", "ygt", "y_gt"),
}
COSTS_ARE_NAMED = ("C", "cost", "costs", "loss", "losses", "Loss")
ROLE_OF_WORD = {word: role for role, words in WORDS.items() for word in words}
LAST_WORD = re.compile(r"(?:.*[^A-Za-z0-9_])?(?P<word>[A-Za-z]+(?:_[A-Za-z]+)*)[\d_]*(?:\[[^][]*\])*")
OF_LEAVES = ("x", "w", "b", "y")
KEY = re.compile(r"\['(\w+)'\]")

Consumers = Mapping[Value, Sequence[Value]]
Symbols = Mapping[Value, Symbol | None]


def allowed(order: Sequence[Value], symbols: Symbols) -> dict[Value, Symbol | None]:
    """The names that the places of the nodes allow: any other name is plain text."""
    weights = {node for node, symbol in symbols.items() if symbol and symbol.name == "w" and not node.operands}
    sums = {node for node, symbol in symbols.items() if symbol and symbol.name == "z" and (
        may_be_a_sum(node, weights) if node.operands else symbol.layer is not None)}
    places: dict[Symbol | None, set[Value]] = {}
    for node in sums:
        places.setdefault(symbols[node], set()).add(node)

    def is_allowed(node: Value, symbol: Symbol) -> bool:
        if symbol.name in OF_LEAVES:
            return not node.operands
        if symbol.name == "z":
            return node in sums
        if symbol.name == "a":
            of_place = places.get(symbol._replace(name="z"))
            if of_place:
                return depends(node, of_place, symbols)
            return symbol.layer is not None if not node.operands or is_sum(node) else is_over_a_sum(node, sums)
        return symbol.name != "C" or bool(node.operands)

    return {node: symbol if symbol is not None and is_allowed(node, symbol) else None
            for node, symbol in symbols.items()}


def may_be_a_sum(node: Value, weights: set[Value]) -> bool:
    """Whether it is a sum, or w·x; a user-defined operation may be a sum."""
    is_product = computes(node, MULTIPLY) and not weights.isdisjoint(node.operands)
    return is_sum(node) or is_product or is_user_defined(node)


def is_sum(node: Value) -> bool:
    return computes(node, ADD, SUBTRACT, TOTAL, WEIGHTED_SUM)


def is_over_a_sum(node: Value, named: set[Value]) -> bool:
    """Whether an a is a function of a sum that has no name of another neuron's z."""
    return len(node.operands) == 1 and is_sum(node.operands[0]) and node.operands[0] not in named


def depends(node: Value, sums: set[Value], symbols: Symbols) -> bool:
    """Whether a node is computed from one of these, by operations that have no names of other neurons."""
    seen, stack = {node}, [node]
    while stack:
        for operand in stack.pop().operands:
            if operand in sums:
                return True
            symbol = symbols[operand]
            if operand not in seen and (symbol is None or symbol.name not in ("z", "a")):
                seen.add(operand)
                stack.append(operand)
    return False


def roles(
    order: Sequence[Value], consumers: Consumers, symbols: Symbols, names: Mapping[Value, str]
) -> dict[Value, str]:
    """Each node's role: input, activation, weight, bias, weighted-input, target, unnamed-leaf, cost, result, operation.

    `symbols` are those that are allowed; `names` the labels, and paths from the program's variables.
    """
    fits, by_place = leaves_fit(order), roles_by_place(order)
    words = {node: role for node, name in names.items()
             if not node.operands and (role := role_said(symbols[node], name)) and node in fits.get(role, (node,))}
    of_neurons = speaks_of_neurons(symbols.values()) or "weight" in words.values()
    found: dict[Value, str] = {}
    for node in order:
        symbol = symbols[node]
        by_name = ROLES.get(symbol.name) if symbol is not None and of_neurons else None
        if symbol is not None and not (symbol.layer or symbol.indices) and symbol.name in OF_LEAVES:
            by_name = words.get(node)
        if node is order[-1] and by_name not in ("weighted-input", "activation"):
            found[node] = root_role(node, names.get(node, "") if symbol is None else symbol.name)
        elif by_name is not None and of_neurons:
            found[node] = by_name
        elif not node.operands:
            word = words.get(node) if of_neurons else None
            found[node] = word or by_place.get(node) or ("input" if node in names else "unnamed-leaf")
        else:
            found[node] = interior_role(node, consumers[node], found, of_neurons)
    return found


def role_said(symbol: Symbol | None, name: str) -> str | None:
    return ROLE_OF_WORD.get(symbol.name) if symbol is not None else role_of_word(name)


def role_of_word(name: str) -> str | None:
    """The role that the last word of a label or of a path says: weight for n.layers[0].neurons[0].w[0]."""
    match = LAST_WORD.fullmatch(KEY.sub(r".\1", name))
    return ROLE_OF_WORD.get(match["word"]) if match else None


def leaves_fit(order: Sequence[Value]) -> dict[str, set[Value]]:
    """The operands that stand where a weight, a bias or a target may: what is multiplied; what is added; what is
    subtracted, or multiplied with a logarithm, or in a cost's place for targets. In a user-defined operation all may.
    """
    weights, biases, targets = set[Value](), set[Value](), set[Value]()
    for node in order:
        if node.op is None:
            continue
        operands, n = node.operands, len(node.operands) // 2
        if is_user_defined(node):
            for each in (weights, biases, targets):
                each.update(operands)
        if computes(node, WEIGHTED_SUM):
            weights.update(operands[:n])
            biases.add(operands[-1])
        elif computes(node, MULTIPLY):
            weights.update(operands)
            if any(computes(operand, LOG) for operand in operands):
                targets.update(operands)
        elif computes(node, ADD, SUBTRACT, TOTAL):
            biases.update(operands)
            if computes(node, SUBTRACT):
                targets.update(operands)
        elif is_cost(node):
            targets.update(operands[n:])
    return {"weight": weights, "bias": biases, "target": targets}


def roles_by_place(order: Sequence[Value]) -> dict[Value, str]:
    """What the operands of Σ and of the costs are, where nothing else says it: by the first of these operations."""
    found: dict[Value, str] = {}
    for node in order:
        if node.op is None:
            continue
        operands, n = node.operands, len(node.operands) // 2
        if computes(node, WEIGHTED_SUM):
            places = {**dict.fromkeys(operands[n:], "input"), **dict.fromkeys(operands[:n], "weight")}
            places[operands[-1]] = "bias"
        else:
            places = dict.fromkeys(operands[n:], "target") if is_cost(node) else {}
        for operand, role in places.items():
            found.setdefault(operand, role)
    return found


def is_user_defined(node: Value) -> bool:
    return node.op is not None and node.op.name not in TABLE and node.op.name != "constant_power"


def root_role(root: Value, name: str) -> str:
    match = LAST_WORD.fullmatch(name)
    return "cost" if is_cost(root) or (match and match["word"] in COSTS_ARE_NAMED) else "result"


def interior_role(
    node: Value, consumers: Sequence[Value], found: Mapping[Value, str], of_neurons: bool
) -> str:
    if is_cost(node):
        return "cost"
    if is_activation(node) and found[node.operands[0]] == "weighted-input":
        return "activation"
    is_neuron = of_neurons and computes(node, ADD, TOTAL) and bool(consumers) and all(map(is_activation, consumers))
    return "weighted-input" if computes(node, WEIGHTED_SUM) or is_neuron else "operation"


def is_cost(node: Value) -> bool:
    """Whether one of the paper's costs made it."""
    row = COSTS.get(node.op.name) if node.op is not None else None
    return row is not None and computes(node, row.op)


def is_activation(node: Value) -> bool:
    """Whether a function of the table of activations made it."""
    return computes(node, *[row.op for row in ACTIVATIONS.values()])


def computes(node: Value, *ops: Op) -> bool:
    """Whether the node's operation computes what one of these does; its partials may be wrong."""
    return node.op is not None and node.op.forward in [op.forward for op in ops]
