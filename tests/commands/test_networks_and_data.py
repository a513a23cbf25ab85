"""What a network knows of its data, and what a file means to it however its rows, columns and separators stand."""

import csv
import io
import random
from importlib import resources
from pathlib import Path

import pytest

from micrograd_paper import MLP, compare, cross_entropy, datasets, fit, load, quadratic, save
from micrograd_paper.cli import main
from micrograd_paper.costs import batch_cost
from micrograd_paper.nn import Training

IRIS = resources.files("micrograd_paper.datasets").joinpath("iris.csv").read_text(encoding="utf-8")
TABLE = list(csv.reader(IRIS.splitlines()))
HEADER, FLOWERS = TABLE[0], TABLE[1:]


def write(path, rows, separator=","):
    Path(path).write_text("".join(separator.join(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """The path of a network that was trained on the flowers, from a file with a header."""
    directory = tmp_path_factory.mktemp("net")
    write(directory / "iris.csv", TABLE)
    assert main(["train", "--data", str(directory / "iris.csv"), "--shape", "4-3-3", "--eta", "3", "--epochs", "10",
                 "--alpha", "0.01", "--save", str(directory / "net.json")]) == 0
    return str(directory / "net.json")


def test_a_network_keeps_what_it_was_trained_with_and_what_its_inputs_and_outputs_mean(net):
    loaded = load(net)
    assert loaded.features == HEADER[:4] and loaded.classes == ["setosa", "versicolor", "virginica"]
    assert loaded.training == Training("quadratic", 0.01, 120, 3.0, 10, 10, 1)


@pytest.mark.parametrize("cost", ["quadratic", cross_entropy, lambda a, y: quadratic(a, y) * 2])
def test_fit_says_how_it_trained_and_save_keeps_what_json_can_hold(cost, tmp_path):
    net = MLP(2, [2, 1], seed=1)
    assert net.training is None
    fit(net, [([0.0, 1.0], [1.0]), ([1.0, 1.0], [0.0])], eta=0.5, epochs=3, batch_size=1, cost=cost, alpha=0.25,
        seed="text", progress=False)
    name = {"quadratic": "quadratic", cross_entropy: "cross_entropy"}.get(cost, cost)
    assert net.training == Training(name, 0.25, 2, 0.5, 3, 1, "text")
    save(net, tmp_path / "net.json")
    assert load(tmp_path / "net.json").training == net.training._replace(
        cost=name if isinstance(name, str) else None, seed=None)


def test_pictures_and_the_debugger_take_the_cost_of_the_training_too(net, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("quit\n"))
    assert main(["draw", net, "--data", "iris", "--example", "7", "--detail", "layers"]) == 0
    assert main(["debug", net, "--data", "iris", "--example", "7"]) == 0
    heading = "in the network 4-3-3: quadratic cost, α = 0.01, m = 120, as in training, C = "
    assert heading in Path("graph.svg").read_text(encoding="utf-8") and heading in capsys.readouterr().out


def arrangements():
    """The same flowers in other orders of rows and columns, with other separators, with and without a header."""
    rng = random.Random(1)
    for number in range(6):
        rows, columns = FLOWERS[:], list(range(5))
        rng.shuffle(rows)
        rng.shuffle(columns)
        yield pytest.param([HEADER, *rows], columns, ",;\t"[number % 3], id=f"columns {columns}")
    yield pytest.param(FLOWERS[::-1], list(range(5)), ",", id="no header")


@pytest.mark.parametrize(("rows", "columns", "separator"), list(arrangements()))
def test_the_network_decides_what_rows_columns_and_classes_mean(net, rows, columns, separator, tmp_path, capsys):
    write(tmp_path / "other.csv", [[row[k] for k in columns] for row in rows], separator)
    for arguments in (["predict", net, "iris"], ["predict", net, str(tmp_path / "other.csv")]):
        assert main(arguments) == 0
    right = [line for line in capsys.readouterr().out.splitlines() if " right: " in line]
    assert right[0] == right[1]
    flower = rows[7]
    number = FLOWERS.index(flower) + 1
    place = [row for row in rows if row is not HEADER].index(flower) + 1
    for data, example in (("iris", number), (str(tmp_path / "other.csv"), place)):
        assert main(["compare", net, "--data", data, "--example", str(example)]) == 0
    said = capsys.readouterr().out.splitlines()
    first, second = (line.split(" in the network ")[1] for line in said if " in the network " in line)
    assert first == second and "quadratic cost, α = 0.01, m = 120, as in training, C = " in first


@pytest.mark.parametrize(("rows", "message"), [
    ([["a", "b", "c", "d", "species"], *FLOWERS], "has no column sepal length (cm), which the network takes; it has a"),
    ([[*HEADER[:3], "petal wdith (cm)", "species"], *FLOWERS], "has no column petal width (cm)"),
    ([HEADER, ["5", "3", "1", "0.2", "daisy"]], "row 2: the network has no class 'daisy'; it has setosa, versicolor"),
    ([["id", *HEADER], *[[str(k), *row] for k, row in enumerate(FLOWERS)]], "id, species are too many"),
    ([row[:3] for row in FLOWERS], "has 3 columns: expected 4 features"),
])
def test_what_the_network_does_not_know_is_an_error(net, rows, message, tmp_path, capsys):
    write(tmp_path / "f.csv", rows)
    assert main(["predict", net, str(tmp_path / "f.csv")]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and out == ""


def test_labels_that_are_numbers_stand_in_numeric_order_and_0_and_1_are_what_they_say(tmp_path, capsys):
    write(tmp_path / "or.csv", [["1", "1", "1"], ["0", "1", "1"], ["0", "0", "0"], ["1", "0", "1"]])
    data = datasets.load(str(tmp_path / "or.csv"))
    assert data.classes == ["0", "1"] and data.labels == [1, 1, 0, 1]
    assert data.examples([0, 2], outputs=1) == [([1.0, 1.0], [1.0]), ([0.0, 0.0], [0.0])]
    write(tmp_path / "digits.csv", [[str(c), str(c)] for c in (10, 9, 2, 1, 0)])
    assert datasets.load(str(tmp_path / "digits.csv")).classes == ["0", "1", "2", "9", "10"]
    net = MLP(2, [1], seed=1)
    save(net, tmp_path / "net.json")
    assert main(["compare", str(tmp_path / "net.json"), "--data", str(tmp_path / "or.csv"), "--example", "1"]) == 0
    out, err = capsys.readouterr()
    assert "example 1, 1, in" in out
    assert "does not know its classes; taken in the order of the data: 0 = 0, 1 = 1" in err
    net.classes = ["0.0", "1.0"]
    assert datasets.load_for(net, str(tmp_path / "or.csv")).labels == [1, 1, 0, 1]


def test_compare_takes_the_cost_of_the_training_and_says_so():
    net = MLP(2, [2, 1], seed=1)
    examples = [([0.0, 1.0], [1.0]), ([1.0, 1.0], [0.0]), ([1.0, 0.5], [1.0])]
    fit(net, examples, eta=0.5, epochs=2, batch_size=3, cost="cross_entropy", alpha=0.25, progress=False)
    forwards = [net.forward(x, i) for i, (x, _) in enumerate(examples, start=1)]
    y = [targets for _, targets in examples]
    batch_cost(forwards, y, cross_entropy, 0.25).backward()
    for found in (compare(forwards, y), compare(forwards, y).filter(symbol="w2_1_1")):
        heading = "cross-entropy cost, α = 0.25, m = 3, as in training"
        assert found.ok and str(found).startswith(heading) and found.markdown().startswith(heading)
        assert found.as_dict()["heading"] == heading and f"<p>{heading}</p>" in found._repr_html_()
    assert "as in training" not in str(compare(forwards, y, cross_entropy, 0.25))
    assert not compare(forwards, y, cross_entropy).ok  # whoever names the cost names its penalty


@pytest.mark.parametrize(("alpha", "options", "heading"), [
    (0.01, [], "α = 0.01, m = 3, as in training"), (0.01, ["--alpha", "0.01"], "α = 0.01, m = 3, as in training"),
    (0.01, ["--alpha", "0.5"], "α = 0.5, m = 3"), (0.01, ["--m", "7"], "α = 0.01, m = 7"),
    (0.01, ["--m", "3"], "α = 0.01, m = 3, as in training"), (0.01, ["--alpha", "0"], ""),
    (0.0, ["--alpha", "0.5"], "α = 0.5, m = 3"), (0.0, ["--m", "7"], "as in training"),
    (0.0, ["--alpha", "0.5", "--m", "7"], "α = 0.5, m = 7"), (0.01, ["--cost", "quadratic"], ""),
    (0.01, ["--cost", "quadratic", "--alpha", "0.01"], "α = 0.01, m = 1"),
])
def test_as_in_training_is_said_of_that_cost_alone_and_an_option_replaces_its_own_number(
    alpha, options, heading, tmp_path, monkeypatch, capsys,
):
    monkeypatch.chdir(tmp_path)
    net = MLP(2, [2, 1], seed=1)
    fit(net, [([0.0, 1.0], [1.0]), ([1.0, 1.0], [0.0]), ([1.0, 0.5], [1.0])], eta=0.5, epochs=1, batch_size=1,
        alpha=alpha, progress=False)
    save(net, "net.json")
    assert main(["compare", "net.json", "--data", "xor", "--example", "1", *options]) == 0
    said = f"quadratic cost, {heading}, C = " if heading else "quadratic cost C = "
    assert said in capsys.readouterr().out
    with_penalty = compare_of(net, dict(zip(options[::2], options[1::2])))
    assert with_penalty.heading == ("" if "--cost" in options else said.rpartition(" C = ")[0].rstrip(","))


def compare_of(net, options):
    """The comparison of a graph of its own, for the same options."""
    forward = net.forward([0.0, 0.0])
    quadratic(forward.output, [0.0]).backward()
    return compare(forward, [0.0], options.get("--cost"), float(options["--alpha"]) if "--alpha" in options else None,
                   int(options["--m"]) if "--m" in options else None)


@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
def test_where_the_graphs_cost_is_another_one_it_is_said_which(cost):
    net = MLP(2, [2, 1], seed=1)
    fit(net, [([0.0, 1.0], [1.0])], eta=0.5, epochs=2, batch_size=1, alpha=0.25, progress=False)
    forward = net.forward([1.0, 0.5])
    net.zero_grad()
    cost(forward.output, [1.0]).backward()
    found = compare(forward, [1.0])
    assert not found.ok
    assert f"with cost={cost.__name__}, alpha=0 every number agrees: the graph's cost is not the" in found.verdict


def test_train_says_what_it_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write("flowers.csv", TABLE)
    assert main(["train", "--data", "flowers.csv", "--epochs", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "flowers.csv: 150 examples; 4 features: sepal length (cm), sepal width (cm), petal length (cm), "
        "petal width (cm); 3 classes: setosa 50, versicolor 50, virginica 50")


A, B = ["1", "2", "a"], ["2", "3", "b"]


@pytest.mark.parametrize(("rows", "doubt", "settled", "classes"), [
    ([["x", "y", "price"], *[[str(k % 3), str(k % 2), str(20 + k)] for k in range(30)]],
     "the column price looks like a measurement, not like a class: its values are 30 of 30 in one row alone; --target",
     ["--target", "y"], "2 classes: 0 15, 1 15"),
    ([["kind", "x", "y"], *[["0", "1", "2.5"], ["1", "2", "2.5"], ["0", "3", "4.0"], ["1", "1", "4.0"]] * 3],
     "the column y looks like a measurement, not like a class: its values are numbers with a fraction; --target",
     ["--target", "kind"], "2 classes: 0 6, 1 6"),
    ([["2019", "2020", "kind"], *[A, B] * 5], "no other row has the class 'kind' of the first row: --header",
     ["--header"], "2 classes: a 5, b 5"),
    ([["NA", "?", "a"], *[A, B] * 5], "the first row was taken for a header, and its 'a' is a class: --no-header",
     None, ""),
    ([["1", "7", "a"], *[[str(k), str(k % 5), "ab"[k % 2]] for k in range(2, 30)]],
     "the first column counts the rows: if it is an index, leave it out", None, ""),
])
def test_what_may_have_been_meant_otherwise_is_said_with_what_settles_it(
    rows, doubt, settled, classes, tmp_path, monkeypatch, capsys,
):
    monkeypatch.chdir(tmp_path)
    write("f.csv", rows)
    train = ["train", "--data", "f.csv", "--epochs", "1"]
    assert main(train) == 0
    assert f"micrograd-paper: note: f.csv: {doubt}" in capsys.readouterr().err
    if settled is not None:
        assert main([*train, *settled]) == 0
        out, err = capsys.readouterr()
        assert classes in out and err == ""


@pytest.mark.parametrize(("content", "message"), [
    ("a;b\n1,5;x\n2,5;y\n", "row 2, column 1 (a): 1,5 has a decimal comma; write 1.5"),
    ('1,2,"3,5",x\n', 'row 1, column 3 (x3): 3,5 has a decimal comma'),
    ("a\tb\n1\tx\n2\ty\n".encode("utf-16"), "cannot read f.csv: it is UTF-16 text: save it as UTF-8"),
    ("länge,art\n1,x\n2,ö\n".encode("cp1252"), "it is not UTF-8 (byte 1): save it as UTF-8 text"),
    (",a,class\n0,5,x\n1,6,y\n2,7,x\n", "the first column counts the rows, as an index does, and is no feature: leave"),
    ("Id,a,class\n1,5,x\n2,6,y\n3,7,x\n", "the first column counts the rows, as an index does"),
    ("kind,a,b\nx,1,2\n", "column 1 (kind): expected a number, got 'x'; --target kind if this is the class"),
    ("a,a,class\n1,2,x\n", "has two columns of the name a; --no-header if these are data"),
    ("".join(f"1,c{k}\n" for k in range(1001)), "has more than 1,000 different values, as a measurement has"),
    ("a,b\n1,x\n2,y\n", "no column species; it has a, b"),
    ("1 2 x\n2 3 y\n", "has 1 column: expected features and a column that names the class; commas, semicolons and"),
    ("a|b|c\n1|2|x\n", "tabs separate cells, not bars"),
    ('a,b,c\n1,"1,000",x\n', "column 2 (b): 1,000 has a comma; write 1000 if it groups thousands, or 1.000 if its"),
    ('a,b,c\n1,"-12,345.5",x\n', "row 2, column 2 (b): -12,345.5 has a comma; write -12345.5 if it groups thousands\n"),
    ('1,"1,234,567",x\n', "row 1, column 2 (x2): 1,234,567 has a comma; write 1234567 if it groups thousands\n"),
    ('a,b,c\n1,"0,125",x\n', "0,125 has a decimal comma; write 0.125"),
    (b"a,b\n1,x\0\n2,y\n", "cannot read f.csv: it is not text: it has a NUL byte"),
    ('a,b,c\n1,"2,x\n3,4,y\n', "f.csv, row 2: this is not CSV: a quotation mark that begins in it is never closed"),
    ("# mine\na,b,c\n1,2,x\n", "f.csv, row 1: '# mine' stands alone above rows of 3 cells: leave it out"),
    ("a,1,2\nb,3,4\n", "got 'a'; --target 1 if this is the class; --header if this row is a header"),
    ("width,,kind\n1,2,x\n", "got 'width'; --target 1 if this is the class; --header if this row is a header"),
    (b"PK\3\4\0\0", "it is a ZIP archive, as .xlsx files are: save it as UTF-8 text"),
])
def test_a_file_that_needs_another_form_is_one_line_with_the_remedy(content, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("f.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    asked = ["--target", "species"] if "species" in message else []
    assert main(["train", "--data", "f.csv", "--epochs", "1", *asked]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and out == ""


def test_the_line_that_names_the_separator_is_no_row(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for separator in ",;\t":
        write("f.csv", [[f"sep={separator}"], ["a", "kind"], *[["1", "x"], ["2", "y"]] * 2], separator)
        assert datasets.load("f.csv").inputs == [[1.0], [2.0]] * 2
    write("f.csv", [["sep=,"], ["a", "kind"], ["1", "x", "2"]])
    assert main(["train", "--data", "f.csv"]) == 2 and "f.csv, row 3: 3 cells" in capsys.readouterr().err


def test_classes_that_differ_in_case_only_are_told_and_a_column_without_a_name_can_be_the_target(
    tmp_path, monkeypatch, capsys,
):
    monkeypatch.chdir(tmp_path)
    write("f.csv", [[name, str(k), str(k % 3)] for k, name in enumerate(["Rose", "rose", "lily", "ROSE", "Lily"])])
    for target in ("1", "x1"):
        assert main(["train", "--data", "f.csv", "--epochs", "1", "--target", target]) == 0
        said = "classes that differ in case only: Rose and rose and ROSE, lily and Lily; if they are one, write them "
        assert capsys.readouterr().err == f"micrograd-paper: note: f.csv: {said}alike\n"


def test_the_class_may_stand_in_any_column_and_is_named_or_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write("front.csv", [row[::-1] for row in TABLE])
    write("bare.csv", [row[::-1] for row in FLOWERS])
    for name, target in (("front.csv", "species"), ("front.csv", "1"), ("bare.csv", "1")):
        assert main(["train", "--data", name, "--target", target, "--epochs", "1"]) == 0
        assert "3 classes: setosa 50, versicolor 50, virginica 50" in capsys.readouterr().out


def test_names_cannot_speak_to_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [["x", "bell\a", "kind"], *[["1", "2", "\x1b[31mred"], ["2", "3", "a\u202eb"]] * 4]
    write("f\x1b[2J\n.csv", rows)
    assert main(["train", "--data", "f\x1b[2J\n.csv", "--epochs", "2", "--save", "n\x1b[J.json"]) == 0
    Path("n\x1b[J.json").rename("n.json")
    assert main(["predict", "n.json", "f\x1b[2J\n.csv"]) == 0
    assert main(["compare", "n.json", "--data", "f\x1b[2J\n.csv", "--example", "1"]) == 0
    assert main(["draw", "n.json", "--data", "f\x1b[2J\n.csv", "--example", "1", "-o", "g\x1b[2J.svg"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("list\nquit\n"))
    Path("s\x1b[2J.py").write_text("from micrograd_paper import Value\n(Value(1.0) * 2).backward()\n")
    assert main(["debug", "s\x1b[2J.py", "--at"]) == 0
    assert main(["predict", "n.json", "no\x1b[2J\nfile"]) == 2
    for text in capsys.readouterr():
        assert not any(letter in text for letter in "\x1b\a\u202e") and "f\n" not in text and "no\n" not in text


@pytest.mark.parametrize(("arguments", "said"), [
    (["compare", "{net}", "--data", "iris", "--example", "9" * 20], "from 1 to 999999999999999, or several as 1-10"),
    (["compare", "{net}", "--data", "iris", "--example", "0"], "from 1 on, or several as 1-10 or 3,1,4; got '0'"),
    (["train", "--data", "iris", "--shape", f"4-{'9' * 40}-3"], "positive integers of at most 15 digits such as 4-3-3"),
    (["compare", "{net}", "--data", "iris", "--example", "1", "--m", "1" * 30], "here, at most 92"),
])
def test_a_number_that_is_too_long_is_not_called_none(arguments, said, net, capsys):
    try:
        status = main([net if argument == "{net}" else argument for argument in arguments])
    except SystemExit as end:
        status = end.code
    assert status == 2 and said in capsys.readouterr().err


def test_a_cost_of_180_digits_is_not_written_out(capsys):
    main(["train", "--data", "xor", "--shape", "2-2", "--alpha", "1e9", "--epochs", "1", "--eta", "1e-5"])
    assert max(map(len, " ".join(capsys.readouterr()).split())) < 40


@pytest.mark.parametrize("arguments", [
    ["train", "--data", "iris", "--shape", "4-9999999999-3"], ["prove", "--shape", "2-99999-99999-2"],
    ["equations", "1" * 5000], ["compare", "{net}", "--data", "iris", "--example", "1" * 5000],
    ["compare", "{net}", "--data", "iris", "--example", "1", "--symbol", f"w{'1' * 5000}_1"],
    ["train", "--data", "/dev/zero"], ["predict", "/dev/zero", "iris"], ["predict", "{net}", "/dev/zero"],
    ["diagnose", "{net}", "--data", "iris", "--example", "1", "/dev/zero"], ["train", "--data", "huge.csv"],
    ["predict", "half.json", "iris"], ["train", "--data", "iris", "--header"],
    ["compare", "{net}", "--data", "iris", "--example", "1", "--alpha", "1", "--m", "1" * 4000],
])
def test_what_no_machine_can_take_is_one_line(arguments, net, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with Path("huge.csv").open("wb") as file:
        file.write(b"1,2,a\n" * 1000)
        file.truncate(10**9)  # a hole, which reads as zeros
    Path("half.json").write_text(Path(net).read_text().replace("setosa", "\\ud800"))
    try:
        status = main([net if argument == "{net}" else argument for argument in arguments])
    except SystemExit as end:
        status = end.code
    out, err = capsys.readouterr()
    assert (status, out) == (2, "") and err.count("\n") == 1 and len(err) < 420
