"""A graph as ledger boxes: which node is a row of which box, and which edges remain between the boxes.

A parameter that is used once is a row of its consumer: × w, × w, + b, then Σ z, whose gradient is δ, then σ a.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from micrograd_paper.deadline import FOREVER, Deadline, Watched
from micrograd_paper.display import number_text
from micrograd_paper.drawing.rows import NodeRow, Writer
from micrograd_paper.engine import Value
from micrograd_paper.operations import ADD, DIVIDE, MULTIPLY, POWER, SUBTRACT, WEIGHTED_SUM
from micrograd_paper.reading.groups import Place
from micrograd_paper.reading.parts import GraphPart
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import computes, is_activation, is_cost


class Box(NamedTuple):
    rows: list[NodeRow]
    group: int | None  # the layer; its parameters that several neurons share stand aside, in group −layer


class Edge(NamedTuple):
    """From the last row of one box into a row of another: operand `position` of `node`, which is in that other box."""

    source: int
    target: int
    row: int
    node: Value
    position: int
    partial: str  # ∂node/∂operand; "" if not asked for
    kind: str = ""  # band: many edges between rows of many nodes; cut above, cut below: to nodes that are not drawn
    others: Sequence[tuple[Value, int]] = ()  # nodes and positions of the edges that the same line stands for

    @property
    def times(self) -> str:
        """How many edges the line is; "" for one."""
        return f"×{len(self.others) + 1:,}" if self.others else ""


class Ledger(NamedTuple):
    boxes: list[Box]
    edges: list[Edge]
    largest: float | None  # |gradient|, the root's left out; None: not computed
    notes: list[str]  # what is to be said of the whole graph
    keys: list[tuple[int, ...]]  # of a network's boxes, by which those of a column stand from top to bottom


def ledger(
    graph: Reading, *, partials: bool = False, every_gradient: bool = False,
    reached: Mapping[Value, bool] | None = None, deadline: Deadline = FOREVER, part: GraphPart | None = None,
    places: Mapping[Value, Place] | None = None,
) -> Ledger:
    """The boxes of a graph, or of a part of it, and the edges between them, in topological order.

    places: the nodes that are drawn together with others, as `groups` finds them.

    partials: rows and edges hold local derivatives. every_gradient: rows hold gradients even if none is computed, 0.
    reached: in the middle of a backward pass, the nodes that have a gradient already, and whether it is complete.
    Raises TimeoutError.
    """
    places = places or {}
    shown = graph.nodes if part is None else part.nodes
    is_flat = part is not None and part.kind == "between"
    every_host = {} if is_flat else {
        leaf: host for leaf, host in folded(graph).items()
        if part is None or (leaf in part.nodes and host in part.nodes)
    }
    hosts = {leaf: host for leaf, host in every_host.items() if leaf not in places and host not in places}
    same_box = {leaf: host for leaf, host in every_host.items()
                if leaf in places and host in places and places[leaf].box == places[host].box}
    contents: list[list[tuple[Value, ...]]] = []
    together: dict[Hashable, tuple[int, dict[tuple[int, ...], list[Value]]]] = {}  # box → number, its rows' nodes
    place: dict[Value, tuple[int, int]] = {}  # node → box, row
    joined: dict[Value, Value] = {}  # operation → the constant beside it
    inside: dict[Value, tuple[Value, list[int]]] = {}  # node → the operation in its box that uses it, and where
    for node in deadline.watched(shown):
        if node in hosts:
            continue
        if node in places:
            box, row, _ = places[node]
            if box not in together:
                together[box] = len(contents), {}
                contents.append([])
            together[box][1].setdefault(row, []).append(node)
            for i, operand in enumerate(node.operands if partials else ()):
                if operand in places and places[operand].box == box:
                    inside.setdefault(operand, (node, []))[1].append(i)
            continue
        for i, operand in enumerate(node.operands):
            if hosts.get(operand) is node:
                inside.setdefault(operand, (node, []))[1].append(i)
        nodes = [*(operand for operand in node.operands if hosts.get(operand) is node), node]
        if not is_flat and continues(graph, node) and node.operands[0] in place:
            at = place[node.operands[0]][0]
            inside[node.operands[0]] = node, [0]
        else:
            at = len(contents)
            contents.append([])
        for member in nodes:
            place[member] = at, len(contents[at])
            contents[at].append((member,))
    for at, rows in together.values():
        listed = [tuple(rows[number]) for number in sorted(rows)]
        beside = [i for i in range(len(listed) - 1) if joins(graph, listed[i], listed[i + 1])]
        joined |= {listed[i + 1][0]: listed[i][0] for i in beside}
        place |= {listed[i][0]: (at, -1) for i in beside}  # in no row of its own
        contents[at] = [nodes for i, nodes in enumerate(listed) if i not in beside]
        place |= {node: (at, i) for i, nodes in enumerate(contents[at]) for node in nodes}
    hosts |= same_box
    has_targets = partials or every_gradient or reached is not None
    write = Writer(graph, hosts, every_gradient, reached, has_targets)

    def partial(node: Value, position: int) -> str:
        return number_text(node.partials[position]) if partials else ""

    def partial_in_box(node: Value) -> str:
        if not partials or node not in inside:
            return ""
        user, positions = inside[node]
        return number_text(sum([user.partials[i] for i in positions[1:]], user.partials[positions[0]]))  # of x·x both

    edges: list[Edge] = []
    bands: dict[tuple[int, int, int], list[tuple[Value, int]]] = {}
    unseen: dict[tuple[bool, Hashable], list[tuple[Value, list[Value]]]] = {}  # upwards?, row → nodes, not drawn
    for node in shown:
        hidden: list[Value] = []
        entry = entries(node, hosts) if node.operands else None
        for position, operand in deadline.watched(enumerate(node.operands)):
            assert entry is not None
            if operand not in place:
                hidden.append(operand)
                continue
            source, target = place[operand][0], place[entry(position)]
            if source == target[0]:
                continue
            if max(len(contents[source][-1]), len(contents[target[0]][target[1]])) > 1:
                bands.setdefault((source, *target), []).append((node, position))
            else:
                edges.append(Edge(source, *target, node, position, partial(node, position)))
        above = [consumer for consumer in graph.consumers[node] if consumer not in place]
        for is_above, missing in ((False, hidden), (True, above)):
            if missing:
                many = place[node] if len(contents[place[node][0]][place[node][1]]) > 1 else node
                unseen.setdefault((is_above, many), []).append((node, missing))
    cut: dict[tuple[bool, frozenset[Value]], list[Value]] = {}  # upwards?, which are not drawn → neighbours of them all
    for (is_above, _), found in unseen.items():
        ends_of_cut = frozenset([other for _, missing in found for other in missing])
        cut.setdefault((is_above, ends_of_cut), []).extend([node for node, _ in found])
    for ends_of_band, (first, *rest) in bands.items():
        edges.append(Edge(*ends_of_band, *first, "", "band" if rest else "", rest))
    focus = part.focus[:1] if part is not None else ()
    boxes = [
        Box([write.row(nodes[0], partial_in_box(nodes[0]), joined.get(nodes[0]))._replace(is_focus=nodes[0] in focus)
             if len(nodes) == 1 else write.group_row(nodes, places[nodes[0]]) for nodes in deadline.watched(rows)],
            group_of(graph, [nodes[-1] for nodes in rows]))
        for rows in contents
    ]
    keys = keys_of(graph, contents) if graph.is_network else []
    drawn = {box.group for box in boxes}
    for (is_above, ends), nodes in () if is_flat else cut.items():
        number = len(boxes)
        others = sorted(ends, key=graph.place.__getitem__)
        layers = {layer_or_end(graph, other) for other in others}
        group = layers.pop() if len(layers) == 1 and layers <= drawn else None
        boxes.append(Box([write.stub(others, is_above)], group))
        if keys:
            keys.append((10**9, 0, number))  # below what is drawn
        cuts: dict[tuple[int, int, int], list[tuple[Value, int]]] = {}
        for node in nodes:
            users, used = (others, {node}) if is_above else ([node], ends)
            ways = [(user, i) for user in users for i, each in enumerate(user.operands) if each in used]
            user, position = ways[0]
            where = (place[node][0], number, 0) if is_above else (number, *place[entries(user, hosts)(position)])
            cuts.setdefault(where, []).extend(ways)
        for where, (first, *more) in cuts.items():
            edges.append(Edge(*where, *first, "", "cut above" if is_above else "cut below", more))
    notes = [] if every_gradient else write.notes
    return Ledger(Watched(boxes, deadline), Watched(edges, deadline), write.largest, notes, keys)


def joins(graph: Reading, leaf: Sequence[Value], user: Sequence[Value]) -> bool:
    """Whether a row is a constant that can be written beside the operation in the next one: × 1.01."""
    return (len(leaf) == len(user) == 1 and leaf[0].op is None and leaf[0] not in graph.given_names
            and len(user[0].operands) == 2 and user[0].operands[1] is leaf[0] and user[0].operands[0] is not leaf[0])


def keys_of(graph: Reading, contents: Sequence[Sequence[Sequence[Value]]]) -> list[tuple[int, ...]]:
    """Example, neuron and place in the graph of each box. What has no name is where it leads to."""
    places: dict[Value, tuple[int, int]] = {}
    for node in reversed(graph.nodes):
        symbol = graph.symbols[node]
        if symbol is not None and symbol.indices:
            places[node] = symbol.example or 0, symbol.indices[0]
        else:
            led_to = [places[consumer] for consumer in graph.consumers[node] if consumer in places]
            example = symbol.example if symbol is not None and symbol.example is not None else 0
            places[node] = min(led_to, default=(example, 0))
    return [(*places[rows[-1][-1]], number) for number, rows in enumerate(contents)]


def group_of(graph: Reading, nodes: list[Value]) -> int | None:
    """The layer, or −layer: parameters beside the layer before leave the way from its neurons to the next ones free."""
    group = layer_or_end(graph, nodes[-1])
    is_shared = nodes[-1].op is None and graph.roles[nodes[-1]] in ("weight", "bias")
    return group if group is None or not is_shared else -group


def layer_or_end(graph: Reading, node: Value) -> int | None:
    """The node's layer; L + 1 behind the last; None in a graph that is no network."""
    return graph.layers.get(node, graph.last_layer + 1) if graph.is_network else None


def folded(graph: Reading) -> dict[Value, Value]:
    """The leaves that are rows of their one consumer. In a graph that is no network: of a Σ or a cost only."""
    hosts: dict[Value, Value] = {}
    is_network = graph.is_network
    for node in graph.nodes:
        if node.op is None or not (is_network or has_places(node)):
            continue
        terms = [node.operands[place] for place in term_positions(node) if is_term(graph, node.operands[place])]
        if not has_places(node):  # of w·3 only w, so that something is left to come in
            terms = sorted(terms, key=lambda leaf: graph.roles[leaf] == "unnamed-leaf")[:1]
        hosts |= dict.fromkeys(terms, node)
    return hosts


def has_places(node: Value) -> bool:
    """Whether the operation has places for parameters or targets: Σ and the costs."""
    return computes(node, WEIGHTED_SUM) or is_cost(node)


def term_positions(node: Value) -> list[int]:
    """The operands that may be rows: for − ÷ and powers only what comes second, so that a row reads "÷ 3"."""
    count = len(node.operands)
    if computes(node, WEIGHTED_SUM):
        return [*range(count // 2), count - 1]
    if is_cost(node):
        return list(range(count // 2, count))
    return [1, 0] if computes(node, ADD, MULTIPLY) else [1] if computes(node, SUBTRACT, DIVIDE, POWER) else []


def is_term(graph: Reading, leaf: Value) -> bool:
    own = graph.roles[leaf] in ("weight", "bias", "target", "unnamed-leaf")
    return own and not leaf.operands and len(graph.consumers[leaf]) == 1


def continues(graph: Reading, node: Value) -> bool:
    """Whether a = σ(z) goes on in the box of its z."""
    if not graph.is_network or not is_activation(node):
        return False
    z = node.operands[0]
    same = graph.layers.get(z) == graph.layers.get(node) and graph.roles[z] == "weighted-input"
    return same and bool(z.operands) and len(graph.consumers[z]) == 1


def entries(node: Value, hosts: dict[Value, Value]) -> Callable[[int], Value]:
    """The row that each operand's edge enters: of the weight it is multiplied with, the target it is compared to."""
    operands, n = node.operands, len(node.operands) // 2

    def first_of(partners: Iterable[Value]) -> Value:
        return next((partner for partner in partners if hosts.get(partner) is node), node)

    if computes(node, WEIGHTED_SUM):
        return lambda position: first_of(operands[position - n : position - n + 1] if n <= position < 2 * n else ())
    if is_cost(node):
        return lambda position: first_of(operands[position + n : position + n + 1] if position < n else ())
    only = first_of([operands[place] for place in term_positions(node)])
    return lambda position: only
