"""The forward and the backward pass of a graph, one piece of arithmetic per step.

    >>> print(next(forward_steps(C)).text)    # what each node computed
    z²₁ = w²₁₁·x₁ + w²₁₂·x₂ + b²₁ = (−0.8956)·0.5 + 0.851·(−1) + 0 = −1.299   (12)
    >>> for step in backward_steps(C):        # performs C.backward(), one application of the chain rule at each next()
    ...     print(step.text)
    ∂C/∂a³₁ += −(y₁/a³₁ − (1 − y₁)/(1 − a³₁)) = −(1/0.4773 − (1 − 1)/(1 − 0.4773)) = −2.095   (16)
    ...

A step holds numbers; its texts are made when they are asked for. `formula` and `numbers` are parts: text, and holes for
numbers, so that other numbers can be filled in.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import chain, islice

from micrograd_paper.display import counted, number_text
from micrograd_paper.backward_pass import add_back, checked_seed, give_back, set_aside
from micrograd_paper import observing
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.functions import Number as AnyNumber
from micrograd_paper.graph import is_current, same
from micrograd_paper.kinds.formula import ATOM, PRODUCT, SLASHED, SUM, FormulaText
from micrograd_paper.plain import printable
from micrograd_paper.reading.names import SINGLE_NAME
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.stale_nodes import now_given
from micrograd_paper.stepping.formulas import (
    HARMLESS, Hole, Leaf, NumberSlot, Part, forward_formula, operation, pieces, term_formula,
)
from micrograd_paper.stepping.words import TEMPLATES, Saying, backward_saying, forward_saying, holds, largest_terms

SINGLE_NUMBER = re.compile(r"[\w.]+(e[-−]\d+)?|\[.*")  # a number that needs none


class Step:
    """What one node computes, or one application of the chain rule: operand.grad = operand.grad + partial · node.grad.

    node       the node whose arithmetic it is
    operand    the operand that the chain rule is applied to, node.operands[position]; None in a forward step
    grad       the node's gradient at that moment; None in a forward step
    before     the operand's gradient before; None in a forward step
    term       what is added to it, partial · grad; None in a forward step
    after      the operand's gradient after; the node's data in a forward step
    """

    __slots__ = ("shared", "node", "operand", "position", "grad", "before", "term", "after")

    def __init__(
        self, shared: "Shared", node: Value, operand: Value | None, position: int | None, grad: AnyNumber,
        before: AnyNumber, term: AnyNumber, after: AnyNumber,
    ) -> None:
        self.shared = shared
        self.node = node
        self.operand = operand
        self.position = position
        self.grad = grad
        self.before = before
        self.term = term
        self.after = after

    def __repr__(self) -> str:
        return printable(f"<Step {self.text}>")

    @property
    def equation(self) -> str:
        """The paper's equation for it, such as "(24)"; "" if there is none."""
        equations = self.shared.reading.equations
        return equations.forward(self.node) if self.position is None else equations.backward(self.node, self.position)

    @property
    def name(self) -> str:
        """What the step computes: z²₁, ∂C/∂w²₁₃, δ²₁."""
        return self.shared.names[self.node] if self.operand is None else self.shared.gradient_name(self.operand).text

    @property
    def formula(self) -> tuple[Part, ...]:
        """The formula in symbols. Its only holes are for constants, which have no name, and for a seed other than 1."""
        return self.parts(self.written(InSymbols(self.shared, self.node)))

    @property
    def numbers(self) -> tuple[Part, ...]:
        """The formula with holes for all numbers."""
        return self.parts(self.written(InNumbers(self.shared, self.node)))

    @property
    def result(self) -> NumberSlot:
        """The hole for the result: the node's data, or the term."""
        return NumberSlot("data", self.node) if self.position is None else NumberSlot("term", self.node, self.position)

    @property
    def symbols(self) -> str:
        """z²₁ = w²₁₁·x₁ + b²₁, or ∂C/∂w²₁₃ += δ²₁·x₃."""
        return f"{self.name} {'=' if self.operand is None else '+='} {self.filled(self.formula)}"

    @property
    def arithmetic(self) -> str:
        """0.0123·1.4: the formula with its numbers."""
        return self.filled(self.numbers)

    @property
    def total(self) -> str:
        """0.0172 + 0.003 = 0.0202: the gradient so far, the term, their sum. "" for the first term, and forward."""
        if self.operand is None or (type(self.before) is int and self.before == 0):
            return ""
        return f"{number_text(self.before)} {signed(number_text(self.term))} = {number_text(self.after)}"

    @property
    def text(self) -> str:
        """The whole line: symbols, numbers, result, running sum, equation. Repetitions are left out."""
        if self.operand is None and not is_current(self.node, operation(self.node)):
            return f"{self.name} = {number_text(self.after)}, {now_given(self.node)}"
        shown = [self.symbols]
        for text in (self.arithmetic, self.filled((self.result,))):
            if not shown[-1].endswith(f"= {text}") and shown[-1] != text:
                shown.append(text)
        total = f"; {self.name} = {self.total}" if self.total else ""
        return " = ".join(shown) + total + (f"   {self.equation}" if self.equation else "")

    @property
    def saying(self) -> Saying:
        """What there is to say, with the conditions and what stands in the slots: `words` with other numbers, too."""
        reading = self.shared.reading
        if self.position is None or self.operand is None:
            return forward_saying(self.node, reading)
        share = self.shared.shares[self.node, self.position], len(reading.consumers[self.operand])
        return backward_saying(self.node, self.position, reading, self.shared.gradient_name(self.node).text, share)

    @property
    def words(self) -> str:
        """One or two sentences: what acts, through what, how strongly. Every number in them is the step's."""
        cases, slots, tail = self.saying
        template = next(name for condition, number, name in cases
                        if number is None or holds(condition, self.value(number)))
        texts = {name: self.filled(parts) for name, parts in slots.items()} | self.common_slots()
        if template == "products":
            (first, x), (second, y), *_ = largest_terms(self.node, self.shared.names)
            texts |= {"first": f"{first} = {number_text(x)}", "second": f"{second} = {number_text(y)}"}
        return " ".join([TEMPLATES[name].format_map(texts) for name in (template, tail) if name])

    def common_slots(self) -> dict[str, str]:
        """What every step has to fill into a template."""
        names, place = self.shared.names, self.position or 0
        texts = {"node": names[self.node], "root": names[self.shared.root], "value": number_text(self.node.data),
                 "partial": number_text(self.node.partials[place])}
        if self.operand is None:
            return texts
        size = self.value(NumberSlot("size", self.node, place))
        return texts | {"operand": names[self.operand], "gradient": self.name, "size": number_text(size),
                        "grad": number_text(self.grad), "term": number_text(self.term),
                        "after": number_text(self.after)}

    def filled(self, parts: Sequence[Part], text: Callable[[AnyNumber], str] = number_text) -> str:
        """The parts with the numbers put in, each as `text` writes it."""
        return "".join([part if isinstance(part, str) else self.in_place(part, text) for part in parts])

    def in_place(self, number: NumberSlot, text: Callable[[AnyNumber], str]) -> str:
        """One number's text, in brackets where needed: if it is negative, or more than a single number."""
        written = text(self.value(number))
        return in_brackets(written) if number.bracketed else written

    def value(self, number: NumberSlot) -> AnyNumber:
        """The number that belongs in a hole of this step."""
        if number.quantity == "data":
            return number.node.data
        if number.quantity == "partial" and number.position is not None:
            return number.node.partials[number.position]
        if number.quantity == "size" and number.position is not None:
            partial = number.node.partials[number.position]
            return abs(partial) if isinstance(partial, int | float) else partial
        return getattr(self, number.quantity)

    def written(self, leaves: "InSymbols | InNumbers") -> FormulaText:
        if self.position is None:
            return forward_formula(self.node, leaves)
        return term_formula(self.node, self.position, leaves)

    def parts(self, formula: FormulaText) -> tuple[Part, ...]:
        """The formula as text and holes."""
        found = [self.hole(piece) if place % 2 else piece for place, piece in enumerate(pieces(formula))]
        return tuple([part for part in found if part])

    def hole(self, key: str) -> NumberSlot:
        name, bracketed = key.rstrip("!"), key.endswith("!")
        if name.isdecimal():
            return NumberSlot("data", self.node.operands[int(name)], None, bracketed)
        if name == "data":
            return NumberSlot("data", self.node, None, bracketed)
        return NumberSlot(name, self.node, self.position if name == "partial" else None, bracketed)


def forward_steps(root: Value, paths: Mapping[Value, str] | None = None) -> Iterator[Step]:
    """What each interior node of root's graph computed, in topological order. Raises NotAValue.

    `paths` names the Values without a label; by default they have the names of the program's variables.
    """
    shared = Shared(topological_order(root), 1, paths)
    return (
        Step(shared, node, None, None, None, None, None, node.data) for node in shared.order if node.op is not None
    )


def backward_steps(
    root: Value, seed: AnyNumber = 1, paths: Mapping[Value, str] | None = None
) -> Iterator[Step]:
    """root.backward(seed), one application of the chain rule at each next(); the step that it yields has been made.

    At the end, or when the iterator is closed or dropped before it, what the leaves held before is added to them, as in
    `backward`; until then they hold this pass alone, so only one pass may be active at a time. Raises NotAValue.
    """
    return chain_rule(Shared(topological_order(root), checked_seed(seed), paths))


def chain_rule(shared: "Shared") -> Generator[Step, None, None]:
    earlier = set_aside(shared.order)
    shared.root.grad = shared.seed
    try:
        for node in reversed(shared.order):
            for position, (operand, partial) in enumerate(zip(node.operands, node.partials)):
                before = operand.grad
                term = partial * node.grad
                operand.grad = before + term  # the chain rule, (18)
                yield Step(shared, node, operand, position, node.grad, before, term, operand.grad)
    except GeneratorExit:
        pass
    except BaseException:
        give_back(shared.order, earlier)
        raise
    add_back(earlier)


def reached(nodes: Sequence[Value], index: int, place: int) -> dict[Value, bool]:
    """Of nodes in the order of a pass, before the step of nodes[index] and its operand of that place: the root, which
    has the seed, and what something has been added to, and whether that is complete."""
    whole = chain.from_iterable(node.operands for node in nodes[:index])
    had_a_turn = set(nodes[:index + 1])
    found = {nodes[0], *whole, *nodes[index].operands[:place]}
    return {node: node in had_a_turn for node in found}


@contextmanager
def after_steps(order: list[Value], count: int) -> Iterator[tuple[dict[Value, bool], Step | None]]:
    """The gradients as a backward pass leaves them after so many steps: what is reached, as above, and the last step.

    Afterwards every node holds what it held before. Raises UsageError for more steps than there are.
    """
    nodes, steps = order[::-1], sum(len(node.operands) for node in order)
    if not 0 <= count <= steps:
        raise UsageError(f"the backward pass of this graph has {counted(steps, 'step')}; got step={count}")
    with observing.lock:
        held = [(node, node.grad) for node in order]
        walk, left = chain_rule(Shared(order, 1)), count
        try:
            last = next(iter(deque(islice(walk, count), maxlen=1)), None)
            if not count:
                set_aside(order)
                order[-1].grad = 1
            index = 0
            while index < len(nodes) - 1 and left >= len(nodes[index].operands):
                left -= len(nodes[index].operands)
                index += 1
            yield dict.fromkeys(nodes, True) if count == steps else reached(nodes, index, left), last
        finally:
            walk.close()
            for node, grad in held:
                node.grad = grad


class Shared:
    """What the steps of one pass have in common: the order, the seed, and the graph read in the paper's terms."""

    def __init__(self, order: list[Value], seed: AnyNumber, paths: Mapping[Value, str] | None = None) -> None:
        self.order = order
        self.root = order[-1]
        self.seed = seed
        self.reading = Reading(self.root, order, paths)

    @property
    def names(self) -> dict[Value, str]:
        return self.reading.names

    @cached_property
    def shares(self) -> dict[tuple[Value, int], int]:
        """For a node and the position of an operand: which of the operand's contributions this is, 1 for the first."""
        found, so_far = {}, Counter[Value]()
        for node in reversed(self.order):
            for position, operand in enumerate(node.operands):
                so_far[operand] += 1
                found[node, position] = so_far[operand]
        return found

    def named(self, node: Value, value: float = HARMLESS) -> Leaf:
        """The node's name, in brackets where it looks like a formula."""
        name = self.names[node]
        return Leaf(value, name, ATOM if SINGLE_NAME.fullmatch(name) else SUM)

    def gradient_name(self, node: Value) -> FormulaText:
        """δ²₁ for the gradient of z²₁, ∂C/∂w²₁₃ for that of anything else; 10·∂C/∂z²₁ if the seed is 10."""
        root, name = self.named(self.root).bracketed(ATOM), self.named(node).bracketed(ATOM)
        if not same(self.seed, 1):
            seed = number_text(self.seed)
            times = in_brackets(seed) if SINGLE_NUMBER.fullmatch(seed.removeprefix("−")) else "seed"
            return Leaf(HARMLESS, f"{times}·∂{root}/∂{name}", PRODUCT)
        delta = self.reading.delta(node)
        if delta is not None:
            return Leaf(HARMLESS, str(delta) + self.reading.twin(node))
        return Leaf(HARMLESS, f"∂{root}/∂{name}", PRODUCT)


class InSymbols:
    """A node's formulas in names. A constant, which has none, and a seed are holes."""

    def __init__(self, shared: Shared, node: Value) -> None:
        self.shared = shared
        self.node = node

    def operand(self, position: int, value: float) -> FormulaText:
        operand = self.node.operands[position]
        is_constant = operand.op is None and operand not in self.shared.reading.given_names
        return Hole(str(position), value) if is_constant else self.shared.named(operand, value)

    def result(self, value: float) -> FormulaText:
        return self.shared.named(self.node, value)

    def gradient(self) -> FormulaText | None:
        if self.node is not self.shared.root:
            return self.shared.gradient_name(self.node)
        return None if is_one(self.shared.seed) else Hole("grad")

    def partial(self, position: int, name: str) -> FormulaText:
        if name:
            return FormulaText(HARMLESS, name)
        node, operand = (self.shared.named(x).bracketed(ATOM) for x in (self.node, self.node.operands[position]))
        written = self.shared.reading.partial_name(self.node, position, node, operand)
        if self.node is self.shared.root and self.node in self.shared.reading.stale:  # ∂C/∂n1 is what the step computes
            written = f"{node}.partials[{position}]"
        return FormulaText(HARMLESS, written, SLASHED) if "/" in written else Leaf(HARMLESS, written)


class InNumbers:
    """A node's formulas with a hole for every number."""

    def __init__(self, shared: Shared, node: Value) -> None:
        self.shared = shared
        self.node = node

    def operand(self, position: int, value: float) -> FormulaText:
        return Hole(str(position), value)

    def result(self, value: float) -> FormulaText:
        return Hole("data", value)

    def gradient(self) -> FormulaText | None:
        return None if self.node is self.shared.root and is_one(self.shared.seed) else Hole("grad")

    def partial(self, position: int, name: str) -> FormulaText:
        return Hole("partial")


def in_brackets(number: str) -> str:
    """A number's text, in brackets unless it is a single number without a sign."""
    return number if SINGLE_NUMBER.fullmatch(number) else f"({number})"


def signed(number: str) -> str:
    """+ 0.003, − 0.003, + (1+2j)."""
    is_negative = number.startswith("−") and SINGLE_NUMBER.fullmatch(number[1:])
    return f"− {number[1:]}" if is_negative else f"+ {in_brackets(number)}"


def is_one(number: AnyNumber) -> bool:
    return type(number) in (int, float) and bool(number == 1)
