"""The debugger's commands that move: step, next, layer, continue, finish, go; and back: back, rewind, set."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from micrograd_paper.debugger.command import command
from micrograd_paper.debugger.look_commands import number_of
from micrograd_paper.debugger.replay import Replay
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.debugger.stop_commands import Breaking
from micrograd_paper.debugger.stops import Stopped
from micrograd_paper.debugger.terminal import unbroken
from micrograd_paper.display import counted, label_text, number_text
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.functions import Number


class Moving(Breaking):
    """left: how the last pass was left, by continue, go or quit; shown: the node that was shown last."""

    left = ""
    passes: int | None = None  # of the program, so far; unknown where not all of them are seen
    until: int | None = None  # the pass that `go` goes to
    shown: Value | None = None

    def show(self, stopped: Stopped | None = None) -> None:
        """Where the pass is: the node whose turn it is, if it was not the last one shown, and the next step."""
        self.show_place(stopped)
        self.say_displays()

    def show_place(self, stopped: Stopped | None) -> None:
        step, walk = self.walk.peek(), self.walk
        at = walk.nodes[walk.index] if walk.index < len(walk.nodes) and walk.place == 0 else None
        if stopped is not None:
            self.say(stopped.text, colour="yellow")
        at_breakpoint = stopped is not None and any(stop.kind != "watch" for stop in stopped.stops)
        if at_breakpoint and at is not None and at.op is None:
            self.say_marked(">", self.described(at, ", complete"))
            self.say_source(at)
            self.shown = at
        if step is None:
            after = "begins the backward pass" if isinstance(walk, Replay) else "goes on"
            self.say(f"The end of the {walk.what}, {counted(walk.length, 'step')}: continue {after}, back and rewind "
                     "go back.")
            if walk.held and not isinstance(walk, Replay):
                self.say(f"{self.held_before} is added then.")
            return
        if step.node is not self.shown:
            self.say_marked(">", self.described(step.node))
            self.say_source(step.node)
            self.shown = step.node
        self.say_marked("->", step.text)
        if step.position is not None:
            _, name, *formulas = [*self.spelled(step.node, step.position), ""]
            if formulas and name in step.text and formulas[0] not in step.text:  # of a function: σ′(z) = a·(1 − a) = …
                self.say(f"   {' = '.join([name, *formulas[:-1]])}")

    # Forward.

    def advance(self, goal: Callable[[Value], Any] | None = None, here: bool = False) -> Stopped | None:
        """On to the next breakpoint, or to a node for which the goal holds, or to the end; Ctrl-C stops it."""
        def arrived(node: Value) -> Any:
            return self.stops.arrived(node) or (goal is not None and goal(node))

        with unbroken() as pressed:
            stopped = self.walk.run(arrived, self.stops.changed, self.stops.watched, pressed, here)
            if pressed():
                self.say("--KeyboardInterrupt--")
        return stopped if isinstance(stopped, Stopped) else None

    @command("go on", "s", repeats=True)
    def do_step(self, text: str) -> None:
        """step [COUNT]
        Make one application of the chain rule, (18), or COUNT of them."""
        count = number_of(text, "how many steps, as in step 5") if text else 1
        stopped = None
        with unbroken() as pressed:
            for _ in range(min(count, self.walk.length - self.walk.position)):
                step = self.walk.step()
                stopped = self.stops.changed(step) if step is not None else None
                if stopped is not None or pressed():
                    break
        self.show(stopped)

    @command("go on", "n", repeats=True)
    def do_next(self, text: str) -> None:
        """next [COUNT]
        Process one node, or COUNT of them: the steps to all of its operands. Breakpoints and watches stop it."""
        for _ in range(number_of(text, "how many nodes, as in next 5") if text else 1):
            stopped = self.advance(lambda node: node.op is not None)
            if stopped is not None or self.walk.at_end:
                break
        self.show(stopped)

    @command("go on", repeats=True)
    def do_layer(self, text: str) -> None:
        """layer
        Run to the next layer of the network. Breakpoints and watches stop it."""
        layers, here = self.stops.layers, self.walk.node
        if not layers:
            raise UsageError("this graph has no layers: its nodes have no network names such as z2_1")
        if here is not None:
            layer = layers.get(here)
            self.show(self.advance(lambda node: node.op is not None and layers.get(node) != layer))
        else:
            self.show()

    @command("go on", "c", "cont", repeats=True)
    def do_continue(self, text: str) -> bool:
        """continue
        Run to the next breakpoint or watch, or to the end of the pass. At the end, continue the program to its next
        backward()."""
        was_at_end = self.walk.at_end  # but leaves may still have their turn, and a breakpoint
        stopped = self.advance()
        if stopped is None and was_at_end:
            if not isinstance(self.walk, Replay):
                return self.leave("continue")
            self.begin(self.walk.backward)
        self.show(stopped)
        return False

    @command("go on", "f", "r", "return", repeats=True)
    def do_finish(self, text: str) -> None:
        """finish
        Run to the end of the pass, past all breakpoints."""
        with unbroken():
            self.walk.to_end()
        self.show()

    @command("go on", repeats=True)
    def do_go(self, text: str) -> bool:
        """go [PASS]
        Continue the program to a breakpoint or watch in any backward(), or to the start of its backward() of that
        number, $pass. Without these, to the end of the program, at its own speed; Ctrl-C stops at its next backward().
        """
        until = number_of(text, "a pass, as in go 50") if text else None
        if until is not None and self.passes is None:
            raise UsageError("there is no other pass to go to: passes are counted by micrograd-paper debug SCRIPT.py")
        if until is not None and self.passes is not None and until <= self.passes:
            raise UsageError(f"this is pass {self.passes:,} of the program: go takes a later one, got {text}")
        self.until = until
        if isinstance(self.walk, Replay):
            self.begin(self.walk.backward)
        stopped = self.advance()
        if stopped is None and self.walk.at_end:
            return self.leave("go")
        self.show(stopped)
        return False

    @command("go back")
    def do_forward(self, text: str) -> None:
        """forward
        Go through the forward pass, from its start, with the same commands. A step is a node, with the arithmetic that
        gave its number; continue at the end begins the backward pass, from its start."""
        walk = self.walk.backward if isinstance(self.walk, Replay) else self.walk
        with unbroken():
            walk.rewind()
        self.begin(Replay(walk))
        self.show()

    def begin(self, walk: Pass) -> None:
        """Go on in that pass, the forward or the backward one of the graph."""
        self.walk, self.shown = walk, None
        self.stops.use(walk)

    def leave(self, how: str) -> bool:
        self.left = how
        return True

    # Back.

    @command("go back", repeats=True)
    def do_back(self, text: str) -> None:
        """back [COUNT | NAME]
        Undo the last step, or the last COUNT steps, exactly; or go back to where the turn of that node came."""
        walk = self.walk
        if walk.at_start:
            raise UsageError(f"this is the start of the {walk.what}: there is no step to undo")
        if text and not text.isdecimal():
            index = walk.indices[self.names.find(text)]
            if (index, 0) >= (walk.index, walk.place):
                raise UsageError(f"the turn of {label_text(text)} has not come yet: tbreak and continue go on to it")
            with unbroken():
                walk.to_turn(index)
            self.shown = None
        else:
            count = number_of(text, "how many steps, as in back 5, or a name") if text else 1
            with unbroken():
                walk.to(max(0, walk.position - count))
        self.show()

    @command("go back", "rc", repeats=True)
    def do_rcontinue(self, text: str) -> None:
        """rcontinue
        Go back to the last breakpoint or watch that was passed, or to the start of the pass. Of a watch it goes to the
        step that changed the gradient last, which comes next again."""
        walk, stops = self.walk, self.stops
        if walk.at_start:
            raise UsageError(f"this is the start of the {walk.what}: there is nothing to go back to")
        here, found, stopped = (walk.index, walk.place), (0, 0), None
        before = [(stop, stop.hits, stop.ignored) for stop in stops.all]
        with unbroken():
            walk.rewind()
            while (walk.index, walk.place) < here:
                index, node = walk.index, walk.nodes[walk.index]
                if (reason := stops.arrived(node, keep=True)):
                    found, stopped = (index, 0), reason
                steps = walk.starts[index + 1] - walk.starts[index]
                for place in range(here[1] if index == here[0] else steps):
                    step = walk.peek()
                    walk.chain_rule(place + 1)
                    if step is not None and step.operand in stops.watched and (reason := stops.changed(step)):
                        found, stopped = (index, place), reason
                if not steps:
                    walk.chain_rule(0)
            for stop, hits, ignored in before:
                stop.hits, stop.ignored = hits, ignored
            walk.to_turn(*found)
        self.shown = None
        self.show(stopped)

    @command("go back", "run", "restart", repeats=True)
    def do_rewind(self, text: str) -> None:
        """rewind
        Go back to the start of the pass."""
        with unbroken():
            self.walk.rewind()
        self.shown = None
        self.show()

    @command("go back")
    def do_set(self, text: str) -> None:
        """set LEAF NUMBER
        Change a leaf, recompute the graph, and start again."""
        name, _, number = text.replace("=", " ").strip().rpartition(" ")
        if not name:
            raise UsageError("expected a leaf and a number, as in set w2_1_1 0.5")
        leaf = self.names.find(name)
        if leaf.op is not None:
            raise UsageError(f"{self.name(leaf)} is computed, by {label_text(leaf.op.name)}: set changes a leaf")
        before = self.walk.root.data
        with unbroken():
            self.walk.change(leaf, like(leaf.data, number))
        self.start_again(f"{self.name(leaf)} = {number_text(leaf.data)}", before)

    @command("go back")
    def do_recompute(self, text: str) -> None:
        """recompute
        Compute the graph again from its leaves, some of which were changed after it was made, and start again."""
        before = self.walk.root.data
        with unbroken():
            self.walk.recompute()
        self.start_again("recomputed", before)

    def start_again(self, what: str, before: Number) -> None:
        root = self.walk.root
        change = f"{self.name(root)} = {number_text(root.data)}, it was {number_text(before)}"
        self.say(f"{what}: {change}. The pass starts again.")
        self.shown = None
        self.show()


def like(number: Number, text: str) -> Number:
    """The text as a number of the same kind as another one. Raises UsageError."""
    kind = type(number)
    kinds: tuple[Any, ...] = (int, float) if kind is int else (kind,)
    if not isinstance(number, int | float | complex | Fraction | Decimal) and not kind.__module__.startswith("mpmath"):
        raise UsageError(f"set changes single numbers; this leaf holds a {kind.__name__}")
    for each in kinds:
        try:
            return each(text)
        except (ValueError, ArithmeticError, TypeError):
            continue
    raise UsageError(f"expected a number, as in set w2_1_1 0.5; got {label_text(text)}")
