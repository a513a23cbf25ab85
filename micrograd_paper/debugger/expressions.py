"""Expressions that somebody types about a graph: abs(grad) > 0.1, w2_1_1.grad * 2, δ²₁ / z²₁.

    expression = Expression("w2_1_1.grad * 2", names)
    expression.value(node, layer)      with data, grad, label, layer and op of that node

Only arithmetic, comparisons and the functions of FUNCTIONS can be written: nothing else of Python is reached.
"""

import ast
import math
import re
from collections.abc import Callable
from typing import Any

from micrograd_paper.display import label_text, one_line
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.reading.names import Names

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: function for name, function in vars(math).items() if callable(function) and not name.startswith("_")},
    "abs": abs, "min": min, "max": max, "round": round,
}
CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}
SCOPE = {"__builtins__": {}, **CONSTANTS, **FUNCTIONS}
QUANTITIES = ("data", "grad", "label", "layer", "op")
IN_UNICODE = r"[A-Za-zδ]+[⁰¹²³⁴⁵⁶⁷⁸⁹]*(?:[₀-₉]+(?:,[₀-₉]+)*)?(?:⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾)?"
QUOTED_OR_IN_UNICODE = re.compile(rf"""'[^']*'|"[^"]*"|{IN_UNICODE}""")
ALLOWED = (
    ast.Expression, ast.BoolOp, ast.boolop, ast.BinOp, ast.operator, ast.UnaryOp, ast.unaryop, ast.Compare, ast.cmpop,
    ast.IfExp, ast.Call, ast.Name, ast.Load, ast.Constant, ast.Tuple, ast.List, ast.Attribute,
)


class Label(str):
    """A node's name as it is typed, which equals the paper's writing, too: "z2_1" and "z²₁"."""

    written: str

    def __new__(cls, node: Value) -> "Label":
        label = node.label
        text = "" if label is None else label.ascii if isinstance(label, Symbol) else label_text(label)
        self = super().__new__(cls, text)
        self.written = "" if label is None else label_text(label)
        return self

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True or self.written == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Expression:
    """One that can be evaluated again and again. Raises UsageError for what is none, UnknownName for unknown names."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = " ".join(text.split())
        try:
            tree = ast.parse(QUOTED_OR_IN_UNICODE.sub(in_ascii, self.text), mode="eval")
        except SyntaxError as error:
            raise UsageError(f"{label_text(self.text)} is no expression: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError):
            raise UsageError(f"{label_text(self.text)} is no expression") from None
        self.nodes: dict[str, Value] = {}
        self.quantities: set[str] = set()
        try:
            self.code = compile(ast.fix_missing_locations(Bound(self, names).visit(tree)), "<expression>", "eval")
        except (RecursionError, MemoryError):
            raise UsageError(f"{label_text(self.text)} is too long an expression") from None

    def value(self, node: Value | None, layer: float) -> Any:
        """Its value at that node, or at none. Raises UsageError where it has none."""
        scope: dict[str, Any] = dict(self.nodes)
        if node is not None and self.quantities:
            name = "" if node.op is None else node.op.name
            scope.update(data=node.data, grad=node.grad, layer=layer, op=name)
            if "label" in self.quantities:
                scope["label"] = Label(node)
        try:
            return eval(self.code, SCOPE, scope)
        except Exception as error:  # whatever the kinds of number raise
            raise UsageError(f"{label_text(self.text)} fails: {type(error).__name__}: {one_line(error, str)}") from None

    def holds(self, node: Value, layer: float) -> bool:
        """Whether it is true at that node. Raises UsageError where it is neither true nor false."""
        value = self.value(node, layer)
        try:
            return bool(value)
        except Exception as error:  # of an array, of a symbol
            raise UsageError(f"{label_text(self.text)} is neither true nor false: {one_line(error, str)}") from None


def in_ascii(match: re.Match[str]) -> str:
    """z2_1 for z²₁; what Python can read, and what is in quotes, as it is."""
    symbol = parse(match[0])
    return match[0] if match[0].isascii() or symbol is None else symbol.ascii


class Bound(ast.NodeTransformer):
    """Checks an expression, and makes w2_1_1 the data of that node; δ²₁ is the gradient of z²₁."""

    def __init__(self, expression: Expression, names: Names) -> None:
        self.expression = expression
        self.names = names

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, ALLOWED):
            raise UsageError(f"{label_text(self.expression.text)}: expected arithmetic with names, numbers and "
                             "functions, such as abs(grad) > 0.1")
        return super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
            called = ast.unparse(node.func)
            raise UsageError(f"{label_text(called)} is no function here: there are abs, min, max, round, isnan, isinf "
                             "and those of math")
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not isinstance(node.value, ast.Name) or node.attr not in ("data", "grad"):
            raise UsageError(f"{label_text(ast.unparse(node))}: expected .data or .grad of a node, as in w2_1_1.grad")
        return self.of_node(node.value.id, node.attr)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in QUANTITIES:
            self.expression.quantities.add(node.id)
            return node
        if node.id in CONSTANTS and not self.names.all(node.id):
            return node
        symbol = parse(node.id)
        return self.of_node(node.id, "grad" if symbol is not None and symbol.name == "delta" else "data")

    def of_node(self, name: str, quantity: str) -> ast.Attribute:
        """That quantity of the node of this name, under a name that nothing else has."""
        key = f"node_{len(self.expression.nodes)}"
        self.expression.nodes[key] = self.names.find(name)
        return ast.Attribute(ast.Name(key, ast.Load()), quantity, ast.Load())
