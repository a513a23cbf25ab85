"""The program's loops compiled by numba, for small programs, where the interpreter is the cost."""

from typing import Any

import numpy as np

from micrograd_paper.errors import UsageError
from micrograd_paper.matrix.builder import Builder
from micrograd_paper.matrix.loops import Loops
from micrograd_paper.matrix.source import SIGMOID, SOFTPLUS

# Sums may be added in another order, as BLAS does; nan and infinities stay what IEEE 754 says.
FASTMATH = {"reassoc", "nsz", "contract"}


class Jitted:
    """A program for k examples, as InPlace is one. Raises UsageError where numba is missing."""

    def __init__(self, builder: Builder, k: int, scalars: Any) -> None:
        self.builder, self.k, self.S = builder, k, scalars
        self.S[: len(builder.arrays["constants"])] = builder.arrays["constants"]
        self.theta = self.S[builder.theta.start : builder.theta.stop]
        self.functions: dict[str, Any] = {}

    def value_and_grad(self, theta: Any, arrays: Any) -> tuple[float, Any]:
        np.copyto(self.theta, theta)
        run, W, gradient = self.function("value_and_grad")
        return run(self.S, W, *arrays, 1 / self.k), gradient.copy()

    def step(self, arrays: Any, eta: float) -> None:
        """theta ← theta − η/k Σ ∂C/∂theta, (7), in place."""
        run, W, _ = self.function("step")
        run(self.S, W, *arrays, eta / self.k)

    def function(self, kind: str) -> tuple[Any, Any, Any]:
        """What numba compiles when it is first called, its memory, and where in it the gradient is."""
        if kind not in self.functions:
            loops = Loops(self.builder, self.k, kind == "step")
            namespace: dict[str, Any] = {"np": np, **loops.arrays}
            exec(SIGMOID + SOFTPLUS, namespace)
            namespace.update({text: njit(namespace[text]) for text in ("sigmoid", "softplus")})
            exec(loops.text, namespace)
            W = np.zeros(loops.size)
            start = loops.arenas["dS"].start + self.builder.theta.start
            self.functions[kind] = njit(namespace["run"]), W, W[start : start + len(self.theta)]
        return self.functions[kind]  # type: ignore[no-any-return]


def check_numba() -> Any:
    """numba. Raises UsageError where it is missing."""
    try:
        import numba  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise UsageError('jit=True needs numba: pip install "micrograd_paper[jit]"') from error
    return numba


def njit(function: Any) -> Any: return check_numba().njit(function, error_model="numpy", fastmath=FASTMATH)
