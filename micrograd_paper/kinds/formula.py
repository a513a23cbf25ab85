"""FormulaText: a kind of number that is a formula's text and its value at once.

    >>> w, a = FormulaText(0.4, "w²₁₁"), FormulaText(-0.5, "a¹₁")
    >>> z = w * a + 1
    >>> z.text, z.value
    ('w²₁₁·a¹₁ + 1', 0.8)
    >>> print(FormulaText(0.4) * FormulaText(-0.5))
    0.4·(−0.5)
    >>> print(call("σ", functions.sigmoid, z))
    σ(w²₁₁·a¹₁ + 1)

Read by the usual precedence, from left to right, a text is the arithmetic that was done, bracket for bracket: with the
values of its leaves it gives the value again, to the last bit. The only liberty is that x·x is written x².

Every function written for any kind of number runs on it: the paper's equations, and the table of operations. A
comparison looks at the values and gives True or False, so the text holds the branch that was taken.
"""

from collections.abc import Callable
from typing import Any

from micrograd_paper import functions
from micrograd_paper.display import typeset

# The precedence of a text, from loosest to tightest: a + b, the number −2, −a, the name ∂C/∂w, a·b, a², a or σ(a).
SUM, NEGATIVE, NEGATION, SLASHED, PRODUCT, EXPONENTIAL, ATOM = range(1, 8)
SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class FormulaText:
    """A number and the text of the formula that it came from.

    value     the number
    text      the formula; of a leaf its name, or the number in `digits` significant digits where it has no name
    strength  its precedence, from SUM to ATOM; a name that contains a /, such as ∂C/∂w, is SLASHED
    """

    __slots__ = ("value", "text", "strength")

    def __init__(self, value: Any, text: str | None = None, strength: int = ATOM, digits: int = 4) -> None:
        self.value = value
        self.text, self.strength = number_leaf(value, digits) if text is None else (text, strength)

    def __str__(self) -> str: return self.text

    def __repr__(self) -> str: return f"{self.text} = {number_leaf(self.value, 4)[0]}"

    def __float__(self) -> float: return float(self.value)

    def bracketed(self, least: int) -> str:
        """The text, in brackets unless it binds at least that tightly."""
        return self.text if self.strength >= least else f"({self.text})"

    def __add__(self, other: Any) -> "FormulaText": return joined(self, "{} + {}", other, SUM, lambda x, y: x + y)
    def __radd__(self, other: Any) -> "FormulaText": return written(other) + self
    def __sub__(self, other: Any) -> "FormulaText": return joined(self, "{} − {}", other, SUM, lambda x, y: x - y)
    def __rsub__(self, other: Any) -> "FormulaText":
        return -self if type(other) is int and other == 0 else written(other) - self
    def __mul__(self, other: Any) -> "FormulaText":
        if other is self or (isinstance(other, FormulaText) and self.same_compound(other)):
            return FormulaText(self.value * self.value, f"{self.base()}²", EXPONENTIAL)
        return joined(self, "{}·{}", other, PRODUCT, lambda x, y: x * y)
    def __rmul__(self, other: Any) -> "FormulaText": return written(other) * self
    def __truediv__(self, other: Any) -> "FormulaText": return joined(self, "{}/{}", other, PRODUCT, lambda x, y: x / y)
    def __rtruediv__(self, other: Any) -> "FormulaText": return written(other) / self

    def __pow__(self, exponent: Any) -> "FormulaText": return self.raised(exponent, lambda x, n: x**n)
    def __rpow__(self, base: Any) -> "FormulaText": return written(base) ** self

    def __neg__(self) -> "FormulaText": return FormulaText(-self.value, f"−{self.bracketed(PRODUCT)}", NEGATION)
    def __pos__(self) -> "FormulaText": return self
    def __abs__(self) -> "FormulaText": return call("abs", abs, self)

    def same_compound(self, other: "FormulaText") -> bool:
        """Whether both are one formula, not just two equal numbers."""
        return self.text == other.text and self.value == other.value and (
            self.strength == SUM or self.text.endswith(")")
        )

    def raised(self, exponent: Any, function: Callable[[Any, Any], Any]) -> "FormulaText":
        """function(self, exponent), written as a power: x³, and x^(1/2) where the exponent is not a whole number."""
        value = function(self.value, bare(exponent))
        if type(exponent) is int:
            return FormulaText(value, self.base() + number_leaf(exponent, 4)[0].translate(SUPERSCRIPTS), EXPONENTIAL)
        return FormulaText(value, f"{self.base()}^{written(exponent).bracketed(ATOM)}", EXPONENTIAL)

    def base(self) -> str:
        """The text as the base of a power, where x² must not be read as another name, nor w³₁₁² as one."""
        name_with_layer = not self.text.endswith(")") and not self.text.isascii()
        return f"({self.text})" if name_with_layer else self.bracketed(ATOM)

    def exp(self) -> "FormulaText": return call("exp", functions.exp, self)
    def log(self) -> "FormulaText": return call("ln", functions.log, self)
    def sqrt(self) -> "FormulaText": return call("√", functions.sqrt, self)
    def sin(self) -> "FormulaText": return call("sin", functions.sin, self)
    def cos(self) -> "FormulaText": return call("cos", functions.cos, self)
    def tanh(self) -> "FormulaText": return call("tanh", functions.tanh, self)
    def sigmoid(self) -> "FormulaText": return call("σ", functions.sigmoid, self)
    def softplus(self) -> "FormulaText": return call("softplus", functions.softplus, self)
    def relu(self) -> "FormulaText": return call("relu", lambda x: functions.maximum(x, 0), self)

    def __lt__(self, other: Any) -> Any: return self.value < bare(other)
    def __le__(self, other: Any) -> Any: return self.value <= bare(other)
    def __gt__(self, other: Any) -> Any: return self.value > bare(other)
    def __ge__(self, other: Any) -> Any: return self.value >= bare(other)
    def equals_zero(self) -> Any:
        """Whether the value is 0, as a condition for `functions.where`."""
        return functions.is_zero(self.value)

    def ieee_divide(self, numerator: Any) -> "FormulaText":
        """numerator/self; an infinity where Python raises."""
        return joined(written(numerator), "{}/{}", self, PRODUCT, functions.ieee_divide)
    def ieee_power(self, n: Any) -> "FormulaText":
        """selfⁿ; an infinity where Python raises."""
        return self.raised(n, functions.ieee_power)
    def ieee_log(self) -> "FormulaText":
        """ln self; −inf at 0, nan below."""
        return call("ln", functions.ieee_log, self)


def call(name: str, function: Callable[[Any], Any], x: FormulaText) -> FormulaText:
    """name(x): the function's value, and the call as text."""
    return FormulaText(function(x.value), f"{name}({x.text})")


def joined(left: FormulaText, form: str, other: Any, strength: int, function: Callable[[Any, Any], Any]) -> FormulaText:
    """left and other with an operator between; the right operand stays in brackets where the left one need not."""
    right = written(other)
    value = function(left.value, right.value)
    if strength == SUM:
        return FormulaText(value, form.format(left.text, right.bracketed(SLASHED)), SUM)
    if left.strength == NEGATION:  # −a·b is −(a·b) as well as (−a)·b
        return FormulaText(value, form.format(left.text, right.bracketed(EXPONENTIAL)), NEGATION)
    return FormulaText(value, form.format(left.bracketed(PRODUCT), right.bracketed(EXPONENTIAL)), PRODUCT)


def written(number: Any) -> FormulaText:
    """A plain number as a FormulaText; a FormulaText itself."""
    return number if isinstance(number, FormulaText) else FormulaText(number)


def bare(number: Any) -> Any:
    """The value of a FormulaText; any other number itself."""
    return number.value if isinstance(number, FormulaText) else number


def number_leaf(number: Any, digits: int) -> tuple[str, int]:
    """A number with that many significant digits, and the precedence of its text: 0.25, −2, 1.5e−7."""
    text = typeset(f"{number:.{digits}g}" if isinstance(number, float) else str(number))
    if text.startswith("−"):
        return text, NEGATIVE
    return text, PRODUCT if "/" in text else EXPONENTIAL if "e" in text else ATOM  # 1.5e−7² would be another number
