"""A network as circles and lines, the paper's Figure 4: a in a circle, δ in the pill below it, each weight a line.

While there are few lines each has its number beside it, and a circle has z, a and b. Of a layer of many neurons the
first and the last are drawn. In the graph of a batch a circle is the neuron over all examples: it shows the mean of a,
and the sum of δ, which is ∂C/∂b.
"""

from collections.abc import Iterator, Mapping, Sequence

from micrograd_paper.display import number_text
from micrograd_paper.drawing.document import Entry, document, not_computed, scale, tooltip, words
from micrograd_paper.drawing.rows import largest_of, shade
from micrograd_paper.drawing.network_marks import NetworkPicture, fitted, mean
from micrograd_paper.drawing.placing.neuron_layout import (
    CHIP_HEIGHT, NAME_GAP, Column, Line, bias_symbol, bias_text, chip_width, circle_tooltip, delta_symbol, delta_text,
    mean_tooltip, name_room, neuron_delta, pill_tooltip, pill_width, plan,
)
from micrograd_paper.drawing.style import DELTA_SIZE, NUMBER_SIZE, SCALE_SIZE, SYMBOL_SIZE, shade_class
from micrograd_paper.drawing.svg import (
    MIDDLE, PILL_HEIGHT, PILL_PADDING, SYMBOL_MIDDLE, absent_pill, centred_joint, escaped, letter_width, number_width,
    px, rectangle, symbol, symbol_width, text, width,
)
from micrograd_paper.engine import Value
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.layers import INPUTS
from micrograd_paper.reading.network import Network, Neuron
from micrograd_paper.reading.reading import Reading

ACTIVATION_DIGITS = 3
THINNEST, THICKEST = 0.5, 5.0
FAINTEST, STRONGEST = 0.6, 0.95  # opacity
NUMBER_ROOM = 58  # in a circle, at the height of the number
HALF_ROOM, HALF_MIDDLE = 75, 13.5  # in half a circle, at the height of its row; from the circle's middle to that
COST_GAP = 90
ARROW = 7
SAMPLE = 28  # length of a line in the legend
SAMPLES = (1.0, 0.5, 0.125)  # of the thickest


def picture(
    graph: Reading, theme: str, title: str | None, prefix: str, derivatives: bool, most: int, net: MLP | None = None,
    is_blank: bool = False,
) -> str:
    """The whole SVG. Lines are weights, or with derivatives ∂C/∂w. The net has names for its inputs and outputs; blank
    is a network without an example. Raises UsageError for a graph of no one network."""
    network = Network(graph, "neurons")
    drawing = NeuronsPicture(network, prefix, derivatives, most, names_of(network, net), is_blank)
    name = f"The network {network.shape_text}" + f", {drawing.root}" * (not is_blank)
    return document(
        drawing.marks(), drawing.size, drawing.entries(), theme, title, name, drawing.description(),
        note=drawing.note(),
    )


def names_of(network: Network, net: MLP | None) -> dict[Neuron, str]:
    """Features and classes, where the net knows them, and it is the one that is drawn."""
    if net is None or tuple([len(network.neurons.get(l, ())) for l in range(1, len(net.shape) + 1)]) != net.shape:
        return {}
    classes = (net.classes or []) if net.shape[-1] > 1 else (net.classes or [])[1:]  # of one output the class 1
    return {**{(INPUTS, k): name for k, name in enumerate(net.features or [], start=1)},
            **{(len(net.shape), j): name for j, name in enumerate(classes, start=1)}}


class NeuronsPicture(NetworkPicture):
    """The marks of one picture, their ids, and the scales of lines and pills."""

    def __init__(
        self, network: Network, prefix: str, derivatives: bool, most: int, names: Mapping[Neuron, str],
        is_blank: bool,
    ) -> None:
        super().__init__(network, prefix, names, is_blank)
        self.plan = plan(self, derivatives, most)
        self.shown = self.gradient_of("w") if derivatives else "weight"
        self.largest = max([abs(line.number) for line in self.plan.lines], default=0.0)
        self.largest_delta = largest_of(self.delta(neuron) for neuron in self.plan.at)
        last = self.plan.columns[-1]
        self.end = last.x + max(last.half, self.plan.sizes.radius + name_room(self, last.layer))
        self.box = self.end + COST_GAP  # where the cost stands
        self.size = self.box + self.outcome_width if network.has_outcome else self.end, self.plan.height

    def marks(self) -> Iterator[str]:
        """Lines, and above them circles and pills."""
        yield '<g class="lines">'
        for line in self.plan.lines:
            yield from self.line_marks(line)
        if self.plan.is_numbered:
            for line in self.plan.lines:
                yield from self.number_marks(line)
        if self.network.has_outcome:
            yield from self.arrow_marks(self.plan.columns[-1])
        yield "</g>"
        for column in self.plan.columns:
            yield from self.column_marks(column)
        if self.network.has_outcome:
            yield from self.outcome_marks(self.box, self.plan.middle)

    def line_marks(self, line: Line) -> Iterator[str]:
        """The line from rim to rim, and an invisible wider one, which the pointer finds."""
        (x, y), (end_x, end_y) = self.plan.at[line.source], self.plan.at[line.target]
        distance = ((end_x - x) ** 2 + (end_y - y) ** 2) ** 0.5
        radius = self.plan.sizes.radius
        dx, dy = radius * (end_x - x) / distance, radius * (end_y - y) / distance
        way = f"M{px(x + dx)} {px(y + dy)}L{px(end_x - dx)} {px(end_y - dy)}"
        name = Symbol("w", line.target[0], (line.target[1], line.source[1]))
        ends = f"from {self.network.own_symbol(line.source)} to {self.network.own_symbol(line.target)}"
        yield f'<g id="{self.new(name.ascii)}" class="weight{sign_class(line.number)}">'
        yield tooltip([*self.write.tooltip(line.weight), ends])
        yield f'<path d="{way}" class="reach"/>'
        yield f'<path d="{way}" class="line" {stroke(line.number, self.largest)}/></g>'

    def number_marks(self, line: Line) -> Iterator[str]:
        """What the line shows, on a plate that the lines below shine through a little."""
        (x, y), (end_x, end_y) = self.plan.at[line.source], self.plan.at[line.target]
        x, y = x + line.share * (end_x - x), y + line.share * (end_y - y)
        half = SCALE_SIZE * width(line.text) / 2 + 1
        yield f'<g class="number{sign_class(line.number)}">'
        yield rectangle(x - half, y - SCALE_SIZE * 0.6, 2 * half, SCALE_SIZE * 1.2, "veil", 3)
        yield text(x, y + MIDDLE * SCALE_SIZE, line.text, "small centred signed") + "</g>"

    def arrow_marks(self, last: Column) -> Iterator[str]:
        """From the outputs into the cost; level until they are past the pills."""
        tip, middle = self.box - ARROW, self.plan.middle
        bend = (self.end + tip) / 2
        for j, y in last.places.items():
            way = f"M{px(last.x + self.plan.sizes.radius)} {px(y)}H{px(self.end)}"
            way += f"C{px(bend)} {px(y)} {px(bend)} {px(middle)} {px(tip)} {px(middle)}"
            source, target = self.network.symbol((last.layer, j)).ascii, self.graph.ids[self.graph.root]
            yield f'<path id="{self.new(f"{source}--{target}")}" d="{way}" class="edge"/>'
        yield f'<path d="M{px(self.box)} {px(middle)}l-{ARROW} -3v6z" class="arrow"/>'

    def column_marks(self, column: Column) -> Iterator[str]:
        yield f'<g id="{self.new("inputs" if column.layer == INPUTS else f"layer-{column.layer}")}" class="layer">'
        yield text(column.x, NUMBER_SIZE, column.title, "title centred")
        for j in column.places:
            yield from self.circle_marks((column.layer, j))
        for j in column.places:
            yield from self.pill_marks((column.layer, j))
        if column.elided is not None:
            yield from self.elided_marks(column, column.elided)
        yield "</g>"

    def circle_marks(self, neuron: Neuron) -> Iterator[str]:
        """Symbol and value; the value has fewer digits where it would not fit. Numbered: z above a, and b on top."""
        x, y = self.plan.at[neuron]
        network, radius = self.network, self.plan.sizes.radius
        name, role, outputs = network.symbol(neuron), network.role(neuron), network.outputs[neuron]
        halved = self.plan.is_numbered and role == "activation" and neuron in network.z and not self.is_blank
        yield f'<g id="{self.new(name.ascii)}" class="node {role} {role}-box">'
        yield tooltip(circle_tooltip(self, neuron))
        for part in ("fill", "outline"):
            yield f'<circle cx="{px(x)}" cy="{px(y)}" r="{px(radius)}" class="{part}"/>'
        if halved:
            yield from self.half_marks(x, y + HALF_MIDDLE, name, outputs)
        elif self.is_blank:
            shown = network.own_symbol(neuron)
            low = y + SYMBOL_MIDDLE * SYMBOL_SIZE
            yield symbol(x + centred_joint(shown, SYMBOL_SIZE), low, shown, SYMBOL_SIZE, "symbol")
        else:
            average = mean([node.data for node in outputs])
            number, size = fitted(average, ACTIVATION_DIGITS, NUMBER_ROOM, SCALE_SIZE)
            shown = network.own_symbol(neuron)
            yield symbol(x + centred_joint(shown, SYMBOL_SIZE), y - 3, shown, SYMBOL_SIZE, "symbol")
            yield f'<text x="{px(x)}" y="{px(y + 13)}" font-size="{px(size)}" class="centred">{escaped(number)}</text>'
        yield "</g>"
        if halved:
            z, inner = Symbol("z", *neuron[:1], neuron[1:]), radius - 0.75
            yield f'<g id="{self.new(z.ascii)}" class="node weighted-input">'
            yield tooltip(mean_tooltip(self, z, network.z[neuron], "weighted-input"))
            arc = f"A{px(inner)} {px(inner)} 0 0 1"  # two quarters: of a half TeX takes the other side
            way = f"M{px(x - inner)} {px(y)}{arc} {px(x)} {px(y - inner)}{arc} {px(x + inner)} {px(y)}"
            yield f'<path d="{way}z" class="fill"/><path d="M{px(x - inner)} {px(y)}h{px(2 * inner)}" class="rule"/>'
            yield from self.half_marks(x, y - HALF_MIDDLE, z, network.z[neuron])
            yield "</g>"
        if self.plan.is_numbered and neuron in network.biases:
            yield from self.chip_marks(neuron, x, y - self.plan.sizes.drop)
        if neuron in self.neuron_names:  # on the left of inputs, above the edge of outputs
            away, side = radius + NAME_GAP, " value" if neuron[0] == INPUTS else ""
            low = y + (MIDDLE * NUMBER_SIZE if side or not network.has_outcome else -6)
            yield text(x - away if side else x + away, low, self.neuron_names[neuron], f"title{side}")

    def half_marks(self, x: float, middle: float, name: Symbol, nodes: Sequence[Value]) -> Iterator[str]:
        """Symbol and value, or their mean, side by side."""
        wide = symbol_width(name, SYMBOL_SIZE) + 3
        number, size = fitted(mean([node.data for node in nodes]), ACTIVATION_DIGITS, HALF_ROOM - wide, SCALE_SIZE)
        left = x - (wide + size * width(number)) / 2
        low = middle + SYMBOL_MIDDLE * SYMBOL_SIZE
        yield symbol(left + letter_width(name, SYMBOL_SIZE), low, name, SYMBOL_SIZE, "symbol")
        place = f'x="{px(left + wide)}" y="{px(middle + MIDDLE * size)}" font-size="{px(size)}"'
        yield f"<text {place}>{escaped(number)}</text>"

    def chip_marks(self, neuron: Neuron, x: float, middle: float) -> Iterator[str]:
        """b above its circle."""
        name, wide = bias_symbol(neuron), chip_width(self, neuron)
        left = x - wide / 2
        yield f'<g id="{self.new(name.ascii)}" class="node bias bias-box">'
        yield tooltip(self.write.tooltip(self.network.biases[neuron]))
        for part in ("halo", "fill", "outline"):
            yield rectangle(left, middle - CHIP_HEIGHT / 2, wide, CHIP_HEIGHT, part, 4)
        low = middle + SYMBOL_MIDDLE * DELTA_SIZE
        yield symbol(left + PILL_PADDING + letter_width(name, DELTA_SIZE), low, name, DELTA_SIZE, "delta")
        yield text(left + wide - PILL_PADDING, middle + MIDDLE * NUMBER_SIZE, bias_text(self, neuron), "value") + "</g>"

    def pill_marks(self, neuron: Neuron) -> Iterator[str]:
        """δ, with a rim that keeps the lines off."""
        wide = pill_width(self, neuron)
        if not wide:
            return
        x, y = self.plan.at[neuron]
        left, middle = x - wide / 2, y + self.plan.sizes.drop
        yield f'<g id="{self.new(neuron_delta(neuron).ascii)}" class="delta-pill">'
        yield tooltip(pill_tooltip(self, neuron))
        box = left, middle - PILL_HEIGHT / 2, wide, PILL_HEIGHT
        yield rectangle(*box, "halo", PILL_HEIGHT / 2)
        number = delta_text(self, neuron)
        if number is None:
            yield absent_pill(left, middle, wide) + "</g>"
            return
        colour = shade(self.delta(neuron), self.largest_delta)
        ink, low = f"on-{shade_class(colour)}", middle + SYMBOL_MIDDLE * DELTA_SIZE
        yield rectangle(*box, f"pill {shade_class(colour)}", PILL_HEIGHT / 2)
        name = delta_symbol(self, neuron)
        yield symbol(left + PILL_PADDING + letter_width(name, DELTA_SIZE), low, name, DELTA_SIZE, f"delta {ink}")
        yield text(left + wide - PILL_PADDING, middle + MIDDLE * NUMBER_SIZE, number, f"gradient {ink}") + "</g>"

    def elided_marks(self, column: Column, y: float) -> Iterator[str]:
        hidden = [j for j in self.network.neurons[column.layer] if j not in column.places]
        yield f'<g id="{self.new(f"elided-{column.layer}")}" class="elided">'
        yield tooltip([f"{len(hidden)} neurons, {hidden[0]} to {hidden[-1]}, are not drawn"])
        yield rectangle(column.x - 7, y - 16, 14, 32, "halo", 7)
        for dy in (-9, 0, 9):
            yield f'<circle cx="{px(column.x)}" cy="{px(y + dy)}" r="2"/>'
        yield "</g>"

    def note(self) -> str:
        """What the numbers of a numbered picture are."""
        if not self.plan.is_numbered:
            return ""
        drawn = self.plan.at
        both = not self.is_blank and any(
            neuron in drawn and self.network.role(neuron) == "activation" for neuron in self.network.z)
        pills = "δ" if self.is_delta else "grad of z"
        means = "mean " * (self.network.examples > 1)
        return " · ".join([
            *[f"number on a line: {self.shown}"] * bool(self.plan.lines),
            *[f"in a circle: {means}z above, {means}a below"] * both,
            *["amber: b"] * any(neuron in drawn for neuron in self.network.biases),
            *[f"pill: {'Σ' * (self.network.examples > 1)}{pills}"] * self.computed,
        ])

    def entries(self) -> list[Entry]:
        """The legend."""
        network = self.network
        numbers = [line.number for line in self.plan.lines]
        signs = [sign for sign in (-1, 1) if any(sign * number > 0 for number in numbers)]
        found = [line_samples(self.shown, self.largest, signs)] if signs else []
        if self.largest_delta:
            name = "δ" if self.is_delta else "grad of z"
            name = f"Σ{name} over {network.examples} examples" if network.examples > 1 else name
            largest = float(f"{self.largest_delta:.2g}")
            found.append(scale(number_text(-largest), number_text(largest), name))
        if not self.is_blank and any(
                delta_text(self, neuron) is None for neuron in self.plan.at if network.z.get(neuron)):
            found.append(not_computed())
        if network.examples > 1:
            found.append(words(f"in the circles: means over {network.examples} examples"))
        return [*found, *self.notes]

    def description(self) -> str:
        """What somebody who does not see the picture has to know."""
        network = self.network
        layers = ", ".join(column.title for column in self.plan.columns)
        means = f"the mean over {network.examples} examples" if network.examples > 1 else "the activation"
        name = "δ" if self.is_delta else "the gradient of z"
        sums = f"{name}, summed over {network.examples} examples" if network.examples > 1 else name
        below = sums if self.computed else "no gradient"
        parts = [
            f"A network {network.shape_text}, from left to right: {layers}.",
            "A circle is a neuron." if self.is_blank else
            f"A circle is a neuron with {means}; the pill below it holds {below}.",
            f"{len(self.plan.lines)} lines show {self.shown}: dashed blue is negative, red positive, thicker larger.",
        ]
        if any(column.elided is not None for column in self.plan.columns):
            parts.append("Of large layers the first neurons and the last are drawn.")
        return " ".join([*parts, *[f"{self.root} = {number_text(self.graph.root.data)}."] * (not self.is_blank)])


def sign_class(number: float) -> str:
    return " negative" if number < 0 else " positive" if number > 0 else ""


def stroke(number: float, largest: float) -> str:
    """Thick and strong for a large number; a negative one is dashed, which a grey print keeps."""
    share = abs(number) / largest if largest else 0.0
    thickness, opacity = (low + (high - low) * share for low, high in ((THINNEST, THICKEST), (FAINTEST, STRONGEST)))
    dashes = f' stroke-dasharray="{px(3 + 1.6 * thickness)} {px(2 + thickness)}"' if number < 0 else ""
    return f'stroke-width="{px(thickness)}" stroke-opacity="{px(opacity)}"{dashes}'


def line_samples(name: str, largest: float, signs: Sequence[int]) -> Entry:
    """Lines from the thickest negative one to the thickest positive one, of the signs that occur."""
    x = number_width(name) + 14
    marks = [text(0, MIDDLE * NUMBER_SIZE, name, "title")]
    for share in sorted(sign * share for sign in signs for share in SAMPLES):
        number = number_text(float(f"{share * largest:.2g}"))
        line = f'<path d="M{px(x)} 0h{SAMPLE}" class="line" {stroke(share, 1.0)}/>'
        marks.append(f'<g class="{sign_class(share).strip()}">{line}</g>')
        marks.append(text(x + SAMPLE + 6, MIDDLE * SCALE_SIZE, number, "scale"))
        x += SAMPLE + 6 + SCALE_SIZE * width(number) + 14
    return Entry(marks, x - 14)
