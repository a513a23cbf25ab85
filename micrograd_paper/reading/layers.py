"""The layer of each node of a network's graph, and the example that it belongs to: its name says it, or its place."""

from collections.abc import Mapping, Sequence

from micrograd_paper.engine import Value
from micrograd_paper.reading.roles import Consumers, Symbols
from micrograd_paper.reading.symbols import last_layer, layer_of

INPUTS = 1  # layer 1: it has no weights


def layers(
    order: Sequence[Value], consumers: Consumers, symbols: Symbols, roles: Mapping[Value, str]
) -> dict[Value, int]:
    """Each node's layer, 1 … L: the one in its name, or else the first that it leads to.

    The inputs are in layer 1. What is behind the last layer, as the cost is, has none; {} where no name has a layer.
    """
    last = last_layer(symbols.values())
    found: dict[Value, int] = {}
    for node in reversed(order) if last else ():
        own = layer_of(symbols[node])
        if own is not None:
            found[node] = max(own, INPUTS)
        elif roles[node] == "input" and not node.operands:
            found[node] = INPUTS
        else:
            led_to = [found[consumer] for consumer in consumers[node] if consumer in found]
            if led_to:
                found[node] = min(led_to)
    return found
