"""The debugger's commands that inspect the graph and change nothing: print, list, where, why, paths, equation …"""

import cmd
import linecache
import sys
from pathlib import Path
from typing import Any

from micrograd_paper.debugger.command import command
from micrograd_paper.debugger.expressions import QUANTITIES, Expression
from micrograd_paper.debugger.replay import Replay
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.debugger.stops import NO_LAYER, Stop, Stops
from micrograd_paper.debugger.terminal import coloured, width, wrapped
from micrograd_paper.display import aligned, counted, cut, label_text, number_text, one_line
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.functions import Number
from micrograd_paper.graph import gradient
from micrograd_paper.kinds.formula import PRODUCT
from micrograd_paper.plain import encodable, encoding_of
from micrograd_paper.reading.names import Names, bracketed, made_at
from micrograd_paper.reading.parts import part_of
from micrograd_paper.reading.variables import Variables, seen_instead, users_frame
from micrograd_paper.stepping.origins import Origin
from micrograd_paper.stepping.paths import MOST_FACTORS, Edge, Paths, how_many

AROUND = 5  # steps that `list` shows before and after one
SHOWN_PATHS = 3
SHOWN_NODES = 20
ENDS_OF_A_PATH = 6  # nodes at either end of one that is too long
MOST_ROWS = 40  # of a comparison


class Looking(cmd.Cmd):
    """What the commands inspect: `walk`, the names of its graph, its `stops`."""

    walk: Pass
    stops: Stops
    colours = False

    @property
    def names(self) -> Names:
        return self.walk.shared.reading.lookup

    def say(self, text: str, indent: int = 5, colour: str = "") -> None:
        """Lines, wrapped to the terminal's width."""
        self.stdout.write(self.paint(wrapped(self.plain(text), indent), colour) + "\n")

    def say_marked(self, mark: str, text: str) -> None:
        """A line with a mark before it, > or ->, and an equation's number, if any, in colour at its end."""
        lines = wrapped(self.plain(f"{mark} {text}")).removeprefix(mark)
        left, bracket, equation = lines.rpartition("   (")
        if bracket and equation.endswith(")"):
            lines = f"{left}   {self.paint('(' + equation, 'cyan')}"
        self.stdout.write(self.paint(mark, "green") + lines + "\n")

    def plain(self, text: str) -> str:
        """The text as the terminal can show it."""
        return encodable(text, encoding_of(self.stdout))

    def paint(self, text: str, colour: str) -> str:
        return coloured(text, colour) if self.colours and colour else text

    def name(self, node: Value) -> str:
        return self.walk.shared.names[node]

    def gradient_name(self, node: Value) -> str:
        return self.walk.shared.gradient_name(node).text

    def here(self) -> Value:
        """The node whose turn it is; the root at the end."""
        return self.walk.node or self.walk.root

    def described(self, node: Value, state: str = "") -> str:
        """z²₁ = 0.4213 · grad −0.0127 · Σ; state describes the gradient."""
        symbol = "" if node.op is None else f" · {label_text(node.op.symbol)}"
        if isinstance(self.walk, Replay):
            return f"{self.name(node)} = {number_text(node.data)}{symbol}"
        grad = number_text(node.grad) if self.walk.is_reached(node) else "–"
        if node in self.walk.held:
            grad += f" + {number_text(self.walk.held[node])} from before"
        return f"{self.name(node)} = {number_text(node.data)} · grad {grad}{state}{symbol}"

    @property
    def held_before(self) -> str:
        """What leaves hold that is not of this pass: What w holds from before, 30,"""
        first, *more = self.walk.held
        number = number_text(self.walk.held[first])
        if more:
            return f"What {len(more) + 1:,} leaves hold from before, {self.name(first)} for example {number},"
        return f"What {self.name(first)} holds from before, {number},"

    def name_and_origin(self, node: Value) -> tuple[str, str]:
        """Its name, and where it was made, which is part of the name of a node that has only a number."""
        name, place = self.walk.shared.reading.full_name(node), made_at(node)
        return name, f"   {place}" if place and name == self.name(node) else ""

    def say_source(self, node: Value) -> None:
        """The line of the user's program that made it, as far as that is known."""
        place = node.origin
        if place is not None:
            source = linecache.getline(place.file, place.line).strip() if isinstance(place, Origin) else ""
            self.say(cut(f"   {made_at(node)}  {one_line(source, str)}".rstrip(), width() - 1))

    def node_named(self, text: str) -> Value:
        """The node of that name; without one, the node whose turn it is."""
        return self.names.find(text) if text else self.here()

    @command("look", "p", "pp")
    def do_print(self, text: str) -> None:
        """print [NAME | EXPRESSION]
        A node with all digits, or the value of an expression. For a node it also shows whether its gradient is
        complete. An expression may use nodes by name, w2_1_1.grad * 2, delta2_1 / z2_1; data, grad, label, layer, op,
        which are those of the node whose turn it is; the variables of the program; $pass and $cost_before."""
        nodes = [] if text in QUANTITIES else self.names.all(text) if text else [self.here()]
        for node in nodes[:SHOWN_NODES]:
            state, held = "complete" if self.walk.is_complete(node) else "so far", self.walk.held.get(node)
            if not self.walk.is_reached(node):
                state = "not computed yet"
            name, origin = self.name_and_origin(node)
            self.say(f"{name} = {one_line(node.data, repr)}"
                     + (f" · {label_text(node.op.symbol)}" if node.op else "") + origin)
            grad = "–" if state == "not computed yet" else one_line(node.grad, repr)
            self.say(f"{self.gradient_name(node)} = {grad}, {state}")
            if held is not None:
                self.say(f"{one_line(node.grad, repr)} here + {one_line(held, repr)} from before this pass = "
                         + one_line(self.walk.gradient(node), repr)
                         + (", what the program gets" if state == "complete" else f", {state}"))
        if len(nodes) > SHOWN_NODES:
            self.say(f"… and {len(nodes) - SHOWN_NODES} more of this name")
        if not nodes:
            expression, here = Expression(text, self.names, self.walk.gradient, self.walk.program), self.here()
            self.say(one_line(expression.value(here, self.stops.layer_of(here)), repr))

    @command("look", "l", "ll", "longlist")
    def do_list(self, text: str) -> None:
        """list [STEP | FIRST LAST | all]
        The steps around the next one, or around that step; from FIRST to LAST; or all of them. -> marks the next; later
        ones are in symbols, as their numbers are not known yet."""
        numbers = [number_of(word, "a step's number, as in list 12") - 1 for word in text.split() if text != "all"]
        middle = numbers[0] if numbers else self.walk.position
        if len(numbers) > 2 or not all(0 <= each < self.walk.length or each == self.walk.position for each in numbers):
            raise UsageError(f"the pass has the steps 1 to {self.walk.length}; got {text}")
        first, last = max(0, middle - AROUND), min(self.walk.length, middle + AROUND + 1)
        if len(numbers) == 2 or text == "all":
            first, last = (numbers[0], numbers[1] + 1) if numbers else (0, self.walk.length)
        wide = len(str(last))
        for position in range(first, last):
            mark = "->" if position == self.walk.position else "  "
            self.say(f"{position + 1:>{wide}} {mark} {self.step_text(position)}", wide + 8)
        if self.walk.at_end and last == self.walk.length:
            self.say(f"{' ' * wide} -> the end of the {self.walk.what}")

    def step_text(self, position: int) -> str:
        step = self.walk.peek() if position == self.walk.position else self.walk.made(position)
        if step is not None:
            return step.text
        index, place = self.walk.at(position)
        step = self.walk.step_of(self.walk.nodes[index], place, 0)
        return step.symbols + (f"   {step.equation}" if step.equation else "")

    @command("look", "w", "bt")
    def do_where(self, text: str) -> None:
        """where [NAME]
        The path from the root to here, or to that node. Each row shows the local derivative along the path, and the
        product of them so far."""
        node, root = self.node_named(text), self.walk.root
        ways = Paths(self.walk.shared, node, root)
        path = ways.first(1)[0]
        rows: list[tuple[str, ...]] = [("  node", "data", "", "local derivative", "product")]
        rows.append((*self.row(root, node), "", number_text(self.walk.seed)))
        product: Number = self.walk.seed
        left_out = range(ENDS_OF_A_PATH, len(path) - ENDS_OF_A_PATH)
        for i, (consumer, place) in enumerate(path):
            operand, partial = consumer.operands[place], consumer.partials[place]
            product = partial * product
            if i not in left_out:
                names = bracketed(self.name(consumer)), bracketed(self.name(operand))
                local = f"{self.walk.shared.reading.partial_name(consumer, place, *names)} = {number_text(partial)}"
                rows.append((*self.row(operand, node), local, number_text(product)))
            elif i == left_out[0]:
                rows.append((f"  … {len(left_out)} more", "", "", "", ""))
        self.stdout.write("\n".join([*aligned(rows, right=(1, 4)), ""]))
        if ways.count > 1:
            self.say(f"one of {how_many(ways.count)}; their sum is {self.gradient_name(node)} = "
                     f"{number_text(self.slope(node))}")
        if node.origin is not None:
            self.say(f"{self.name(node)} was made at {one_line(node.origin, str)}")

    def row(self, node: Value, goal: Value) -> tuple[str, str, str]:
        symbol = label_text(node.op.symbol) if node.op else ""
        return f"{'>' if node is goal else ' '} {self.name(node)}", number_text(node.data), symbol

    def slope(self, node: Value) -> Number:
        """The node's whole gradient, however much of it the pass has accumulated so far."""
        if self.walk.is_complete(node):
            return node.grad
        (slope,) = gradient(self.walk.root, [node])
        seed = self.walk.seed
        return slope if type(seed) is int and seed == 1 else seed * slope

    @command("look")
    def do_why(self, text: str) -> None:
        """why [NAME]
        The whole chain rule for a node's gradient, in symbols and in numbers. Where the formula would be too long,
        these are the products along the first paths. The number of paths is shown too."""
        node = self.node_named(text)
        ways = Paths(self.walk.shared, node, self.walk.root)
        name = self.gradient_name(node)
        lead = " " * len(name) + " = "
        if ways.factors() <= MOST_FACTORS:
            symbols, numbers = (formula.text for formula in ways.whole())
        else:
            terms = [ways.along(path) for path in ways.first(SHOWN_PATHS)]
            more = [" + …"] if ways.count > len(terms) else []
            symbols, numbers = ("".join([" + ".join([side.bracketed(PRODUCT) for side in sides]), *more])
                                for sides in zip(*terms))
        self.say(f"{name} = {symbols}", len(lead))
        if numbers != symbols:
            self.say(lead + numbers, len(lead))
        result = number_text(self.slope(node))
        if result != numbers:
            self.say(lead + result)
        if ways.count > 1:
            self.say(f"{how_many(ways.count)} from {self.name(node)} to {self.name(self.walk.root)}")
        if not self.walk.is_complete(node):
            so_far = number_text(node.grad) if self.walk.is_reached(node) else "nothing"
            self.say(f"in this pass so far: {so_far}")

    @command("look")
    def do_paths(self, text: str) -> None:
        """paths FROM [TO]
        The number of paths from one node to another, or to the root. The first of them are shown, each with the
        product of the local derivatives along it."""
        source, target = self.ends(text)
        ways = Paths(self.walk.shared, source, target)
        self.say(f"{how_many(ways.count)} from {self.name(source)} to {self.name(target)}", 0)
        for path in ways.first(SHOWN_PATHS):
            self.say(f"  {self.path_text(source, path)}")
            ends = [path] if len(path) <= 2 * ENDS_OF_A_PATH else [path[-ENDS_OF_A_PATH:], path[:ENDS_OF_A_PATH]]
            factors = [[number_text(node.partials[place]) for node, place in reversed(edges)] for edges in ends]
            shown = "·…·".join(["·".join([f"({factor})" if "−" in factor[:1] else factor for factor in each])
                               for each in factors])
            product = number_text(ways.product(path))
            self.say(f"    {shown} = {product}" if len(path) > 1 else f"    {product}", 6)
        if ways.count > SHOWN_PATHS:
            self.say("  …")
        (slope,) = gradient(target, [source])
        what = f"∂{bracketed(self.name(target))}/∂{bracketed(self.name(source))}"
        self.say(f"{what}, the sum over all of them, is {number_text(slope)}")

    def ends(self, text: str) -> tuple[Value, Value]:
        """The two nodes that a text names; names may contain spaces."""
        words = text.split()
        if not words:
            raise UsageError("expected one or two names, as in paths z2_1 C")
        if len(words) == 1 or self.names.all(text):
            return self.names.find(text), self.walk.root
        for cut_at in range(1, len(words)):
            left, right = " ".join(words[:cut_at]), " ".join(words[cut_at:])
            if self.names.all(left) and self.names.all(right):
                return self.names.find(left), self.names.find(right)
        return self.names.find(words[0]), self.names.find(" ".join(words[1:]))

    def path_text(self, source: Value, path: list[Edge]) -> str:
        nodes = [source, *(node for node, _ in reversed(path))]
        if len(nodes) <= 2 * ENDS_OF_A_PATH:
            return " → ".join(map(self.name, nodes))
        first, last = map(self.name, nodes[:ENDS_OF_A_PATH]), map(self.name, nodes[-ENDS_OF_A_PATH:])
        return " → ".join([*first, f"… ({len(nodes) - 2 * ENDS_OF_A_PATH} more) …", *last])

    @command("look", "e")
    def do_equation(self, text: str) -> None:
        """equation [NUMBER]
        The paper's equation for the next step, with the step's numbers below it; or the equation of that number."""
        from micrograd_paper.paper import equation

        step = self.walk.peek()
        if not text and step is None:
            raise UsageError("the pass is at its end: there is no next step; equation 21 shows one by its number")
        number = text or (step.equation if step is not None else "")
        found = equation(number)
        self.say(f"{found.name} {found.title} · section {found.section}")
        self.say(f"  {found.text}")
        if step is not None and not text:
            self.say(f"  {step.text}")

    @command("look")
    def do_check(self, text: str) -> None:
        """check [NAME]
        The complete gradients beside those of the paper's equations. With a name, only those of that name. Of a graph
        that is not a network's, each partial derivative beside the slope of its own operation."""
        from micrograd_paper.comparing.gradcheck import gradcheck
        from micrograd_paper.debugger.check import check_gradients, why_no_network

        if isinstance(self.walk, Replay):
            raise UsageError("check compares gradients, which the forward pass has not: continue at its end begins the "
                             "backward pass")
        reason = why_no_network(self.walk.root)
        if reason and not text:
            self.say(f"{reason}; so each partial derivative is compared with the slope of its own operation:")
            self.say(str(gradcheck(self.walk.root)))
            return
        comparison = check_gradients(self.walk.root, self.walk.is_complete)
        if text:
            comparison = comparison.filter(symbol=text)
        if len(comparison.rows) <= MOST_ROWS:
            self.say(str(comparison))
        else:
            for row in [row for row in comparison.rows if not row.ok][:MOST_ROWS]:
                self.say("  ".join(row.cells()))
            self.say(comparison.verdict)

    @command("look")
    def do_draw(self, text: str) -> None:
        """draw [FILE] [PART]
        Draw the graph into FILE, in the format of its suffix; by default step.svg. The node of the next step has a
        solid frame, its operand a dashed one. Gradients are those of this moment. In a large graph what is alike is one
        box, but for the neurons of the next step. PART is such as around:w2_1_1:2, between:w2_1_1:C, above:3."""
        from micrograd_paper.drawing.draw import draw_within

        step = self.walk.peek()
        title = f"step {self.walk.position + 1}: {step.symbols}" if step is not None else (
            f"the end of the {'' if isinstance(self.walk, Replay) else 'backward '}{self.walk.what}")
        file, _, typed = f" {text}".rpartition(" ")
        if typed.partition(":")[0] not in ("around", "between", "above", "collapsed"):
            file, typed = text, ""
        part = part_of(self.walk.root, typed) if typed else None
        path = Path(file.strip() or "step.svg").expanduser()
        paths = self.walk.shared.reading.paths
        draw_within(self.walk.root, self.walk.reached(), title, paths, part, step).save(path)
        self.say(f"The graph is drawn in {path.absolute()}")

    @command("look")
    def do_pdb(self, text: str) -> None:
        """pdb
        Open pdb in the frame of the program that called backward(), with its variables. quit comes back here."""
        import pdb

        frame = users_frame()
        if frame is None or seen_instead:
            raise UsageError("the program has ended: there is no frame for pdb; print shows its variables")
        given: dict[str, Any] = {} if self.use_rawinput else {"stdin": self.stdin, "stdout": self.stdout}
        opened = pdb.Pdb(**given, nosigint=True)
        tracing = sys.gettrace()
        opened.reset()
        opened.interaction(frame, None)
        sys.settrace(tracing)
        self.walk.program = {**self.walk.program, **Variables.visible().things}
        self.stops.bind()

    @command("look")
    def do_info(self, text: str) -> None:
        """info
        The graph, the position of the pass, and the breakpoints."""
        walk, root = self.walk, self.walk.root
        leaves = sum(node.op is None for node in walk.nodes)
        nodes = counted(len(walk.nodes), "node")
        self.say(f"{self.name(root)} = {number_text(root.data)}: {nodes}, {leaves:,} of them leaves")
        layer = self.stops.layer_of(walk.node) if walk.node is not None else NO_LAYER
        where = "its end" if walk.at_end else self.name(self.here()) + (f", layer {layer}" if layer > 0 else "")
        self.say(f"{walk.position:,} of {counted(walk.length, 'step')} made; the {walk.what} is at {where}")
        for stop in self.stops.all:
            self.say(self.stop_text(stop))

    def stop_text(self, stop: Stop) -> str:
        met = f", met {counted(stop.hits, 'time')}" if stop.hits else ""
        ignored = f", ignored {counted(stop.ignored, 'more time')}" if stop.ignored else ""
        return f"{stop}{', once' if stop.temporary else ''}{met}{ignored}"


def number_of(text: str, expected: str) -> int:
    """A positive integer. Raises UsageError."""
    if text.isdecimal() and len(text) > 12:
        raise UsageError(f"expected {expected}, a number of at most 12 digits; got {label_text(text)}")
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"expected {expected}; got {label_text(text) or 'nothing'}")
    return int(text)
