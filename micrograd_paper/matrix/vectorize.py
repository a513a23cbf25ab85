"""vectorize: the matrix program of a scalar graph.

    program = vectorize(C)                          C: the cost of one example of an MLP
    program.source                                  NumPy, to read and to step through
    program.value_and_grad(theta, (x, y))           the mean cost of a batch of examples, and its gradient

It is not numpy.vectorize, which calls a Python function for every element: here the graph is compiled, once.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from micrograd_paper.display import label_text, shown
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import NotAValue, UsageError
from micrograd_paper.matrix.canonical import CONSTANT, Canonical
from micrograd_paper.reading.symbols import symbol_of

if TYPE_CHECKING:
    from micrograd_paper.matrix.program import MatrixProgram


def vectorize(
    root: Value, inputs: Sequence[Any] | None = None, parameters: Sequence[Value] | None = None, jit: bool = False
) -> "MatrixProgram":
    """The program that computes root, and its gradient by the parameters, for a whole batch of examples.

    inputs: the leaves that differ from example to example, in a list, or in several lists, [x, y], if the batch has
    several arrays. parameters: the leaves to differentiate by. All other leaves are constants of the program. By
    default x and y of a network are the inputs, and w and b the parameters, in the order of net.parameters().

    What the graph is must not depend on its numbers: relu is fine, but `if v.data > 0` in the program that made it
    leaves no trace, and the program then is that of this one case. It is not numpy.vectorize.

    jit=True compiles the program with numba: for small programs, where the interpreter is the cost. That takes seconds,
    at the first batch of each size.

    Raises NotAValue, and UsageError for an input or parameter that is no leaf, is not in the graph or is named twice,
    for numbers other than floats, and for an operation that is not made for arrays.
    """
    try:
        from micrograd_paper.matrix.program import MatrixProgram, cancel
    except ModuleNotFoundError as error:
        raise UsageError('vectorize needs NumPy: pip install "micrograd_paper[matrix]"') from error
    order = topological_order(root)
    if inputs is None or parameters is None:
        found_inputs, found_parameters = of_network(order)
        inputs = found_inputs if inputs is None else inputs
        parameters = found_parameters if parameters is None else parameters
    is_nested = bool(inputs) and all(isinstance(each, list | tuple) for each in inputs)
    lists = [list(each) for each in inputs] if is_nested else [list(inputs)]
    lists = [each for each in lists if each]
    check_leaves(order, [x for each in lists for x in each], list(parameters))
    graph = Canonical(order, [x for each in lists for x in each], list(parameters))
    if graph.ranks[graph.root] <= CONSTANT:
        raise UsageError(f"{label_text(root.label) or 'the root'} depends on none of the inputs and parameters, or is "
                         "a leaf itself: there is nothing to vectorize")
    program = MatrixProgram(graph, lists, list(parameters), jit)
    if program.baked:
        first, count = program.baked[0], len(program.baked)
        which = label_text(first.label) if first.label is not None else shown(first.data)
        which += f", made at {first.origin}" * (first.origin is not None) + ", …" * (count > 1)
        harm = ("their adjoints cancel here, as those of a softmax's maximum do" if cancel(graph, program.baked)
                else "their adjoints do not cancel: trace again when the numbers change")
        warnings.warn(f"{count} constant{'s' * (count > 1)} of the graph ({which}) have the number of a node or "
                      f"parameter; if computed from it, the program keeps their numbers of now; {harm}", stacklevel=2)
    return program


def of_network(order: Sequence[Value]) -> tuple[list[list[Value]], list[Value]]:
    """x and y, and w and b, by their names in the paper, in the order of net.parameters(). Raises UsageError."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for node in order:
        symbol = symbol_of(node.label) if not node.operands else None
        if symbol is not None and symbol.name in ("x", "y", "w", "b"):
            place = ((symbol.layer or 0, symbol.indices[:1], symbol.name == "b", symbol.indices)
                     if symbol.name in ("w", "b") else (symbol.indices, symbol.example))
            found.setdefault("parameters" if symbol.name in ("w", "b") else symbol.name, []).append((place, node))
            if symbol.example is not None and symbol.name in ("x", "y"):
                found.setdefault("examples", []).append((symbol.example,))
    if "x" not in found or len({e for e, in found.get("examples", [])}) > 1:
        raise UsageError("vectorize knows the inputs of one example of a network, x and y, alone; otherwise name them: "
                         "vectorize(root, inputs=[…], parameters=[…]); with inputs=[] all data are constants")
    lists = [[node for _, node in sorted(found[letter], key=lambda pair: pair[0][0])]
             for letter in ("x", "y") if letter in found]
    return lists, [node for _, node in sorted(found.get("parameters", []), key=lambda pair: pair[0])]


def check_leaves(order: Sequence[Value], inputs: Sequence[Any], parameters: Sequence[Any]) -> None:
    """Raise unless they are different leaves of the graph."""
    known, seen = set(order), set()
    for what, leaves in (("input", inputs), ("parameter", parameters)):
        for leaf in leaves:
            if not isinstance(leaf, Value):
                raise NotAValue(f"vectorize takes Values as {what}s; got {shown(leaf)}")
            wrong = (f"is no leaf: it was computed, by {leaf.op}" if leaf.operands
                     else "is not in the graph" if leaf not in known and what == "input"
                     else "is named twice, as an input or parameter" if leaf in seen else "")
            if wrong:
                text = label_text(leaf.label) if leaf.label is not None else shown(leaf.data)
                raise UsageError(f"the {what} {text} {wrong}")
            seen.add(leaf)
