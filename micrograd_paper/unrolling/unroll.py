"""A graph as a program: a stand-alone Python file that does the same computation, one line per node.

    >>> text = unroll(C)       # of a file to run, or to step through

    z2_1 = w2_1_1*x1 + w2_1_2*x2 + b2_1  # (12)
    a2_1 = sigmoid(z2_1)  # (14)
    …
    delta2_1 = 0 + dC_da2_1*(a2_1*(1 - a2_1))  # (21)
    dC_dw2_1_1 = 0 + delta2_1*x1  # (24)

So any debugger can stop at any node. No formula is written here: the operations of the graph run on text.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar, cast

from micrograd_paper.display import PythonText, cut, label_text, one_line, shown
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import MicrogradPaperError, UsageError
from micrograd_paper.graph import recompute
from micrograd_paper.operations import Op
from micrograd_paper.plain import encodable
from micrograd_paper.reading.layers import INPUTS
from micrograd_paper.stepping.steps import Shared
from micrograd_paper.unrolling.identifiers import Identifiers
from micrograd_paper.unrolling.statements import Program, Term, has_complex_numbers

LEAVES = {"input": "inputs", "target": "targets", "weight": "weights and biases", "bias": "weights and biases"}
OTHER_LEAVES = "leaves"
T = TypeVar("T")


def unroll(root: Value, *, title: str | None = None) -> str:
    """A Python program, in ASCII, that computes the data and, as `root.backward()` does it, the gradient of every node.

    It needs only the standard library, and gives the floats that the graph gives, to the last bit; it prints the
    gradients of the leaves. It starts from what the leaves hold now; .grad is neither read nor written. The title is
    the first line of its docstring.

    Raises NotAValue; UsageError for a number that Python has no literal for (an array, a symbol), for a user-defined
    operation that is not made for any kind of number, and for a title that is not text.
    """
    if title is not None and not isinstance(title, str):
        raise UsageError(f"a title is text; got {cut(one_line(title, repr))}")
    unrolled = Unrolled(topological_order(root), title)
    text = PythonText(unrolled.text())
    if unrolled.reading.stale:
        check_computable(root, unrolled.reading.paths)
    return text


def check_computable(root: Value, paths: Mapping[Value, str]) -> None:
    """Raise what recomputing the graph from its leaves raises, with the names of the program's variables."""
    twin = copy.deepcopy(root)
    for node, copied in zip(topological_order(root), topological_order(twin)):
        copied.label = node.label if node.label is not None else paths.get(node)
    try:
        recompute(twin)
    except MicrogradPaperError as error:
        raise type(error)(f"the graph cannot be computed anew: {error}") from error


class Unrolled:
    """The program of one graph, whose nodes are given in topological order."""

    def __init__(self, order: list[Value], title: str | None) -> None:
        self.order = order
        self.root = order[-1]
        self.shared = Shared(order, 1)
        self.reading = self.shared.reading
        self.names = Identifiers(self.reading)
        self.title = title or f"Backpropagation of {self.names.data[self.root]}"
        self.program = Program(has_complex_numbers(order), self.names)
        self.zero = self.program.like(0)
        self.gradients: dict[Value, Term] = {}  # summed so far
        self.uses = Counter(operand for node in order for operand in node.operands)  # those still to come
        self.equations: dict[Value, dict[str, None]] = {node: {} for node in order}  # of the terms summed there

    def text(self) -> str:
        """The program."""
        interior = [node for node in self.order if node.op is not None]
        leaves = sorted([node for node in self.order if node.op is None], key=self.place_of_leaf)
        layers = {leaf: self.own_layer(leaf) for leaf in leaves} | self.layers_of_passes(interior)
        body = []
        for kind, members in groupby(leaves, key=self.kind_of_leaf):
            body += region(kind, self.folded(self.leaf, members, layers))
        body += region("forward pass", self.folded(self.forward, interior, layers))
        body += region("backward pass", self.folded(self.backward, interior[::-1] or leaves, layers))
        body += region("the gradients", self.printing(leaves))
        preamble = region("imports and functions", self.program.preamble())
        return "\n".join([*self.docstring(leaves), "", *preamble, *body])

    def docstring(self, leaves: Sequence[Value]) -> list[str]:
        example = [*leaves, self.root][0]
        changed = [
            "A number was changed after the graph was made. This program computes it anew from its leaves, and so",
            "has other numbers than the graph.", "",
        ] if self.reading.stale else []
        return [
            f'"""{quoted(encodable(cut(encodable(one_line(self.title, str), "ascii"), 108), "ascii"))}',
            "",
            f"The forward and the backward pass, one line a node: {len(leaves)} leaves and",
            f"{len(self.order) - len(leaves)} operations. Nothing but Python is needed: run this file in any debugger,",
            "with a breakpoint on any node.",
            "",
            *changed,
            f"{self.names.gradient[example]} is {quoted(self.symbol(example))}.",
            "A gradient begins with 0, and each use of the quantity adds to it, from left to right as in",
            "backward(): the floats are the same to the last bit. (18) is the chain rule, as the paper counts.",
            '"""',
        ]

    def folded(self, write: Callable[[Value], None], nodes: Iterable[Value], layers: dict[Value, str]) -> list[str]:
        """The lines of these nodes, each layer a region of its own."""
        lines: list[str] = []
        for layer, members in groupby(nodes, key=layers.__getitem__):
            self.program.lines = []
            for node in members:
                write(node)
            lines += region(layer, self.program.lines) if layer else [*self.program.lines, ""]
        return lines[:-1]

    def leaf(self, node: Value) -> None:
        """w2_1_1 = 0.5."""
        try:
            number = self.program.like(node.data)
        except TypeError:
            raise UsageError(
                f"a program is written of ints, floats, complex numbers and Fractions; {self.shared.names[node]} is "
                f"{shown(node.data)}, of type {type(node.data).__name__}"
            ) from None
        self.program.assign(self.names.data[node], number, self.noted(node))

    def forward(self, node: Value) -> None:
        """z2_1 = w2_1_1*x1 + b2_1."""
        name = self.program.subject = self.names.data[node]
        formula = run(node.op, lambda op: self.program.like(op.forward(*map(self.named, node.operands))))
        self.program.assign(name, formula, self.noted(node, self.reading.equations.forward(node)))

    def backward(self, node: Value) -> None:
        """delta2_1 = 0 + …, and the gradients of the leaves that no other node adds to."""
        self.gradient(node)
        partials = run(node.op, lambda op: [
            partial if type(partial) is int else self.program.like(partial)
            for partial in op.partials(self.named(node), *map(self.named, node.operands))
        ]) if node.op else []
        gradient = self.program.term(self.names.gradient[node])
        for position, (operand, partial) in enumerate(zip(node.operands, partials)):
            self.program.subject = self.names.gradient[operand]
            before = self.gradients.get(operand, self.zero)
            self.gradients[operand] = self.added(before, partial, node, gradient)
            equation = self.reading.equations.backward(node, position)
            if equation != "(18)":
                self.equations[operand][equation] = None
        for operand in node.operands:
            self.uses[operand] -= 1
            if self.uses[operand] == 0 and operand.op is None:
                self.gradient(operand)

    def gradient(self, node: Value) -> None:
        """The line of a gradient whose terms are complete."""
        name = self.program.subject = self.names.gradient[node]
        if node is self.root:
            self.program.assign(name, self.program.like(1))
        else:
            equations = " ".join(self.equations.pop(node)) or "(18)"
            self.program.assign(name, self.gradients.pop(node, self.zero), equations)

    def added(self, before: Any, partial: Any, node: Value, gradient: Any) -> Term:
        """before + gradient·partial, (18). For real numbers a factor 1 is left out: no bit changes."""
        if self.program.has_complex:
            after = before + gradient * partial
        elif node is self.root:
            after = before + partial
        elif type(partial) is int and abs(partial) == 1:
            after = before + gradient if partial == 1 else before - gradient
        else:
            after = before + gradient * partial
        return cast(Term, after)

    def named(self, node: Value) -> Term:
        return self.program.term(self.names.data[node], type(node.data))

    def noted(self, node: Value, equation: str = "") -> str:
        """The comment: the equation, and the label if the name is another."""
        label = self.names.changed.get(node)
        said = label is not None and encodable(label, "ascii") != self.names.data[node]
        return " ".join([equation] * bool(equation) + [encodable(f'"{label}"', "ascii")] * said)

    def symbol(self, node: Value) -> str:
        """dC/dw2_1_1."""
        return encodable(self.shared.gradient_name(node).text, "ascii")

    def kind_of_leaf(self, leaf: Value) -> str:
        """The paper's term for such a leaf."""
        return LEAVES.get(self.reading.roles[leaf], OTHER_LEAVES) if self.reading.speaks_of_neurons else OTHER_LEAVES

    def place_of_leaf(self, leaf: Value) -> tuple[int, int]:
        """The sort key of a leaf: inputs, targets, parameters layer by layer, and the rest."""
        kind = [*LEAVES.values(), OTHER_LEAVES].index(self.kind_of_leaf(leaf))
        is_parameter = self.reading.roles[leaf] in ("weight", "bias")
        return kind, self.reading.layers.get(leaf, 0) if is_parameter else 0

    def own_layer(self, node: Value) -> str:
        """layer 2, or layer 2, example 7; "" for inputs, and for what is in no layer."""
        symbol, layer = self.reading.symbols[node], self.reading.layers.get(node, INPUTS)
        if layer == INPUTS:
            return ""
        example = None if symbol is None else symbol.example
        return f"layer {layer}" if example is None else f"layer {layer}, example {example}"

    def layers_of_passes(self, interior: Sequence[Value]) -> dict[Value, str]:
        """The layer that each node belongs to in the passes. A node without a label goes with the one that uses it."""
        layers: dict[Value, str] = {}
        layer = ""
        for node in reversed(interior):
            layer = layers[node] = layer if node.label is None else self.own_layer(node)
        return layers

    def printing(self, leaves: Sequence[Value]) -> list[str]:
        """Lines that print the root and the gradients of the leaves, one below the other."""
        root = self.names.data[self.root]
        symbols = {leaf: self.symbol(leaf) for leaf in leaves}
        width = max(map(len, symbols.values()), default=0)
        return [
            f'print(f"{root} = {{{root}!r}}")',
            *[
                f'print(f"{braced(quoted(symbol.ljust(width)))}  {{{self.names.gradient[leaf]}!r:>24}}")'
                for leaf, symbol in symbols.items()
            ],
        ]


def run(op: Op | None, function: Callable[[Op], T]) -> T:
    """function(op), which runs the operation on text. Raises UsageError if its functions cannot be traced."""
    assert op is not None
    try:
        return function(op)
    except Exception as error:  # a user-defined operation may be made for floats alone
        raise UsageError(f"the operation {label_text(op.name)} cannot be written as a program: its functions are not "
                         f"made for any kind of number ({cut(one_line(error, str), 120)})") from error


def region(name: str, lines: Sequence[str]) -> list[str]:
    """The lines between the marks at which VS Code and PyCharm fold; nothing for no lines."""
    return [f"# region {name}", *lines, "# endregion", ""] if lines else []


def quoted(text: str) -> str:
    """The text as it stands between quotes."""
    return "".join([escaped(letter) if letter in '"\\' or not letter.isprintable() else letter for letter in text])


def escaped(letter: str) -> str:
    return f"\\{letter}" if letter in '"\\' else letter.encode("unicode_escape").decode()


def braced(text: str) -> str:
    """The text as it stands in an f-string."""
    return text.replace("{", "{{").replace("}", "}}")
