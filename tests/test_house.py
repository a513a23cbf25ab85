"""The house: each file stands above all that it imports, and one folder does one job."""

import ast
import collections
from pathlib import Path

import pytest

import micrograd_paper

PACKAGE = Path(micrograd_paper.__file__).parent
FLOORS = """
    __init__  __main__  cli
    commands      training  figures  drawing  unrolling  debugging  comparing  graphs  scripts  arguments
    debugger      debugger  move_commands  stop_commands  ask_commands  look_commands  command  check
                  replay  stops  expressions  reversible_pass  terminal
    page          explore  training
    diagnosing    diagnosis  conclusions  search  mistakes  wrong_backpropagation  given_gradients
    comparing     health  gradcheck  slopes  proof  operations_proof  compare  comparison  closed_forms
                  own_operations  tables
    examples      equations_page  worked  several_passes  one_pass  formula_stages
    figures       curves  paper_figures  picture
    animation
    drawing       draw  operations  neurons  layers  placing.neuron_layout  network_marks  document  eliding
                  box_widths  placing  placing.downwards  placing.runs  placing.layout  placing.ordering
                  formats  dot  ledger  rows  svg  style
    unrolling     unroll  statements  identifiers
    descent
    matrix        training  vectorize  program  in_place  jit  loops  source  builder  forward  naming  layout
                  grouping  canonical  array_text
    checkpoint
    datasets      csv_file  idx_file
    stepping      breakpoints  anomaly  origins  observers  paths  steps  words  formulas
    reading       rebuilt_network  network  groups  reading  gradients  equation_numbers  layers  roles  parts  names
                  variables  stale_nodes  symbols
    costs
    nn
    activations
    kinds         program  formula  bounded
    graph
    engine
    backward_pass
    observing
    operations
    arrays
    checks
    functions
    paper
    equations
    copying
    deadline
    files
    display
    plain
    notation
    errors
"""  # from the top; in a row a folder and its files, or files alone

# Arrows that run up, with the reason.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("descent", "figures.curves"): "history.plot() is where a user looks for the curves of a training",
}


def floors():
    """Each module's name and its floor, 0 at the top; a folder's own module stands above its files."""
    found, folder = {}, ""
    for line in FLOORS.splitlines():
        names = line.split()
        if not names:
            continue
        if line.startswith(" " * 5):
            names = [f"{folder}.{name}" for name in names]
        elif (PACKAGE / names[0]).is_dir():
            folder = names[0]
            names = [folder, *(f"{folder}.{name}" for name in names[1:])]
        for name in names:
            assert name not in found, name
            found[name] = len(found)
    return found


def module_name(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1]) or parts[-1] if parts[-1] == "__init__" else ".".join(parts)


def imported(path):
    """The modules of the package that a file imports, anywhere in it, with the line."""
    known = floors()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix("micrograd_paper.") in known else node.module for name in names]
        for name in names:
            if name.startswith("micrograd_paper."):
                yield name.removeprefix("micrograd_paper."), node.lineno


FILES = sorted(PACKAGE.rglob("*.py"))


def test_the_table_of_floors_has_every_file_and_no_other():
    assert set(floors()) == {module_name(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_arrow_runs_up(path):
    floor, name = floors(), module_name(path)
    up = [
        f"{path.name}:{line} imports {other}, which stands above it" for other, line in imported(path)
        if floor[other] < floor[name] and (name, other) not in EXCEPTIONS
    ]
    assert not up, "\n".join(up)


def test_no_folder_has_more_than_15_files():
    counts = collections.Counter(
        path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*")
        if path.is_file() and path.name != "__init__.py" and "__pycache__" not in path.parts
    )
    del counts[Path()]
    assert max(counts.values()) <= 15, counts.most_common(3)


DOORS = {  # every row of a table has one
    "add_commands",  # of a file of commands
    "picture",  # of a detail of drawings
}


def test_no_top_level_name_has_three_meanings():
    places = collections.defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = [node.name]
            elif isinstance(node, ast.Assign):
                names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = [node.target.id]
            else:
                continue
            for name in names:
                places[name].append(module_name(path))
    often = {name: where for name, where in places.items() if len(where) > 2 and name not in DOORS}
    assert not often, often
