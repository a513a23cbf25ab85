"""The names of a program's Values: paths that lead to them, the best one of several, and nothing run to find them."""

import collections
import gc
import itertools
import math
import re
import types
import weakref
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Layer, Neuron, Value, draw, find, unroll
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import UnknownName
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.variables import LOOKED_AT, Variables, loop_variables, seen_as


class Thing:
    """Somebody's object."""

    def __init__(self, **parts):
        vars(self).update(parts)

    @property
    def danger(self):
        raise AssertionError("a property was called")

    def __getattr__(self, name):
        raise AssertionError(f"{name} was looked up")

    def __repr__(self):
        raise AssertionError("repr was called")

    def __eq__(self, other):
        raise AssertionError("== was called")

    __hash__ = None


class Slotted:
    __slots__ = ("empty", "part")


Pair = collections.namedtuple("Pair", "first second")


@dataclass
class Card:
    part: object


def slotted(part):
    thing = Slotted()
    thing.part = part
    return thing


identifiers = st.sampled_from(["a", "b", "w", "layers", "x1"])
things = st.recursive(
    st.builds(Value, st.just(1.0)) | st.sampled_from([None, 1.5, "text", 3]),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3), st.lists(parts, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "b c", 0, (1, 2)]), parts, max_size=3),
        st.dictionaries(identifiers, parts, max_size=3).map(lambda found: Thing(**found)),
        parts.map(slotted), st.builds(Card, parts), st.builds(Pair, parts, parts),
    ),
    max_leaves=12,
)


def reached(thing):
    """Every Value in a thing, the slow way."""
    if isinstance(thing, Value):
        return {thing}
    parts = []
    if isinstance(thing, list | tuple):
        parts = list(thing)
    elif isinstance(thing, dict):
        parts = list(thing.values())
    elif isinstance(thing, Thing | Card):
        parts = list(vars(thing).values())
    elif isinstance(thing, Slotted):
        parts = [thing.part]
    return {node for part in parts for node in reached(part)}


@given(st.dictionaries(identifiers, things, min_size=1))
def test_every_value_that_is_reached_has_a_path_that_leads_to_it(program):
    variables = Variables(program)
    paths = variables.paths()
    assert set(paths) == {node for thing in program.values() for node in reached(thing)}
    assert len(set(paths.values())) == len(paths)
    for node, path in paths.items():
        assert eval(path, dict(program)) is node
        assert variables.at(path) is node


def test_a_path_through_an_attribute_is_preferred_then_the_shortest():
    w, b = Value(1.0), Value(2.0)
    n = Thing(w=[w], b=b)
    assert Variables({"params": [w, b], "n": n}).paths() == {w: "n.w[0]", b: "n.b"}
    assert Variables({"models": [n], "p": w, "params": [w, b]}).paths() == {w: "models[0].w[0]", b: "models[0].b"}
    assert Variables({"xs": [w, b], "b": b}).paths() == {w: "xs[0]", b: "b"}
    assert Variables({"long_name": w, "x": w}).paths() == {w: "x"}


def test_a_variable_of_a_loop_comes_last_and_only_counts_if_there_is_no_other():
    n = Thing(layers=[Thing(w=Value(1.0)), Thing(w=Value(2.0))])
    xs = [Value(3.0), Value(4.0)]
    for layer in n.layers:
        last = layer.w
    for i, x in enumerate(xs):
        assert x is xs[i]
    for (lost,), _ in [([Value(5.0)], 0)]:
        assert lost
    paths = Variables.visible().paths()
    assert (paths[last], paths[xs[1]], paths[lost]) == ("n.layers[1].w", "xs[1]", "lost")
    assert x is xs[1] and layer is n.layers[1]


@pytest.mark.parametrize(("source", "names"), [
    ("for a in b: pass", "a"), ("for a, (b, c) in d: pass", "abc"), ("for a in b:\n for c in d: pass", "ac"),
    ("a = 1\nwhile a: b = 2", ""), ("def f():\n for a in b: pass", ""), ("for a.b in c: pass", ""),
    ("for a in b:\n c = a", "a"), ("for a, a in b: pass", "a"), ("for a, *b, c in d: pass", "abc"),
    ("a = [b for b in c]", ""), ("for a in b:\n c = [a for a in d]", "a"), ("a = [b for b, c in {d for d in e}]", ""),
])
def test_the_variables_of_loops_are_found_in_the_code(source, names):
    code = compile(source, "x.py", "exec")
    assert loop_variables(code) == set(names)
    function = compile("def f():\n " + source.replace("\n", "\n "), "x.py", "exec").co_consts[0]
    assert loop_variables(function) == set(names)


def test_a_loop_of_the_module_counts_in_its_functions_too():
    program = {"Value": Value, "Variables": Variables, "__name__": "__main__"}
    source = "xs = [Value(1.0)]\ndef paths(): return Variables.visible().paths()\nfor x in xs: found = paths()\n"
    exec(compile(source, "train.py", "exec"), program)
    assert list(program["found"].values()) == ["xs[0]"]


def test_what_is_no_variable_of_the_program_names_nothing():
    x = Value(1.0)
    module, library = types.ModuleType("model"), types.SimpleNamespace(x=x)
    module.x = Thing.class_attribute = x
    program = {"module": module, "library": library, "Thing": Thing, "_": x, "_hidden": x, "Out": [x], "In": [x],
               "function": lambda: x, "generator": (y for y in [x]), "set": {x}, "bound": Thing(x=1).__init__}
    try:
        assert Variables(program).paths() == {}
    finally:
        del Thing.class_attribute


def test_things_that_hold_themselves_and_very_many_things_are_no_trouble():
    ring = [Value(1.0)]
    ring.append(ring)
    n = Thing(parts=ring)
    n.me = n
    assert list(Variables({"ring": ring, "n": n}).paths().values()) == ["n.parts[0]"]
    data = [[float(i)] * 20 for i in range(3 * LOOKED_AT)]
    w = Value(1.0)
    assert Variables({"data": data, "weights": [[w]]}).paths() == {w: "weights[0][0]"}


def test_networks_of_ours_are_the_users_own():
    neuron, layer = Neuron(1), Layer(1, 2)
    names = Reading(neuron([1.0])).names
    assert (names[neuron.weights[0]], names[neuron.bias]) == ("neuron.weights[0]", "neuron.bias")
    assert Reading(layer([1.0])[1]).names[layer.neurons[1].bias] == "layer.neurons[1].bias"


class ClassicNeuron:
    def __init__(self, nin):
        self.w, self.b = [Value(0.5 * (i + 1)) for i in range(nin)], Value(0.0)

    def __call__(self, x):
        return sum([w * x_k for w, x_k in zip(self.w, x)], self.b).tanh()


class ClassicLayer:
    def __init__(self, nin, nout):
        self.neurons = [ClassicNeuron(nin) for _ in range(nout)]

    def __call__(self, x):
        return [n(x) for n in self.neurons]


class ClassicMLP:
    def __init__(self, *sizes):
        self.layers = [ClassicLayer(*pair) for pair in itertools.pairwise(sizes)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x[0]

    def parameters(self):
        return [p for layer in self.layers for n in layer.neurons for p in [*n.w, n.b]]


def test_the_classic_program_has_the_names_of_its_parameters_everywhere_and_no_label_is_written():
    n = ClassicMLP(3, 4, 4, 1)
    xs = [[Value(2.0), Value(3.0), Value(-1.0)]]
    params = n.parameters()
    ypred = [n(x) for x in xs]
    loss = sum((y - 1.0) ** 2 for y in ypred)
    loss.backward()
    reading = Reading(loss)
    for l, layer in enumerate(n.layers):
        for j, neuron in enumerate(layer.neurons):
            assert reading.names[neuron.b] == f"n.layers[{l}].neurons[{j}].b" and reading.roles[neuron.b] == "bias"
            for k, w in enumerate(neuron.w):
                assert reading.names[w] == f"n.layers[{l}].neurons[{j}].w[{k}]" and reading.roles[w] == "weight"
    assert len(params) == 41 and reading.names[loss] == "loss" and reading.names[ypred[0]] == "ypred[0]"
    assert [reading.roles[x] for x in xs[0]] == ["input"] * 3
    name = "n.layers[0].neurons[1].w[2]"
    w = n.layers[0].neurons[1].w[2]
    assert find(loss, name) is find(loss, "params[6]") is find(loss, f"∂loss/∂{name}") is w
    assert f"∂loss/∂{name} = " in draw(loss).svg
    assert f'n_layers_0_neurons_1_w_2 = 1.5  # "{name}"' in unroll(loss)
    assert all(node.label is None for node in topological_order(loss))


def test_a_value_that_is_no_node_of_the_graph_is_said_to_be_none():
    x, other, things = Value(1.0), Value(2.0), [Value(3.0)]
    C = x * 2
    for name in ("other", "things[0]"):
        with pytest.raises(UnknownName, match=rf"^C does not depend on {re.escape(name)}$"):
            find(C, name)
    for name in ("things", "things[5]", "math.pi", "1 + 1", "things.append", "x.data", "C.operands[0]", "f(", "x + x"):
        with pytest.raises(UnknownName, match="no node of this graph"):
            find(C, name)
    assert find(C, "x") is x and math.pi and things and other is not x


def test_labels_come_first_and_two_of_one_name_are_told_apart():
    w, x = Value(1.0, "weight"), Value(2.0)
    y = Value(3.0, "x")
    C = w * x + y
    names = Reading(C).names
    assert (names[w], names[x], names[y]) == ("weight", "x#1", "x#2")
    assert find(C, "x#1") is x and find(C, "x#2") is y and find(C, "w") is w
    with pytest.raises(UnknownName, match=r"^2 nodes are named x: x#1 = 2, x#2 = 3; say which one$"):
        find(C, "x")


def test_no_variable_is_kept():
    class Model:
        pass

    def drawn():
        model = Model()
        model.w = Value(1.0)
        C = model.w * 2
        reading = Reading(C)
        assert reading.names[model.w] == "model.w"
        return weakref.ref(model), reading

    gone, _reading = drawn()
    gc.collect()
    assert gone() is None


def test_a_script_that_has_ended_is_seen_instead():
    x = Value(1.0)
    C = x * 2
    with seen_as(Variables({"speed": x})):
        names = Reading(C).names
    assert names[x] == "speed" and names[C] == "n3"
    assert MLP(1, [1], seed=1)["w2_1_1"] is not x
