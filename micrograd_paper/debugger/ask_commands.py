"""The debugger's commands for what a person asks next: how, health, names, display, explore."""

from pathlib import Path

from micrograd_paper.checks import real
from micrograd_paper.debugger.command import command
from micrograd_paper.debugger.expressions import Expression
from micrograd_paper.debugger.look_commands import SHOWN_NODES, Looking
from micrograd_paper.display import label_text, number_text, one_line
from micrograd_paper.engine import Value
from micrograd_paper.errors import MicrogradPaperError, UsageError
from micrograd_paper.reading.names import bracketed
from micrograd_paper.stepping.formulas import spelled_partial
from micrograd_paper.stepping.paths import Numbers, Symbols
from micrograd_paper.stepping.steps import Step

MOST_SHOWN = 200  # names, partials


class Asking(Looking):
    """displays: the expressions that are shown at each stop."""

    displays: tuple[str, ...] = ()

    @command("look")
    def do_how(self, text: str) -> None:
        """how [NAME]
        The forward arithmetic of a node, in numbers and in words, and each of its local derivatives: what the table of
        operations gives, in symbols and in numbers. Without a name, of the node here, with the next step in words."""
        node, shared = self.node_named(text), self.walk.shared
        if node.op is None:
            raise UsageError(f"{self.name(node)} is a leaf: nothing computes it; how takes the name of a result, and "
                             f"why shows the gradient of a leaf")
        step = Step(shared, node, None, None, None, None, None, node.data)
        self.say(step.text)
        for place in range(min(len(node.operands), SHOWN_NODES)):
            self.say(" = ".join(self.spelled(node, place)))
        if len(node.operands) > SHOWN_NODES:
            self.say(f"… and {len(node.operands) - SHOWN_NODES:,} more")
        self.say(step.words)
        if not text and (following := self.walk.peek()) is not None and following.position is not None:
            self.say(f"Next: {following.words}")

    def spelled(self, node: Value, place: int) -> list[str]:
        """A local derivative: its name, what the table of operations gives in symbols and in numbers, the number."""
        shared = self.walk.shared
        names = bracketed(self.name(node)), bracketed(self.name(node.operands[place]))
        found = [shared.reading.partial_name(node, place, *names)]
        symbols = spelled_partial(node, place, Symbols(shared, node, None))
        numbers = spelled_partial(node, place, Numbers(shared, node, None))[-1:]
        if len(symbols) > 1 and not gives_it(node, place):
            numbers = []
        for formula in (*symbols, *numbers, number_text(node.partials[place])):
            found += [formula] * (formula not in found)
        return found

    @command("look")
    def do_health(self, text: str) -> None:
        """health
        One table of the whole pass: ‖δ‖ of each layer, dead relus, saturated sigmoids; then what C does not depend on,
        gradients that are 0 or not finite, and what leaves held before."""
        from micrograd_paper.comparing.health import health

        self.say(str(health(self.walk.root, self.walk.held)))

    @command("look")
    def do_names(self, text: str) -> None:
        """names [PATTERN]
        The names of the nodes as they are typed; with a pattern, those that contain it. * stands for any text."""
        from fnmatch import fnmatchcase

        pattern = text if "*" in text else f"*{text}*"
        typed = [name for name in self.names.typed if fnmatchcase(name, pattern.replace("[", "[[]"))]
        if not typed:
            raise UsageError(f"no name contains {label_text(text)}; names alone lists them")
        more = f" … and {len(typed) - MOST_SHOWN:,} more" if len(typed) > MOST_SHOWN else ""
        self.say("  ".join(typed[:MOST_SHOWN]) + more)

    @command("look")
    def do_display(self, text: str) -> None:
        """display [EXPRESSION]
        Show the value of an expression at each stop, until it is displayed again; without one, show all of them."""
        if text in self.displays:
            self.displays = tuple([each for each in self.displays if each != text])
            self.say(f"{text} is not displayed any more")
            return
        if text:
            self.value_of(text)
            self.displays = (*self.displays, text)
        elif not self.displays:
            raise UsageError("nothing is displayed; expected an expression, as in display z2_1.grad")
        self.say_displays()

    def value_of(self, text: str) -> str:
        here = self.here()
        expression = Expression(text, self.names, self.walk.gradient, self.walk.program)
        return one_line(expression.value(here, self.stops.layer_of(here)), repr)

    def say_displays(self) -> None:
        for text in self.displays:
            try:
                self.say(f"display {text}: {self.value_of(text)}")
            except MicrogradPaperError as error:
                self.say(f"display {text}: {error}")

    @command("look")
    def do_explore(self, text: str) -> None:
        """explore [FILE]
        Write the graph as one interactive page into FILE, by default step.html. Its address opens it at this step."""
        from micrograd_paper.page.explore import explore

        path = Path(text or "step.html").expanduser()
        written = explore(self.walk.root, path)
        self.say(f"The page at this step is {written.as_uri()}#step={self.walk.page_step}")


def gives_it(node: Value, place: int) -> bool:
    """Whether the arithmetic gives the local derivative with the digits that are shown: 1 − 1² is not 2.458e−5."""
    given = [real(x) for x in (node.data, *[operand.data for operand in node.operands])]
    partial = real(node.partials[place])
    if node.op is None or partial is None or None in given:
        return True
    try:
        found = real(node.op.partials(*[float(f"{x:.4g}") for x in given])[place])
    except Exception:  # outside of the domain
        return False
    return found is not None and abs(found - partial) <= 0.01 * abs(partial)
