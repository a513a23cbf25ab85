"""A Python program, written line by line by running operations on text.

    program = Program(has_complex, names)
    z = program.term("z2_1", float)             text like ProgramText's, of a name in the program
    program.assign("a2_1", functions.sigmoid(z), "(14)")
    program.lines                               ["a2_1 = sigmoid(z2_1)  # (14)"]
    program.preamble()                          the imports, and the functions that the lines call

A sum of thousands of terms would be too deep for Python's parser, and a formula that repeats each part would grow
exponentially: a part that is larger than LARGEST or deeper than DEEPEST is assigned to a variable of its own. Sums run
from left to right, so the floats are the same.
"""

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from micrograd_paper import functions
from micrograd_paper.engine import Value
from micrograd_paper.kinds.program import ATOM, PYTHON, ProgramText, literal
from micrograd_paper.unrolling.identifiers import Identifiers

LARGEST, DEEPEST = 2000, 20  # signs in a formula, brackets in brackets: Python's own limits are 3000 and 200
WIDTH = 100  # of a line without its comment
BREAK = re.compile(r"[()]| (?=[+-] )")
ELEMENTARY = ("exp", "log", "sqrt", "sin", "cos", "tanh")  # both `math` and `cmath` have them


class Term(ProgramText):
    """The text of a formula in one program, and how large it is.

    kind is the type of the number, where it is a node's name; None elsewhere.
    """

    __slots__ = ("program", "size", "depth", "kind")

    def __init__(
        self, program: "Program", text: str, strength: int = ATOM, size: int = 0, depth: int = 0,
        kind: type | None = None,
    ) -> None:
        super().__init__(text, PYTHON, strength)
        self.program = program
        self.size = size
        self.depth = depth
        self.kind = kind

    def like(self, number: Any) -> "Term": return self.program.like(number)

    def written(self, form: str, strength: int, *operands: tuple[Any, int]) -> "Term":
        size = depth = 0
        for x, least in operands:
            if x.size > LARGEST or x.depth > DEEPEST:
                x.move_to_a_line()
            size += x.size
            depth = max(depth, x.depth + (x.strength < least))
        text = form.format(*[x.bracketed(least) for x, least in operands])
        return type(self)(self.program, text, strength, size + 1, depth + ("(" in form))

    def called(self, name: str, *others: Any) -> ProgramText:
        self.program.used.add(name)
        return super().called(name, *others)

    def move_to_a_line(self) -> None:
        """Assign the formula to a variable in a line before; from now on this is the variable's name."""
        self.text = self.program.assign_part(self)
        self.strength, self.size, self.depth = ATOM, 0, 0

    def where(self, a: Any, b: Any) -> ProgramText: return super().where(alike(a, b), alike(b, a))

    @property
    def real(self) -> "Term":
        """Itself; for a complex number, the real part."""
        return self.written("{}.real", ATOM, (self, ATOM)) if self.program.has_complex else self


class Formula(Term):
    """A node's formula: functions such as σ are written as calls, not written out."""

    __slots__ = ()

    def sigmoid(self) -> ProgramText: return self.called("sigmoid")
    def softplus(self) -> ProgramText: return self.called("softplus")

    def ieee_power(self, n: Any) -> ProgramText:
        """x¹ is x, but for the zeros of complex numbers."""
        return self if type(n) is int and n == 1 and not self.program.has_complex else super().ieee_power(n)


class Body(Term):
    """A formula in the body of a function, where e^… has a name."""

    __slots__ = ()

    def exp(self) -> ProgramText:
        power = super().exp()
        assert isinstance(power, Term)
        power.move_to_a_line()
        return power


def alike(number: Any, other: Any) -> Any:
    """An int beside a node of floats or fractions, as that type: relu gives 0.0 for floats, as `maximum` does."""
    kind = other.kind if isinstance(other, Term) else None
    return kind(number) if type(number) is int and kind in (float, Fraction) else number


class Program:
    """The lines of a program, and the functions and numbers that they use.

    names      the names in it; None in the body of a function
    formula    the class of its texts
    """

    def __init__(
        self, has_complex: bool, names: Identifiers | None = None, formula: type[Term] = Formula
    ) -> None:
        self.has_complex = has_complex
        self.names = names
        self.formula = formula
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.subject = ""  # what is being computed: its parts are named after it

    def term(self, name: str, kind: type | None = None) -> Term:
        """The text of a name."""
        return self.formula(self, name, kind=kind)

    def like(self, number: Any) -> Term:
        """A number as text. Raises TypeError for one that Python has no literal for."""
        if isinstance(number, Term):
            return number
        found = literal(number, PYTHON)
        if type(number) is not int:
            self.used.update(re.findall("Fraction|inf|nan", found.text))
        return self.formula(self, found.text, found.strength)

    def assign(self, name: str, formula: Term, comment: str = "") -> None:
        """A line name = formula, over several lines where it is long."""
        self.lines += statement(name, formula.text, comment)

    def assign_part(self, formula: Term) -> str:
        """A line for a part of a formula; the name that it is given."""
        if self.names is None:
            name = f"e{len(self.lines) + 1}" if self.lines else "e"
        else:
            name = self.names.unique(f"{self.subject}_part")
        self.assign(name, formula)
        return name

    def preamble(self) -> list[str]:
        """The lines that import and define everything that is used."""
        imports: dict[str, set[str]] = {}
        definitions: dict[str, list[str]] = {}
        for name in sorted(self.used):
            define(name, self.has_complex, imports, definitions)
        lines = [f"import {module}" for module in sorted(imports) if "" in imports[module]]
        for module in sorted(imports):
            names = sorted(imports[module] - {""})
            lines += [f"from {module} import {', '.join(names)}"] * bool(names)
        for body in definitions.values():
            lines += ["", "", *body]
        return lines


def define(name: str, has_complex: bool, imports: dict[str, set[str]], definitions: dict[str, list[str]]) -> None:
    """Add the import of a name, or its definition after those of what it uses."""
    needed: set[str] = set()
    if name in definitions or name == "abs":
        return
    if name in ("Fraction", "math", "cmath", "nan", "inf") or (name in (*ELEMENTARY, "log1p") and not has_complex):
        module = {"Fraction": "fractions", "cmath": "cmath"}.get(name, "math")
        imports.setdefault(module, set()).add("" if name == module else name)
        return
    if name in ELEMENTARY:
        body, needed = choice(name, f"cmath.{name}(x)"), {"math", "cmath"}
    elif name == "log1p":
        body, needed = choice(name, "log(1 + x)"), {"math", "log"}
    elif name.startswith("ieee_"):
        body, needed = without_dispatch(getattr(functions, name))
    else:
        body, needed = written_function(getattr(functions, name), has_complex)
    for other in sorted(needed):
        define(other, has_complex, imports, definitions)
    definitions[name] = body


def choice(name: str, of_complex: str) -> list[str]:
    """A function with another implementation for complex numbers, as in `functions.elementary`."""
    return [f"def {name}(x):", f"    return {of_complex} if isinstance(x, complex) else math.{name}(x)"]


def written_function(function: Callable[[Any], Any], has_complex: bool) -> tuple[list[str], set[str]]:
    """A function of one number, written by running it; and what it uses."""
    (parameter,) = inspect.signature(function).parameters
    program = Program(has_complex, formula=Body)
    result = function(program.term(parameter))
    lines = [f"def {function.__name__}({parameter}):", *program.lines, f"return {result}"]
    return [lines[0], *[f"    {line}" for line in lines[1:]]], program.used


def without_dispatch(function: Callable[..., Any]) -> tuple[list[str], set[str]]:
    """A function's own lines, without annotations and without the dispatch to other kinds of number."""
    (definition,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(definition, ast.FunctionDef)
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    definition.body = [
        line for line in definition.body if not (isinstance(line, ast.If) and "hasattr" in ast.unparse(line.test))
    ]
    names = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
    return ast.unparse(definition).splitlines(), names & {"math", "is_zero", *ELEMENTARY}


def statement(name: str, text: str, comment: str = "") -> list[str]:
    """name = text; a long sum in brackets, on several lines.

    The first line ends with the bracket, so that it runs once, when all is computed: a breakpoint stops there once.
    """
    comment = f"  # {comment}" if comment else ""
    line = f"{name} = {text}"
    parts = [text] if len(line) <= WIDTH else broken(text, WIDTH - 4)
    if len(parts) == 1:
        return [f"{line}{comment}"]
    return [f"{name} = ({comment}", *[f"    {part}" for part in parts], ")"]


def broken(text: str, width: int) -> list[str]:
    """A formula cut before + and −, at the lowest bracket depth at which no line is wider, if there is one."""
    places: list[tuple[int, int]] = []
    depth = 0
    for match in BREAK.finditer(text):
        if match[0] == " ":
            places.append((match.start(), depth))
        else:
            depth += 1 if match[0] == "(" else -1
    parts = [text]
    for within in sorted({depth for _, depth in places}):
        parts = filled(text, [place for place, depth in places if depth <= within], width)
        if max(map(len, parts)) <= width:
            break
    return parts


def filled(text: str, places: Sequence[int], width: int) -> list[str]:
    """The text cut at some of the places, each line as long as the width allows."""
    parts, start, last = [], 0, 0
    for place in [*places, len(text)]:
        if place - start > width and last > start:
            parts.append(text[start:last])
            start = last + 1
        last = place
    return [*parts, text[start:]]


def has_complex_numbers(order: Sequence[Value]) -> bool:
    """Whether any number in the graph is complex."""
    return any(isinstance(node.data, complex) or any(isinstance(p, complex) for p in node.partials) for node in order)
