"""A scalar autodiff engine and a neural network on top that make one paper executable.

*Gradient Descent, Neural networks and Backpropagation* (Enghin Omer). The public names are below; each is loaded on
first use, so that `import micrograd_paper` costs next to nothing.
"""

from importlib import import_module

TYPE_CHECKING = False  # to import typing's would take longer than all of this
if TYPE_CHECKING:
    from micrograd_paper import datasets as datasets
    from micrograd_paper.animation import animate
    from micrograd_paper.checkpoint import load, save
    from micrograd_paper.comparing.compare import compare
    from micrograd_paper.comparing.gradcheck import gradcheck
    from micrograd_paper.comparing.health import health
    from micrograd_paper.comparing.proof import prove
    from micrograd_paper.costs import cross_entropy, quadratic
    from micrograd_paper.debugger.debugger import debug
    from micrograd_paper.descent import fit
    from micrograd_paper.diagnosing.diagnosis import diagnose
    from micrograd_paper.drawing.draw import draw
    from micrograd_paper.engine import Value, apply, topological_order
    from micrograd_paper.graph import gradient, recompute, stale
    from micrograd_paper.matrix.vectorize import vectorize
    from micrograd_paper.nn import MLP, Layer, Neuron
    from micrograd_paper.operations import Op
    from micrograd_paper.page.explore import explore
    from micrograd_paper.reading.names import find
    from micrograd_paper.reading.parts import above, around, between, collapsed
    from micrograd_paper.stepping.anomaly import detect_anomaly
    from micrograd_paper.stepping.breakpoints import break_at
    from micrograd_paper.stepping.origins import record_origins
    from micrograd_paper.unrolling.unroll import unroll

__version__ = "0.1.0"

HOME = {
    "Value": "engine",
    "apply": "engine",
    "topological_order": "engine",
    "Op": "operations",
    "gradcheck": "comparing.gradcheck",
    "gradient": "graph",
    "recompute": "graph",
    "stale": "graph",
    "find": "reading.names",
    "Neuron": "nn",
    "Layer": "nn",
    "MLP": "nn",
    "quadratic": "costs",
    "cross_entropy": "costs",
    "fit": "descent",
    "save": "checkpoint",
    "load": "checkpoint",
    "compare": "comparing.compare",
    "health": "comparing.health",
    "prove": "comparing.proof",
    "diagnose": "diagnosing.diagnosis",
    "draw": "drawing.draw",
    "animate": "animation",
    "above": "reading.parts",
    "around": "reading.parts",
    "between": "reading.parts",
    "collapsed": "reading.parts",
    "explore": "page.explore",
    "debug": "debugger.debugger",
    "break_at": "stepping.breakpoints",
    "record_origins": "stepping.origins",
    "detect_anomaly": "stepping.anomaly",
    "unroll": "unrolling.unroll",
    "vectorize": "matrix.vectorize",
}
MODULES = ("datasets", "figures")

__all__ = [
    "MLP", "Layer", "Neuron", "Op", "Value", "__version__",
    "above", "animate", "apply", "around", "between", "break_at", "collapsed", "compare", "cross_entropy", "datasets",
    "debug", "detect_anomaly", "diagnose", "draw", "explore", "find", "fit", "gradcheck", "gradient", "health", "load",
    "prove", "quadratic", "recompute", "record_origins", "save", "stale", "topological_order", "unroll", "vectorize",
]


def __getattr__(name: str) -> object:
    if name in MODULES:
        return import_module(f"micrograd_paper.{name}")
    if name not in HOME:
        raise AttributeError(f"module 'micrograd_paper' has no attribute {name!r}")
    value = getattr(import_module(f"micrograd_paper.{HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *HOME, *MODULES})
