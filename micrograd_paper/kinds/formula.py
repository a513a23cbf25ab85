"""Written: a kind of number that is a formula's text and its value at once.

    w, a = Written(0.4, "w²₁₁"), Written(-0.5, "a¹₁")
    z = w * a + 1                          z.text is "w²₁₁·a¹₁ + 1", z.value is 0.8
    Written(0.4) * Written(-0.5)           0.4·(−0.5)
    called("σ′", sigma_prime, z)           σ′(w²₁₁·a¹₁ + 1)

Read by the usual precedence, from left to right, a text is the arithmetic that was done, bracket for bracket: with the
values of its leaves it gives the value again, to the last bit. The only liberty is that x·x is written x².

Every function written for any kind of number runs on it: the paper's equations, and the table of operations. A
comparison looks at the values and gives True or False, so the text holds the branch that was taken.
"""

from collections.abc import Callable
from typing import Any

from micrograd_paper import functions

# How strongly a text holds together: a + b, the number −2, −a, the name ∂C/∂w, a·b, a², a or σ(a).
SUM, NEGATIVE, NEGATION, SLASHED, PRODUCT, POWER, ATOM = range(1, 8)
SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Written:
    """A number and the text of the formula that it came from.

    value     the number
    text      the formula; of a leaf its name, or the number in `digits` significant digits where it has no name
    strength  how strongly the text holds together, from SUM to ATOM; a name with a / in it, such as ∂C/∂w, is SLASHED
    """

    __slots__ = ("value", "text", "strength")

    def __init__(self, value: Any, text: str | None = None, strength: int = ATOM, digits: int = 4) -> None:
        self.value = value
        self.text, self.strength = number_text(value, digits) if text is None else (text, strength)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{self.text} = {number_text(self.value, 4)[0]}"

    def __float__(self) -> float:
        return float(self.value)

    def bracketed(self, least: int) -> str:
        """The text, in brackets unless it holds together that strongly."""
        return self.text if self.strength >= least else f"({self.text})"

    def __add__(self, other: Any) -> "Written":
        return joined(self, "{} + {}", other, SUM, lambda x, y: x + y)
    def __radd__(self, other: Any) -> "Written":
        return written(other) + self
    def __sub__(self, other: Any) -> "Written":
        return joined(self, "{} − {}", other, SUM, lambda x, y: x - y)
    def __rsub__(self, other: Any) -> "Written":
        return written(other) - self
    def __mul__(self, other: Any) -> "Written":
        if other is self or (isinstance(other, Written) and self.same_compound(other)):
            return Written(self.value * self.value, f"{self.base()}²", POWER)
        return joined(self, "{}·{}", other, PRODUCT, lambda x, y: x * y)
    def __rmul__(self, other: Any) -> "Written":
        return written(other) * self
    def __truediv__(self, other: Any) -> "Written":
        return joined(self, "{}/{}", other, PRODUCT, lambda x, y: x / y)
    def __rtruediv__(self, other: Any) -> "Written":
        return written(other) / self

    def __pow__(self, exponent: Any) -> "Written":
        return self.raised(exponent, lambda x, n: x**n)
    def __rpow__(self, base: Any) -> "Written":
        return written(base) ** self

    def __neg__(self) -> "Written":
        return Written(-self.value, f"−{self.bracketed(PRODUCT)}", NEGATION)
    def __pos__(self) -> "Written":
        return self
    def __abs__(self) -> "Written":
        return called("abs", abs, self)

    def same_compound(self, other: "Written") -> bool:
        """Whether both are one formula, not just two equal numbers."""
        return self.text == other.text and self.value == other.value and (
            self.strength == SUM or self.text.endswith(")")
        )

    def raised(self, exponent: Any, function: Callable[[Any, Any], Any]) -> "Written":
        """function(self, exponent), written as a power: x³, and x^(1/2) where the exponent is not a whole number."""
        value = function(self.value, bare(exponent))
        if type(exponent) is int:
            return Written(value, self.base() + number_text(exponent, 4)[0].translate(SUPERSCRIPTS), POWER)
        return Written(value, f"{self.base()}^{written(exponent).bracketed(ATOM)}", POWER)

    def base(self) -> str:
        """The text as the base of a power, where x² must not be read as another name, nor w³₁₁² as one."""
        name_with_layer = not self.text.endswith(")") and not self.text.isascii()
        return f"({self.text})" if name_with_layer else self.bracketed(ATOM)

    def exp(self) -> "Written":
        return called("exp", functions.exp, self)
    def log(self) -> "Written":
        return called("ln", functions.log, self)
    def sqrt(self) -> "Written":
        return called("√", functions.sqrt, self)
    def sin(self) -> "Written":
        return called("sin", functions.sin, self)
    def cos(self) -> "Written":
        return called("cos", functions.cos, self)
    def tanh(self) -> "Written":
        return called("tanh", functions.tanh, self)
    def sigmoid(self) -> "Written":
        return called("σ", functions.sigmoid, self)
    def softplus(self) -> "Written":
        return called("softplus", functions.softplus, self)
    def relu(self) -> "Written":
        return called("relu", lambda x: functions.maximum(x, 0), self)

    def __lt__(self, other: Any) -> Any:
        return self.value < bare(other)
    def __le__(self, other: Any) -> Any:
        return self.value <= bare(other)
    def __gt__(self, other: Any) -> Any:
        return self.value > bare(other)
    def __ge__(self, other: Any) -> Any:
        return self.value >= bare(other)
    def equals_zero(self) -> Any:
        """Whether the value is 0, as a condition for `functions.where`."""
        return functions.is_zero(self.value)

    def ieee_divide(self, numerator: Any) -> "Written":
        """numerator/self; an infinity where Python raises."""
        return joined(written(numerator), "{}/{}", self, PRODUCT, functions.ieee_divide)
    def ieee_power(self, n: Any) -> "Written":
        """selfⁿ; an infinity where Python raises."""
        return self.raised(n, functions.ieee_power)
    def ieee_log(self) -> "Written":
        """ln self; −inf at 0, nan below."""
        return called("ln", functions.ieee_log, self)


def called(name: str, function: Callable[[Any], Any], x: Written) -> Written:
    """name(x): the function's value, and the call as text."""
    return Written(function(x.value), f"{name}({x.text})")


def joined(left: Written, form: str, other: Any, strength: int, function: Callable[[Any, Any], Any]) -> Written:
    """left and other with an operator between; the right operand stays in brackets where the left one need not."""
    right = written(other)
    value = function(left.value, right.value)
    if strength == SUM:
        return Written(value, form.format(left.text, right.bracketed(SLASHED)), SUM)
    if left.strength == NEGATION:  # −a·b is −(a·b) as well as (−a)·b
        return Written(value, form.format(left.text, right.bracketed(POWER)), NEGATION)
    return Written(value, form.format(left.bracketed(PRODUCT), right.bracketed(POWER)), PRODUCT)


def written(number: Any) -> Written:
    """A plain number as text; what is written already, itself."""
    return number if isinstance(number, Written) else Written(number)


def bare(number: Any) -> Any:
    """The value of what is written; any other number itself."""
    return number.value if isinstance(number, Written) else number


def number_text(number: Any, digits: int) -> tuple[str, int]:
    """A number with that many significant digits, and how strongly its text holds together: 0.25, −2, 1.5·10⁻⁷."""
    text = f"{number:.{digits}g}" if isinstance(number, float) else str(number)
    text = text.replace("-", "−")
    mantissa, e, exponent = text.partition("e")
    if e and isinstance(number, float):
        text = f"{mantissa}·10" + str(int(exponent.replace("−", "-"))).replace("-", "−").translate(SUPERSCRIPTS)
    strength = NEGATIVE if text.startswith("−") else PRODUCT if "·" in text or "/" in text else ATOM
    return text, strength
