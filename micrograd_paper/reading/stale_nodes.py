"""What is said of nodes that no longer follow from their operands: a number was changed after they were made."""

from collections.abc import Mapping, Sequence

from micrograd_paper.display import number_text
from micrograd_paper.engine import Value, computed
from micrograd_paper.graph import same


def now_given(node: Value) -> str:
    """its operands now give 30."""
    assert node.op is not None
    try:
        data, _ = computed(node.op, node.operands)
    except Exception as error:  # an operand that is outside of its domain now
        return f"its operands now give an error, {type(error).__name__}"
    return "its operands now give " + ("other partial derivatives" if same(data, node.data) else number_text(data))


def stale_note(nodes: Sequence[Value], names: Mapping[Value, str], most: int = 1) -> str:
    """How many there are, and the first of them; "" for none."""
    if not nodes:
        return ""
    first = "; ".join([f"{names[node]} = {number_text(node.data)}, {now_given(node)}" for node in nodes[:most]])
    if len(nodes) == 1:
        return f"1 node no longer follows from its operands: {first}"
    which = "" if len(nodes) <= most else ", the first is" if most == 1 else f", the first {most} are"
    return f"{len(nodes):,} nodes no longer follow from their operands{which or ':'} {first}"
