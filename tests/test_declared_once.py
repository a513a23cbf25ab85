"""An operation, an activation, a cost are declared once, and every tool knows them: each is registered here alone."""

import contextlib
import io
import re

import pytest

from micrograd_paper import MLP, Value, compare, draw, explore, fit, gradient, load, quadratic, save, unroll
from micrograd_paper.activations import ACTIVATIONS, PaperActivation
from micrograd_paper.costs import COSTS, PaperCost, batch_cost, matched
from micrograd_paper.debugger.command import GROUPS
from micrograd_paper.debugger.debugger import COMMANDS, Debugger
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.engine import apply, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.functions import sign, sqrt
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import TABLE, operation
from micrograd_paper.stepping.steps import backward_steps, forward_steps

pytestmark = pytest.mark.usefixtures("nameless")


# What a contributor would write, each in one file.

def hypot(x, y):
    return sqrt(x * x + y * y)
def hypot_partials(result, x, y):
    return x / result, y / result


def softsign(z):
    return z / (1 + abs(z))
def softsign_partials(result, z):
    return (1 / ((1 + abs(z)) * (1 + abs(z))),)
def softsign_prime(z):  # by hand, for the judge
    return 1 / ((1 + abs(z)) * (1 + abs(z)))


def mean_absolute_error(*operands):
    n = len(operands) // 2
    result = abs(operands[0] - operands[n])
    for a, y in zip(operands[1:n], operands[n + 1:]):
        result = result + abs(a - y)
    return result / n
def mean_absolute_error_partials(result, *operands):
    n = len(operands) // 2
    slopes = [sign(a - y) / n for a, y in zip(operands[:n], operands[n:])]
    return (*slopes, *[-slope for slope in slopes])
def mean_absolute_error_slopes(a, y):  # by hand, for the judge
    return [sign(a_j - y_j) / len(a) for a_j, y_j in zip(a, y)]


def absolute_error_cost(a, y):
    outputs, targets = matched(a, y)
    C = apply(TABLE["mean_absolute_error"], *outputs, *targets)
    C.label = Symbol("C")
    return C


@pytest.fixture
def registered(monkeypatch):
    """Tables with the three in them, for the length of a test."""
    for table in (TABLE, ACTIVATIONS, COSTS):
        for name in table:
            monkeypatch.setitem(table, name, table[name])  # restored afterwards, and what is new is taken out
    for name in ("hypot", "softsign", "mean_absolute_error"):
        monkeypatch.setitem(TABLE, name, None)
        del TABLE[name]
    monkeypatch.setitem(ACTIVATIONS, "softsign", None)
    monkeypatch.setitem(COSTS, "mean_absolute_error", None)
    operation("hypot", "hypot", hypot, hypot_partials)
    op = operation("softsign", "softsign", softsign, softsign_partials)
    ACTIVATIONS["softsign"] = PaperActivation(op, softsign, softsign_prime)
    op = operation("mean_absolute_error", "mean|·|", mean_absolute_error, mean_absolute_error_partials, groups=2)
    COSTS["mean_absolute_error"] = PaperCost(
        absolute_error_cost, op, (4, 4), mean_absolute_error_slopes, sign="−", rule="C = 1/n Σ |a − y|",
    )


def talk(root, *commands):
    """What the debugger says to these commands."""
    out = io.StringIO()
    Debugger(io.StringIO("\n".join([*commands, "quit"]) + "\n"), out).visit(Pass.of(root), "heading")
    return out.getvalue()


def run(program):
    """What an unrolled program prints: each gradient by the name in the program's line."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"__name__": "__main__"})
    return [line.split()[-1] for line in printed.getvalue().splitlines()]


def walked_through(root, tmp_path):
    """The texts of all tools that show any graph; each of them has run, and agrees with `backward`."""
    twin_order = topological_order(root)
    root.backward()
    steps = [*forward_steps(root), *backward_steps(root)]
    assert [node.data for node in twin_order if node.op] == [step.after for step in steps if step.operand is None]
    leaves = [node for node in twin_order if not node.operands]
    own = gradient(root, leaves)
    assert [leaf.grad for leaf in leaves] == [slope + slope for slope in own]
    assert sorted(map(float, run(unroll(root))[1:])) == sorted(map(float, own))
    page = explore(root, tmp_path / "page.html").read_text(encoding="utf-8")
    assert '"unwritable": null' in page
    return {"steps": "\n".join(step.text for step in steps), "svg": draw(root, derivatives=True).svg, "page": page}


def test_an_operation_of_two_operands_is_known_to_every_tool(registered, tmp_path):
    x, y = Value(3.0, "x"), Value(4.0, "y")
    root = apply(TABLE["hypot"], x, y) * 2
    texts = walked_through(root, tmp_path)
    assert "n1 = hypot(x, y) = hypot(3, 4) = 5" in texts["steps"]
    assert "∂n3/∂x += ∂n3/∂n1·(∂n1/∂x) = 2·0.6 = 1.2" in texts["steps"]
    assert "hypot hypot of x, y" in texts["svg"]
    said = talk(root, "list", "why x", "where y", "break op hypot", "continue", "print")
    assert "∂n3/∂x = 2·(∂n1/∂x)\n       = 2·0.6\n       = 1.2" in said
    assert "breakpoint 1 (op hypot)" in said and "n1 = 5.0 · hypot" in said


def test_an_activation_is_known_to_every_tool(registered, tmp_path):
    net = MLP(2, [2, 1], ["softsign", "sigmoid"], seed=1)
    forward = net.forward([0.5, -1.0])
    C = quadratic(forward.output, [1.0])
    texts = walked_through(C, tmp_path)
    assert "a²₁ = softsign(z²₁)" in texts["steps"] and "δ²₁ += ∂C/∂a²₁·softsign′(z²₁)" in texts["steps"]
    assert re.search(r'<g id="a2_1" class="node activation">', texts["svg"])
    net.zero_grad()
    C.backward()
    comparison = compare(forward, [1.0])
    assert comparison.ok and any(row.symbol == "δ²₁" for row in comparison.rows)
    said = talk(C, "break a2_1", "continue", "step", "check z3_1")
    assert "-> ∂C/∂w²" in said or "-> δ²₁" in said
    save(net, tmp_path / "net.json")
    assert load(tmp_path / "net.json").activations == ["softsign", "sigmoid"]
    with pytest.raises(UsageError, match="sigmoid, tanh, relu, softplus, linear, softsign"):
        MLP(1, [1], "sofsign")


def test_an_activation_whose_partial_is_wrong_is_found_by_the_sigma_prime_beside_its_name(registered):
    row = ACTIVATIONS["softsign"]
    wrong = row.op._replace(partials=lambda result, z: (1 / (1 + abs(z)),))
    ACTIVATIONS["softsign"] = row._replace(op=wrong)
    forward = MLP(2, [2, 1], ["softsign", "sigmoid"], seed=1).forward([0.5, -1.0])
    quadratic(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0])
    assert {row.symbol for row in comparison.rows if not row.ok} >= {"δ²₁", "δ²₂", "∂z³₁/∂z²₁", "∂C/∂w²₁₁"}


@pytest.mark.parametrize("cost", [absolute_error_cost, "mean_absolute_error", "mean-absolute-error"])
def test_a_cost_is_known_to_every_tool(registered, cost, tmp_path):
    net = MLP(2, [2, 2], seed=1)
    forward = net.forward([0.5, -1.0])
    C = batch_cost([forward], [[1.0, 0.0]], cost)
    texts = walked_through(C, tmp_path)
    assert "C = (abs(a³₁ − y₁) + abs(a³₂ − y₂))/2" in texts["steps"] and "(4)" in texts["steps"]
    assert "∂C/∂a³₁ += " in texts["steps"] and "(16)" in texts["steps"]
    assert "C = 1/n Σ |a − y|" in texts["svg"] and '<g id="y1" class="node target term">' in texts["svg"]
    net.zero_grad()
    C.backward()
    assert compare(forward, [1.0, 0.0], cost).ok
    said = talk(C, "finish", "check")
    assert "gradients are the paper's" in said
    history = fit(net, [([0.5, -1.0], [1.0, 0.0])], eta=0.1, epochs=2, batch_size=1, cost=cost)
    assert len(history.epochs) == 2
    batch = [net.forward(x, i) for i, x in enumerate([[0.5, -1.0], [1.0, 2.0]], start=1)]
    mean = batch_cost(batch, [[1.0, 0.0], [0.0, 1.0]], cost, alpha=0.1)
    mean.backward()
    assert compare(batch, [[1.0, 0.0], [0.0, 1.0]], cost, alpha=0.1).ok
    assert draw(mean, detail="neurons").svg.count('class="delta-pill"') == 4


def operands_of(op):
    """As many operands as the operation takes, at which it has a value."""
    counts = {0: (1, 2), 1: (3,), 2: (4, 5)}[op.groups]
    for count in counts:
        operands = [Value(0.25 + place / 8, f"v{place}") for place in range(count)]
        try:
            partials = apply(op, *operands).partials
        except (TypeError, IndexError):
            continue
        if len(partials) == count:
            return operands
    raise AssertionError(f"{op.name} takes none of {counts} operands")


@pytest.mark.parametrize("name", TABLE)
def test_every_operation_of_the_table_is_known_to_every_tool(name, tmp_path):
    op = TABLE[name]
    root = apply(op, *operands_of(op)) * 2
    texts = walked_through(root, tmp_path)
    assert op.name in texts["svg"]
    said = talk(root, "list", f"break op {name}", "continue", "why v0", "where v0", "paths v0", "info")
    assert "***" not in said and "breakpoint 1" in said


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_of_the_table_is_known_to_every_tool(name, tmp_path):
    net = MLP(2, [2, 1], [name, "sigmoid"], seed=1)
    forward = net.forward([0.5, -1.0])
    C = quadratic(forward.output, [1.0])
    texts = walked_through(C, tmp_path)
    assert re.search(r'<g id="a2_1" class="node activation">', texts["svg"])
    net.zero_grad()
    C.backward()
    assert compare(forward, [1.0]).ok
    assert "gradients are the paper's" in talk(C, "finish", "check")


@pytest.mark.parametrize("name", COSTS)
def test_every_cost_of_the_table_is_known_to_every_tool(name, tmp_path):
    net = MLP(2, [2, 2], seed=1)
    forward = net.forward([0.5, -1.0])
    C = COSTS[name].function(forward.z[3] if COSTS[name].takes_logits else forward.output, [1.0, 0.0])
    texts = walked_through(C, tmp_path)
    assert COSTS[name].rule in texts["svg"] and f"({COSTS[name].equations[0]})" in texts["steps"]
    net.zero_grad()
    C.backward()
    assert compare(forward, [1.0, 0.0], name).ok
    assert "gradients are the paper's" in talk(C, "finish", "check")


def test_a_name_that_the_table_has_is_no_new_operation():
    with pytest.raises(ValueError, match="has an operation tanh already"):
        operation("tanh", "th", hypot, hypot_partials)


def test_every_method_of_the_debugger_that_does_something_is_a_command_of_a_group():
    methods = {name.removeprefix("do_") for name in dir(Debugger) if name.startswith("do_")}
    assert methods == set(COMMANDS)
    for name, command in COMMANDS.items():
        assert command.group in GROUPS and command.usage.split()[0] == name and command.help.endswith("."), name
    words = [word for command in COMMANDS.values() for word in (command.name, *command.also)]
    assert len(words) == len({*words})
