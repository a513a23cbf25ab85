"""An unrolled graph is a program of its own that computes the graph's numbers, to the last bit."""

import ast
import contextlib
import io
import math
import os
import re
import struct
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy
import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, functions, quadratic, unroll
from micrograd_paper.costs import mean_cost
from micrograd_paper.engine import apply, topological_order
from micrograd_paper.errors import DomainError, NotAValue, UsageError
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import TABLE, Op
from micrograd_paper.reading.reading import Reading
from micrograd_paper.unrolling.identifiers import Identifiers
from micrograd_paper.unrolling.statements import statement
from tests.graphs import chain
from tests.processes import PATIENCE
from tests.strategies import expressions, networks, small_floats

pytestmark = pytest.mark.usefixtures("nameless")

XOR = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])]
INTERPRETER = [sys.executable, "-I"]


def paper_network():
    """C of one example in the sigmoid network 2-3-1."""
    return quadratic(MLP(2, [3, 1], seed=1).forward([1.0, 0.5]).output, [1.0])


def run(text):
    """The namespace of a program that was run, and what it printed."""
    namespace, out = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "unrolled.py", "exec"), namespace)
    return namespace, out.getvalue()


def exact(number):
    """A number's type and bits, in which −0.0 differs from 0.0, and nan is nan."""
    if isinstance(number, complex):
        return complex, exact(number.real), exact(number.imag)
    if isinstance(number, float):
        return float, "nan" if number != number else struct.pack("<d", number)
    return type(number), number


def numbers_of(order):
    return {node: (exact(node.data), exact(node.grad)) for node in order}


def assert_same_numbers(root):
    """The program of the graph gives the data and the gradient of every node, type and bits; and prints them."""
    order = topological_order(root)
    for node in order:
        node.grad = 0
    root.backward()
    names = Identifiers(Reading(order[-1], order))
    namespace, printed = run(unroll(root))
    found = {node: (exact(namespace[names.data[node]]), exact(namespace[names.gradient[node]])) for node in order}
    assert found == numbers_of(order)
    lines = printed.splitlines()
    assert lines[0] == f"{names.data[root]} = {root.data!r}"
    leaves = [node for node in order if node.op is None]
    assert sorted(line.split(maxsplit=1)[1] for line in lines[1:]) == sorted(repr(leaf.grad) for leaf in leaves)


# The numbers.

@given(expressions(), st.data())
def test_a_random_graph_has_the_same_bits_in_every_node(expression, data):
    leaves = [Value(x, data.draw(st.sampled_from([None, f"x{i}", "x"]))) for i, x in enumerate(expression.leaves)]
    assert_same_numbers(expression.value(leaves))


@given(networks(), st.sampled_from(["quadratic", "cross_entropy"]))
def test_a_random_network_has_the_same_bits_in_every_node(drawn, cost):
    net, x, y = drawn
    if cost == "cross_entropy" and net.activations[-1] != "sigmoid":
        cost = "quadratic"
    assert_same_numbers({"quadratic": quadratic, "cross_entropy": cross_entropy}[cost](net.forward(x).output, y))


@given(networks(most_layers=2, most_neurons=3), st.integers(1, 3), st.sampled_from([0.0, 0.5]), st.data())
def test_a_batch_with_a_penalty_has_the_same_bits_in_every_node(drawn, size, alpha, data):
    net, x, y = drawn
    inputs = [[data.draw(small_floats) for _ in x] for _ in range(size)]
    assert_same_numbers(mean_cost(net, [(row, y) for row in inputs], quadratic, alpha))


AWKWARD = st.sampled_from([0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, -2.5])
TOTAL = ("add", "subtract", "multiply", "negative", "absolute", "relu", "sigmoid", "softplus", "tanh", "identity",
         "weighted_sum", "total", "quadratic", "cross_entropy_from_logits")  # defined for all of these


@given(st.lists(AWKWARD, min_size=2, max_size=3), st.lists(st.tuples(st.sampled_from(TOTAL), st.randoms()), min_size=1))
def test_zeros_with_a_sign_infinities_nan_and_kinks_have_the_same_bits(numbers, steps):
    nodes = [Value(x) for x in numbers]
    for name, random in steps:
        count = {"weighted_sum": 5, "total": 3, "quadratic": 4, "cross_entropy_from_logits": 4}.get(name, 2)
        count = 1 if name in ("negative", "absolute", "relu", "sigmoid", "softplus", "tanh", "identity") else count
        nodes.append(apply(TABLE[name], *[random.choice(nodes) for _ in range(count)]))
    assert_same_numbers(nodes[-1])


def expression_of(x, y):
    return (x * x - y / 7 + 3) ** 2 * x + y**-1 - abs(-x)


KINDS = {
    "floats": lambda: expression_of(Value(0.3, "x"), Value(-1.7, "y")),
    "ints": lambda: expression_of(Value(3, "x"), Value(-2, "y")),
    "fractions": lambda: expression_of(Value(Fraction(1, 3), "x"), Value(Fraction(-2, 7), "y")).relu(),
    "complex numbers": lambda: (Value(1 - 2j, "x") * 1j).exp().sigmoid().softplus().log().sqrt().sin().cos().tanh(),
    "complex powers": lambda: Value(1 - 2j, "x") ** Value(0.5 + 1j, "y") * Value(complex(-0.0, math.nan), "q") ** 1.5j,
    "floats beside complex numbers": lambda: Value(0.3, "x").exp().relu() * Value(2j, "y") - Value(0.0),
    "signs of complex zeros": lambda: (Value(complex(-0.0, -0.0), "x") + Value(complex(0.0, -0.0))) * Value(1.0),
    "infinite complex numbers": lambda: (Value(1j, "x") + Value(2.0, "y")) * Value(complex(math.inf, 1.0), "z"),
    "booleans": lambda: Value(True, "x") * 2.5 + Value(False, "y"),
    "long ints": lambda: Value(10**400, "x") * Value(-(7**800), "y"),
    "fractional exponents": lambda: Value(2.0, "x") ** Fraction(1, 3) * Value(3.0, "y") ** 0.5,
    "elementary functions of fractions": lambda: Value(Fraction(1, 3), "x").exp().log() + Value(Fraction(1, 4)).sqrt(),
    "0 as base and as exponent": lambda: Value(0.0, "x") ** Value(2.0, "y") + Value(0.0, "z") ** 0 + Value(3.0) ** 1,
    "an infinite slope": lambda: Value(0.0, "x").sqrt() + Value(0.0, "y") ** 0.5 + Value(1.0) ** Value(0.0),
    "relu and | | at 0": lambda: (Value(0.0, "x").relu() + abs(Value(-0.0, "y"))) * Value(-0.0).relu(),
    "an int beside relu": lambda: Value(-3, "x").relu() * Value(0.5) + Value(-3.0).relu() * Value(2),
    "certain targets": lambda: cross_entropy([Value(0.25, "a"), Value(1.0, "b"), Value(0.0, "c")], [0.5, 1.0, 0.0]),
    "no leaf": lambda: apply(Op("two", "2", lambda: 2.0, lambda result: ())),
    "one leaf": lambda: Value(-2.5, "x"),
    "one leaf without a name": lambda: Value(math.nan),
    "one leaf many times": lambda: (x := Value(0.1, "x")) * x + x * x * x + apply(TABLE["total"], x, x, x),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_number_is_the_same(kind):
    assert_same_numbers(KINDS[kind]())


def test_the_program_is_about_the_numbers_of_the_leaves_and_reads_no_gradient():
    C = paper_network()
    before = unroll(C)
    C.backward()
    C.backward()
    state = numbers_of(topological_order(C))
    assert unroll(C) == before
    assert numbers_of(topological_order(C)) == state
    C.operands[0].operands[0].operands[0].data += 1.0
    assert unroll(C) != before


# The text.

def test_a_network_reads_as_the_paper_writes_it():
    lines = unroll(paper_network()).splitlines()
    for line in (
        "z2_1 = w2_1_1*x1 + w2_1_2*x2 + b2_1  # (12)",
        "a2_1 = sigmoid(z2_1)  # (14)",
        "C = (y1 - a3_1)*(y1 - a3_1)/2  # (5)",
        "dC_dC = 1",
        "dC_da3_1 = 0 + (a3_1 - y1)  # (16)",
        "delta3_1 = 0 + dC_da3_1*(a3_1*(1 - a3_1))  # (16)",
        "dC_da2_1 = 0 + delta3_1*w3_1_1  # (21)",
        "delta2_1 = 0 + dC_da2_1*(a2_1*(1 - a2_1))  # (21)",
        "dC_db2_1 = 0 + delta2_1  # (23)",
        "dC_dw2_1_2 = 0 + delta2_1*x2  # (24)",
        "def sigmoid(z):",
        "    return (1 if z >= 0 else e)/(1 + e)",
    ):
        assert line in lines, line


def test_the_slope_of_a_square_is_written_without_a_power():
    assert "dn1_dx = 0 + 2*x  # (18)" in unroll(Value(3.0, "x") ** 2)
    assert "2*ieee_power(x, 1)" in unroll(Value(3j, "x") ** 2)  # where x¹ need not be x: of −0, of infinities


TERMS = st.sampled_from(["w2_1_1*x1", "(y1 - a3_1)*(y1 - a3_1)", "1e-07", "softplus(-z)"])


@given(st.lists(TERMS, min_size=1, max_size=99))
def test_long_sums_are_cut_between_their_terms(terms):
    text = " + ".join(terms)
    first, *lines = statement("C", text, "(5)")
    if not lines:
        assert first == f"C = {text}  # (5)" and len(text) <= 96
        return
    assert first == "C = (  # (5)" and lines.pop() == ")"
    assert " ".join(line.strip() for line in lines) == text
    assert all(len(line) <= 100 and line.count("(") == line.count(")") for line in lines)
    assert all(len(line) + len(after.strip().split(" + ")[0]) > 90 for line, after in pairwise(lines))  # filled
    in_brackets = statement("C", f"-({text})/2", "")[1]
    assert in_brackets.startswith("    -(") and len(in_brackets) <= 100


def test_the_regions_can_be_folded_one_in_another():
    open_regions, seen = [], []
    for line in unroll(paper_network()).splitlines():
        if line.startswith("# region "):
            open_regions.append(line[len("# region "):])
            seen.append(" / ".join(open_regions))
        elif line == "# endregion":
            open_regions.pop()
    assert open_regions == []
    assert seen == [
        "imports and functions", "inputs", "targets",
        "weights and biases", "weights and biases / layer 2", "weights and biases / layer 3",
        "forward pass", "forward pass / layer 2", "forward pass / layer 3",
        "backward pass", "backward pass / layer 3", "backward pass / layer 2", "the gradients",
    ]


def test_the_gradients_are_printed_below_each_other_in_the_paper_s_symbols_as_they_are_typed():
    C = paper_network()
    C.backward()
    _, printed = run(unroll(C))
    lines = printed.splitlines()
    assert lines[0] == f"C = {C.data!r}"
    assert len({len(line) for line in lines[1:]}) == 1
    found = dict(line.split() for line in lines[1:])
    leaves = [node for node in topological_order(C) if not node.operands]
    assert found == {f"dC/d{leaf.label.ascii}": repr(leaf.grad) for leaf in leaves}


GRAPHS = {
    "a network": paper_network, "a batch": lambda: mean_cost(MLP(2, [2, 1], seed=3), XOR, cross_entropy, 0.1), **KINDS,
}


def test_it_needs_the_standard_library_alone():
    for make in GRAPHS.values():
        text = unroll(make())
        assert "hasattr(x" not in text and "hasattr(b" not in text  # no trace of other kinds of number
        tree = ast.parse(text)
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert imported <= {"math", "cmath", "fractions", "sys"}
        assert text.endswith("\n") and not text.endswith("\n\n")


def test_a_linter_has_nothing_to_say(tmp_path):
    pytest.importorskip("ruff")
    for name, make in GRAPHS.items():
        if name != "long ints":  # which are one long line
            (tmp_path / f"{name}.py").write_text(unroll(make()), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "E,F,W"]
    checked = subprocess.run([*ruff, "--line-length", "120", str(tmp_path)], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "All checks passed!\n")


def test_it_runs_where_nothing_is_installed(tmp_path):
    C = mean_cost(MLP(2, [2, 1], ["relu", "tanh"], seed=3), XOR, quadratic, 0.1)
    (tmp_path / "program.py").write_text(unroll(C), encoding="utf-8")
    done = subprocess.run([*INTERPRETER, "program.py"], cwd=tmp_path, env={"PATH": ""}, capture_output=True,
                          timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("utf-8") == run(unroll(C))[1]


@given(st.text(), st.text())
@example("σ" * 100, "µ" * 200)
def test_the_program_is_ascii_and_so_is_what_it_prints_whatever_the_labels_and_the_title(label, title):
    text = unroll(Value(0.5, label).exp() * Value(2.0, "σ"), title=title)
    _, printed = run(text)
    assert text.isascii() and printed.isascii()


def test_the_same_graph_gives_the_same_text_in_every_process():
    program = ("from micrograd_paper import MLP, quadratic, unroll\n"
               "print(unroll(quadratic(MLP(2, [3, 1], seed=1)([1.0, 0.5]), [1.0])))")
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"}
    texts = [subprocess.run([sys.executable, "-c", program], env={**environment, "PYTHONHASHSEED": seed},
                            capture_output=True, check=True, timeout=PATIENCE).stdout for seed in "12"]
    assert texts[0] == texts[1] and texts[0].decode() == unroll(paper_network()) + "\n"


# In a debugger.

def pdb(directory, text, *commands):
    (directory / "program.py").write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "pdb", "program.py"], input="\n".join([*commands, "q", ""]),
                          env={"PYTHONIOENCODING": "utf-8", "HOME": str(directory)}, cwd=directory, timeout=PATIENCE,
                          capture_output=True, text=True, encoding="utf-8")
    return done.stdout


def line_of(text, start):
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def test_a_breakpoint_stops_at_the_node(tmp_path):
    C = paper_network()
    C.backward()
    text = unroll(C)
    said = pdb(tmp_path, text, f"tbreak {line_of(text, 'delta2_1 = ')}", "continue", "p dC_da2_1", "next", "p delta2_1")
    (z,) = [node for node in topological_order(C) if str(node.label) == "z²₁"]
    (a,) = [node for node in topological_order(C) if str(node.label) == "a²₁"]
    assert f"(Pdb) {a.grad!r}\n" in said and f"(Pdb) {z.grad!r}\n" in said
    assert "-> delta2_1 = 0 + dC_da2_1*(a2_1*(1 - a2_1))  # (21)" in said


def test_a_breakpoint_at_a_sum_of_many_lines_stops_once_when_it_is_computed(tmp_path):
    net = MLP(40, [1], seed=1)
    forward = net.forward([k / 7 for k in range(40)])
    text = unroll(forward.output[0])
    number = line_of(text, "z2_1 = (  # (12)")
    assert max(map(len, text.splitlines())) <= 100
    said = pdb(tmp_path, text, f"break {number}", "continue", "next", "p z2_1", "continue")
    assert said.count(f"program.py({number})<module>") == 1
    assert f"(Pdb) {forward['z2_1'].data!r}\n" in said


# Large graphs.

@pytest.mark.slow
def test_a_sum_of_thousands_of_terms_is_not_too_deep_for_python():
    x = [Value(k / 7, f"x{k}") for k in range(1, 4002)]
    assert_same_numbers(apply(TABLE["total"], *x))
    assert_same_numbers(apply(TABLE["quadratic"], *x))
    assert_same_numbers(apply(TABLE["cross_entropy_from_logits"], *x))
    assert_same_numbers(apply(TABLE["weighted_sum"], *x, Value(0.5)))


def test_long_sums_are_broken_into_lines():
    net = MLP(784, [2, 1], seed=1)
    C = quadratic(net.forward([k / 784 for k in range(784)]).output, [1.0])
    text = unroll(C)
    assert max(map(len, text.splitlines())) <= 104
    assert text.count("\nz2_1 = (") == 1 and "z2_1_part" not in text  # one statement
    assert_same_numbers(C)


def test_a_long_chain_and_a_leaf_used_ten_thousand_times_are_written_without_recursion():
    assert_same_numbers(chain(10_000))


def polynomial(x):
    """1 + x·(1 + x·(1 + …)): 150 brackets deep."""
    result = 1
    for _ in range(150):
        result = 1 + x * result
    return result


def doubled(x):
    """2⁴⁰·x, where each sum would stand twice in the next."""
    for _ in range(40):
        x = x + x
    return x


@pytest.mark.parametrize("function", [polynomial, doubled])
def test_an_operation_that_is_deep_or_repeats_itself_gets_lines_for_its_parts(function):
    op = Op(function.__name__, "p", function, lambda result, x: (function(x) * x,))
    root = apply(op, Value(0.75, "x")) * 2.0
    text = unroll(root)
    assert len(text) < 300_000 and "_part" in text
    assert_same_numbers(root)


def test_an_operation_of_one_s_own_is_written_from_its_functions():
    swish = Op("swish", "s", lambda z: z * functions.sigmoid(z),
               lambda result, z: (functions.sigmoid(z) * (1 + z * (1 - functions.sigmoid(z))),))
    root = apply(swish, Value(0.7, "z")) + apply(swish, Value(-0.7, "q"))
    assert "= z*sigmoid(z)\n" in unroll(root)
    assert_same_numbers(root)


# Names.

def names_in(text):
    return [node.targets[0].id for node in ast.parse(text).body if isinstance(node, ast.Assign)]


LABELS = st.one_of(
    st.text(max_size=50), st.sampled_from([
        "lambda", "print", "exp", "sigmoid", "_", "__debug__", "__name__", "math", "sys", "match", "e", "z", "nan",
        "None", "n1", "n2", "x", "x_2", "dx_dx", "w2_1_1", "w²₁₁", "delta2_1", "z2_1", "1x", "two\nwords", "\\", "'''",
        '"""', "{x}", "{", "a\0b", "\ud800", "# endregion", "\u2028", "\u202e", "ﬁ", "fi", "𝐱", "x١", "é", "e\u0301",
        "x" * 10_000, "%s",
    ]), st.builds(Symbol, st.sampled_from(["w", "z", "x", "C", "def", "a b\n\"", ""]), st.integers(0, 3) | st.none(),
                  st.tuples(st.integers(1, 12))),
)


@given(st.lists(LABELS, min_size=1, max_size=6), LABELS)
def test_no_label_breaks_the_program_and_no_two_names_are_equal(labels, of_root):
    leaves = [Value(0.5 + i, label) for i, label in enumerate(labels)]
    root = apply(TABLE["total"], *leaves).sigmoid() * apply(TABLE["weighted_sum"], *leaves, *leaves, leaves[0]).exp()
    root.label = of_root
    text = unroll(root)
    text.encode("utf-8")
    assigned = names_in(text)
    assert len(assigned) == len(set(assigned)) == 2 * len(topological_order(root))
    compile(text, "unrolled.py", "exec")
    assert not set(text) & {*map(chr, range(32)), "\u2028", "\x85", "\u202e", "\x7f"} - {"\n"}
    order = topological_order(root)
    root.backward()
    namespace, _ = run(text)
    names = Identifiers(Reading(order[-1], order))
    assert all(exact(namespace[names.gradient[node]]) == exact(node.grad) for node in order)


@pytest.mark.parametrize("label", ["{x}", "{", "}", '"', "\\", "\\n", "'", "%s", "𝐱", "# endregion"])
def test_the_gradients_are_printed_with_any_label(label):
    _, printed = run(unroll(Value(0.5, label).exp()))
    line = printed.splitlines()[1]
    name = {"𝐱": "x"}.get(label, label)
    assert line.split("dn1/d")[1].rpartition("  ")[0].strip() in (name, f"({name})")


class Unprintable:
    def __str__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize("label, name, comment", [
    ("loss", "loss", ""), ("w²₁₁", "w2_1_1", ""), ("w2_1_1", "w2_1_1", ""),
    (Symbol("w", 2, (1, 1)), "w2_1_1", ""), (Symbol("x", None, (3,), 7), "x3__7", ""),
    ("two\nwords", "two_words", '  # "two words"'), ("lambda", "lambda_", '  # "lambda"'), ("exp", "exp_", '  # "exp"'),
    ("print", "print_", '  # "print"'), ("3rd", "node_3rd", '  # "3rd"'), ("?!", "node", '  # "?!"'),
    ("a\0b", "a_b", '  # "a?b"'), ("ﬁ", "fi", ""), ("x" * 10_000, "x" * 39, f'  # "{"x" * 39}..."'),
    ('"""', "node", '  # """""'), (2.5, "node_2_5", '  # "2.5"'), (Unprintable(), "Unprintable", '  # "<Unprintable>"'),
    (Symbol("w", None, None), "Symbol", '  # "<Symbol>"'), (None, "n1", ""), ("", "n1", ""),
    ("σ", "sigma", ""), ("Größe", "Grosse", ""), ("赤", "u8d64", '  # "\\u8d64"'),
])
def test_a_label_becomes_a_name_and_stands_in_a_comment_if_it_was_changed(label, name, comment):
    assert f"\n{name} = 0.5{comment}\n" in unroll(Value(0.5, label))


def test_equal_labels_get_numbers_and_the_unlabelled_count_as_everywhere():
    x, other, root = Value(1.0, "x"), Value(2.0, "x"), None
    root = 2 * x + other
    text = unroll(root)
    for line in (
        'x = 1.0  # "x#1"', 'x_2 = 2.0  # "x#2"', "n1 = 2", "n2 = n1*x", "n3 = n2 + x_2", "dn3_dx_2 = 0 + 1  # (18)",
    ):
        assert f"\n{line}\n" in text.replace("n1 = 2.0", "n1 = 2")
    assert "dn3/dx#2" in text


def test_examples_of_a_batch_have_names_and_regions_of_their_own():
    text = unroll(mean_cost(MLP(2, [2, 1], seed=3), XOR, quadratic))
    assert "\nz2_1__3 = w2_1_1*x1__3 + w2_1_2*x2__3 + b2_1  # (12)\n" in text
    assert "\ndelta2_1__3 = 0 + dC_da2_1__3*(a2_1__3*(1 - a2_1__3))  # (21)\n" in text
    assert "# region layer 2, example 3\n" in text
    assert re.search(r"\ndC_dw2_1_1 = 0( \+ delta2_1__\d\*x1__\d){4}  # \(24\)\n", text)


# What cannot be written.

def on_one_line(error):
    return "\n" not in str(error.value)


@pytest.mark.parametrize("number, kind", [
    (numpy.array([1.0, 2.0]), "ndarray"), (sympy.Symbol("s"), "Symbol"), (mpmath.mpf("0.1"), "mpf"),
    (numpy.eye(30), "ndarray"),
])
def test_a_number_that_python_has_no_literal_for_is_refused_with_the_node_s_name(number, kind):
    with pytest.raises(UsageError, match=f"numbers and Fractions; w²₁₁ is .*, of type {kind}") as error:
        unroll(Value(number, Symbol("w", 2, (1, 1))) * 2)
    assert on_one_line(error)


@pytest.mark.parametrize("forward", [
    math.erf, lambda x: x if x > 0 else 0.1 * x, lambda x: 1.0 if x == 0.5 else x, lambda x: x * numpy.ones(3),
    lambda x: max(x, 0.0), lambda x: functions.log(float(x)), lambda x: [x], lambda x: x.no_such_method(),
], ids=["for floats alone", "if", "==", "an array", "max", "float", "a list", "a method"])
def test_an_operation_that_is_not_for_any_kind_of_number_is_refused_by_name(forward):
    node = Value(0.5, "x") * 1.0
    node.op = Op("my\nop", "m", forward, lambda result, *x: (1,) * len(x))
    node.operands = node.operands[:1]
    with pytest.raises(UsageError, match="the operation my op cannot be written as a program") as error:
        unroll(node)
    assert on_one_line(error)


def test_partials_that_are_not_for_any_kind_of_number_are_refused_by_name():
    op = Op("leaky", "l", lambda x: x, lambda result, x: (1 if x > 0 else 0.1,))
    with pytest.raises(UsageError, match=r"the operation leaky cannot be written .*whether x > 0 holds is not known"):
        unroll(apply(op, Value(0.5, "x")))


def test_what_is_no_graph_and_what_is_no_title_are_refused():
    with pytest.raises(NotAValue, match=r"a graph ends in a Value; got \[1\]"):
        unroll([1])
    with pytest.raises(UsageError, match="a title is text; got 3"):
        unroll(Value(1.0), title=3)


@given(st.text())
def test_any_title_is_the_first_line_of_the_docstring(title):
    text = unroll(Value(1.0, "x"), title=title)
    first = ast.get_docstring(ast.parse(text), clean=False).splitlines()[0]
    if title.isascii() and title.isprintable() and title.strip() and len(title) <= 80:
        assert first == " ".join(title.split())


def test_a_stale_graph_that_cannot_be_computed_anew_is_refused_and_one_that_can_starts_from_the_leaves():
    x = Value(2.0, "x")
    C = x.log() * 3
    C.label, x.data = "C", 4.0
    scope, _ = run(unroll(C))
    assert scope["C"] == 3 * math.log(4.0)
    x.data = -1.0
    with pytest.raises(DomainError, match=r"the graph cannot be computed anew: log ln of x = −1") as error:
        unroll(C)
    assert on_one_line(error) and C.data == 3 * math.log(2.0)
