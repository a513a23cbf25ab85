"""The graphs that the tests draw, and how they look at a drawing."""

import re
from xml.etree import ElementTree

from micrograd_paper import MLP, Value, quadratic
from micrograd_paper.costs import mean_cost
from micrograd_paper.engine import topological_order
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.groups import runs
from micrograd_paper.reading.reading import Reading

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "title", "desc", "style", "g", "rect", "path", "text", "tspan"}
FLOWER = [5.1, 3.5, 1.4, 0.2]


def iris(cost=quadratic, backward=True, **options):
    """The cost of one iris flower in a 4-3-3 network: the picture that the package is for."""
    C = cost(MLP(4, [3, 3], seed=1, **options).forward(FLOWER).output, [1.0, 0.0, 0.0])
    if backward:
        C.backward()
    return C


def classic_neuron():
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    n = x1 * w1 + x2 * w2 + Value(6.8813735870195432, "b")
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    o.backward()
    return o


def atomic():
    """Three inputs, two neurons and one; every × and + a node, and a cost written out by hand."""
    output = MLP(3, [2, 1], seed=1, atomic=True).forward([0.5, -1.0, 2.0]).output[0]
    C = (output - 1.0) ** 2 * 0.5
    C.label = Symbol("C")
    C.backward()
    return C


def batch(count=3):
    examples = [(FLOWER, [1, 0, 0]), ([6.0, 2.2, 4.0, 1.0], [0, 1, 0]), ([6.3, 3.3, 6.0, 2.5], [0, 0, 1])]
    C = mean_cost(MLP(4, [3, 3], seed=1), examples[:count], quadratic)
    C.backward()
    return C


def parsed(drawing):
    return ElementTree.fromstring(drawing.svg)


def nodes(picture):
    """id → element of every node of the graph."""
    return {element.get("id"): element for element in picture.iter(f"{SVG}g") if "node" in classes(element)}


def classes(element):
    return (element.get("class") or "").split()


def of_class(element, name):
    return [part for part in element.iter() if name in classes(part)]


def text_of(element):
    return "".join(element.itertext())


def texts(element):
    """What is read as one: the texts, and of a symbol its letter with the indices. Without halos."""
    if element.get("aria-hidden"):
        return []
    if element.tag == f"{SVG}text" or {"symbol", "delta"} & set(classes(element)):
        return [element]
    return [text for child in element for text in texts(child)]


def symbol_extent(symbol, advance):
    """From x to x: what the letter of a symbol and its indices take, where `advance` gives a text's width in em."""
    letter, *scripts = symbol.findall(f"{SVG}text") or [symbol]
    assert letter.get("text-anchor") == "end"
    joint = float(letter.get("x"))
    ends = [float(each.get("x")) + float(each.get("font-size")) * advance(each.text) for each in scripts]
    return joint - float(letter.get("font-size")) * advance(letter.text), max(ends, default=joint)


def assert_is_whole(picture, root):
    """Well-formed, nothing in it but shapes and text, each id once, each node once."""
    assert {element.tag for element in picture.iter()} <= {SVG + name for name in DRAWN}
    ids = [element.get("id") for element in picture.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name, re.ASCII) for name in ids)
    assert len(nodes(picture)) == len(topological_order(root)) - len(beside_operators(root))


def beside_operators(root):
    """The constants in runs that are written beside their operation: × 1.01."""
    graph = Reading(root)
    return [leaf for leaf in runs(graph) if leaf.op is None and leaf not in graph.given_names
            and graph.consumers[leaf][0].operands[1:] == (leaf,)]
