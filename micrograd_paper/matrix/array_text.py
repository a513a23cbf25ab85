"""ArrayText: a kind of number for array programs. The table's operations, run on it, give expressions of arrays.

    >>> Z = name("Z2", (30, -1))                # 30 rows, a column for each example
    >>> from micrograd_paper.operations import TABLE
    >>> A = TABLE["sigmoid"].forward(Z)
    >>> A, A.shape, TABLE["sigmoid"].partials(name("A2", Z.shape), Z)
    (sigmoid(Z2), (30, -1), (A2 * (1 - A2),))

Equal terms are one object. A dimension of −n stands for n times the number of examples. Constants are folded.
"""

from collections.abc import Callable
from typing import Any

from micrograd_paper.errors import UsageError

Shape = tuple[int, ...]
LOOSE, COMPARED, ADDED, MULTIPLIED, NEGATED, POWERED, TIGHT = range(7)

# How each operation is written, how tightly that binds, and how tightly its operands must bind.
OPERATORS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "add": ("{} + {}", ADDED, (ADDED, MULTIPLIED)), "subtract": ("{} - {}", ADDED, (ADDED, MULTIPLIED)),
    "multiply": ("{} * {}", MULTIPLIED, (MULTIPLIED, NEGATED)),
    "divide": ("{} / {}", MULTIPLIED, (MULTIPLIED, NEGATED)),
    "matmul": ("{} @ {}", MULTIPLIED, (TIGHT, NEGATED)),
    "power": ("{}**{}", POWERED, (TIGHT, TIGHT)), "negative": ("-{}", NEGATED, (POWERED,)),
    **{name: (f"{{}} {sign} {{}}", COMPARED, (ADDED, ADDED))
       for name, sign in (("less", "<"), ("less_equal", "<="), ("greater", ">"), ("greater_equal", ">="),
                          ("equal", "=="))},
    "transpose": ("{}.T", TIGHT, (TIGHT,)),
}


class ArrayText:
    """An expression: the operation's name, its operands (ArrayTexts, numbers, shapes, names) and its shape."""

    __slots__ = ("op", "operands", "shape")
    op: str
    operands: tuple[Any, ...]
    shape: Shape

    def __repr__(self) -> str: return written(self)

    def __add__(self, other: Any) -> "ArrayText":
        if isinstance(other, ArrayText) and other.op == "negative":
            return elementwise("subtract", self, other.operands[0])  # the same bits
        return self if is_number(other, 0) else elementwise("add", self, other)
    def __radd__(self, other: Any) -> "ArrayText":
        return self if is_number(other, 0) else elementwise("add", other, self)
    def __sub__(self, other: Any) -> "ArrayText":
        return self if is_number(other, 0) else elementwise("subtract", self, other)
    def __rsub__(self, other: Any) -> "ArrayText":
        return -self if is_number(other, 0) else elementwise("subtract", other, self)
    def __mul__(self, other: Any) -> "ArrayText": return product(self, other)
    def __rmul__(self, other: Any) -> "ArrayText": return product(other, self)
    def __truediv__(self, other: Any) -> "ArrayText":
        return self if is_number(other, 1) else elementwise("divide", self, other)
    def __rtruediv__(self, other: Any) -> "ArrayText": return elementwise("divide", other, self)
    def __pow__(self, other: Any) -> "ArrayText":
        return self if is_number(other, 1) else elementwise("power", self, other)
    def __rpow__(self, other: Any) -> "ArrayText": return elementwise("power", other, self)
    def __neg__(self) -> "ArrayText":
        return self.operands[0] if self.op == "negative" else elementwise("negative", self)
    def __pos__(self) -> "ArrayText": return self
    def __abs__(self) -> "ArrayText": return elementwise("absolute", self)

    def exp(self) -> "ArrayText": return elementwise("exp", self)
    def log(self) -> "ArrayText": return elementwise("log", self)
    def log1p(self) -> "ArrayText": return elementwise("log1p", self)
    def sqrt(self) -> "ArrayText": return elementwise("sqrt", self)
    def sin(self) -> "ArrayText": return elementwise("sin", self)
    def cos(self) -> "ArrayText": return elementwise("cos", self)
    def tanh(self) -> "ArrayText": return elementwise("tanh", self)
    def sigmoid(self) -> "ArrayText": return elementwise("sigmoid", self)
    def softplus(self) -> "ArrayText": return elementwise("softplus", self)

    def __lt__(self, other: Any) -> Any: return elementwise("less", self, other)
    def __le__(self, other: Any) -> Any: return elementwise("less_equal", self, other)
    def __gt__(self, other: Any) -> Any: return elementwise("greater", self, other)
    def __ge__(self, other: Any) -> Any: return elementwise("greater_equal", self, other)
    def equals_zero(self) -> "ArrayText": return elementwise("equal", self, 0)

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self} holds differs from element to element; functions.where(condition, a, b) "
                        "takes both")

    def where(self, a: Any, b: Any) -> Any:
        """For a condition: a where it holds, else b."""
        if a is b:
            return a
        if self.op == "less" and is_number(self.operands[1], 0) and is_number(a, 0) and b is self.operands[0]:
            return elementwise("maximum", b, 0)  # relu; nan stays nan
        return elementwise("where", self, a, b)

    def ieee_divide(self, numerator: Any) -> Any: return numerator / self  # arrays do as IEEE 754 says
    def ieee_power(self, exponent: Any) -> Any: return self**exponent
    def ieee_log(self) -> Any: return self.log()


known: dict[Any, ArrayText] = {}


def term(op: str, operands: tuple[Any, ...], shape: Shape) -> ArrayText:
    """The ArrayText of this operation; the same object if it is there already."""
    key = (op, *[(id(x) if isinstance(x, ArrayText) else (type(x), repr(x))) for x in operands], shape)
    found = known.get(key)
    if found is None:
        found = known[key] = ArrayText.__new__(ArrayText)
        found.op, found.operands, found.shape = op, operands, shape
    return found


def name(text: str, shape: Shape) -> ArrayText: return term("name", (text,), shape)


def is_number(x: Any, number: float) -> bool: return not isinstance(x, ArrayText) and bool(x == number)


def broadcast(*shapes: Shape) -> Shape:
    """The shape of an element-wise result."""
    longest = max(map(len, shapes))
    padded = [(1,) * (longest - len(shape)) + shape for shape in shapes]
    return tuple([next((n for n in dims if n != 1), 1) for dims in zip(*padded)])


def elementwise(op: str, *operands: Any) -> ArrayText:
    for x in operands:
        if not isinstance(x, ArrayText | int | float):
            raise UsageError(f"{op} of {type(x).__name__} has no array form")
    return term(op, operands, broadcast(*[x.shape if isinstance(x, ArrayText) else () for x in operands]))


def times(a: Any, b: Any) -> Any:
    """a·b, from left to right, without factors 1 and without brackets on the right."""
    if is_number(a, 1) or is_number(b, 1):
        return b if is_number(a, 1) else a
    if is_number(a, -1) or is_number(b, -1):
        return -(b if is_number(a, -1) else a)
    if not isinstance(a, ArrayText) and not isinstance(b, ArrayText):
        return a * b
    if isinstance(b, ArrayText) and b.op == "multiply" and isinstance(a, ArrayText):
        return times(times(a, b.operands[0]), b.operands[1])
    if isinstance(b, ArrayText) and b.op == "negative":
        return -times(a, b.operands[0])
    return elementwise("multiply", a, b)


def product(a: Any, b: Any) -> ArrayText:
    """a·b, of which one at least is no plain number."""
    found: ArrayText = times(a, b)
    return found


def matmul(a: ArrayText, b: ArrayText) -> ArrayText:
    return term("matmul", (a, b), (*a.shape[:-1], b.shape[-1]))


def transpose(a: ArrayText) -> ArrayText:
    """The last two axes exchanged."""
    if a.op == "transpose":
        return a.operands[0]  # type: ignore[no-any-return]
    return term("transpose", (a,), (*a.shape[:-2], a.shape[-1], a.shape[-2]))


def reshape(a: ArrayText, shape: Shape) -> ArrayText:
    if a.op == "reshape":
        a = a.operands[0]
    return a if a.shape == shape else term("reshape", (a, shape), shape)


def sum_over(a: ArrayText, axis: int) -> ArrayText:
    """Σ over an axis, which stays with length 1."""
    shape = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
    return a if a.shape == shape else term("sum", (a, axis), shape)


def full(a: Any, shape: Shape) -> ArrayText:
    """A number, or an array that has fewer rows or columns, as one of this shape."""
    return a if isinstance(a, ArrayText) and a.shape == shape else term("full", (a, shape), shape)


def written(x: Any, tightness: int = LOOSE) -> str:
    """Python's text of a ArrayText, a number or a shape, in brackets unless it binds at least so tightly."""
    if isinstance(x, tuple):
        return f"({', '.join(map(dimension, x))}{',' * (len(x) == 1)})"
    if not isinstance(x, ArrayText):
        text, binds = repr(x), NEGATED if x < 0 else TIGHT
        text = {"inf": "np.inf", "nan": "np.nan", "-inf": "-np.inf"}.get(text, text)
    elif x.op == "name":
        text, binds = x.operands[0], TIGHT
    elif x.op in OPERATORS and not (x.op == "transpose" and len(x.shape) > 2):
        form, binds, needed = OPERATORS[x.op]
        text = form.format(*map(written, x.operands, needed))
    else:
        text, binds = CALLS.get(x.op, call)(x), TIGHT
    return text if binds >= tightness else f"({text})"


def dimension(n: int) -> str: return "k" if n == -1 else f"{-n} * k" if n < 0 else str(n)


def call(x: ArrayText) -> str:
    own = ("sigmoid", "softplus")
    function = "np.abs" if x.op == "absolute" else x.op if x.op in own else f"np.{x.op}"
    return f"{function}({', '.join(map(written, x.operands))})"


def of_sum(x: ArrayText) -> str:
    a, axis = x.operands
    return f"{written(a, TIGHT)}.sum(axis={axis}, keepdims=True)"


CALLS: dict[str, Callable[[ArrayText], str]] = {
    "sum": of_sum,
    "reshape": lambda x: f"{written(x.operands[0], TIGHT)}.reshape{written(x.shape)}",
    "transpose": lambda x: f"{written(x.operands[0], TIGHT)}.swapaxes(-1, -2)",
    "full": lambda x: f"np.broadcast_to({written(x.operands[0])}, {written(x.shape)})",
    "rows": lambda x: f"{written(x.operands[0], TIGHT)}[{x.operands[1]}:{x.operands[2]}]",
    "take": lambda x: f"{written(x.operands[0], TIGHT)}[{x.operands[1]}]",
    "concatenate": lambda x: f"np.concatenate([{', '.join(map(written, x.operands))}])",
    "strided": lambda x: f"view({written(x.operands[0])}, {x.operands[1]}, {x.operands[2]}, {x.operands[3]})",
    "flat": lambda x: f"{written(x.operands[0], TIGHT)}[:, 0]",
}


def names_in(x: Any) -> set[str]:
    """The names that a ArrayText uses."""
    found: set[str] = set()
    stack, seen = [x], set()
    while stack:
        y = stack.pop()
        if isinstance(y, ArrayText) and id(y) not in seen:
            seen.add(id(y))
            if y.op == "name":
                found.add(y.operands[0])
            stack += y.operands
    return found

