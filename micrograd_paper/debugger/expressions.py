"""Expressions that the user types about a graph: abs(grad) > 0.1, w2_1_1.grad * 2, δ²₁ / z²₁, loss - previous.

    >>> from micrograd_paper.reading.reading import Reading
    >>> expression = Expression("z2_1.grad * x2 == w2_1_2.grad", Reading(C).lookup, lambda node: node.grad)
    >>> expression.value(C, None)      # with data, grad, label, layer and op of that node
    True

They are Python, with the functions of `math`, in which the names of nodes, as they are shown or typed, stand for their
data: the names are replaced by keys first, so that no label is ever evaluated. A name is looked for among the node's
words, then among the graph's names, then among the program's variables. $pass is one of the debugger's own numbers.
"""

import ast
import builtins
import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from micrograd_paper.display import label_text, one_line
from micrograd_paper.engine import Value
from micrograd_paper.errors import UnknownName, UsageError
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.reading.names import Names

SCOPE = {**vars(builtins), **{name: thing for name, thing in vars(math).items() if not name.startswith("_")}}
QUANTITIES = ("data", "grad", "label", "layer", "op")
OWN = re.compile(r"""'[^']*'|"[^"]*"|\$(\w*)""")
OWN_KEY = "number_of_the_debugger_"
QUOTED_OR_NAME = re.compile(
    r"""'[^']*'|"[^"]*"|(?<![\w.])[^\W\d][\w′]*(?:,[₀-₉]+)*(?:⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾)?(?:#\d+′*)?(?!\w|\s*\()"""
)  # neither an attribute nor a function that is called


class Expression:
    """An expression that can be evaluated repeatedly; grad(node) is what .grad stands for.

    program    the program's variables, and the debugger's own numbers as $pass
    of_pass    whether it is the same at each node, at each moment of a pass

    Raises UsageError for text that is not an expression, UnknownName for unknown names.
    """

    def __init__(
        self, text: str, names: Names, grad: Callable[[Value], Any], program: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.text = " ".join(text.split())
        self.names = names
        self.program = program
        self.nodes: dict[str, Any] = {
            "grad_of": lambda thing: grad(thing) if isinstance(thing, Value) else thing.grad,
            **{OWN_KEY + name[1:]: thing for name, thing in program.items() if name[0] == "$"},
        }
        try:
            tree = ast.parse(QUOTED_OR_NAME.sub(self.key, OWN.sub(self.own, self.text)), mode="eval")
            self.bound = {name.id for name in ast.walk(tree)  # bound by a comprehension or :=
                          if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
            for key in self.bound & self.nodes.keys():  # p in `for p in xs` is no node, whatever else is named p
                del self.nodes[key]
            words = {getattr(each, "id", getattr(each, "attr", "")) for each in ast.walk(tree)}
            self.of_pass = words.isdisjoint(QUANTITIES[1:]) and not any(
                isinstance(each, ast.Name) and each.id == "data" for each in ast.walk(tree))
            self.code = compile(ast.fix_missing_locations(Bound(self).visit(tree)), "<expression>", "eval")
        except SyntaxError as error:
            raise UsageError(f"{label_text(self.text)} is not an expression: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError):
            raise UsageError(f"{label_text(self.text)} is not an expression, or is too long") from None
        self.scope = {**SCOPE, **program, **self.nodes}

    def own(self, match: re.Match[str]) -> str:
        """The Python that replaces one of the debugger's numbers. Raises UnknownName."""
        if match[0][0] in "'\"":
            return match[0]
        if match[0] not in self.program:
            there = ", ".join(name for name in self.program if name[0] == "$")
            raise UnknownName(f"there is no {label_text(match[0])}" + (f"; there are {there}" if there else
                              " here: passes are counted by micrograd-paper debug, which sees all of a program's"))
        return OWN_KEY + match[1]

    def key(self, match: re.Match[str]) -> str:
        """The Python that replaces a name: a key for a node; δ²₁ is the gradient of z²₁."""
        text = match[0]
        if text in self.nodes or text[0] in "'\"" or text in QUANTITIES or not self.names.all(text):
            return text
        node, symbol = self.names.find(text), parse(text.partition("#")[0])
        is_gradient = symbol is not None and symbol.name == "delta" and node.label not in (text, symbol)
        return self.key_of(node) + ".grad" * is_gradient

    def key_of(self, node: Value) -> str:
        key = next((key for key, known in self.nodes.items() if known is node), f"node_{len(self.nodes)}")
        self.nodes[key] = node
        return key

    def value(self, node: Value | None, layer: float) -> Any:
        """Its value at that node, or without a node. Raises UsageError if evaluation fails."""
        if node is not None:
            label = self.names.names[node] if node.label is None else node.label
            if isinstance(label, str | Symbol):
                label = Label(typed(str(label)))
            self.scope.update(data=node.data, grad=self.nodes["grad_of"](node), layer=layer, label=label,
                              op="" if node.op is None else node.op.name)
        try:
            return eval(self.code, self.scope)
        except Exception as error:  # whatever the kinds of number raise
            raise UsageError(f"{label_text(self.text)} fails: {type(error).__name__}: {one_line(error, str)}") from None

    def holds(self, node: Value, layer: float) -> bool:
        """Whether it is true at that node. Raises UsageError if it has no truth value."""
        value = self.value(node, layer)
        try:
            return bool(value)
        except Exception as error:  # of an array, of a symbol
            raise UsageError(f"{label_text(self.text)} is neither true nor false: {one_line(error, str)}") from None


class Label(str):
    """A label that equals the same name of the paper in its other form: z2_1 and z²₁."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and typed(self) == typed(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(typed(self))


def typed(text: str) -> str:
    """A name of the paper as it is typed: z2_1 for z²₁; any other text itself."""
    symbol = parse(str(text))
    return str(text) if symbol is None else symbol.ascii


class Bound(ast.NodeTransformer):
    """Replaces a node's key by its data, and its .grad by the gradient at this moment of the pass."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        whole, value = self.path(node), self.path(node.value)
        if whole is not None:
            return ast.Attribute(whole, "data", ast.Load())
        if value is None:
            visited: Any = self.generic_visit(node)
            return ast.Call(ast.Name("grad_of", ast.Load()), [visited.value], []) if node.attr == "grad" else visited
        if node.attr == "grad":
            return ast.Call(ast.Name("grad_of", ast.Load()), [value], [])
        return ast.Attribute(value, node.attr, ast.Load())

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        whole = self.path(node)
        return self.generic_visit(node) if whole is None else ast.Attribute(whole, "data", ast.Load())

    def path(self, node: ast.expr) -> ast.Name | None:
        """The key of a node's, or of the node that a path from the program's variables leads to: xs[1], n.w[0]."""
        if isinstance(node, ast.Name) and isinstance(self.expression.nodes.get(node.id), Value):
            return None if node.id.startswith(OWN_KEY) else node
        if not isinstance(node, ast.Attribute | ast.Subscript):
            return None
        found = self.expression.names.all(ast.unparse(node))
        return ast.Name(self.expression.key_of(found[0]), ast.Load()) if found else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(self.expression.nodes.get(node.id), Value) and not node.id.startswith(OWN_KEY):
            return ast.Attribute(node, "data", ast.Load())
        known = (QUANTITIES, SCOPE, self.expression.bound, self.expression.program, self.expression.nodes)
        if isinstance(node.ctx, ast.Load) and not any(node.id in each for each in known):
            self.expression.names.find(node.id)  # which raises UnknownName
        return node
