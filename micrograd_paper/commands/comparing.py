"""The commands that check gradients: equations, compare, prove, gradcheck, diagnose.

All but equations end with exit status 0 if everything agrees, 1 if anything differs.
"""

import argparse
import json
from importlib import import_module
from typing import Any

from micrograd_paper import checkpoint
from micrograd_paper.checks import is_table
from micrograd_paper.commands.arguments import (
    AN_IRIS, COST_OPTIONS, add_command, add_network, as_json, chosen, example_numbers, examples_in_words,
    network_and_data, shape,
)
from micrograd_paper.commands.graphs import add_graph, graph_of
from micrograd_paper.comparing.compare import compare
from micrograd_paper.comparing.gradcheck import gradcheck
from micrograd_paper.comparing.proof import prove
from micrograd_paper.costs import batch_cost, cost_function, setting
from micrograd_paper.diagnosing.diagnosis import diagnose
from micrograd_paper.display import as_given
from micrograd_paper.errors import DataError, FileError, UsageError, harmless
from micrograd_paper.examples import equations_page
from micrograd_paper.files import read_text
from micrograd_paper.reading.variables import seen_as


def add_commands(commands: Any) -> None:
    """Add them to the parser's commands."""
    equations = add_command(commands, "equations", "the paper's equations, each with numbers put into it",
                            "micrograd-paper equations 21")
    equations.add_argument("number", nargs="?", metavar="N", help="one of them, such as 21; without it, a list")
    equations.add_argument("--markdown", action="store_true", help="all of them as one page of Markdown")
    equations.set_defaults(run=run_equations)

    compare = add_command(commands, "compare", "a graph's gradients beside the ones that the equations give",
                          f"{AN_IRIS}\nmicrograd-paper compare net.json --data iris --example 71 --equation 21")
    add_network(compare)
    compare.add_argument("--equation", type=int, action="append", metavar="21", help="only the rows of this equation")
    compare.add_argument("--symbol", metavar="w2_1_3", help="only the rows about this quantity")
    form = compare.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--markdown", action="store_true", help="as a table of Markdown")
    compare.set_defaults(run=run_compare)

    prove = add_command(commands, "prove", "show that the gradients are the equations' for all weights and inputs",
                        "micrograd-paper prove --shape 2-3-2")
    prove.add_argument("--shape", type=shape, default=(2, 3, 2), metavar="2-3-2", help="(default: 2-3-2)")
    prove.add_argument("--cost", choices=COST_OPTIONS, default="quadratic", help="(5) or (25) (default: %(default)s)")
    prove.add_argument("--operations", action="store_true",
                       help="show instead that each operation's partials are the derivative of its forward")
    prove.set_defaults(run=run_prove)

    check = add_command(commands, "gradcheck", "a graph's partial derivatives beside the slopes of its operations",
                        f"{AN_IRIS}\nmicrograd-paper gradcheck net.json --data iris --example 71")
    add_graph(check)
    check.add_argument("--json", action="store_true", help="as JSON")
    check.set_defaults(run=run_gradcheck, title=None)

    diagnose = add_command(
        commands, "diagnose", "find what is wrong with given gradients",
        """micrograd-paper train --data xor --shape 2-1 --epochs 1 --save xor.json
echo '{"dW1": [[0.5, 0.5]], "db1": [0.5]}' > gradients.json
micrograd-paper diagnose xor.json gradients.json --data xor --example 4""",
    )
    add_network(diagnose, required=False)
    diagnose.add_argument("gradients", metavar="GRADIENTS", help='JSON: {"weights": {"2": rows, …}, "biases": {"2": '
                          'numbers, …}}; JSON or .npz: "dW1", "db1", …; also "deltas", and "x", "y" instead of --data')
    diagnose.add_argument("--y", type=targets, metavar="0.2,0.8",
                          help="targets as numbers, instead of the class's; of several examples 0,1/1,0")
    diagnose.add_argument("--earlier", type=example_numbers, metavar="6",
                          help="earlier examples whose gradients may not have been reset")
    diagnose.add_argument("--tolerance", type=float, default=0.0,
                          help="tolerance, relative to the largest number of the layer (default: 0)")
    diagnose.add_argument("--json", action="store_true", help="as JSON")
    diagnose.set_defaults(run=run_diagnose)


def run_equations(arguments: argparse.Namespace) -> int:
    """Print the list of the equations, all about one, or the page."""
    if arguments.number is not None:
        print(equations_page.describe(arguments.number))
    elif arguments.markdown:
        print(equations_page.page(), end="")
    else:
        print(equations_page.listing())
    return 0


def run_compare(arguments: argparse.Namespace) -> int:
    """Run one example, or a batch, through the network and back, and print every number beside the equation's."""
    net, data = network_and_data(arguments)
    examples = chosen(net, data, arguments.example)
    y, single = [targets for _, targets in examples], len(examples) == 1
    cost, alpha, m, _ = asked = setting(net, len(examples), arguments.cost, arguments.alpha, arguments.m)
    forwards = [net.forward(x, None if single else i) for i, (x, _) in zip(arguments.example, examples)]
    C = batch_cost(forwards, y, cost, alpha, m)
    C.backward()
    comparison = compare(forwards[0] if single else forwards, y[0] if single else y, cost, alpha, m, arguments.eta, C)
    if arguments.equation is not None or arguments.symbol is not None:
        comparison = comparison.filter(equation=arguments.equation, symbol=arguments.symbol)
    if arguments.json:
        print(as_json(comparison))
    else:
        print(f"{examples_in_words(data, arguments.example)}, in the network {net.shape_text}: {asked.of_value(C)}\n")
        print(comparison.markdown() if arguments.markdown else comparison)
    return 0 if comparison.ok else 1


def run_prove(arguments: argparse.Namespace) -> int:
    """Print one line per equation, or operation, each as soon as it is proved."""

    def show(row: object) -> None:
        print(row, flush=True)

    proof = prove("operations" if arguments.operations else arguments.shape, cost_function(arguments.cost), on_row=show)
    print(*[proof.given] * bool(proof.given), proof.verdict, sep="\n")
    return 0 if proof.ok else 1


def run_gradcheck(arguments: argparse.Namespace) -> int:
    """Print whether every partial derivative is the slope of its operation, and the whole gradient that of the root."""
    root, _, variables, _ = graph_of(arguments)
    with seen_as(variables):
        check = gradcheck(root)
        print(as_json(check) if arguments.json else check)
    return 0 if check.ok else 1


def targets(text: str) -> list[list[float]]:
    """0.2,0.8 as [[0.2, 0.8]]; the targets of several examples stand between slashes."""
    try:
        return [[float(number) for number in part.split(",")] for part in text.split("/")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected numbers such as 0.2,0.8, or 0,1/1,0 of two examples; got "
                                         f"{as_given(text)}") from None


def run_diagnose(arguments: argparse.Namespace) -> int:
    """Print whether the gradients in a file are the paper's, and if not, which mistakes give exactly these."""
    content = read_gradients_file(arguments.gradients)
    if arguments.data is None and arguments.example is None and "x" in content:
        net = checkpoint.load(arguments.network)
        x: Any = content["x"]
        y: Any = content.get("y") if arguments.y is None else arguments.y
        is_batch = isinstance(x, list) and is_table(x, net.shape[0])
        count = len(x) if is_batch else 1
        y = y[0] if arguments.y is not None and not is_batch and len(y) == 1 else y
    elif arguments.data is None or arguments.example is None:
        raise UsageError(f"{arguments.network} is a network: --data and --example are missing, such as --data iris "
                         "--example 7; or x and y in the file of the gradients")
    else:
        net, data = network_and_data(arguments)
        examples = chosen(net, data, arguments.example)
        count, x, y = len(examples), [x for x, _ in examples], arguments.y or [y for _, y in examples]
    earlier = None
    if arguments.earlier is not None:
        if arguments.data is None:
            raise UsageError("--earlier names examples of --data, which is missing")
        before = chosen(net, data, arguments.earlier)
        earlier = [x for x, _ in before], [y for _, y in before]
    asked = setting(net, count, arguments.cost, arguments.alpha or 0.0, arguments.m)
    diagnosis = diagnose(content["gradients"], net, x, y, asked.cost, asked.alpha, asked.m, arguments.eta, earlier,
                         content.get("deltas"), arguments.tolerance)
    if arguments.json:
        print(as_json(diagnosis))
    else:
        print(f"{asked}\n" * (asked.training is not None) + f"{diagnosis}")
    return 0 if diagnosis.ok else 1


BESIDE = ("deltas", "about", "x", "y")  # what a file may hold beside the gradients


def read_gradients_file(path: str) -> dict[str, Any]:
    """The "gradients" of a JSON or .npz file as `diagnose` takes them, and BESIDE. Raises FileError or DataError."""
    content = read_arrays(path) if path.lower().endswith(".npz") else read_json(path)
    parts = {key: part for key, part in content.items() if key not in BESIDE}
    if "weights" in parts:
        unknown = set(parts) - {"weights", "biases"}
        if unknown:
            raise DataError(f'{harmless(path)}: unknown key {sorted(unknown)[0]!r}; expected "weights", "biases", '
                            f'{", ".join(map(json.dumps, BESIDE))}')
        gradients: Any = (parts["weights"], parts.get("biases"))
    elif parts:
        gradients = parts
    else:
        raise DataError(f'{harmless(path)}: expected {{"weights": …, "biases": …}}, ∂C/∂W and ∂C/∂b by layer')
    return {"gradients": gradients} | {key: content[key] for key in BESIDE if key in content}


def read_json(path: str) -> dict[str, Any]:
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{harmless(path)} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f'{harmless(path)}: expected {{"weights": …, "biases": …}}, ∂C/∂W and ∂C/∂b by layer')
    return content


def read_arrays(path: str) -> dict[str, Any]:
    try:
        numpy = import_module("numpy")
    except ImportError as error:
        raise DataError(f"to read {harmless(path)} needs NumPy, which is missing") from error
    try:
        with numpy.load(path, allow_pickle=False) as arrays:
            return {key: arrays[key] if key not in BESIDE else arrays[key].tolist() for key in arrays}
    except OSError as error:
        raise FileError(f"cannot read {harmless(path)}: {error.strerror or error}") from error
    except Exception as error:  # whatever a damaged archive makes NumPy and zipfile raise
        raise DataError(f"{harmless(path)} is not an archive of NumPy arrays: {error}") from error
