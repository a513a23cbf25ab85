"""A scalar autodiff engine and a neural network on top that make one paper executable.

*Gradient Descent, Neural networks and Backpropagation* (Enghin Omer). The public names are below; each is loaded on
first use, so that `import micrograd_paper` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from micrograd_paper.checkpoint import load, save
    from micrograd_paper.comparing.compare import compare
    from micrograd_paper.diagnosing.diagnosis import diagnose
    from micrograd_paper.comparing.proof import prove
    from micrograd_paper.costs import cross_entropy, quadratic
    from micrograd_paper.descent import fit
    from micrograd_paper.page.explore import explore
    from micrograd_paper.drawing.draw import draw
    from micrograd_paper.engine import Value
    from micrograd_paper.graph import gradient
    from micrograd_paper.nn import MLP, Layer, Neuron
    from micrograd_paper.debugger.debugger import debug
    from micrograd_paper.unrolling.unroll import unroll

HOME = {
    "Value": "engine",
    "gradient": "graph",
    "Neuron": "nn",
    "Layer": "nn",
    "MLP": "nn",
    "quadratic": "costs",
    "cross_entropy": "costs",
    "fit": "descent",
    "save": "checkpoint",
    "load": "checkpoint",
    "compare": "comparing.compare",
    "prove": "comparing.proof",
    "diagnose": "diagnosing.diagnosis",
    "draw": "drawing.draw",
    "explore": "page.explore",
    "debug": "debugger.debugger",
    "unroll": "unrolling.unroll",
}

__all__ = [
    "MLP", "Layer", "Neuron", "Value",
    "compare", "cross_entropy", "debug", "diagnose", "draw", "explore", "fit", "gradient", "load", "prove",
    "quadratic", "save", "unroll",
]


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module 'micrograd_paper' has no attribute {name!r}")
    value = getattr(import_module(f"micrograd_paper.{HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *HOME})
