"""The graph of operations as ledger boxes: what detail="operations" shows."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_paper.deadline import Deadline, Watched
from micrograd_paper.display import counted, cut, label_text, number_text
from micrograd_paper.drawing.box_widths import CELL, Columns, columns_of, is_bold, shape
from micrograd_paper.drawing.document import LINE, document, entries, tooltip
from micrograd_paper.drawing.dot import ARROW, MARGIN, MAX_INLETS, Shape
from micrograd_paper.drawing.placing.downwards import layout_down
from micrograd_paper.drawing.placing.layout import Curve, Layout, Point, layout
from micrograd_paper.drawing.ledger import Box, Edge, Ledger, ledger
from micrograd_paper.drawing.rows import NodeRow, plain_name, whole_name
from micrograd_paper.drawing.placing.runs import joined, taken_apart
from micrograd_paper.drawing.style import (
    DELTA_SIZE, LABEL_SIZE, NUMBER_SIZE, OPERATOR_SIZE, PARTIAL_SIZE, SCALE_SIZE, SYMBOL_SIZE, shade_class,
)
from micrograd_paper.drawing.svg import (
    CLOCK, MIDDLE, PILL_HEIGHT, PILL_PADDING, RADIUS, SYMBOL_MIDDLE, absent_pill, clock, exact, haloed, letter_width,
    number_width, old_pill, pill, px, rectangle, slab, symbol, text, width,
)
from micrograd_paper.engine import Value
from micrograd_paper.graph import gradient
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.groups import Place
from micrograd_paper.reading.names import bracketed
from micrograd_paper.reading.parts import GraphPart, Words, strongest
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.symbols import symbol_of
from micrograd_paper.stepping.paths import MOST, how_many

TITLE_BASELINE = 20  # below a frame's upper edge
STUB_HEIGHT = 20
ABOVE = 3.5  # a number above its edge
MOST_PLATES = 24  # numbers on bands
MOST_PLACED, MOST_EDGES = 500, 1_500  # boxes and edges that Graphviz places: it may take minutes for more
MOST_FACTORS = 8  # of a path
MOST_READ = 60  # nodes in the description


class Picture(NamedTuple):
    """The SVG, and where in it to find what: the id of each node, of each edge by its end (consumer, position); the
    nodes of each row, by its id."""

    svg: str
    ids: dict[Value, str]
    edges: dict[tuple[Value, int], str]
    rows: dict[str, tuple[Value, ...]]


def picture(
    graph: Reading, theme: str, title: str | None, prefix: str, derivatives: bool, deadline: Deadline, *,
    roomy: bool = False, reached: Mapping[Value, bool] | None = None, part: GraphPart | None = None,
    places: Mapping[Value, Place] | None = None, is_down: bool = False,
) -> Picture:
    """The whole SVG. Roomy: every row has a pill with a number in it, and room for others in its place.

    reached: in the middle of a backward pass, the nodes that have a gradient already, and whether it is complete.

    Raises TimeoutError, and LayoutError if the layout fails.
    """
    is_chain_rule = part is not None and part.kind == "between" and not roomy  # a page rewrites only its rows
    derivatives = derivatives or is_chain_rule
    book = ledger(graph, partials=derivatives, every_gradient=roomy, reached=reached, deadline=deadline, part=part,
                  places=places)
    book = book._replace(edges=Watched(lines(book.edges), deadline))
    inlets: list[dict[int, int]] = [{} for _ in book.boxes]
    for edge in book.edges:
        inlets[edge.target][edge.row] = inlets[edge.target].get(edge.row, 0) + 1
    columns = columns_of(book, roomy, is_down)
    is_folded = any(edge.kind == "band" for edge in book.edges)
    shapes = [shape(box, widths, count, is_down, is_folded) for box, widths, count in zip(book.boxes, columns, inlets)]
    groups = {box.group: group_title(graph, box.group) for box in book.boxes if box.group is not None}
    titles = {group: round(NUMBER_SIZE * width(name)) for group, name in groups.items()}
    plan = arranged(shapes, book, titles, deadline, is_down)
    marks = []
    for group, frame in plan.frames.items():
        name = prefix + graph.new_id(groups[group].split(" ·")[0].replace(" ", "-"))
        marks.append(f'<g id="{name}" class="layer">{rectangle(*frame, "frame", 2 * RADIUS)}</g>')
    edges: dict[tuple[Value, int], str] = {}
    plates: list[str] = []
    for edge, curve in zip(book.edges, plan.curves):
        source, target = book.boxes[edge.source].rows[-1].id, book.boxes[edge.target].rows[edge.row].id
        name = prefix + graph.new_id(f"{source}--{target}")
        edges |= dict.fromkeys([(edge.node, edge.position), *edge.others], name)
        line = "edge shared" if is_shared(graph, edge) else "edge"
        about = edge_tooltip(graph, edge) if derivatives and not edge.others else ""
        if edge.kind:
            thickness = px(band_width(len(edge.others) + 1))
            line = f'band" stroke-width="{thickness}' if edge.kind == "band" else "edge cut"
            about = tooltip([f"{counted(len(edge.others) + 1, 'edge')}"])
        marks += edge_marks(curve, name, line, about, edge.partial or (edge.times if not edge.kind else ""))
        if edge.kind == "band":
            plates += band_plate(curve, len(edge.others) + 1)
    if len(plates) <= MOST_PLATES:
        marks += plates
    for group, frame in plan.frames.items():  # above the edges that cross it
        left = min([corner[0] for corner, box in zip(plan.corners, book.boxes) if box.group == group and is_down],
                   default=frame.x + MARGIN)  # right of the edges that come down to rows
        marks.append(haloed(left, frame.y + TITLE_BASELINE, groups[group], "title on-frame"))
    order = reading_order(shapes, plan.corners)
    for i in order:
        marks += box_marks(book.boxes[i], columns[i], shapes[i], plan.corners[i], prefix)
    size = plan.width, plan.height
    if part is not None and is_chain_rule:
        table, *far = paths_table(graph, part, plan.height + 2 * LINE, plan.width)
        marks, size = marks + table, (far[0], far[1])
    svg = document(
        marks, size, entries(book, roomy), theme, title,
        f"The computation graph of {cut(whole_name(graph, graph.root))}",
        description([book.boxes[i] for i in order], not roomy), *part_titles(graph, part, book, not roomy),
    )
    drawn = {row.id for box in book.boxes for row in box.rows}
    rows = {prefix + row.id: row.nodes for box in book.boxes for row in box.rows if row.nodes}
    return Picture(svg, {node: prefix + name for node, name in graph.ids.items() if name in drawn}, edges, rows)


def arranged(
    shapes: Sequence[Shape], book: Ledger, titles: dict[int, int], deadline: Deadline, is_down: bool
) -> Layout:
    """The layout in its direction, in which a long run stays together."""
    place = layout_down if is_down else layout
    if book.keys:
        return place(shapes, book.edges, titles, deadline, book.keys)
    runs = joined(shapes, book.edges)
    is_large = len(runs.shapes) > MOST_PLACED or len(runs.edges) > MOST_EDGES
    keys = [(number,) for number in range(len(runs.shapes))] if is_large else ()
    return taken_apart(place(runs.shapes, runs.edges, titles, deadline, keys), runs, shapes, book.edges)


def part_titles(graph: Reading, part: GraphPart | None, book: Ledger, with_numbers: bool) -> tuple[Words, str]:
    """What the heading is unless the user gives one, and the line below it: how much of the graph is drawn."""
    rows = [row for box in book.boxes for row in box.rows]
    if part is None:
        return (), ""
    nodes = counted(len(graph.nodes), "node")
    if part.kind == "collapsed":
        how = "collapse=False draws all" if with_numbers else "a click opens a box"
        note = f"{nodes} in {len(book.boxes):,} box{'es' * (len(book.boxes) != 1)} · {how}"
        if any(row.many for row in rows):
            note += " · value and gradient of several nodes are norms"
        name = part.heading if symbol_of(graph.root.label) else (cut(whole_name(graph, graph.root)),)
        return (*name, f" = {number_text(graph.root.data)}" * with_numbers), note
    root = cut(whole_name(graph, graph.root)) + f" = {number_text(graph.root.data)}" * with_numbers
    note = f"{len(part.nodes):,} of {nodes} of {root}"
    if any(row.role == "stub" for row in rows):
        note += " · a dashed pill: neighbours that are not drawn"
    known = {"a node": part.focus[:1], "the result": [graph.root]}  # what only the program's variables name
    names = {word: graph.given_names.get(nodes[0]) for word, nodes in known.items() if nodes}
    return tuple([cut(label_text(names.get(str(word)) or "")) or word for word in part.heading]), note


def lines(edges: Iterable[Edge]) -> list[Edge]:
    """One for each edge; where more than MAX_INLETS enter a row, one for those that begin at the same box.

    There is no room there for the derivatives of each.
    """
    entering: dict[tuple[int, int], dict[int, list[Edge]]] = {}
    for edge in edges:
        entering.setdefault((edge.target, edge.row), {}).setdefault(edge.source, []).append(edge)
    crowded = {end for end, sources in entering.items() if sum(map(len, sources.values())) > MAX_INLETS}
    found = []
    for edge in edges:
        end = edge.target, edge.row
        if end not in crowded:
            found.append(edge)
        elif (same := entering[end][edge.source])[0] is edge:
            found.append(edge._replace(partial="", others=[(other.node, other.position) for other in same[1:]]))
    return found


def group_title(graph: Reading, group: int) -> str:
    """The layer's; of −2: parameters of layer 2."""
    return f"parameters of {graph.layer_title(-group).split(' ·')[0]}" if group < 0 else graph.layer_title(group)


def reading_order(shapes: Sequence[Shape], corners: Sequence[Point]) -> list[int]:
    """The boxes as the eye reads them: columns from left to right, each from top to bottom."""
    def place(box: int) -> tuple[int, float]:
        (x, y), shape = corners[box], shapes[box]
        return round(x + (shape.width - shape.gutter) / 2), y

    return sorted(range(len(shapes)), key=place)


def description(boxes: Iterable[Box], with_numbers: bool) -> str:
    """What somebody who does not see the picture has to know, in the order of the picture."""
    rows = [row for box in boxes for row in box.rows]
    roles = Counter(row.role for row in rows)
    counts = ", ".join(f"{count} {role.replace('-', ' ')}" for role, count in roles.items())
    if not with_numbers:
        return f"{len(rows)} nodes, from left to right: {counts}."
    read = [row.tooltip[0] for row in rows if not row.is_term][:MOST_READ]
    more = " …" if len(read) == MOST_READ else ""
    return f"{len(rows)} nodes, from left to right: {counts}. " + "; ".join(read) + more + "."


def edge_tooltip(graph: Reading, edge: Edge) -> str:
    """∂z/∂x and its exact number."""
    ends = edge.node, edge.node.operands[edge.position]
    node, operand = (bracketed(cut(plain_name(graph, end))) for end in ends)
    name = graph.partial_name(edge.node, edge.position, node, operand)
    return tooltip([f"{name} = {exact(edge.node.partials[edge.position])}"])


def is_shared(graph: Reading, edge: Edge) -> bool:
    """Whether it is one of the many edges from a parameter that all examples of a batch use: drawn thinner."""
    source = edge.node.operands[edge.position]
    return graph.is_network and graph.roles[source] in ("weight", "bias") and len(graph.consumers[source]) > 1


def edge_marks(curve: Curve, name: str, classes: str, title: str, partial: str) -> list[str]:
    """The line and its arrowhead, a triangle in the direction of the line's end; above it the local derivative."""
    (x, y), rest = curve.points[0], curve.points[1:]
    line = f"M{px(x)} {px(y)}C" + " ".join(f"{px(x)} {px(y)}" for x, y in rest)
    (x, y), (tip_x, tip_y) = rest[-1], curve.tip
    length = max(((tip_x - x) ** 2 + (tip_y - y) ** 2) ** 0.5, 1e-9)
    dx, dy = 3 * (tip_x - x) / length, 3 * (tip_y - y) / length
    head = f"M{px(tip_x)} {px(tip_y)}L{px(x - dy)} {px(y + dx)} {px(x + dy)} {px(y - dx)}z"
    lines = f'<path d="{line}" class="{classes}"/><path d="{head}" class="arrow"/>'
    beside = (x - ABOVE - 1, y) if abs(dx) < abs(dy) else (tip_x - ARROW - 2, y - ABOVE)
    number = text(*beside, partial, "partial") if partial else ""
    return [f'<g id="{name}">{title}{lines}{number}</g>']


def paths_table(graph: Reading, part: GraphPart, top: float, wide: float) -> tuple[list[str], float, float]:
    """The product along each path of a part, largest first, and their sum: the marks, and how far they reach."""
    source, target = part.focus[0], part.focus[-1]
    ways, count = strongest(part, source, target)
    derivative = gradient(target, [source])[0]
    rest = derivative - sum([product for product, _ in ways]) if len(ways) < count else None
    is_long = max([len(path) for _, path in ways], default=0) > MOST_FACTORS
    lines = [(factor_texts([node.partials[position] for node, position in path[::-1]], is_long), number_text(product))
             for product, path in ways]
    column = max([number_width(factor) for factors, _ in lines for factor in factors], default=0.0) + 30
    longest = max([len(factors) for factors, _ in lines], default=0)
    end = max(longest, 1) * column + 140
    marks, y = [], top
    for factors, product in lines:
        for i, factor in enumerate(factors):
            marks.append(text((i + 1) * column - 22, y, factor, "value"))
            if i < len(factors) - 1:
                marks.append(text((i + 1) * column - 7, y, "×", "centred"))
        marks += [text(longest * column, y, "=", "centred"), text(end, y, product, "value computed")]
        y += LINE
    if rest is not None:
        paths = how_many(count - len(ways)) if count < MOST else "more than 10¹⁵ paths"
        marks += [text(end - 110, y, f"{paths} more, together", "value"),
                  text(end, y, number_text(rest), "value computed")]
        y += LINE
    marks += [
        f'<path d="M{px(end - 90)} {px(y - LINE + 6)}h98" class="edge"/>',
        text(end - 110, y, f"sum over {how_many(count)}", "value"),
        pill(end - 90, y - MIDDLE * NUMBER_SIZE, 98, 0), text(end, y, number_text(derivative), "gradient on-zero"),
    ]
    if is_long:
        y += LINE
        marks.append(text(0, y, "Factors of 1 are left out, and the middle of what is too long.", "title"))
    return marks, max(wide, end + 8), y + 8


def factor_texts(partials: Sequence[Any], is_long: bool) -> list[str]:
    """The factors of a path's product; of long paths those that are not 1, the first and the last of them."""
    found = [number_text(partial) for partial in partials if not (is_long and is_one(partial))] or ["1"]
    if len(found) <= MOST_FACTORS:
        return found
    kept = MOST_FACTORS // 2
    return [*found[:kept], f"({len(found) - 2 * kept + 1} more)", *found[1 - kept:]]


def is_one(number: Any) -> bool:
    return isinstance(number, (int, float)) and number == 1


def band_width(count: int) -> float:
    return min(2 + 2 * math.log2(count), 16.0)


def band_plate(curve: Curve, count: int) -> list[str]:
    """How many edges a band is, in the middle of its first bend; of one that turns into a row, before that."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve.points[:4]
    x, y = (ax + 3 * bx + 3 * cx + dx) / 8, (ay + 3 * by + 3 * cy + dy) / 8
    wide = SCALE_SIZE * width(f"{count:,}") + 12
    if ax == bx and curve.points[-1][1] == curve.tip[1]:
        x, y = curve.tip[0] - ARROW - wide / 2, curve.tip[1]
    plate = rectangle(x - wide / 2, y - 8, wide, 16, "plate", 8)
    return [plate + text(x, y + MIDDLE * SCALE_SIZE, f"{count:,}", "small centred")]


def stub_marks(row: NodeRow, wide: int, corner: Point, height: float, prefix: str) -> list[str]:
    x, middle = corner[0], corner[1] + height / 2
    return [
        f'<g id="{prefix}{row.id}" class="stub">', tooltip(row.tooltip),
        rectangle(x, middle - STUB_HEIGHT / 2, wide, STUB_HEIGHT, "not-computed", STUB_HEIGHT / 2),
        text(x + wide / 2, middle + MIDDLE * NUMBER_SIZE, row.value, "centred faint"), "</g>",
    ]


def box_marks(box: Box, columns: Columns, form: Shape, corner: Point, prefix: str) -> list[str]:
    x, y = corner
    if box.rows[0].role == "stub":
        return stub_marks(box.rows[0], columns.width, corner, form.heights[0], prefix)
    roles = [row.role for row in box.rows]
    role = "weighted-input" if "weighted-input" in roles else roles[-1]
    marks = [f'<g class="box {role}-box">']
    top = y
    for i, (row, height) in enumerate(zip(box.rows, form.heights)):
        first, last = i == 0, i == len(box.rows) - 1
        marks += row_marks(row, columns, (x, top), height, (first, last), prefix)
        top += height
    return [*marks, rectangle(x, y, columns.width, top - y, "outline", RADIUS), "</g>"]


def row_marks(
    row: NodeRow, columns: Columns, corner: Point, height: float, ends: tuple[bool, bool], prefix: str
) -> list[str]:
    """operator | symbol | value | local derivative | gradient."""
    (x, y), (first, last) = corner, ends
    middle = y + height / 2
    ground = " on-cost" if row.role in ("cost", "result") else ""
    kind = "group" if row.many else "node"
    marks = [
        f'<g id="{prefix}{row.id}" class="{kind} {row.role}{" term" * row.is_term}{" stale" * row.is_older}">',
        tooltip(row.tooltip),
        slab(x, y, columns.width, height, "fill", (first, first, last, last)),
    ]
    if first and last and row.operator:
        marks.append(slab(x, y, columns.operator, height, "badge", (True, False, False, True)))
    if not first and row.role not in ("weight", "bias"):
        marks.append(f'<path d="M{px(x)} {px(y)}h{columns.width}" class="rule"/>')
    if row.operator:
        marks.append(text(x + columns.operator / 2, middle + MIDDLE * OPERATOR_SIZE, row.operator, f"operator{ground}"))
    if isinstance(row.name, Symbol):
        low = middle + SYMBOL_MIDDLE * SYMBOL_SIZE
        marks.append(symbol(x + columns.joint, low, row.name, SYMBOL_SIZE, f"symbol{ground}"))
    elif row.name:
        marks.append(text(x + columns.symbol_left, middle + SYMBOL_MIDDLE * LABEL_SIZE, row.name, f"label{ground}"))
    if row.twin:
        end = x + columns.name_end(row.name) + 4
        marks.append(text(end, middle + MIDDLE * SCALE_SIZE, row.twin, f"small faint{ground}"))
    if row.many:
        marks.append(text(x + columns.many_right, middle + MIDDLE * SCALE_SIZE, row.many, f"small low faint{ground}"))
    for i, cell in enumerate(row.cells):
        marks.append(rectangle(x + columns.cells_left + CELL * i, middle - 7, CELL - 0.5, 14, shade_class(cell)))
    bold = " computed" if is_bold(row) and not row.is_older else ""
    marks.append(text(x + columns.value_right, middle + MIDDLE * NUMBER_SIZE, row.value, f"value{bold}{ground}"))
    if row.is_older:
        marks.append(clock(x + columns.value_right - number_width(row.value) - CLOCK / 2, middle))
    if row.partial:
        marks.append(text(x + columns.partial_right, middle + MIDDLE * PARTIAL_SIZE, row.partial, "partial"))
    marks += gradient_marks(row, x + columns.pill_left, middle, columns.pill, ground)
    if row.is_focus:
        marks.append(rectangle(x + 1.2, y + 1.2, columns.width - 2.4, height - 2.4, "ring", RADIUS))
    return [*marks, "</g>"]


def gradient_marks(row: NodeRow, left: float, middle: float, wide: float, ground: str) -> list[str]:
    if row.gradient == "":
        return []
    if row.gradient is None:
        return [absent_pill(left, middle, wide, ground)]
    if row.many:  # a norm has no sign
        kind = "of-then" if row.is_of_then else "plate"
        outline = rectangle(left, middle - PILL_HEIGHT / 2, wide, PILL_HEIGHT, kind, PILL_HEIGHT / 2)
        return [outline, text(left + wide - PILL_PADDING, middle + MIDDLE * NUMBER_SIZE, row.gradient, "gradient")]
    ink = ground.strip() if row.is_of_then else f"on-{shade_class(row.shade)}"
    marks = [old_pill(left, middle, wide) if row.is_of_then else pill(left, middle, wide, row.shade)]
    if row.shade is None:
        marks.append(text(left + PILL_PADDING, middle + MIDDLE * NUMBER_SIZE, "!", ink))
    if row.delta is not None:
        low = middle + SYMBOL_MIDDLE * DELTA_SIZE
        joint = left + PILL_PADDING + letter_width(row.delta, DELTA_SIZE)
        marks.append(symbol(joint, low, row.delta, DELTA_SIZE, f"delta {ink}"))
    number = text(left + wide - PILL_PADDING, middle + MIDDLE * NUMBER_SIZE, row.gradient, f"gradient {ink}")
    return [*marks, number]
