"""A computation graph as SVG.

    drawing = draw(C)            ledger boxes of operations, values and gradients, from the inputs to C
    drawing.save("C.svg")        drawing.svg is the text; a notebook shows the drawing itself
"""

import os

from micrograd_paper.drawing.columns import PILL_PADDING, Columns, columns_of, is_bold, shape
from micrograd_paper.drawing.dot import MARGIN, Shape
from micrograd_paper.drawing.layout import Curve, Point, layout
from micrograd_paper.drawing.ledger import Box, Row, called, ledger
from micrograd_paper.drawing.legend import legend
from micrograd_paper.drawing.marks import (
    MIDDLE, RADIUS, SYMBOL_MIDDLE, absent_pill, pill, px, rectangle, slab, symbol, text,
)
from micrograd_paper.drawing.roles import Graph
from micrograd_paper.drawing.style import (
    DELTA_SIZE, HEADING_SIZE, LABEL_SIZE, NUMBER_SIZE, OPERATOR_SIZE, SYMBOL_SIZE, css, shade_class,
)
from micrograd_paper.drawing.text import cut, escaped, width
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.files import write_atomically
from micrograd_paper.notation import Symbol

MAX_NODES = 5000
THEMES = ("auto", "light", "dark")
BORDER = 16  # around everything
TITLE_BASELINE = 20  # below a frame's upper edge
LEAST_ROOM = 420  # for the legend, below a small graph


class Drawing:
    """An SVG picture: `.svg` is its text, `.save(path)` writes it, a notebook shows it."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file, whole or not at all. Raises FileError."""
        write_atomically(path, self.svg)

    def _repr_svg_(self) -> str:
        return self.svg


def draw(root: Value, *, theme: str = "auto", title: str | None = None) -> Drawing:
    """The graph of operations that ends in root, with the gradients that root.backward() left in it.

    theme is light, dark, or auto, which follows the viewer. The same graph gives the same bytes. Raises UsageError for
    more than MAX_NODES nodes, and LayoutError if the layout takes too long.
    """
    if theme not in THEMES:
        raise UsageError(f"unknown theme {theme!r}: expected {', '.join(THEMES)}")
    count = len(topological_order(root))
    if count > MAX_NODES:
        raise UsageError(f"a graph of {count:,} nodes is too large to draw: the limit is {MAX_NODES:,} nodes")
    return Drawing(picture(Graph(root), theme, title))


def picture(graph: Graph, theme: str, title: str | None) -> str:
    """The whole SVG."""
    book = ledger(graph)
    columns = columns_of(book.boxes)
    inlets: list[dict[int, int]] = [{} for _ in book.boxes]
    for edge in book.edges:
        inlets[edge.target][edge.row] = inlets[edge.target].get(edge.row, 0) + 1
    shapes = [shape(box, widths, count) for box, widths, count in zip(book.boxes, columns, inlets)]
    groups = {box.group: graph.group_title(box.group) for box in book.boxes if box.group is not None}
    plan = layout(shapes, book.edges, {group: round(NUMBER_SIZE * width(name)) for group, name in groups.items()})
    heading = "" if title is None else cut(title, 120)
    top = 2 * HEADING_SIZE if heading else 0
    key = legend(book, BORDER, BORDER + top + plan.height + 12, max(plan.width, LEAST_ROOM))
    full_width = 2 * BORDER + max(plan.width, key.width, HEADING_SIZE * width(heading))
    full_height = 2 * BORDER + top + plan.height + 12 + key.height
    scope, rules = css(theme)
    size = f"{px(full_width)} {px(full_height)}"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{px(full_width)}" height="{px(full_height)}" '
        f'viewBox="0 0 {size}" class="micrograd-paper {scope}" role="img">',
        f"<title>{escaped(title or f'The computation graph of {cut(called(graph, graph.root))}')}</title>",
        f"<desc>{escaped(description(graph))}</desc>",
        f"<style>\n{rules}</style>",
        rectangle(0, 0, full_width, full_height, "paper"),
    ]
    if heading:
        body.append(text(BORDER, BORDER + HEADING_SIZE, heading, "heading"))
    body.append(f'<g class="graph" transform="translate({BORDER} {BORDER + top})">')
    for group, frame in plan.frames.items():
        name = graph.names.new(groups[group].split(" ·")[0].replace(" ", "-"))
        body.append(f'<g id="{name}" class="layer">{rectangle(*frame, "frame", 2 * RADIUS)}</g>')
    for edge, curve in zip(book.edges, plan.curves):
        source, target = book.boxes[edge.source].rows[-1].id, book.boxes[edge.target].rows[edge.row].id
        body += edge_marks(curve, graph.names.new(f"{source}--{target}"))
    for group, frame in plan.frames.items():  # above the edges that cross it
        body.append(text(frame.x + MARGIN, frame.y + TITLE_BASELINE, groups[group], "title on-frame"))
    for box, widths, form, corner in zip(book.boxes, columns, shapes, plan.corners):
        body += box_marks(box, widths, form, corner)
    return "\n".join([*body, "</g>", '<g class="legend">', *key.marks, "</g>", "</svg>", ""])


def description(graph: Graph) -> str:
    """What somebody who does not see the picture has to know."""
    roles = [graph.roles[node] for node in graph.nodes]
    counts = ", ".join(f"{roles.count(role)} {role.replace('-', ' ')}" for role in dict.fromkeys(roles))
    return f"{len(roles)} nodes, from left to right: {counts}."


def edge_marks(curve: Curve, name: str) -> list[str]:
    """The line and its arrowhead, a triangle in the direction of the line's end."""
    (x, y), rest = curve.points[0], curve.points[1:]
    line = f"M{px(x)} {px(y)}C" + " ".join(f"{px(x)} {px(y)}" for x, y in rest)
    (x, y), (tip_x, tip_y) = rest[-1], curve.tip
    length = max(((tip_x - x) ** 2 + (tip_y - y) ** 2) ** 0.5, 1e-9)
    dx, dy = 3 * (tip_x - x) / length, 3 * (tip_y - y) / length
    head = f"M{px(tip_x)} {px(tip_y)}L{px(x - dy)} {px(y + dx)} {px(x + dy)} {px(y - dx)}z"
    return [f'<g id="{name}"><path d="{line}" class="edge"/><path d="{head}" class="arrow"/></g>']


def box_marks(box: Box, columns: Columns, form: Shape, corner: Point) -> list[str]:
    x, y = corner
    roles = [row.role for row in box.rows]
    role = "weighted-input" if "weighted-input" in roles else roles[-1]
    marks = [f'<g class="box {role}-box">']
    top = y
    for i, (row, height) in enumerate(zip(box.rows, form.heights)):
        first, last = i == 0, i == len(box.rows) - 1
        marks += row_marks(row, columns, x, top, height, first, last)
        top += height
    return [*marks, rectangle(x, y, columns.width, top - y, "outline", RADIUS), "</g>"]


def row_marks(row: Row, columns: Columns, x: float, y: float, height: float, first: bool, last: bool) -> list[str]:
    """operator | symbol | value | gradient."""
    middle = y + height / 2
    ground = " on-cost" if row.role in ("cost", "result") else ""
    tooltip = "\n".join([escaped(line) for line in row.tooltip])
    marks = [
        f'<g id="{row.id}" class="node {row.role}{" term" if row.is_term else ""}">',
        f"<title>{tooltip}</title>",
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
        marks.append(symbol(x + columns.symbol_left, low, row.name, SYMBOL_SIZE, f"symbol{ground}"))
    elif row.name:
        marks.append(text(x + columns.symbol_left, middle + SYMBOL_MIDDLE * LABEL_SIZE, row.name, f"label{ground}"))
    bold = " computed" if is_bold(row) else ""
    marks.append(text(x + columns.value_right, middle + MIDDLE * NUMBER_SIZE, row.value, f"value{bold}{ground}"))
    return [*marks, *gradient_marks(row, x + columns.pill_left, middle, columns.pill, ground), "</g>"]


def gradient_marks(row: Row, left: float, middle: float, wide: float, ground: str) -> list[str]:
    if row.gradient is None:
        return [absent_pill(left, middle, wide, ground)]
    ink = f"on-{shade_class(row.shade)}"
    marks = [pill(left, middle, wide, row.shade)]
    if row.delta is not None:
        low = middle + SYMBOL_MIDDLE * DELTA_SIZE
        marks.append(symbol(left + PILL_PADDING, low, row.delta, DELTA_SIZE, f"delta {ink}"))
    number = text(left + wide - PILL_PADDING, middle + MIDDLE * NUMBER_SIZE, row.gradient, f"gradient {ink}")
    return [*marks, number]
