"""Boxes and edges in Graphviz's language, and Graphviz's answer.

Graphviz gets sizes alone: no text, so no font and no label can change the result or break it. It comes with the
pygraphviz package and runs in a child process: there it has a time limit, Ctrl-C ends it, and a crash of its is an
error here.
"""

import importlib.util
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from subprocess import PIPE
from typing import Any, NamedTuple

import graphviz  # type: ignore[import-untyped]

from micrograd_paper.deadline import Deadline
from micrograd_paper.display import number_text
from micrograd_paper.drawing.ledger import Edge
from micrograd_paper.drawing.rows import Writer, operator_text, whole_name
from micrograd_paper.engine import Value
from micrograd_paper.errors import LayoutError
from micrograd_paper.reading.reading import Reading

SECONDS = 10.0  # a network of 5,000 nodes takes 3
ARROW = 7.0  # length of an arrowhead
MARGIN = 12  # of a group around its boxes
FRAME_TITLE_HEIGHT = 18
LARGE = 100  # boxes
MANY = 100  # edges
MAX_INLETS = 100  # of one row; more edges than that enter at one point

LIMIT = """
import signal, sys
sys.path.append(sys.argv[1])
if hasattr(signal, "setitimer"):  # should the parent be killed
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]) + 1)
"""
CHILD = """
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.read())
sys.stdout.buffer.write(graph.draw(format="json0", prog="dot"))
"""


class Shape(NamedTuple):
    """What the layout needs to know of a box."""

    width: int
    heights: list[int]  # of its rows
    group: int | None
    gutter: int = 0  # kept free left of it
    lanes: int = 0  # px of the gutter in which edges go down to rows, where that is the direction; 0: they end on top
    last: int = 0  # width of the box that edges leave, of several that stand side by side in it


def dot(shapes: Sequence[Shape], edges: Sequence[Edge], inlets: Sequence[tuple[int, int]]) -> str:
    """The graph in Graphviz's language: tables of empty cells of the right size."""
    counts = {(edge.target, edge.row): count for edge, (_, count) in zip(edges, inlets)}
    graph = graphviz.Digraph(
        # ranksep is in inches, room for the bends
        graph_attr={"rankdir": "LR", "newrank": "true", "nodesep": ".17"}
        | {"ranksep": ".55" if any(edge.kind == "band" for edge in edges) else ".8" if len(edges) < MANY else "1.6"}
        | ({"nslimit": "2"} if len(shapes) > LARGE else {}),
        node_attr={"shape": "plain"},
        edge_attr={"arrowsize": f"{ARROW / 10}"},
    )
    for i, shape in enumerate(shapes):
        width = shape.gutter + shape.width
        rows = [row_cells(r, height, width, counts.get((i, r), 1)) for r, height in enumerate(shape.heights)]
        graph.node(f"b{i}", label=table("".join(rows)))
    incoming = Counter([edge.target for edge in edges])
    for i, (edge, (inlet, _)) in enumerate(zip(edges, inlets)):
        graph.edge(
            f"b{edge.source}:r{len(shapes[edge.source].heights) - 1}:e", f"b{edge.target}:r{edge.row}i{inlet}:w",
            id=str(i), weight="8" if incoming[edge.target] == 1 and not edge.kind else "1",
        )
    return str(graph.source)


def dot_of(graph: Reading, nodes: Collection[Value]) -> str:
    """These nodes of a graph for anybody's Graphviz: names, values, gradients, and what made them."""
    write = Writer(graph, {})
    drawn = graphviz.Digraph(graph.ids[graph.root], graph_attr={"rankdir": "LR"}, node_attr={"shape": "box"})
    for node in nodes:
        name, grad = whole_name(graph, node), write.held(node).number
        lines = [f"{name} = {number_text(node.data)}", f"grad {'–' if grad is None else number_text(grad)}"]
        if node.op is not None:
            lines.insert(1, operator_text(node.op))
        drawn.node(graph.ids[node], graphviz.escape("\n".join(lines)).replace("\n", "\\n"))
        for operand in node.operands:
            if operand in nodes:
                drawn.edge(graph.ids[operand], graph.ids[node])
    return str(drawn.source)


def table(rows: str) -> str:
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0">{rows}</TABLE>>'


def row_cells(row: int, height: int, width: int, inlets: int) -> str:
    """A row: on the left one cell for each inlet, beside them one for what leaves."""
    half = width // 2
    heights = [height * (i + 1) // inlets - height * i // inlets for i in range(inlets)]
    right = f'<TD PORT="r{row}" ROWSPAN="{inlets}" FIXEDSIZE="TRUE" WIDTH="{width - half}" HEIGHT="{height}"></TD>'
    cells = [f'<TD PORT="r{row}i{i}" FIXEDSIZE="TRUE" WIDTH="{half}" HEIGHT="{h}"></TD>' for i, h in enumerate(heights)]
    return f"<TR>{cells[0]}{right}</TR>" + "".join([f"<TR>{cell}</TR>" for cell in cells[1:]])


def run(source: str, deadline: Deadline) -> bytes:
    """Graphviz's answer to a graph in DOT. Raises TimeoutError and LayoutError."""
    package = importlib.util.find_spec("pygraphviz")
    if package is None or package.origin is None or not sys.executable:
        python = sys.executable or "python"
        raise LayoutError("drawing this graph needs the package pygraphviz, which is missing: "
                          f"{python} -m pip install pygraphviz; networks are drawn without it")
    return in_child(CHILD, package.origin, [], source, deadline, "Graphviz could not lay out this graph")


def in_child(
    program: str, package: str, arguments: Sequence[str], given: str, deadline: Deadline, failed: str
) -> bytes:
    """What a Python program writes that imports the package of that file; sys.argv[3:] are the arguments.

    Raises TimeoutError, and LayoutError, which begins with `failed`.
    """
    left = deadline.left
    folder = str(Path(package).parent.parent)
    command = [sys.executable, "-I", "-c", LIMIT + program, folder, str(left), *arguments]
    try:
        with undebugged(), subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
            try:
                answer, complaint = process.communicate(given.encode(), timeout=left)
            finally:
                end(process)
    except subprocess.TimeoutExpired as error:
        raise deadline.passed() from error
    except OSError as error:
        raise LayoutError(f"cannot start {sys.executable} for a drawing: {error.strerror or error}") from error
    if process.returncode or not answer:
        lines = complaint.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"it ended with status {process.returncode}"
        raise LayoutError(f"{failed}: {reason}")
    return answer


def undebugged() -> AbstractContextManager[Any]:
    """Inside, debugpy and pydevd do not join a process that is started: it would wait for the debugger."""
    monkey = sys.modules.get("_pydev_bundle.pydev_monkey")
    skip: Callable[[], AbstractContextManager[Any]] = getattr(monkey, "skip_subprocess_arg_patch", nullcontext)
    return skip()


def end(process: "subprocess.Popen[bytes]") -> None:
    """Stop the process if it runs, and wait for it. A second Ctrl-C changes nothing: the first is on its way."""
    while process.returncode is None:
        try:
            process.kill()
            process.wait()
        except KeyboardInterrupt:
            continue


def inlet_numbers(edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """For each edge, which inlet of its row it enters, and of how many."""
    counts: dict[tuple[int, int], int] = {}
    which = []
    for edge in edges:
        if edge.kind == "cut above":  # they meet at a pill
            counts[edge.target, edge.row] = 1
            which.append(0)
            continue
        which.append(counts.get((edge.target, edge.row), 0))
        counts[edge.target, edge.row] = which[-1] + 1
    totals = [counts[edge.target, edge.row] for edge in edges]
    return [(i, n) if n <= MAX_INLETS else (0, 1) for i, n in zip(which, totals)]


def inlet_height(height: int, inlet: int, count: int) -> float:
    """The middle of part `inlet` of a row divided into `count` parts of whole pixels."""
    return (height * inlet // count + height * (inlet + 1) // count) / 2
