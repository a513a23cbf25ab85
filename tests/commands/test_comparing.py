"""equations, compare, prove and diagnose, run as a user runs them."""

import json
import re
from pathlib import Path

import pytest

from micrograd_paper import MLP, cli, save
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.costs import mean_cost
from micrograd_paper.operations import TABLE
from tests.test_cli import command

DEMOS = Path(__file__).parents[2] / "demos"
NET, GRADIENTS = str(DEMOS / "iris-4-3-3.json"), str(DEMOS / "gradients.json")
IRIS = (NET, "--data", "iris", "--example", "71")


def test_equations_lists_all_of_them(tmp_path):
    run = command("equations", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    listed = [line.split()[0] for line in run.stdout.splitlines()]
    assert [f"({n})" for n in range(1, 30)] == [name for name in listed if name.startswith("(")]
    assert {"terms", "a2_4", "a3_1"} <= set(listed)


def test_one_equation_is_shown_with_tex_symbols_and_numbers(tmp_path):
    run = command("equations", "21", cwd=tmp_path)
    assert run.returncode == 0
    assert "δˡⱼ = Σₖ wˡ⁺¹ₖⱼ δˡ⁺¹ₖ σ′(zˡⱼ)" in run.stdout
    assert r"\delta_j^l = \sum_k w_{kj}^{l+1}" in run.stdout
    assert "Needs (18), (20); needed by (22)" in run.stdout
    assert "δ²₁ = w³₁₁·δ³₁·σ′(z²₁) + w³₂₁·δ³₂·σ′(z²₁)" in run.stdout
    shown, graph = re.search(r"= (−?[\d.]+)\n  in the graph: (−?[\d.]+)\n", run.stdout).groups()
    assert shown == graph
    assert "Wrong as printed" in command("equations", "10", cwd=tmp_path).stdout


def test_the_page_of_equations_is_the_one_in_the_demos(tmp_path):
    run = command("equations", "--markdown", cwd=tmp_path)
    kept = (DEMOS / "equations.md").read_text(encoding="utf-8")
    assert re.sub(r"\d", "", run.stdout) == re.sub(r"\d", "", kept)


def test_compare_shows_every_number_of_one_example_beside_the_closed_form(tmp_path):
    run = command("compare", *IRIS, "--cost", "cross-entropy", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("iris, example 71, versicolor, in the network 4-3-3: cross-entropy cost C = ")
    for name in ("z²₁", "a³₃", "∂z³₁/∂z²₂", "δ³₁", "∂C/∂b²₃", "∂C/∂w²₃₄"):
        assert f"\n{name} " in run.stdout
    assert "are the paper's" in run.stdout


@pytest.mark.parametrize("arguments, equations", [
    (["--equation", "21"], {21}),
    (["--equation", "5"], {5}),
    (["--symbol", "C", "--cost", "cross-entropy"], {25}),
    (["--symbol", "C", "--alpha", "0.1"], {27}),
    (["--equation", "22"], {21}),
    (["--equation", "23", "--equation", "24"], {23, 24}),
    (["--equation", "24", "--alpha", "0.1", "--m", "120"], {27}),
    (["--equation", "27", "--alpha", "0.1", "--m", "120"], {27}),
    (["--symbol", "w2_1_3"], {24}),
    (["--symbol", "w2_1_3", "--alpha", "0.1", "--m", "120", "--eta", "0.5"], {27, 29}),
])
def test_compare_can_be_asked_for_some_rows_and_for_json(arguments, equations, tmp_path):
    run = command("compare", *IRIS, *arguments, "--json", cwd=tmp_path)
    content = json.loads(run.stdout)
    assert run.returncode == 0 and content["ok"]
    assert {row["equation"] for row in content["rows"]} == equations


def test_compare_takes_a_batch(tmp_path):
    run = command("compare", NET, "--data", "iris", "--example", "1-3,71", "--eta", "0.5", "--markdown", cwd=tmp_path)
    assert run.returncode == 0 and run.stdout.startswith("iris, 4 examples, in the network 4-3-3")
    assert "| δ²₁⁽⁷¹⁾ |" in run.stdout and "| (7) |" in run.stdout and "| (28) |" in run.stdout


def test_compare_ends_with_1_when_a_gradient_is_wrong(monkeypatch, capsys):
    right = TABLE["sigmoid"]
    wrong = right._replace(partials=lambda result, z: (1.01 * right.partials(result, z)[0],))
    monkeypatch.setitem(ACTIVATIONS, "sigmoid", ACTIVATIONS["sigmoid"]._replace(op=wrong))
    assert cli.main(["compare", *IRIS]) == 1
    assert "✗" in capsys.readouterr().out
    assert cli.main(["compare", *IRIS, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.parametrize("cost, number", [("quadratic", 16), ("cross-entropy", 26)])
def test_prove_prints_a_line_an_equation(cost, number, tmp_path):
    pytest.importorskip("sympy")
    run = command("prove", "--shape", "2-2-1", "--cost", cost, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    for n in (10, number, 17, 18, 19, 20, 21, 22, 23, 24, 28, 29):
        assert f"\n({n}) " in f"\n{run.stdout}"
    assert "as printed, is wrong" in run.stdout and "to 45 digits" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("proved for 2-2-1")


def test_diagnose_names_the_mistake_in_the_gradients_of_the_demo(tmp_path):
    run = command("diagnose", NET, GRADIENTS, "--data", "iris", "--example", "71", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (1, "")
    assert "layer 3   ∂C/∂W ✓   ∂C/∂b ✓" in run.stdout and "(22), layer 2: W not transposed" in run.stdout
    run = command("diagnose", NET, GRADIENTS, "--data", "iris", "--example", "71", "--json", cwd=tmp_path)
    assert json.loads(run.stdout)["explanations"][0][0]["equation"] == 22


def test_gradcheck_takes_a_graph_of_a_script_or_of_a_network(tmp_path):
    (tmp_path / "script.py").write_text(
        "from micrograd_paper import Op, Value, apply\nx = Value(2.0)\nC = x.tanh() * x\n"
        "wrong = apply(Op('cube', '³', lambda x: x**3, lambda result, x: (3 * x,)), x)\n")
    run = command("gradcheck", "script.py:C", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("all 3 partial derivatives are the slopes of their operations, and ∇C·v is the slope")
    run = command("gradcheck", "script.py:wrong", cwd=tmp_path)
    assert run.returncode == 1 and "∂wrong/∂x of cube is 6 by its partials, 12 by its forward" in run.stdout
    run = command("gradcheck", NET, "--data", "iris", "--example", "5-7", cwd=tmp_path)
    assert run.returncode == 0 and "partial derivatives are the slopes" in run.stdout
    run = command("gradcheck", "script.py:D", cwd=tmp_path)
    assert run.returncode == 2 and run.stderr.count("\n") == 1


def test_diagnose_ends_with_0_when_all_is_right(tmp_path):
    compared = command("compare", NET, "--data", "iris", "--example", "5-7", "--alpha", "0.2", "--m", "120", "--json",
                       cwd=tmp_path)
    rows = {row["ascii"]: row["graph"] for row in json.loads(compared.stdout)["rows"]}
    sizes = {2: (3, 4), 3: (3, 3)}
    content = {
        "weights": {str(l): [[rows[f"dC/dw{l}_{j + 1}_{k + 1}"] for k in range(n)] for j in range(rows_)]
                    for l, (rows_, n) in sizes.items()},
        "biases": {str(l): [rows[f"dC/db{l}_{j + 1}"] for j in range(rows_)] for l, (rows_, _) in sizes.items()},
    }
    (tmp_path / "right.json").write_text(json.dumps(content))
    arguments = (NET, "right.json", "--data", "iris", "--example", "5-7", "--m", "120")
    assert command("diagnose", *arguments, "--alpha", "0.2", cwd=tmp_path).returncode == 0
    run = command("diagnose", *arguments, "--alpha", "0.3", "--eta", "0.5", "--earlier", "4", cwd=tmp_path)
    assert run.returncode == 1 and "∂C/∂W ✗   ∂C/∂b ✓" in run.stdout


@pytest.mark.slow
def test_diagnose_takes_arrays_examples_of_the_file_and_targets_as_numbers(tmp_path):
    numpy = pytest.importorskip("numpy")
    net = MLP(2, [3, 2], seed=4)
    save(net, tmp_path / "net.json")
    for x, y in (([0.5, -1.0], [0.3, 0.9]), ([[0.5, -1.0], [2.0, 0.1]], [[0.3, 0.9], [0.0, 1.0]])):
        examples = [(x, y)] if isinstance(y[0], float) else list(zip(x, y))
        net.zero_grad()
        mean_cost(net, examples, "quadratic").backward()
        weights = [numpy.array([[w.grad for w in row] for row in rows]) for rows in net.weights.values()]
        biases = [numpy.array([b.grad for b in row]) for row in net.biases.values()]
        arrays = {f"dW{l}": part for l, part in enumerate(weights, 1)} | {
            f"db{l}": part for l, part in enumerate(biases, 1)}
        numpy.savez(tmp_path / "right.npz", **arrays, x=x, y=y)
        run = command("diagnose", "net.json", "right.npz", cwd=tmp_path)
        assert run.returncode == 0 and "read so: weights and biases are told by their names" in run.stdout, run
        numpy.savez(tmp_path / "wrong.npz", **arrays | {"dW1": -weights[0]}, x=x, y=y)
        run = command("diagnose", "net.json", "wrong.npz", cwd=tmp_path)
        assert run.returncode == 1 and "(24), layer 2: a factor: ∂C/∂W is −1 times" in run.stdout, run
        content = {key: part.tolist() for key, part in arrays.items()} | {"x": x}
        (tmp_path / "right.json").write_text(json.dumps(content))
        text = "/".join(",".join(map(str, row)) for _, row in examples)
        assert command("diagnose", "net.json", "right.json", "--y", text, cwd=tmp_path).returncode == 0
        other = text.replace("0.3", "0.4")
        assert command("diagnose", "net.json", "right.json", "--y", other, cwd=tmp_path).returncode == 1


@pytest.mark.parametrize("name, content, arguments, message", [
    ("g.npz", b"nothing", [], "g.npz is not an archive of NumPy arrays"),
    ("g.npz", None, [], "cannot read g.npz: No such file or directory"),
    ("g.json", b'{"dW1": [[1]], "x": "a", "y": [1]}', [], "x must be a sequence of numbers"),
    ("g.json", b'{"x": [1], "y": [1]}', [], "expected {"),
    ("g.json", b'{"nothing": 1, "x": [1], "y": [1]}', [], "expected names such as dW1 and db1"),
    ("g.json", b'{"dW1": [[1]]}', [], "--data and --example are missing"),
    ("g.json", b'{"dW1": [[1]], "x": [1]}', ["--y", "a"], "expected numbers such as 0.2,0.8"),
    ("g.json", b'{"dW1": [[1]], "x": [1], "y": [1]}', ["--earlier", "1"], "--earlier names examples of --data"),
])
def test_a_file_of_gradients_that_cannot_be_read_is_one_line(tmp_path, name, content, arguments, message):
    save(MLP(1, [1], seed=1), tmp_path / "net.json")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = command("diagnose", "net.json", name, *arguments, cwd=tmp_path)
    assert run.returncode == 2 and message in run.stderr and run.stderr.count("\n") == 1, run


@pytest.mark.parametrize("arguments, message", [
    (["equations", "30"], "the paper has no equation 30: expected a number from 1 to 29, or"),
    (["equations", "x"], "the paper has no equation x"),
    (["compare", NET, "--data", "iris", "--example", "151"], "iris has the examples 1 to 150; got 151"),
    (["compare", NET, "--data", "iris", "--example", "0"], "argument --example: expected an example's number from 1"),
    (["compare", NET, "--data", "iris", "--example", "3-1"], "expected an example's number from 1 on, or several as"),
    (["compare", NET, "--data", "xor", "--example", "1"], "xor has 2 features; the network 4-3-3 takes 4"),
    (["compare", *IRIS, "--equation", "3"], "equation (3) has no rows in this comparison; there are rows of (5), (10)"),
    (["compare", *IRIS, "--equation", "30"], "30"),
    (["compare", *IRIS, "--symbol", "w9_1_1"], "w9_1_1"),
    (["compare", *IRIS, "--alpha", "-1"], "alpha must be 0 or more"),
    (["compare", NET, "--data", "iris", "--example", "1-3", "--m", "2"],
     "m is the number of training examples, 3 or more here; got 2"),
    (["compare", *IRIS, "--json", "--markdown"], "not allowed with argument"),
    (["compare", "nothing.json", "--data", "iris", "--example", "1"], "cannot read nothing.json"),
    (["prove", "--shape", "4-30-3"], "a proof of 4-30-3 has 243 parameters to simplify; the limit is 50"),
    (["prove", "--shape", "2"], "expected positive integers such as 4-3-3, got '2'"),
    (["diagnose", NET, "bad.json", "--data", "iris", "--example", "1"], "bad.json is not JSON"),
    (["diagnose", NET, "list.json", "--data", "iris", "--example", "1"], 'expected {"weights": …, "biases": …}'),
    (["diagnose", NET, "more.json", "--data", "iris", "--example", "1"], "unknown key 'bias'"),
    (["diagnose", NET, "nan.json", "--data", "iris", "--example", "1"], "∂C/∂b²₂ is nan"),
    (["diagnose", NET, "short.json", "--data", "iris", "--example", "1"], "layer 2: ∂C/∂b must be 3 numbers; got 2"),
    (["diagnose", NET, GRADIENTS, "--data", "iris", "--example", "1", "--m", "0"], "m is the number of training"),
])
def test_bad_input_is_one_line_and_exit_status_2(arguments, message, tmp_path):
    content = json.loads(Path(GRADIENTS).read_text(encoding="utf-8"))
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "more.json").write_text(json.dumps({**content, "bias": []}))
    (tmp_path / "nan.json").write_text(json.dumps({**content, "biases": {"2": [0, float("nan"), 0], "3": [0, 0, 0]}}))
    (tmp_path / "short.json").write_text(json.dumps({**content, "biases": {"2": [0, 0], "3": [0, 0, 0]}}))
    run = command(*arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr and run.stderr.count("\n") == 1 and "Traceback" not in run.stderr
