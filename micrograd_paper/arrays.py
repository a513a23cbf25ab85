"""NumPy's arrays beside Values: a Value that holds one number goes into every element of an array.

    X * w + b          with a NumPy array X: an array of Values, as np.array([w]) would be
    np.exp(w)          is a TypeError that says to write w.exp()

Nothing is imported: whoever has an array has NumPy. A Value that holds an array is a number like any other.
"""

import operator
import sys
from collections.abc import Callable
from typing import Any

from micrograd_paper.functions import is_array, is_scalar, number

OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "true_divide": operator.truediv, "power": operator.pow, "float_power": operator.pow, "negative": operator.neg,
    "positive": operator.pos, "absolute": abs, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge,
}
METHODS = ("exp", "log", "sqrt", "sin", "cos", "tanh")


def elementwise(function: Callable[..., Any], *numbers: Any) -> Any:
    """An array of objects: the function of each element of an array, and of what stands beside it."""
    numpy = sys.modules["numpy"]
    return numpy.frompyfunc(function, len(numbers), 1)(*[x if is_array(x) else boxed(x, numpy) for x in numbers])


def of_ufunc(kind: Any, ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What a NumPy function of arrays and Values gives; `kind` is the class of Values. Raises TypeError for what is no
    operator, and for a result that would have to go into an array of numbers."""
    name, function = ufunc.__name__, OPERATORS.get(ufunc.__name__)
    if method != "__call__":
        raise TypeError(f"np.{name}.{method} takes an array of Values; got one Value")
    if function is None:
        raise TypeError(f"np.{name} does not know Values: write v.{name}()" if name in METHODS else
                        f"np.{name} does not know Values: expected one of {', '.join(OPERATORS)}")
    if options.get("out") is not None:
        sign = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "power": "**"}
        raise TypeError(f"an array of numbers holds no Values: write Z = Z {sign.get(name, name)} w, not "
                        f"Z {sign.get(name, name)}= w")
    if any(isinstance(x, kind) and is_array(x.data) for x in inputs):
        return function(*[x if isinstance(x, kind) else kind(x) for x in inputs])
    if not any(map(is_array, inputs)):
        return function(*[number(x) if is_scalar(x) else x for x in inputs])
    return elementwise(function, *inputs)


def boxed(thing: Any, numpy: Any) -> Any:
    """An array of no dimension that holds it as an object."""
    box = numpy.empty((), dtype=object)
    box[()] = thing
    return box
