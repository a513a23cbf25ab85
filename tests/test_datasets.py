"""The data is the real one; a CSV that cannot be used says row and column."""

import math
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, datasets, save
from micrograd_paper.cli import main
from micrograd_paper.commands.training import Task
from micrograd_paper.datasets.csv_file import Wanted, parse_csv
from micrograd_paper.errors import DataError, FileError, UsageError


def test_the_irises_are_fisher_s_150_flowers():
    iris = datasets.load("iris")
    assert iris.classes == ["setosa", "versicolor", "virginica"]
    assert [iris.labels.count(c) for c in range(3)] == [50, 50, 50]
    assert iris.features == ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
    columns = list(zip(*iris.inputs))
    assert [round(math.fsum(column), 1) for column in columns] == [876.5, 458.6, 563.7, 179.9]
    assert [(min(column), max(column)) for column in columns] == [(4.3, 7.9), (2.0, 4.4), (1.0, 6.9), (0.1, 2.5)]
    # Fisher's means of each species, Table I
    means = [[round(math.fsum(x[k] for x in iris.inputs[c * 50 : c * 50 + 50]) / 50, 3) for k in range(4)]
             for c in range(3)]
    assert means == [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]]
    # the two flowers that are wrong in the UCI copy
    assert iris.inputs[34] == [4.9, 3.1, 1.5, 0.2] and iris.inputs[37] == [4.9, 3.6, 1.4, 0.1]


@given(st.integers(0, 2**32))
def test_a_split_holds_out_a_fifth_of_every_class_and_loses_nothing(seed):
    iris = datasets.load("iris")
    training, held_out = iris.split(seed=seed)
    assert sorted(training + held_out) == list(range(150))
    assert [sum(iris.labels[i] == c for i in held_out) for c in range(3)] == [10, 10, 10]
    assert (training, held_out) == iris.split(seed=seed) != iris.split(seed=seed + 1)


def test_xor_is_too_small_to_hold_anything_out():
    xor = datasets.load("xor")
    assert xor.split(seed=1) == ([0, 1, 2, 3], [])
    assert xor.examples([1, 3], outputs=1) == [([0.0, 1.0], [1.0]), ([1.0, 1.0], [0.0])]
    assert xor.examples([1], outputs=2) == [([0.0, 1.0], [0.0, 1.0])]


def test_the_seed_decides_the_moons_and_each_has_half_the_points():
    moons = datasets.load("moons", seed=1)
    assert moons.inputs == datasets.load("moons", seed=1).inputs != datasets.load("moons", seed=2).inputs
    assert moons.labels.count(0) == moons.labels.count(1) == 100
    upper = [x for x, label in zip(moons.inputs, moons.labels) if label == 0]
    assert all(0.5 < math.hypot(*x) < 1.5 for x in upper)  # a circle of radius 1 about 0


@pytest.mark.parametrize("classes, outputs", [(3, 2), (3, 1), (2, 3)])
def test_output_neurons_that_do_not_fit_the_classes_are_refused(classes, outputs):
    with pytest.raises(UsageError, match=rf"{classes} classes need {classes}( or 1)? output neurons.*has {outputs}"):
        datasets.targets(0, classes, outputs)


def test_a_csv_has_features_a_class_and_perhaps_a_header(tmp_path):
    rows = "1,2.5,yes\n\n-3e1, 4 ,no\n5,6,yes\n"
    plain = parse_csv(rows, "f.csv")
    inputs = [[1.0, 2.5], [-30.0, 4.0], [5.0, 6.0]]
    assert plain == (["x1", "x2"], inputs, ["yes", "no"], [0, 1, 0], None, [])
    headed = parse_csv('"length, cm",width,species\r\n' + rows.replace("\n", "\r\n"), "f.csv")
    assert headed == plain._replace(features=["length, cm", "width"], target="species")
    file = tmp_path / "f.csv"
    file.write_text("﻿" + rows, encoding="utf-8")
    data = datasets.load(str(file))
    assert (data.classes, data.labels, data.inputs) == (["yes", "no"], [0, 1, 0], plain.inputs)


@pytest.mark.parametrize("text, message", [
    ("", "f.csv is empty"),
    (" \n,\n", "f.csv is empty"),
    ("a,b,class\n", "f.csv has a header and no rows"),
    ("1\n2\n", "f.csv has 1 column: expected features and a column"),
    ("1,2,yes\n3,,no\n", "f.csv, row 2, column 2 (x2): the cell is empty; expected a number"),
    ("a,b,class\n1,2,yes\n3,four,no\n", "f.csv, row 3, column 2 (b): expected a number, got 'four'"),
    ("1,2,yes\nnan,2,no\n", "f.csv, row 2, column 1 (x1): expected a finite number, got 'nan'"),
    ("1,2,yes\n1,-inf,no\n", "f.csv, row 2, column 2 (x2): expected a finite number, got '-inf'"),
    ("1,2,yes\n1,1e999,no\n", "f.csv, row 2, column 2 (x2): expected a finite number, got '1e999'"),
    ("1,2,yes\n1,1_0,no\n", "row 2, column 2 (x2): expected a number, got '1_0'"),
    ("1,2,yes\n1,2,no,3\n", "f.csv, row 2: 4 cells; the first row has 3"),
    ("1,2,yes\n\n1,no\n", "f.csv, row 3: 2 cells; the first row has 3"),
    ("1,2,yes\n1,2,\n", "f.csv, row 2, column 3: the class is missing"),
    ("1,2,yes\n3,4,yes\n", "f.csv has one class only, 'yes'"),
    ('1,2,no\n1,2,"yes\n', "f.csv, row 2: this is not CSV"),
    ("1,2,yes\n1,\0,no\n", "f.csv"),
])
def test_a_csv_that_cannot_be_used_says_where(text, message):
    with pytest.raises(DataError) as error:
        parse_csv(text, "f.csv")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_table_to_predict_may_lack_the_class():
    wanted = Wanted(["x1", "x2"], None)
    assert parse_csv("1,2\n3,4\n", "f.csv", wanted).labels == []
    table = parse_csv("1,2,a\n3,4,a\n", "f.csv", wanted)
    assert (table.classes, table.labels) == (["a"], [0, 0])
    with pytest.raises(DataError, match=r"f\.csv has 4 columns: expected 2 features"):
        parse_csv("1,2,3,4\n", "f.csv", wanted)


def test_a_csv_that_is_not_there_is_named():
    with pytest.raises(FileError, match=r"cannot read nowhere\.csv: No such file"):
        datasets.load("nowhere.csv")


def test_the_digits_are_the_1797_of_the_test_part_in_grayscale():
    digits = datasets.digits()
    assert digits == datasets.load("digits") and digits.is_scaled
    assert digits.classes == list("0123456789") and len(digits.inputs) == 1797
    assert [digits.labels.count(c) for c in range(10)] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert {x_k * 16 for x in digits.inputs for x_k in x} == set(range(17))
    assert {len(x) for x in digits.inputs} == {64}
    zero = [[round(x_k * 16) for x_k in digits.inputs[0][row * 8 : row * 8 + 8]] for row in range(8)]
    assert digits.labels[0] == 0 and zero[2] == [0, 3, 15, 2, 0, 11, 8, 0]  # the hole of the 0


def test_the_licence_of_the_digits_lies_beside_them():
    text = resources.files("micrograd_paper.datasets").joinpath("digits.txt").read_text(encoding="utf-8")
    for named in ("E. Alpaydin", "C. Kaynak", "10.24432/C50P49", "CC BY 4.0"):
        assert named in text and named in datasets.__doc__


def test_the_digits_work_wherever_the_irises_do(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    net = MLP(64, [3, 10], seed=1)
    net.features, net.classes = datasets.digits().features, datasets.digits().classes
    save(net, "net.json")
    for arguments in ("compare net.json --data digits --example 7", "draw net.json --data digits --example 7 -o a.svg",
                      "explore net.json --data digits --example 7 -o a.html", "predict net.json digits",
                      "draw net.json --data digits --example 1-3 --detail layers -o b.svg"):
        assert main(arguments.split()) == 0, arguments
    out = capsys.readouterr().out
    assert "digits, example 7, 6, in the network 64-3-10" in out and " of 1797 right: " in out


def test_pixels_are_trained_on_as_they_are_and_other_features_scaled(capsys):
    for name, sizes in (("digits", (64, 10)), ("iris", (4, 3))):
        task = Task(datasets.load(name), sizes, ["sigmoid"], seed=1)
        assert (task.net.scaling is None) is (name == "digits")
        assert len(task.examples) + len(task.validation) == len(datasets.load(name).inputs)
