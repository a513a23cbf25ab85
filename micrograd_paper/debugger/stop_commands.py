"""The debugger's commands about where to stop: break, tbreak, watch, clear."""

from micrograd_paper.debugger.ask_commands import Asking
from micrograd_paper.debugger.command import command
from micrograd_paper.debugger.look_commands import number_of
from micrograd_paper.debugger.stops import Stop
from micrograd_paper.display import counted
from micrograd_paper.errors import UsageError


class Breaking(Asking):
    @command("stop", "b")
    def do_break(self, text: str) -> None:
        """break [NAME | layer N | op OP] [if CONDITION]
        Set a breakpoint, or list them. It stops the pass where that node's turn comes, its gradient complete; where
        layer N begins; at each node made by OP, such as sigmoid; if a CONDITION is given, only where it holds, such as
        abs(grad) > 0.1. A condition may use grad, data, label, layer, op, any w2_1_1.grad, the variables of the
        program, $pass, $cost_before (the cost of the pass before; nan in the first), and the functions of math. One
        that is the same at each node, such as epoch == 50, stops at the start of the pass."""
        if text:
            self.say_set(self.stops.add(text))
        else:
            self.list_stops()

    @command("stop")
    def do_tbreak(self, text: str) -> None:
        """tbreak [NAME | layer N | op OP] [if CONDITION]
        Set a breakpoint that stops once and is then cleared."""
        if not text:
            raise UsageError("expected what break takes, as in tbreak z2_1")
        self.say_set(self.stops.add(text, temporary=True))

    @command("stop")
    def do_watch(self, text: str) -> None:
        """watch NAME
        Stop after each step that changes the gradient of this node."""
        if not text:
            raise UsageError("expected a name, as in watch w2_1_1")
        self.say(f"{self.stops.watch(text)} is set")

    @command("stop")
    def do_ignore(self, text: str) -> None:
        """ignore NUMBER [COUNT]
        Do not stop at that breakpoint or watch the next COUNT times that it is met; without a count, stop again."""
        words = text.split()
        if len(words) not in (1, 2) or not words[-1].isdecimal():
            raise UsageError("expected a breakpoint's number and how many times, as in ignore 1 5")
        count = number_of(words[1], "how many times") if words[1:] not in ([], ["0"]) else 0
        for stop in self.stops.named(words[0]):
            stop.ignored = count
            times = f"after it was met {counted(count, 'more time')}"
            self.say(f"{stop} stops {times if count else 'again'}")

    @command("stop", "cl")
    def do_clear(self, text: str) -> None:
        """clear [NUMBER | NAME]
        Remove that breakpoint or watch; without an argument, all of them."""
        for stop in self.stops.clear(text):
            self.say(f"{stop} is cleared")

    def say_set(self, stop: Stop) -> None:
        passed = stop.kind == "name" and all(self.walk.is_complete(node) for node in self.names.all(stop.text))
        self.say(f"{stop} is set" + (", where the pass has been already: rewind goes back" if passed else ""))

    def list_stops(self) -> None:
        for stop in self.stops.all:
            self.say(self.stop_text(stop))
        if not self.stops.all:
            self.say("no breakpoint is set")
