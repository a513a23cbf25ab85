"""What is alike in a graph: the quantities of a layer, and in any graph the nodes that were computed in the same way.

Two nodes are alike if they are of one operation whose operands are alike. Leaves are alike if they are named alike,
w[0][1] and w[3][2]; a leaf without a name goes with the operation that uses it. The additions of one sum are one node
here. So the scalar program of a matrix product is three groups: the matrix, the products, the sums.
"""

import re
from collections import Counter
from collections.abc import Collection, Container, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from micrograd_paper.engine import Value
from micrograd_paper.operations import ADD, TOTAL
from micrograd_paper.reading.layers import INPUTS
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import computes

ROWS = ("weight", "bias", "unnamed-leaf", "operation", "weighted-input", "activation")  # of a layer, from the top
LEAST_ROWS, TALLEST = 16, 48  # operations in a box, before it goes on in a next one
HIGH = 40  # the most rows of a run that one screen shows
ENDS = 16  # the first and the last rows of a run that is not drawn whole
LONG_RUN = 6  # operations one after the other, which are read downwards
FEW = 8  # inputs, which are drawn one by one
INDICES = re.compile(r"(\[\d+\]|[\d_]+$|#\d+$)")


class Place(NamedTuple):
    """Where a node is drawn: nodes of one place are one row."""

    box: Any  # what is hashable
    row: tuple[int, ...]  # from top to bottom
    name: str


def groups(graph: Reading, opened: Collection[int | tuple[int, int]] = ()) -> dict[Value, Place]:
    """The place of each node that is drawn together with others; nothing for a node that is a row of its own."""
    found = of_layers(graph, opened) if graph.is_network else {}
    found |= structural(graph, found)
    counts = Counter([place.box for place in found.values()])
    has_opened = graph.is_network and bool(opened)
    return {
        node: place for node, place in found.items()
        if counts[place.box] > 1 and not (has_opened and is_opened(graph, node, opened))
    }


def folded_places(graph: Reading, opened: Collection[int | tuple[int, int]] = ()) -> dict[Value, Place]:
    """The same, and of a long run in which nothing is alike only its ends."""
    found, short = groups(graph, opened), runs(graph, is_short=True)
    together = Counter([place for node, place in found.items() if node.op is not None])
    alike = {place.box[0] for node, place in short.items() if node in found and together[found[node]] > 1}
    return found | {node: place for node, place in short.items() if place.box[0] not in alike}


def of_layers(graph: Reading, opened: Collection[int | tuple[int, int]]) -> dict[Value, Place]:
    """A box a layer, or a neuron where the layer is opened.

    A row that something outside of the box uses is a box of its own: an edge leaves a box from its last row.
    """
    found: dict[Value, Place] = {}
    inputs = sum([graph.roles[node] == "input" for node in graph.nodes])
    for node in reversed(graph.nodes):
        l, role = graph.layers.get(node), graph.roles[node]
        if l is not None and l > INPUTS and role in ROWS:
            box = ("neuron", l, neuron_of(graph, node, found)) if l in opened else ("layer", l)
            found[node] = Place(box, (0 if l in opened else ROWS.index(role),), role)
        elif role == "input" and inputs > FEW:
            found[node] = Place("inputs", (0,), role)
    last: dict[Hashable, tuple[int, ...]] = {}
    for place in found.values():
        last[place.box] = max(last.get(place.box, (0,)), place.row)
    used = {
        found[node] for node in graph.nodes if node in found and found[node].row < last[found[node].box]
        and any(consumer not in found or found[consumer].box != found[node].box for consumer in graph.consumers[node])
    }
    return {node: place._replace(box=(place.box, place.row)) if place in used else place
            for node, place in found.items()}


def neuron_of(graph: Reading, node: Value, places: dict[Value, Place]) -> int | None:
    """j of the node's own name, or that of what it leads to."""
    symbol = graph.symbols[node]
    if symbol is not None and symbol.indices:
        return symbol.indices[0]
    for consumer in graph.consumers[node]:
        place = places.get(consumer)
        if place is not None and isinstance(place.box, tuple) and place.box[0] == "neuron" and place.box[2]:
            return int(place.box[2])
    return None


def is_opened(graph: Reading, node: Value, opened: Collection[int | tuple[int, int]]) -> bool:
    symbol = graph.symbols[node]
    return symbol is not None and bool(symbol.layer and symbol.indices) and symbol.name in "wbza" and (
        (symbol.layer, symbol.indices[0]) in opened)


def structural(graph: Reading, placed: Container[Value]) -> dict[Value, Place]:
    """A row for those that were computed in the same way, above it the constants and the leaves that they alone use.

    Nodes that are placed already are left out.
    """
    numbers: dict[Hashable, int] = {}
    of: dict[Value, int] = {}
    sums: dict[Value, frozenset[int]] = {}  # what a sum is of

    def number(key: Hashable) -> int:
        return numbers.setdefault(key, len(numbers))

    consumers, names = graph.consumers, graph.given_names
    constants = {node for node in graph.nodes if node.op is None and node not in names and len(consumers[node]) == 1}
    adding = {node for node in graph.nodes if node.op is not None and computes(node, ADD, TOTAL)}
    inside = {node for node in adding if len(consumers[node]) == 1 and consumers[node][0] in adding}  # of a longer sum
    unnamed = number(("leaf", None))
    for node in graph.nodes:
        if node.op is None:
            of[node] = number(("leaf", shared_name(graph, node))) if node in names else unnamed
            continue
        operands = [operand for operand in dict.fromkeys(node.operands) if operand not in constants]
        if node in adding:
            parts = [sums[each] if each in inside else frozenset([of[each]]) for each in operands]
            sums[node] = frozenset().union(*parts)
            of[node] = number(("sum", sums[node]))
        else:
            of[node] = number((node.op.symbol, frozenset([of[operand] for operand in operands])))
    for node in reversed(graph.nodes):
        if node in inside:
            of[node] = of[consumers[node][0]]
    hosts = merged(graph, of, constants, placed)
    found: dict[Value, Place] = {}
    of_constants = {user: Place(hosts[user], (user, 0, len(of)), "constants")
                    for user in {of[consumers[node][0]] for node in constants}}
    for node in graph.nodes:
        if node in placed or (node in constants and consumers[node][0] in placed):
            continue
        if node in constants:
            found[node] = of_constants[of[consumers[node][0]]]
            continue
        name, group = shared_name(graph, node) if node in names else "", of[node]
        if hosts[group] != group and node.op is None:
            user = of[consumers[node][0]]
            found[node] = Place(hosts[group], (user, 0, group), name)
        else:
            found[node] = Place(hosts[group], (group, 1), name)
    return continued(found)


def shared_name(graph: Reading, node: Value) -> str:
    """What nodes that are alike are called: w of w[3][2], y₁ of y₁⁽³⁾; "" without a name."""
    symbol = graph.spelled[node]
    return INDICES.sub("", graph.given_names.get(node, "")) if symbol is None else str(symbol.of_example(None))


def runs(graph: Reading, is_short: bool = False) -> dict[Value, Place]:
    """The places of runs: operations of which each is used by the next one alone, that takes nothing else but leaves of
    its own. Each is a row, in boxes that go on at the top of a next one; none of a network or of short runs.

    is_short: of a long one the first rows, one for all that follow, and the last ones.
    """
    found: dict[Value, Place] = {}
    run: dict[Value, tuple[Value, int]] = {}  # node → the first of its run, and how far it is from that
    lengths: Counter[Value] = Counter()

    def is_own(leaf: Value) -> bool:
        return leaf.op is None and len(graph.consumers[leaf]) == 1

    for node in () if graph.is_network else graph.nodes:
        if node.op is None or len(node.operands) > 2:
            continue
        before = [*dict.fromkeys([operand for operand in node.operands if not is_own(operand)])]
        if len(before) > 1:
            continue
        last = before[0] if before and len(set(graph.consumers[before[0]])) == 1 else None
        first, place = run.get(last, (node, -1)) if last is not None else (node, -1)
        run[node] = first, place + 1
        lengths[first] += 1
    for node, (first, place) in run.items():
        if lengths[first] >= LONG_RUN:
            is_left_out = is_short and lengths[first] > HIGH and ENDS <= place < lengths[first] - ENDS
            for position, leaf in enumerate(node.operands):
                if is_own(leaf) and (place or leaf not in graph.given_names):
                    found[leaf] = Place(first, (ENDS, 1) if is_left_out else (place, 0, position), "")
            found[node] = Place(first, (ENDS if is_left_out else place, 1), "")
    return continued(found, HIGH)


def on_paths(nodes: Collection[Value]) -> dict[Value, Place]:
    """The places of runs in a part that is paths: operations of which each is used there by the next one alone.

    They are the additions of a sum, whose terms come in from the side, or take nothing else; none of short runs.
    """
    used = Counter([operand for node in nodes for operand in dict.fromkeys(node.operands) if operand in nodes])
    several = {node for node in nodes if len(set(node.operands) & used.keys()) > 1}
    adding = {node for node in nodes if computes(node, ADD, TOTAL)}
    sums = adding & several
    sums |= adding & {operand for node in sums for operand in node.operands if used[operand] == 1}
    run: dict[Value, tuple[Value, int]] = {}  # node → the first of its run, and how far it is from that
    lengths: Counter[Value] = Counter()
    for node in nodes:
        if node.op is None:
            continue
        before = [operand for operand in node.operands
                  if operand in run and used[operand] == 1 and (operand in sums) == (node in sums)]
        if node in several - sums:
            before = []
        first, place = max([run[operand] for operand in before], key=lambda end: end[1], default=(node, -1))
        run[node] = first, place + 1
        lengths[first] += 1
    of_sums, others = (
        {node: Place(first, (place, 1), "") for node, (first, place) in run.items()
         if (node in sums) == is_sum and lengths[first] >= least}
        for is_sum, least in ((True, LONG_RUN), (False, LEAST_ROWS))
    )
    return continued(of_sums, HIGH, HIGH) | continued(others, HIGH)


def leads_back(nodes: Iterable[Value], places: Mapping[Value, Place]) -> bool:
    """Whether a box is computed from itself by way of others, as one of a recurrent network's steps: no order of the
    boxes would be true."""
    users: dict[Hashable, set[Hashable]] = {}
    for node in nodes:
        box = places[node].box if node in places else node
        users.setdefault(box, set())
        for operand in node.operands:
            source = places[operand].box if operand in places else operand
            if source != box:
                users.setdefault(source, set()).add(box)
    missing = Counter([user for each in users.values() for user in each])
    order = [box for box in users if not missing[box]]
    for box in order:
        for user in users[box]:
            missing[user] -= 1
            if not missing[user]:
                order.append(user)
    return len(order) < len(users)


def continued(found: dict[Value, Place], most: int = TALLEST, least: int = LEAST_ROWS) -> dict[Value, Place]:
    """A long box, of more operations than `least`, goes on at the top of a next one, and has at most `most`."""
    rows: dict[Hashable, set[tuple[int, ...]]] = {}
    several = {id(place): place for place in found.values()}  # that stand for many nodes
    for place in several.values():
        rows.setdefault(place.box, set()).add(place.row)
    column: dict[tuple[Hashable, int], int] = {}
    for box, numbers in rows.items():
        operations = sorted({row[0] for row in numbers})
        high = min(most, max(least, round((3 * len(operations)) ** 0.5)))
        high = -(-len(operations) // -(-len(operations) // high))  # as many in the last one as in the others
        column |= {(box, operation): i // high for i, operation in enumerate(operations)}
    places = {at: place._replace(box=(place.box, column[place.box, place.row[0]])) for at, place in several.items()}
    return {node: places[id(place)] for node, place in found.items()}


def merged(
    graph: Reading, of: dict[Value, int], constants: Container[Value], placed: Container[Value]
) -> dict[int, int]:
    """Group → the group in whose box it is a row: the one that alone uses it. Of several groups of operations that
    another one uses only the last made is: a box is read downwards.
    """
    users: dict[int, set[int]] = {}
    made: dict[int, bool] = {}  # whether it is of operations
    fixed = {of[node] for node in graph.nodes if node in placed}
    for node in graph.nodes:
        if node not in constants:
            made[of[node]] = node.op is not None
            users.setdefault(of[node], set()).update(
                of[user] for user in graph.consumers[node] if of[user] != of[node])
    feeders: dict[int, int] = {}
    for group, uses in users.items():
        if len(uses) == 1 and made[group] and group not in fixed:
            feeders[next(iter(uses))] = group
    hosts: dict[int, int] = {}
    for group in reversed(users):
        uses = users[group]
        user = next(iter(uses)) if len(uses) == 1 else group
        is_free = user != group and user in hosts and fixed.isdisjoint((user, group))
        is_row = is_free and (not made[group] or feeders.get(user) == group)
        hosts[group] = hosts[user] if is_row else group
    return hosts
