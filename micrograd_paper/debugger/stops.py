"""Breakpoints and watches: where a pass stops. They outlive the pass: a script's next backward() has them too.

    stops = Stops()
    stops.use(walk)                     for this pass; a name that is not in its graph never stops it
    stops.add("layer 2")                what follows `break`: a name, layer 2, op sigmoid, if abs(grad) > 0.1
    stops.watch("w2_1_1")
    walk.run(stops.arrived, stops.changed, stops.watched)
"""

import math
import re
from collections.abc import Callable
from typing import Any

from micrograd_paper.debugger.expressions import Expression
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.display import label_text, number_text
from micrograd_paper.engine import Value
from micrograd_paper.errors import MicrogradPaperError, UnknownName, UsageError
from micrograd_paper.reading.names import Names, nearest
from micrograd_paper.stepping.steps import Step

NO_LAYER = math.nan  # every comparison with it is false
KIND = re.compile(r"(layer|op|if)\b\s*(.*)")


class Stop:
    """A breakpoint or a watch.

    kind       name, layer, op, if or watch
    text       what was asked for: z2_1, 2, sigmoid, abs(grad) > 0.1
    temporary  whether it is cleared when it stops the pass
    condition  what must also hold there; "" for nothing
    hits       how often it was met
    ignored    how often it is not to stop yet
    """

    def __init__(self, number: int, kind: str, text: str, temporary: bool, condition: str) -> None:
        self.number = number
        self.kind = kind
        self.text = text
        self.temporary = temporary
        self.condition = condition
        self.hits = self.ignored = 0

    def __str__(self) -> str:
        what = self.text if self.kind == "name" else f"{self.kind} {self.text}"
        what += f" if {self.condition}" if self.condition else ""
        return f"{'watch' if self.kind == 'watch' else 'breakpoint'} {self.number} ({what.removeprefix('watch ')})"


class Stopped:
    """Why a pass has stopped: the breakpoints that were met, and the line that reports them."""

    def __init__(self, stops: list[Stop], text: str) -> None:
        self.stops = stops
        self.text = text


class Stops:
    def __init__(self) -> None:
        self.all: list[Stop] = []
        self.last_number = 0

    def use(self, walk: Pass) -> None:
        """Bind all of them to the graph of this pass."""
        self.walk = walk
        self.bind()

    @property
    def names(self) -> Names:
        return self.walk.shared.reading.lookup

    @property
    def layers(self) -> dict[Value, int]:
        return self.walk.shared.reading.layers

    @property
    def watched(self) -> frozenset[Value]:
        return frozenset(self.watches)

    def bind(self) -> None:
        self.watches: dict[Value, Stop] = {}
        self.tests: list[tuple[Stop, Callable[[Value], bool]]] = []
        for stop in self.all:
            try:
                self.bind_one(stop)
            except MicrogradPaperError:  # not in this graph
                continue

    def bind_one(self, stop: Stop) -> None:
        """Raises UsageError or UnknownName for what is not in this graph, or is not a condition."""
        text = stop.text
        if stop.condition:
            also = Expression(stop.condition, self.names, self.walk.gradient, self.walk.program)
            self.bind_one(Stop(stop.number, stop.kind, text, False, ""))
            place = self.tests.pop()[1]
            self.tests.append((stop, lambda node: place(node) and also.holds(node, self.layer_of(node))))
        elif stop.kind == "watch":
            self.watches[self.names.find(text)] = stop
        elif stop.kind == "name":
            nodes = set(self.names.all(text)) or {self.names.find(text)}
            self.tests.append((stop, nodes.__contains__))
        elif stop.kind == "layer":
            layer = self.layer(text)
            self.tests.append((stop, lambda node: self.enters(node, layer)))
        elif stop.kind == "op":
            names = self.operations(text)
            self.tests.append((stop, lambda node: node.op is not None and node.op.name in names))
        else:
            expression = Expression(text, self.names, self.walk.gradient, self.walk.program)
            root = self.walk.root
            self.tests.append((stop, lambda node: (node is root or not expression.of_pass)
                               and expression.holds(node, self.layer_of(node))))

    def layer(self, text: str) -> int:
        """The layer that a text names. Raises UsageError unless the graph computes something in it."""
        there = self.computed_layers
        if not there:
            raise UsageError("this graph has no layers: its nodes have no network names such as z2_1")
        if not text.isdecimal() or len(text) > 12 or int(text) not in there:
            raise UsageError(f"expected a layer from {there[0]} to {there[-1]}; got {label_text(text) or 'none'}")
        return int(text)

    @property
    def computed_layers(self) -> list[int]:
        """The layers in which the graph computes something."""
        return sorted({layer for node, layer in self.layers.items() if node.op is not None})

    def layer_of(self, node: Value) -> float:
        """Its layer; C, and anything else after the last layer, has none."""
        return self.layers.get(node, NO_LAYER)

    def enters(self, node: Value, layer: int) -> bool:
        """Whether the node is the first of its layer: the operation processed before it is of another layer."""
        if node.op is None or self.layers.get(node) != layer:
            return False
        index = self.walk.index - 1
        while index >= 0 and self.walk.nodes[index].op is None:
            index -= 1
        return index < 0 or self.layers.get(self.walk.nodes[index]) != layer

    def operations(self, text: str) -> set[str]:
        """The operations of that name or symbol. Raises UnknownName if the graph has none."""
        ops = {node.op for node in self.walk.nodes if node.op is not None}
        found = {op.name for op in ops if text in (op.name, op.symbol)}
        if not found:
            there = sorted({op.name for op in ops})
            raise UnknownName(f"no node of this graph is made by {label_text(text) or 'no operation'}"
                              f"{nearest(text, there) or '; there are ' + ', '.join(there)}")
        return found

    def add(self, text: str, temporary: bool = False) -> Stop:
        """Add what follows `break`. Raises UsageError or UnknownName if it does not fit this pass's graph."""
        where, found, condition = text.partition(" if ")
        if not where.startswith("if ") and found and not self.names.all(text):
            text, condition = where.strip(), condition.strip()
        else:
            condition = ""
        match = KIND.fullmatch(text)
        return self.new(*(match[1], match[2].strip()) if match else ("name", text), temporary, condition)

    def watch(self, text: str) -> Stop:
        return self.new("watch", text)

    def new(self, kind: str, text: str, temporary: bool = False, condition: str = "") -> Stop:
        if not text:
            expected = {"layer": "a layer, as in break layer 2", "op": "an operation, as in break op sigmoid",
                        "if": "a condition, as in break if abs(grad) > 0.1"}
            raise UsageError(f"expected {expected.get(kind, 'a name, as in break z2_1')}")
        stop = Stop(self.last_number + 1, kind, text, temporary, condition)
        self.bind_one(stop)
        self.last_number += 1
        self.all.append(stop)
        return stop

    def clear(self, text: str) -> list[Stop]:
        """Remove those of this number or text, or all of them for "". Raises UnknownName if there are none."""
        gone = self.named(text)
        self.remove(gone)
        return gone

    def named(self, text: str) -> list[Stop]:
        """Those of this number or text; all of them for "". Raises UnknownName if there are none."""
        found = [stop for stop in self.all if text in ("", str(stop.number), stop.text, f"{stop.kind} {stop.text}")]
        if not found:
            there = ", ".join(str(stop) for stop in self.all) or "none is set"
            raise UnknownName(f"there is no breakpoint {label_text(text)}: {there}" if text else "no breakpoint is set")
        return found

    def remove(self, stops: list[Stop]) -> None:
        self.all = [stop for stop in self.all if stop not in stops]
        self.bind()

    def arrived(self, node: Value, keep: bool = False) -> Stopped | None:
        """The stop at this node, if any; `keep` does not clear a temporary one.

        A breakpoint whose condition raises stops too, and the line says why."""
        met, texts = [], []
        for stop, test in self.tests:
            try:
                if test(node) and self.counts(stop):
                    met.append(stop)
                    texts.append(str(stop))
            except UsageError as error:
                self.counts(stop)
                met.append(stop)
                texts.append(f"breakpoint {stop.number}: {error}; clear {stop.number} removes it")
        return (Stopped(met, ", ".join(texts)) if met else None) if keep else self.stopped(met, ", ".join(texts))

    def changed(self, step: Step) -> Stopped | None:
        """The stop after this step, if it has changed the gradient of a watched node."""
        stop = self.watches.get(step.operand) if step.operand is not None else None
        if stop is None or not differ(step.before, step.after) or not self.counts(stop):
            return None
        held = self.walk.held.get(step.operand, 0) if step.operand is not None else 0
        change = f"{number_text(held + step.before)} → {number_text(held + step.after)}"
        return self.stopped([stop], f"{stop}: {change} by\n   {step.text}")

    def counts(self, stop: Stop) -> bool:
        """Note that it was met; whether it stops the pass."""
        stop.hits += 1
        if stop.ignored:
            stop.ignored -= 1
            return False
        return True

    def stopped(self, met: list[Stop], text: str) -> Stopped | None:
        gone = [stop for stop in met if stop.temporary]
        if gone:
            self.remove(gone)
        return Stopped(met, text) if met else None


def differ(before: Any, after: Any) -> bool:
    """Whether two numbers of any kind differ; arrays, in any element."""
    try:
        different = before != after
        return bool(different.any() if hasattr(different, "any") else different)
    except Exception:
        return True
