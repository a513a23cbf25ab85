"""Of many alike boxes in a part of a graph, or alike terms in a box: the first, what the part is about, and the last.

What stands between them is one row, ⋮ 62 more, in its place.
"""

from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence

from micrograd_paper.drawing.ledger import continues, entries, folded
from micrograd_paper.drawing.rows import ELIDED
from micrograd_paper.engine import Value
from micrograd_paper.reading.groups import ROWS, Place, shared_name
from micrograd_paper.reading.parts import GraphPart
from micrograd_paper.reading.reading import Reading

MOST = 8


def elided(graph: Reading, part: GraphPart) -> dict[Value, Place]:
    """The places of what is drawn as one row, and of all else in boxes that have such a row."""
    hosts = {leaf: host for leaf, host in folded(graph).items() if leaf in part.nodes and host in part.nodes}
    boxes = boxes_of(graph, part, hosts)
    wanted = beside(part, hosts)
    alike: dict[Hashable, list[Value]] = {}
    for last, rows in boxes.items():
        alike.setdefault(likeness(graph, part, last, rows), []).append(last)
    places: dict[Value, Place] = {}
    for ends in alike.values():
        for number, between in left_out(ends, lambda last: not wanted.isdisjoint(boxes[last])):
            for last in between:
                for at, node in enumerate(boxes[last]):
                    role = graph.roles[node]
                    row = ROWS.index(role) if graph.is_network and role in ROWS else at
                    places[node] = Place((ends[0], number), (row,), ELIDED)
    return places | short_boxes(graph, boxes, places, hosts, wanted)


def opened_boxes(graph: Reading, part: GraphPart, places: Container[Value], focus: Value) -> dict[Value, Place]:
    """The same for the boxes of a graph that have no place yet: in them a node and what is beside it is drawn."""
    hosts, part = folded(graph), part._replace(focus=(focus,))
    return short_boxes(graph, boxes_of(graph, part, hosts), places, hosts, beside(part, hosts))


def short_boxes(
    graph: Reading, boxes: Mapping[Value, list[Value]], places: Container[Value], hosts: dict[Value, Value],
    wanted: set[Value],
) -> dict[Value, Place]:
    found: dict[Value, Place] = {}
    for last, rows in boxes.items():
        if last not in places:
            found |= places_in(graph, last, rows, hosts, wanted)
    return found


def boxes_of(graph: Reading, part: GraphPart, hosts: dict[Value, Value]) -> dict[Value, list[Value]]:
    """The rows of each box, as the ledger makes it, by its first operation or leaf."""
    first: dict[Value, Value] = {}
    boxes: dict[Value, list[Value]] = {}
    for node in part.nodes:
        if node not in hosts:
            goes_on = continues(graph, node) and node.operands[0] in first
            first[node] = first[node.operands[0]] if goes_on else node
            terms = [operand for operand in dict.fromkeys(node.operands) if hosts.get(operand) is node]
            boxes.setdefault(first[node], []).extend([*terms, node])
    return boxes


def beside(part: GraphPart, hosts: dict[Value, Value]) -> set[Value]:
    """What the part is about, and what an edge connects that begins or enters there."""
    focus = set(part.focus)
    wanted = set(focus)
    for node in part.nodes:
        entry = entries(node, hosts)
        for position, operand in enumerate(node.operands):
            if operand in focus or entry(position) in focus - {node}:
                wanted |= {operand, entry(position)}
    return wanted


def likeness(graph: Reading, part: GraphPart, last: Value, rows: Sequence[Value]) -> Hashable:
    """What alike boxes have in common: their layer, or in a graph of no network what they are used by."""
    role, symbol = graph.roles[last], graph.symbols[last]
    kinds = role, last.op and last.op.symbol, frozenset([graph.roles[row] for row in rows])
    if graph.is_network:
        return *kinds, graph.layers.get(last), symbol and symbol.example
    users = frozenset([user for user in graph.consumers[last] if user in part.nodes])
    operands = frozenset([operand for operand in last.operands if operand in part.nodes])
    return *kinds, shared_name(graph, last), users, operands


def left_out(things: Sequence[Value], is_wanted: Callable[[Value], bool]) -> Iterator[tuple[int, list[Value]]]:
    """Of more than MOST those between the first, the wanted ones and the last, run by run, with a number for each."""
    if len(things) <= MOST:
        return
    run: list[Value] = []
    for at, thing in enumerate(things):
        if 0 < at < len(things) - 1 and not is_wanted(thing):
            run.append(thing)
            continue
        if len(run) > 1:
            yield at, run
        run = []


def places_in(
    graph: Reading, last: Value, rows: Sequence[Value], hosts: dict[Value, Value], wanted: set[Value]
) -> dict[Value, Place]:
    """The places of the rows of a box that has too many alike terms; nothing for any other box."""
    terms: dict[str, list[Value]] = {}
    for row in rows:
        if row in hosts:
            terms.setdefault(graph.roles[row], []).append(row)
    runs = [run for alike in terms.values() for _, run in left_out(alike, wanted.__contains__)]
    first = {node: run[0] for run in runs for node in run}
    number = {row: at for at, row in enumerate(rows)}
    return {} if not runs else {
        row: Place((last, "terms"), (number[first.get(row, row)],), ELIDED if row in first else "") for row in rows}
