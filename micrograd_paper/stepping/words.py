"""What a step does, in one or two sentences: a table of templates with slots, and which of them is said.

    >>> from micrograd_paper.stepping.steps import forward_steps
    >>> print(list(forward_steps(C))[1].words)
    The sigmoid makes −1.299 into 0.2144.

Which sentence is said can depend on the numbers: a factor that is 0 has its own. So a step has cases, each a condition
on one of its numbers and the name of a template; the first whose condition holds is said. The page fills the same
templates by the same conditions, so its sentences hold after an edit, too. A translator needs TEMPLATES, COUNTS and
ORDINALS alone.

Slots of every step: {operand} {node} {root}, names; {gradient}, ∂C/∂operand by its name; {partial} {size} {grad}
{term} {after} {value}, numbers of the step, of which size is |partial|. Others are named where they are filled.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from micrograd_paper.display import label_text
from micrograd_paper.engine import Value
from micrograd_paper.graph import is_current
from micrograd_paper.operations import Op, constant_power
from micrograd_paper.reading.equation_numbers import REGULARIZED
from micrograd_paper.reading.reading import Reading
from micrograd_paper.stepping.formulas import NumberSlot, Part, follows, is_of_the_table, operation

TEMPLATES = {
    # the forward pass
    "products": "Each input of the neuron counts as often as its weight says, and the bias is added. "
                "The largest terms are {first} and {second}.",
    "products-not-finite": "Each input of the neuron counts as often as its weight says, and the bias is added.",
    "sigmoid": "The sigmoid makes {x} into {value}.",
    "sigmoid-flat": "The sigmoid makes {x} into {value}. It is almost flat here: slope {partial}.",
    "function": "{function} makes {x} into {value}.",
    "relu-off": "relu lets no negative number through: {x} becomes 0.",
    "sum": "{x_name} and {y_name} are added: {value}.",
    "difference": "{y_name} is subtracted from {x_name}: {value} is left.",
    "product": "{x_name} is multiplied by {y_name}: {x} becomes {value}.",
    "quotient": "{x_name} is divided by {y_name}: {x} becomes {value}.",
    "opposite": "{x_name} changes its sign: {x} becomes {value}.",
    "power": "{x_name} is raised to a power: {x} becomes {value}.",
    "total": "The terms, {terms} of them, are added: {value}.",
    "same": "{x_name} is passed on as it is: {value}.",
    "quadratic": "a − y is {differences}; half the sum of the squares is {value}.",
    "quadratic-of-many": "Half the sum of the squares of all {terms} differences a − y is {value}.",
    "cross-entropy": "Outputs are compared with targets by logarithms: the further off on its side, the more an output "
                     "adds to {node}. Here that is {value} in all.",
    "computed": "{node} is what {function} gives: {value}.",
    "not-current": "{node} is {value}, which its operands do not give now: a number was changed since.",
    # the backward pass: where one operand gets all from one step
    "output-below": "{operand} is {size} below {target}: {node} falls if it grows a little.",
    "output-above": "{operand} is {size} above {target}: {node} grows if it does.",
    "output-equal": "{operand} equals {target}: a small change of it hardly changes {node}.",
    "logit-below": "σ({operand}) is {size} below {target}: {node} falls if it grows a little.",
    "logit-above": "σ({operand}) is {size} above {target}: {node} grows if it does.",
    "logit-equal": "σ({operand}) equals {target}: a small change of it hardly changes {node}.",
    "slope-down": "The slope is {partial}: {node} falls if {operand} grows a little.",
    "slope-up": "The slope is {partial}: {node} grows if {operand} does.",
    "slope-zero": "The slope is 0: a small change of {operand} hardly changes {node}.",
    "target": "{operand} is a target: it is given, and descent does not change it.",
    "sigmoid-alone": "{operand} acts through {node} alone; the sigmoid passes on {partial} of a small change: {grad} "
                     "becomes {term}.",
    "sigmoid-alone-flat": "{operand} acts through {node} alone, and the sigmoid is almost flat here: it passes on only "
                          "{partial} of a small change, and {grad} becomes {term}.",
    "slope": "{function} has the slope {partial} here: {grad} becomes {term}.",
    "flat": "{function} is flat here, with slope 0: no small change of {operand} reaches {node}.",
    "weight": "{operand} multiplies {other} = {partial}: so much of a small change reaches {node}.",
    "weight-no-effect": "{other} is 0: {operand} has no effect here.",
    "bias": "{operand} is added to {node} as it is, so {root} reacts to both alike.",
    "bias-shared": "{operand} is added to {node} as it is: {grad} passes unchanged.",
    "neuron-alone": "{operand} acts through {node} alone: a small change arrives there {other} = {partial} times as "
                    "large, and {grad} becomes {term}.",
    "neuron": "{operand} acts on {root} through {count} neurons. This is {which}, {node}: a small change of {operand} "
              "arrives there {other} = {partial} times as large, and {error} = {grad} says what {node} does to {root}.",
    "neuron-no-effect": "{other} is 0: {operand} does not act through {node}.",
    "unchanged": "{sign} passes {grad} on unchanged.",
    "turned": "− turns the sign: {grad} becomes {term}.",
    "factor": "{operand} is multiplied by {other_name}: {grad} becomes {term}.",
    "factor-no-effect": "{operand} is multiplied by 0: it has no effect here.",
    "mean": "{node} is the sum divided by {y}: the sum counts {partial}, and {grad} becomes {term}.",
    "decay": "Decay alone adds {term}: it pulls {operand} towards 0.",
    "no-effect": "A small change of {operand} does not reach {node}: the slope is 0.",
    "chain": "A small change of {operand} reaches {node} {partial} times as large: {grad} becomes {term}.",
    "nothing-behind": "{error} is 0: a small change of {node} hardly changes {root}, so {operand} gets {term} from it.",
    # and where it gets shares from several
    "delta": "{gradient} is short for ∂{root}/∂{operand}.",
    "share": "This is {which} of {count} uses of {operand}.",
    "last-share": "The last of {count}: {node} adds {term}. {gradient} is complete: {after}.",
}
PAGE_TEMPLATES = {  # what the page says beside the steps: before them, descent, and the judgement of answers
    "beginning": "The numbers that are given are shown; the forward pass computes the others. The backward pass then "
                 "says, in the pills, how {root} reacts to a small change of each.",
    "so-far": "= {sum} in the end; {after} so far",
    "descent-start": "Descent changes each weight and bias a little against its gradient: what makes the cost grow "
                     "becomes smaller. η says how far one step goes.",
    "descent-fell": "The cost fell by {size} to {cost}.",
    "descent-rose": "The cost rose by {size} to {cost}: the step went too far; a smaller η may help.",
    "descent-even": "The cost is still {cost}.",
    "descent-up": "The gradient of {name} was {gradient}, so it went up by {eta}·{size} = {change}.",
    "descent-down": "The gradient of {name} was {gradient}, so it went down by {eta}·{size} = {change}.",
    "descent-moved": "{name} changed by {change}: against its gradient {gradient}, and by its decay.",
    "descent-still": "{name} did not change.",
    "ask-sign": "{reply} has the wrong sign.",
    "ask-bias": "{reply} is the sum without {bias}: the bias is left out.",
    "ask-function": "{reply} is {operand} itself: what makes {node} of it is left out.",
    "ask-slope": "{reply} is {error}: the slope of {node} at {operand} is left out.",
    "ask-factor": "{reply} is {error}: the factor {other} is left out.",
    "ask-error": "{reply} is how {node} reacts to {operand}; how {root} reacts to {node} is left out.",
    "ask-sum": "{reply} is the sum so far, with this share; asked is the share alone.",
    "ask-other-factor": "{reply} comes with {wrong} in the place of {other}: another row or column.",
    "ask-other-error": "{reply} comes with {wrong} in the place of {error}: another neuron.",
    "ask-other-step": "{reply} is what reaches {name} through {node}.",
    "ask-wrong": "{reply} is not it, and none of the usual mistakes gives it.",
    "ask-hint": "Multiply how the cost reacts to {node}, {error}, by how {node} reacts to {operand}.",
    "ask-hint-forward": "{node} is computed from {operands}.",
    "ask-end": "{right} right at once, {helped} after help, {shown} shown.",
}
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("", "the first", "the second", "the third", "the fourth", "the fifth", "the sixth", "the seventh",
            "the eighth", "the ninth", "the tenth", "the eleventh", "the twelfth")

FLAT = 0.01  # a slope below this is called almost flat
CONDITIONS: dict[str, Callable[[Any], Any]] = {  # on a real number; the page has them by running them on ProgramText
    "zero": lambda x: x == 0,
    "negative": lambda x: x < 0,
    "positive": lambda x: x > 0,
    "flat": lambda x: abs(x) < FLAT,
    "finite": lambda x: abs(x) < math.inf,
}

Case = tuple[str, NumberSlot | None, str]  # condition, the number that it is a condition on, name of a template
Slots = dict[str, tuple[Part, ...]]


class Saying(NamedTuple):
    """What is said at a step: the first of the cases whose condition holds, and then `tail`, a template too, or "".

    slots  what stands in the slots that not every step has
    """

    cases: tuple[Case, ...]
    slots: Slots
    tail: str = ""


def holds(condition: str, number: Any) -> bool:
    """Whether a condition holds; for what is no real number, none does."""
    return condition == "" or (isinstance(number, int | float) and bool(CONDITIONS[condition](number)))


def always(template: str) -> Case:
    return "", None, template


def forward_saying(node: Value, reading: Reading) -> Saying:
    """What a node computes."""
    op = operation(node)
    if not is_current(node, op):
        return Saying((always("not-current"),), {})
    if not is_known(op):
        return Saying((always("computed"),), {"function": (label_text(op.name),)})
    number, slope = NumberSlot("data", node), NumberSlot("partial", node, 0)
    first = NumberSlot("data", node.operands[0])
    n = len(node.operands) // (op.groups or 1)
    slots: Slots = {"x": (first,)}
    if op.name == "weighted_sum":
        return Saying((("finite", number, "products"), always("products-not-finite")), {})
    if op.name == "quadratic":
        if n > 5:
            return Saying((always("quadratic-of-many"),), {"terms": (str(n),)})
        commas: list[Part] = [part for j in range(n) for part in (", ", NumberSlot("partial", node, j))]
        return Saying((always("quadratic"),), {"differences": tuple(commas[1:])})
    if op.name in ("cross_entropy", "cross_entropy_from_logits"):
        return Saying((always("cross-entropy"),), {})
    if op.name == "total":
        return Saying((always("total"),), {"terms": (str(n),)})
    if op.name == "sigmoid":
        return Saying((("flat", slope, "sigmoid-flat"), always("sigmoid")), slots)
    if op.name not in ARITHMETIC:
        slots["function"] = (function_name(op),)
        off: tuple[Case, ...] = (("negative", first, "relu-off"),) if op.name == "relu" else ()
        return Saying((*off, always("function")), slots)
    slots["x_name"] = (name_or_number(reading, node.operands[0]),)
    if len(node.operands) > 1:
        slots["y_name"] = name_and_number(reading, node.operands[1])
    if op.name == "add":
        slots["y_name"] = (name_or_number(reading, node.operands[1]),)
    return Saying((always(ARITHMETIC[op.name]),), slots)


ARITHMETIC = {
    "add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient", "negative": "opposite",
    "power": "power", "constant_power": "power", "identity": "same",
}


def backward_saying(node: Value, position: int, reading: Reading, error: str, share: tuple[int, int]) -> Saying:
    """What the chain rule does for an operand. `error` is the name of ∂C/∂node; this is share k of n of the operand."""
    k, n = share
    slots: Slots = {
        "error": (error,), "count": (worded(n, COUNTS),), "which": (worded(k, ORDINALS),),
    }
    cases, more, counts = gradient_cases(node, position, reading, n)
    if 1 < n == k:
        return Saying((always("last-share"),), slots | more)
    is_delta = n == 1 and reading.delta(node.operands[position]) is not None
    tail = "delta" if is_delta else "" if n == 1 or counts else "share"
    return Saying((("zero", NumberSlot("grad", node), "nothing-behind"), *cases), slots | more, tail)


def gradient_cases(
    node: Value, position: int, reading: Reading, n: int
) -> tuple[tuple[Case, ...], Slots, bool]:
    """The cases, what stands in their slots, and whether they say themselves which share of the n this is."""
    op, operand = operation(node), node.operands[position]
    slope = NumberSlot("partial", node, position)
    chain: tuple[Case, ...] = (("zero", slope, "no-effect"), always("chain"))
    if not is_known(op) or not follows(node, position):
        return chain, {}, False
    if op.name in OUTPUT_CASES:
        half = len(node.operands) // 2
        if position >= half:
            is_target = reading.roles[operand] == "target"
            return ((always("target"),) if is_target else chain), {}, False
        below, above, equal = OUTPUT_CASES[op.name]
        cases: tuple[Case, ...] = (
            ("negative", slope, below), ("positive", slope, above), ("zero", slope, equal), always("chain"))
        return cases, {"target": (name_or_number(reading, node.operands[position + half]),)}, False
    if op.name == "weighted_sum":
        return neuron_cases(node, position, reading, n)
    if op.name == "sigmoid" and n == 1:
        return (("flat", slope, "sigmoid-alone-flat"), always("sigmoid-alone")), {}, False
    if op.name in ("add", "total", "identity") or (op.name == "subtract" and position == 0):
        return (always("unchanged"),), {"sign": ("+" if op.name in ("add", "total") else op.symbol,)}, False
    if op.name in ("subtract", "negative"):
        return (always("turned"),), {}, False
    if op.name == "multiply":
        other = node.operands[1 - position]
        factor: tuple[Case, ...] = (("zero", slope, "factor-no-effect"), always("factor"))
        return factor, {"other_name": name_and_number(reading, other)}, False
    if op.name == "divide" and position == 0 and node in reading.equations.means:
        return (always("mean"),), {"y": (NumberSlot("data", node.operands[1]),)}, False
    if op.name in ARITHMETIC:
        decays = reading.equations.is_squared_weight(node) and reading.equations.sums.get(node) == REGULARIZED
        decay: tuple[Case, ...] = (("positive", NumberSlot("grad", node), "decay"),) if decays else ()
        return (*decay, *chain), {}, False
    return (("zero", slope, "flat"), always("slope")), {"function": (function_name(op),)}, False


def neuron_cases(
    z: Value, position: int, reading: Reading, n: int
) -> tuple[tuple[Case, ...], Slots, bool]:
    """The same for a weight, a bias, or what comes from the layer below."""
    half, operand, slope = len(z.operands) // 2, z.operands[position], NumberSlot("partial", z, position)
    if position == 2 * half:
        return (always("bias" if n == 1 and z is not reading.root else "bias-shared"),), {}, False
    other = z.operands[position + half if position < half else position - half]
    slots: Slots = {"other": (reading.names[other],)}
    if position < half:
        return (("zero", slope, "weight-no-effect"), always("weight")), slots, False
    neurons = reading.consumers[operand]
    counts = n > 1 and len(set(neurons)) == n and all(
        operation(each).name == "weighted_sum" and operand in each.operands[len(each.operands) // 2 : -1]
        for each in neurons
    )
    said = "neuron" if counts else "neuron-alone" if n == 1 else "chain"
    no_effect: tuple[Case, ...] = () if counts else (("zero", slope, "neuron-no-effect"),)
    return (*no_effect, always(said)), slots, counts


OUTPUT_CASES = {
    "quadratic": ("output-below", "output-above", "output-equal"),
    "cross_entropy": ("slope-down", "slope-up", "slope-zero"),
    "cross_entropy_from_logits": ("logit-below", "logit-above", "logit-equal"),
}


def is_known(op: Op) -> bool:
    """Whether it is an operation of the table, with its own partials."""
    return is_of_the_table(op) or getattr(op.forward, "func", None) is constant_power


def function_name(op: Op) -> str:
    return op.name if "·" in op.symbol else op.symbol


def name_or_number(reading: Reading, node: Value) -> Part:
    """The name of a node; of a constant, which has none, its number."""
    return reading.names[node] if has_name(reading, node) else NumberSlot("data", node)


def name_and_number(reading: Reading, node: Value) -> tuple[Part, ...]:
    """w1 = −3; of a constant only the number."""
    number = NumberSlot("data", node)
    return (f"{reading.names[node]} = ", number) if has_name(reading, node) else (number,)


def has_name(reading: Reading, node: Value) -> bool:
    return node.op is not None or node in reading.given_names


def worded(number: int, words: tuple[str, ...]) -> str:
    """two, the second; beyond twelve 13, number 13."""
    if number < len(words):
        return words[number]
    return str(number) if words is COUNTS else f"number {number}"


def largest_terms(node: Value, names: dict[Value, str]) -> list[tuple[str, Any]]:
    """The terms w·a and b of a sum with their values, the largest first; of equally large ones the first."""
    half = len(node.operands) // 2
    products = [(f"{names[w]}·{names[a]}", w.data * a.data)
                for w, a in zip(node.operands[:half], node.operands[half:-1])]
    bias = node.operands[-1]
    return sorted([*products, (names[bias], bias.data)], key=lambda term: -abs(term[1]))
