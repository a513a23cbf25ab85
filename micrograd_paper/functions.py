"""Elementary functions over any kind of number.

    exp, log, sqrt, sin, cos, tanh, sigmoid, softplus
    step, sign, maximum, where, is_zero       what relu, |x| and 0·ln 0 need
    ieee_divide, ieee_power, ieee_log         an infinity where Python raises, for partial derivatives

Each looks at the type of what it is given: floats and ints go to `math`, complex numbers to `cmath`, NumPy arrays,
mpmath and SymPy numbers to their own library (found by the type, so nothing is imported that the caller did not
bring), and everything else, for example a Value, to its own method of that name.
"""

import cmath
import functools
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_paper.display import shown
from micrograd_paper.errors import NotANumber

Number = Any  # float, int, complex, Fraction, mpf, SymPy expression, NumPy array, text, Value


def number(given: Any) -> Number:
    """The number itself, or the Python number that a scalar of NumPy or PyTorch holds, or an array of no dimension.

    Raises NotANumber for anything else: a text, a masked entry, a date, an array of such.
    """
    kind = type(given)
    if kind in (float, int, complex):
        return given
    if getattr(given, "shape", None) == () and callable(getattr(given, "item", None)):
        given = masked(given) if hasattr(given, "mask") else given.item()
        if hasattr(given, "dtype"):  # wider than Python's
            given = complex(given) if given.dtype.kind == "c" else float(given)
        kind = type(given)
    if hasattr(kind, "operands") or not (hasattr(kind, "__neg__") and hasattr(kind, "__mul__")):  # a node is none
        raise NotANumber(f"a Value holds a number; got {shown(given)} of type {kind.__name__}")
    of_what = getattr(getattr(given, "dtype", None), "kind", "")  # of NumPy's arrays
    if of_what == "O":
        for element in given.ravel():
            if hasattr(type(element), "operands"):
                raise NotANumber(f"a Value holds a number; got an array of Values, {shown(given)}")
            number(element)
    if of_what in ("S", "U", "M", "m"):
        raise NotANumber(f"a Value holds a number; got an array of {given.dtype}, {shown(given)}")
    if kind.__module__ == "datetime":
        raise NotANumber(f"a Value holds a number; got {shown(given)}, a time")
    return given


def masked(given: Any) -> Any:
    """The number of a masked array's entry. Raises NotANumber for one that is masked."""
    if given.mask:
        raise NotANumber("a Value holds a number; got a masked entry, which is none")
    return given.item()


def is_array(thing: Any) -> bool:
    """Whether it is a NumPy array of one dimension or more."""
    module = library(type(thing))
    return hasattr(module, "ndarray") and getattr(thing, "shape", ()) != ()


def is_scalar(thing: Any) -> bool:
    """Whether it is one number of NumPy's, of any width."""
    return type(thing) is not float and hasattr(library(type(thing)), "ndarray") and getattr(thing, "shape", None) == ()


def settled(forward: Callable[..., Number], numbers: Sequence[Number], result: Number) -> tuple[Number, list[Number]]:
    """forward(*numbers) and the numbers, with Python's numbers in place of NumPy's scalars. Raises NotANumber."""
    plain = [number(x) for x in numbers]
    if any(a is not b for a, b in zip(plain, numbers)):
        result = forward(*plain)
    return number(result), plain


def find_library(kind: type) -> Any:
    """The module numpy, mpmath or sympy that a type of number comes from, else None."""
    for base in kind.__mro__:
        name = (base.__module__ or "").partition(".")[0]  # an undefined SymPy function has no __module__
        if name in ("numpy", "mpmath", "sympy"):
            return sys.modules[name]
    return None


library: Callable[[Any], Any] = functools.cache(find_library)


def elementary(name: str, x: Number) -> Number:
    """The function of that name at x: by x's library, by x's own method, by `cmath`, by `math`."""
    module = library(type(x))
    if module is not None:
        return getattr(module, name)(x)
    method = getattr(x, name, None)
    if method is not None:
        return method()
    if isinstance(x, complex):
        return getattr(cmath, name)(x)
    if type(x).__module__ == "decimal":  # math would make it a float without a word
        raise TypeError(f"{name} of a Decimal is not defined here: use mpmath's numbers")
    return getattr(math, name)(x)


def exp(x: Number) -> Number: return math.exp(x) if type(x) is float else elementary("exp", x)
def log(x: Number) -> Number: return math.log(x) if type(x) is float else elementary("log", x)
def sqrt(x: Number) -> Number: return math.sqrt(x) if type(x) is float else elementary("sqrt", x)
def sin(x: Number) -> Number: return math.sin(x) if type(x) is float else elementary("sin", x)
def cos(x: Number) -> Number: return math.cos(x) if type(x) is float else elementary("cos", x)
def tanh(x: Number) -> Number: return math.tanh(x) if type(x) is float else elementary("tanh", x)


def log1p(x: Number) -> Number:
    """ln(1 + x), exact for small x; `cmath` has none."""
    return log(1 + x) if isinstance(x, complex) else elementary("log1p", x)


def sigmoid(z: Number) -> Number:
    """σ(z) = 1/(1 + e⁻ᶻ), (8). No z overflows: the exponent is never positive."""
    if type(z) is float:
        e = math.exp(-abs(z))
        return (1.0 if z >= 0 else e) / (1.0 + e)
    if hasattr(z, "sigmoid"):
        return z.sigmoid()
    if not hasattr(z, "real"):  # a symbol has no sign to look at
        return 1 / (1 + exp(-z))
    right = z.real >= 0
    e = exp(where(right, -z, z))
    return where(right, 1, e) / (1 + e)


def softplus(z: Number) -> Number:
    """ln(1 + eᶻ), whose derivative is σ(z). No z overflows."""
    if type(z) is float:
        return (z if z >= 0 else 0.0) + math.log1p(math.exp(-abs(z)))
    if hasattr(z, "softplus"):
        return z.softplus()
    if not hasattr(z, "real"):
        return log(1 + exp(z))
    right = z.real >= 0
    e = exp(where(right, -z, z))
    return where(right, z, 0) + log1p(e)


def where(condition: Any, a: Number, b: Number) -> Number:
    """a where the condition holds, else b. The condition is what a comparison of two numbers gave."""
    if condition is True or condition is False:
        return a if condition else b
    module = library(type(condition))
    if module is None:
        return condition.where(a, b)
    if hasattr(module, "Piecewise"):
        return module.Piecewise((a, condition), (b, True))
    return module.where(condition, a, b)


def step(x: Number) -> Number:
    """1 where x > 0, else 0: the derivative of relu, with relu′(0) = 0. Of a Value, a plain number."""
    return where(x > 0, 1, 0)


def sign(x: Number) -> Number:
    """−1, 0 or 1: the derivative of |x|, with 0 at 0. Of a Value, a plain number."""
    return where(x > 0, 1, where(x < 0, -1, 0))


def maximum(a: Number, b: Number) -> Number:
    """The larger one; a, if a is nan."""
    if type(a) is float:
        return float(b) if b > a else a
    return where(b > a, like(b, a) if type(b) is int else b, a)


def is_zero(x: Number) -> Any:
    """Whether x is 0, as a condition for `where`. A symbol is not."""
    method = getattr(x, "equals_zero", None)
    return x == 0 if method is None else method()


def ieee_divide(a: Number, b: Number) -> Number:
    """a/b, and where Python raises, what IEEE 754 says: ±inf, or nan for 0/0."""
    if hasattr(b, "ieee_divide"):
        return b.ieee_divide(a)
    try:
        return a / b
    except ZeroDivisionError:
        if not abs(a) > 0:
            return math.nan
        return math.inf if isinstance(b, complex) else math.copysign(math.inf, a) * math.copysign(1, b)


def ieee_power(x: Number, n: Number) -> Number:
    """xⁿ, and where Python raises, an infinity; nan where it is not real."""
    if hasattr(x, "ieee_power"):
        return x.ieee_power(n)
    real = not isinstance(x, complex) and not isinstance(n, complex)
    try:
        result = x**n
    except (ZeroDivisionError, OverflowError):
        return math.copysign(math.inf, x) if real and float(n) % 2 == 1 else math.inf
    return math.nan if real and type(result) is complex else result


def ieee_log(x: Number) -> Number:
    """ln x, and where Python raises, −inf at 0 and nan below."""
    if hasattr(x, "ieee_log"):
        return x.ieee_log()
    try:
        return log(x)
    except ValueError:
        return -math.inf if is_zero(x) else math.nan


def like(constant: int, x: Number) -> Number:
    """An integer constant as a number of x's kind, so that constant/3 is as exact as x is."""
    module = library(type(x))
    if module is None:
        return type(x)(constant) if type(x).__module__ in ("fractions", "decimal") else constant
    if hasattr(module, "Integer"):
        return module.Integer(constant)
    return module.mpf(constant) if hasattr(module, "mpf") else constant
