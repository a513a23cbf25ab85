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
    "positive": operator.pos, "absolute": abs, "square": lambda x: x * x, "less": operator.lt,
    "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
    "equal": operator.is_, "not_equal": operator.is_not,  # as == of Values, which is identity
}
METHODS = ("exp", "log", "sqrt", "sin", "cos", "tanh")
REDUCTIONS = ("add", "multiply", "maximum", "minimum")  # of one Value they are that Value
DEFAULTS = {"where": True, "casting": "same_kind", "order": "K", "subok": True, "keepdims": False}


def elementwise(function: Callable[..., Any], *numbers: Any) -> Any:
    """An array of objects: the function of each element of an array, and of what stands beside it."""
    numpy = sys.modules["numpy"]
    return numpy.frompyfunc(function, len(numbers), 1)(*[x if is_array(x) else boxed(x, numpy) for x in numbers])


def of_ufunc(kind: Any, ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What a NumPy function of arrays and Values gives; `kind` is the class of Values. Raises TypeError for what is no
    operator, for an option that is not obeyed, and for a result that would have to go into an array of numbers."""
    name, function = ufunc.__name__, OPERATORS.get(ufunc.__name__)
    inputs = tuple(map(unboxed, inputs))
    holds_array = any(isinstance(x, kind) and is_array(x.data) for x in inputs)
    (out,) = options.pop("out", None) or (None,)
    if method == "reduce" and name in REDUCTIONS and not holds_array:
        options.pop("axis", None)
        function = operator.pos
    elif method != "__call__":
        raise TypeError(f"np.{name}.{method} takes an array of Values; got one Value")
    if function is None:
        raise TypeError(f"np.{name} does not know Values: write v.{name}()" if name in METHODS else
                        f"np.{name} does not know Values: expected one of {', '.join(OPERATORS)}")
    for option, value in options.items():
        if value is not None and (type(value) not in (bool, str) or value != DEFAULTS.get(option)):
            raise TypeError(f"np.{name} of a Value takes no {option}=: leave it out")
    if out is not None and (str(getattr(out, "dtype", "")) != "object" or holds_array):
        sign = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "power": "**"}
        raise TypeError(f"an array of numbers holds no Values: write Z = Z {sign.get(name, name)} w, not "
                        f"Z {sign.get(name, name)}= w")
    if name in ("equal", "not_equal"):
        found = elementwise(function, *inputs).astype(bool) if any(map(is_array, inputs)) else function(*inputs)
    elif holds_array:
        return function(*[x if isinstance(x, kind) else kind(x) for x in inputs])
    elif any(map(is_array, inputs)):
        found = elementwise(function, *inputs)
    else:
        found = function(*[number(x) if is_scalar(x) else x for x in inputs])
    if out is None:
        return found
    out[...] = found
    return out


def unboxed(thing: Any) -> Any:
    """What an array of no dimension holds, if that is an object: np.array(v) is v."""
    is_box = getattr(thing, "shape", None) == () and str(getattr(thing, "dtype", "")) == "object"
    return thing.item() if is_box else thing


def boxed(thing: Any, numpy: Any) -> Any:
    """An array of no dimension that holds it as an object."""
    box = numpy.empty((), dtype=object)
    box[()] = thing
    return box
