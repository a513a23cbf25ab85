"""The names of the nodes of a graph, and of their gradients, in a program.

    >>> names = Identifiers(Reading(C))
    >>> z = forward.z[2][0]
    >>> names.data[z], names.gradient[z]        # loss for the label "loss"; n1, n2, … for nodes without a label
    ('z2_1', 'delta2_1')
    >>> names.gradient[net["w2_1_1"]]
    'dC_dw2_1_1'
    >>> names.unique("z2_1")                    # a name that is not yet taken
    'z2_1_2'

`changed` has the label of each node whose name differs from it: "two words" for two_words.

No name is a keyword, a builtin, or one that the program itself uses; no two names are equal.
"""

import builtins
import keyword
import unicodedata

from micrograd_paper.engine import Value
from micrograd_paper.plain import encodable
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.variables import LONGEST_PATH

USED = (  # by the programs themselves
    "Fraction", "cmath", "cos", "exp", "ieee_divide", "ieee_log", "ieee_power", "inf", "is_zero", "log", "log1p",
    "math", "nan", "sigmoid", "sin", "softplus", "sqrt", "tanh",
)
RESERVED = frozenset((*USED, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)))


class Identifiers:
    """The names of one program, about a graph."""

    def __init__(self, reading: Reading) -> None:
        order, names = reading.nodes, reading.names
        self.taken: set[str] = set()
        self.next_number: dict[str, int] = {}
        self.data: dict[Value, str] = {}
        self.changed: dict[Value, str] = {}
        for node in sorted(order, key=lambda node: node not in reading.given_names):  # a label n1 before the number n1
            symbol = reading.spelled[node]
            spelled = names[node].removesuffix(reading.twin(node)) if symbol is None else symbol.ascii
            self.data[node] = self.unique(identifier(spelled))
            is_said = self.data[node] in (spelled, names[node]) and not reading.twin(node)
            if node in reading.given_names and not is_said:
                self.changed[node] = names[node]
        root = self.data[order[-1]] if order else ""
        deltas = {node: reading.delta(node) for node in order}
        self.gradient = {
            node: self.unique(f"d{root}_d{self.data[node]}" if delta is None else delta.ascii)
            for node, delta in deltas.items()
        }

    def unique(self, name: str) -> str:
        """The name, or name_2, name_3, … if it is taken; the result is then taken. lambda becomes lambda_."""
        if name in RESERVED:
            name += "_"
        found = name
        while found in self.taken:
            number = self.next_number[name] = self.next_number.get(name, 1) + 1
            found = f"{name.rstrip('_')}_{number}"
        self.taken.add(found)
        return found


def identifier(text: str) -> str:
    """The text as a Python identifier of ASCII letters, as every keyboard has them; other characters become _."""
    letters = encodable(unicodedata.normalize("NFKC", text[:LONGEST_PATH]), "ascii")[:LONGEST_PATH]
    name = "_".join("".join([letter if f"a{letter}".isidentifier() else " " for letter in letters]).split()).strip("_")
    if not name:
        return "node"
    return name if name.isidentifier() else f"node_{name}"
