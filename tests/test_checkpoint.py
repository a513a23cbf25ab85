"""What `save` writes, `load` gives back to the last bit; anything else is refused in one line."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, load, save, unroll
from micrograd_paper.errors import CheckpointError, FileError, UsageError
from micrograd_paper.nn import Scaling
from tests.strategies import networks

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(networks(), st.data())
def test_a_loaded_network_is_the_saved_one_to_the_last_bit(tmp_path_factory, network, data):
    net, x, _ = network
    for parameter in net.parameters():
        if data.draw(st.booleans()):
            parameter.data = data.draw(finite)
    net.scaling = Scaling(data.draw(st.lists(finite, min_size=len(x), max_size=len(x))), [0.1] * len(x))
    net.classes = [f"class {c} ‒ δ\"\\" for c in range(max(2, net.shape[-1]))]
    path = tmp_path_factory.mktemp("net") / "net.json"
    save(net, path)
    loaded = load(path)
    assert [p.data.hex() for p in loaded.parameters()] == [p.data.hex() for p in net.parameters()]
    assert [str(p.label) for p in loaded.parameters()] == [str(p.label) for p in net.parameters()]
    assert (loaded.shape, loaded.activations) == (net.shape, net.activations)
    assert (loaded.scaling, loaded.classes) == (net.scaling, net.classes)


def test_a_saved_network_is_json_that_people_can_read(tmp_path):
    net = MLP(2, [2, 1], ["tanh", "sigmoid"], seed=1)
    net.classes = ["weiß", "赤"]
    save(net, tmp_path / "net.json")
    text = (tmp_path / "net.json").read_text(encoding="utf-8")
    assert '"classes": ["weiß", "赤"]' in text
    content = json.loads(text)
    assert content["shape"] == [2, 2, 1]
    assert content["activations"] == ["tanh", "sigmoid"]
    assert content["weights"]["2"][1] == [net["w2_2_1"].data, net["w2_2_2"].data]
    assert content["biases"]["3"] == [net["b3_1"].data]
    assert f"[{net['w2_2_1'].data}, {net['w2_2_2'].data}]" in text.splitlines()[12]


@pytest.mark.parametrize("atomic", [False, True])
def test_a_network_stays_as_atomic_as_it_was(atomic, tmp_path):
    net = MLP(2, [2, 1], seed=1, atomic=atomic)
    save(net, tmp_path / "net.json")
    loaded = load(tmp_path / "net.json")
    graphs = [unroll(network.forward([0.5, -1.0]).output[0]) for network in (net, loaded)]
    assert graphs[0] == graphs[1] and loaded.atomic == atomic


def test_a_network_that_json_cannot_hold_is_refused_and_nothing_is_written(tmp_path):
    def tanh(z):
        return z.tanh() * 1.7159

    nets = [MLP(1, [1], tanh), *(MLP(1, [1]) for _ in range(7))]
    nets[1]["w2_1_1"].data = math.nan
    nets[2]["b2_1"].data = 2**53 + 1  # would come back rounded
    nets[3].classes = ["only one"]
    nets[4].classes = 5
    nets[5].scaling = Scaling([0.0, 1.0], [1.0, 1.0])
    nets[6].scaling = Scaling([0.0], [math.inf])
    nets[7].classes = ["a", "a"]
    messages = ("the activation tanh of layer 2: it is a user-defined function", "cannot save w²₁₁ = nan",
                "cannot save b²₁ = 9007199254740993",
                '"classes" must be 2 names', '"classes" must be 2 names', "scaling offset must be 1 numbers",
                "scaling spread: expected a finite number, got inf", "must be different names; got ['a', 'a']")
    for net, message in zip(nets, messages):
        with pytest.raises(UsageError, match=re.escape(message)):
            save(net, tmp_path / "net.json")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def content(tmp_path):
    net = MLP(2, [3, 1], seed=1)
    net.scaling, net.classes = Scaling([0.0, 1.0], [1.0, 2.0]), ["no", "yes"]
    save(net, tmp_path / "net.json")
    return json.loads((tmp_path / "net.json").read_text())


def changed(content, path, value):
    *outer, last = path
    inner = content
    for key in outer:
        inner = inner[key]
    inner[last] = value
    return content


@pytest.mark.parametrize("path, value, message", [
    (["format"], "another", "is not a network saved by micrograd_paper"),
    (["version"], 2, "has version 2; this program reads 1"),
    (["version"], None, "has version None"),
    (["shape"], [2, 0, 1], "two or more positive integers"),
    (["shape"], [2], "two or more positive integers"),
    (["shape"], "2-3-1", "two or more positive integers"),
    (["shape"], [2, 3, True], "two or more positive integers"),
    (["shape"], [2, 4, 1], "weights of layer 2 need 4 rows"),
    (["shape"], [2, 2, 1], "weights of layer 2 need 2 rows"),
    (["activations"], ["sigmoid"], '"activations" must be 2 names'),
    (["activations"], ["sigmoid", "softmax"], "unknown activation 'softmax'"),
    (["activations"], ["sigmoid"] * 3, '"activations" must be 2 names'),
    (["activations"], ["sigmoid", ["sigmoid"]], '"activations" must be 2 names'),
    (["weights"], {}, '"weights" lacks "2"'),
    (["weights"], None, '"weights" lacks "2"'),
    (["weights"], "2", '"weights" lacks "2"'),
    (["weights", "2", 1], [0.5], "weights of layer 2, row 2 must be 2 numbers"),
    (["weights", "2", 1], [0.5, 1.0, 2.0], "weights of layer 2, row 2 must be 2 numbers"),
    (["weights", "3", 0, 2], math.nan, "weights of layer 3, row 1: expected a finite number, got nan"),
    (["weights", "3", 0, 2], "0.5", "expected a finite number, got '0.5'"),
    (["weights", "3", 0, 2], True, "expected a finite number, got True"),
    (["weights", "3", 0, 2], 10**400, "expected a finite number, got 1000"),
    (["shape"], [2, 10**9, 1], "weights of layer 2 need 1000000000 rows"),
    (["biases", "2"], None, "biases of layer 2 must be 3 numbers"),
    (["scaling"], {"offset": [1.0, 2.0]}, '"scaling" lacks "spread"'),
    (["scaling", "spread"], [1.0, 0.0], "a scaling spread is 0"),
    (["classes"], ["only one"], '"classes" must be 2 names'),
    (["classes"], ["a", "b", "c"], '"classes" must be 2 names'),
    (["classes"], ["no", 1], '"classes" must be 2 names'),
    (["classes"], ["yes", "yes"], '"classes" must be different names'),
    (["atomic"], "yes", '"atomic" must be true or false'),
])
def test_a_damaged_checkpoint_says_what_is_wrong_with_it(path, value, message, content, tmp_path):
    file = tmp_path / "net.json"
    file.write_text(json.dumps(changed(content, path, value)))
    with pytest.raises(CheckpointError) as error:
        load(file)
    assert message in str(error.value) and str(file) in str(error.value) and "\n" not in str(error.value)


def test_whole_numbers_that_somebody_wrote_are_floats_as_all_others(content, tmp_path):
    content["weights"]["2"][0], content["biases"]["3"], content["scaling"]["spread"] = [1, -2], [0], [1, 2]
    (tmp_path / "net.json").write_text(json.dumps(content))
    net = load(tmp_path / "net.json")
    assert [net[name].data for name in ("w2_1_1", "w2_1_2", "b3_1")] == [1, -2, 0]
    assert {type(x) for x in (*[p.data for p in net.parameters()], *net.scaling.spread)} == {float}
    save(net, tmp_path / "again.json")


@given(st.data())
def test_a_truncated_checkpoint_is_refused_wherever_it_ends(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("net") / "net.json"
    save(MLP(2, [1], seed=1), file)
    text = file.read_text()
    file.write_text(text[: data.draw(st.integers(0, len(text) - 3))])
    with pytest.raises(CheckpointError, match="is not a network, or is truncated"):
        load(file)


@pytest.mark.parametrize("text", ["[]", "3", '"net"', "{}", "[" * 100_000, "1" * 5000])
def test_json_that_is_no_network_is_refused(text, tmp_path):
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(CheckpointError, match="is not a network"):
        load(tmp_path / "net.json")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match=r"cannot read .*missing\.json: No such file"):
        load(tmp_path / "missing.json")
