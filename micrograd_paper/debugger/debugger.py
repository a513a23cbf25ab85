"""A debugger for backward passes, in the terminal, in the manner of pdb.

    debug(C)                        steps through C.backward(); its prompt knows step, next, back, break, why, help …
    with debugging(Debugger()):
        train()                     every backward() in it stops at its start

The command loop, help and completion are here. The commands themselves are in `move_commands`, `stop_commands` and
`look_commands`.
"""

import io
import math
import sys
from bdb import BdbQuit
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from types import FrameType
from typing import Any, TextIO, cast

from micrograd_paper import observing
from micrograd_paper.debugger.command import command, commands_of
from micrograd_paper.debugger.move_commands import Moving
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.debugger.stops import Stopped, Stops
from micrograd_paper.debugger.terminal import (
    history, interrupting, is_terminal, no_collections, uncaptured, wants_colours,
)
from micrograd_paper.display import counted, cut, label_text, number_text, one_line
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import MicrogradPaperError, UsageError
from micrograd_paper.functions import Number
from micrograd_paper.graph import gradient, same
from micrograd_paper.observing import Earlier
from micrograd_paper.plain import Stream
from micrograd_paper.reading.names import nearest
from micrograd_paper.reading.variables import PACKAGE, Variables
from micrograd_paper.reading.stale_nodes import stale_note
from micrograd_paper.stepping.observers import Watcher, watching
from micrograd_paper.stepping.origins import Origins, users_line

NOT_HERE = {  # other commands of pdb → what to use instead
    **dict.fromkeys(("u", "up", "d", "down"), "there are no frames here: where NAME shows the path to any node"),
    **dict.fromkeys(("unt", "until", "j", "jump"), "tbreak NAME and continue go on to a node, back 5 goes back"),
    **dict.fromkeys(("disable", "enable", "condition"), "break NAME if grad > 0, ignore and clear do it"),
    **dict.fromkeys(("a", "args", "whatis"), "print NAME shows a node, and list the steps"),
}
AFTER_BREAK = ("layer", "op", "if")
ENDED = ("quit", "end")
MANY_NODES = 100_000  # nodes


class Quit(SystemExit):
    """Ends the script that is debugged, as quit of pdb does; nothing has failed."""


class Debugger(Moving):
    """The commands over one pass after the other; breakpoints are kept from pass to pass.

    Commands are read from the terminal, or, where there is none, line by line; each is then echoed. left says how the
    last pass was left: "continue", "go", "quit", or "end" with the input; visits counts the passes visited.
    """

    prompt = "(debug) "
    has_said = False

    def __init__(self, stdin: TextIO | None = None, stdout: TextIO | None = None) -> None:
        out = stdout if stdout is not None else sys.stdout
        if stdin is None and getattr(sys.stdin, "closed", sys.stdin is None):  # as by <&-
            stdin = io.StringIO()
        self.interactive = stdin is None and is_terminal(sys.stdin) and is_terminal(out)
        super().__init__("tab" if self.interactive else "", stdin, cast(TextIO, Stream(out)))
        self.use_rawinput = stdin is None
        self.colours = wants_colours(out)
        self.stops = Stops()
        self.visits = 0
        self.last_move = ""
        self.cost_before: Number = math.nan  # of the pass before

    # The command loop.

    def visit(self, walk: Pass, place: object, goal: Callable[[Value], Any] | None = None) -> None:
        """Run commands on this pass until it is left, then complete the pass, unless quit or the end of input left it.
        `place` is the line of the user's program that called backward(), if any.

        After `go` only a breakpoint stops it, or the pass that was asked for. With a goal, it starts at the first node
        for which the goal holds.
        """
        self.walk, self.shown = walk, None
        own = {} if self.passes is None else {"$pass": self.passes, "$cost_before": self.cost_before}
        walk.program = {**Variables.visible().things, **own}
        self.stops.use(walk)
        self.visits += 1
        stopped = None
        if self.left == "go" and not self.is_reached:
            stopped = self.advance(here=True)
            if stopped is None and walk.at_end:
                return
        elif goal is not None:
            walk.run(goal, here=True)
            node = walk.nodes[walk.index]
            stopped = Stopped([], f"stopped at {self.name(node) if node.op else self.described(node)}")
        with no_collections() if len(walk.nodes) > MANY_NODES else nullcontext():
            self.say_heading(walk, place)
            self.show(stopped)
        self.converse()
        if self.left not in ENDED:
            walk.to_end()

    @property
    def is_reached(self) -> bool:
        """Whether this is the pass that `go` was to go to."""
        return self.until is not None and self.passes is not None and self.passes >= self.until

    @property
    def is_passing(self) -> bool:
        """Whether nothing can stop it in this pass: after go, without breakpoints."""
        return self.left == "go" and not self.stops.all and not self.is_reached

    def say_heading(self, walk: Pass, place: object) -> None:
        """What is stepped through, which line of the user's program called backward(), and what is to be known."""
        what = f"{asked_for()} of {self.name(walk.root)} = {number_text(walk.root.data)}"
        seed = "" if same(walk.seed, 1) else f", seed {number_text(walk.seed)}"
        where = "" if place is None else f" · {place}"
        size = f"{counted(len(walk.nodes), 'node')}, {counted(walk.length, 'step')}"
        self.say(f"{what}{seed}: {size}{where}", colour="bold")
        if self.passes is None and place is not None:
            self.say_unrecorded(walk.nodes)
        elif self.passes is not None and walk.root.op is not None and walk.root.origin is None:
            self.say("Which lines made this graph was not recorded, as after go nothing could stop the program; from "
                     "the next graph on it is")
        if walk.held:
            self.say(f"{self.held_before} is added at the end", colour="yellow")
        reading = walk.shared.reading
        if reading.stale:
            self.say(f"{stale_note(reading.stale, reading.names, 3)}. A number was changed after the graph was made; "
                     "recompute brings the graph up to date", colour="yellow")

    def converse(self) -> None:
        with history() if self.interactive else nullcontext():
            while True:
                try:
                    self.cmdloop()
                    self.stdout.flush()  # or a child that the program forks says it again
                    return
                except KeyboardInterrupt:
                    self.say("\n--KeyboardInterrupt--")

    def say_unrecorded(self, nodes: Iterable[Value]) -> None:
        """Once a process: that nobody recorded where the nodes were made, and how it is done."""
        if not Debugger.has_said and all(node.origin is None for node in nodes):
            Debugger.has_said = True
            self.say("Which lines made the nodes was not recorded: build the graph in `with record_origins():`")

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Inside, Ctrl-C after `go` lets the program's next backward() stop, a second one ends the program."""
        def pressed() -> bool:
            was_going = self.left == "go"
            self.left = "" if was_going else self.left
            return was_going

        with interrupting(pressed) if self.interactive else nullcontext():
            yield

    def precmd(self, line: str) -> str:
        if not self.interactive:
            self.stdout.write("\n" if line == "EOF" else f"{line}\n")
        elif line == "EOF":
            self.stdout.write("\n")
        return line

    def onecmd(self, line: str) -> bool:
        """One command; True if it leaves the pass. An error in it is reported in one line."""
        word, _, rest = line.strip().partition(" ")
        if not word:
            return self.emptyline()
        try:
            if word[0] == "?" and word != "?":
                word, rest = "?", f"{word[1:]} {rest}"
            if line == "EOF":
                return self.leave("quit" if self.interactive else "end")
            name = command_named(word)
            if name is None:
                self.default(line.strip())
            elif rest.strip() and COMMANDS[name].usage == name:
                raise UsageError(f"{name} stands alone: nothing follows it; got {label_text(rest.strip())}")
            if name is not None and COMMANDS[name].repeats:
                self.last_move = f"{name} {rest}"
            with no_collections() if len(self.walk.nodes) > MANY_NODES and name != "pdb" else nullcontext():
                return bool(getattr(self, f"do_{name or 'print'}")(rest.strip() if name else line.strip()))
        except MicrogradPaperError as error:
            self.wrong(str(error))
        except Exception as error:  # from some kind of number, or a user-defined operation
            self.wrong(f"{type(error).__name__}: {one_line(error, str)}".removesuffix(": "))
        return False

    def wrong(self, message: str) -> None:
        self.say(f"*** {cut(message, 1000)}", colour="red")

    def default(self, line: str) -> None:
        """The name of a node alone is printed; anything else is unknown. Raises UsageError."""
        if not self.names.all(line):
            word = line.split()[0]
            near = nearest(word, list(COMMANDS)) or "; help lists the commands"
            hint = f": {NOT_HERE[word]}" if word in NOT_HERE else near
            raise UsageError(f"unknown command {label_text(word)}{hint}")

    def emptyline(self) -> bool:
        return self.onecmd(self.last_move) if self.last_move.strip() else False

    # Help and completion.

    @command("", "h", "?")
    def do_help(self, text: str) -> None:
        """help [COMMAND]
        What the commands do, or one of them."""
        if text:
            name = command_named(text)
            if name is None:
                raise UsageError(f"there is no command {label_text(text)}{nearest(text, list(COMMANDS))}")
            self.say(COMMANDS[name].usage)
            self.say(f"  {COMMANDS[name].help}", 2)
            return
        group = ""
        for name, each in COMMANDS.items():
            if each.group not in ("", group):
                self.say(each.group, colour="bold")
            group = each.group
            self.say(f"  {name:<10}{each.summary}", 12)
        self.say("A beginning is enough: s, n, c, b, p, l, w, q as in pdb. An empty line repeats the last move.")

    @command("", "q", "exit")
    def do_quit(self, text: str) -> bool:
        """quit
        Leave the debugger. A script that is being debugged ends here; debug(C) raises bdb.BdbQuit, and no gradient of
        this pass remains. Ctrl-D does the same."""
        return self.leave("quit")

    def completenames(self, text: str, *ignored: Any) -> list[str]:
        return [f"{name} " for name in COMMANDS if name.startswith(text)]

    def completedefault(self, text: str, line: str, begidx: int, endidx: int) -> list[str]:
        """Names of nodes; after break its arguments, after clear what was set, after help the commands."""
        words = line[:begidx].split()
        name = command_named(words[0]) if words else None
        found: Iterable[str] = self.names.beginning(text)
        if name == "help":
            found = COMMANDS
        elif name in ("break", "tbreak") and words[1:2] == ["op"]:
            found = sorted({node.op.name for node in self.walk.nodes if node.op is not None})
        elif name in ("break", "tbreak") and words[1:2] == ["layer"]:
            found = map(str, self.stops.computed_layers)
        elif name == "clear":
            found = [word for stop in self.stops.all for word in (str(stop.number), stop.text)]
        elif name in ("break", "tbreak") and len(words) == 1:
            found = [*found, *AFTER_BREAK]
        elif name in ("print", "display") or "if" in words:
            found = dict.fromkeys([*found, *self.walk.program])  # the program's variables
        return [word for word in found if word.startswith(text)]


COMMANDS = commands_of(Debugger)
ABBREVIATIONS = {word: name for name, each in COMMANDS.items() for word in each.also}


def command_named(word: str) -> str | None:
    """The command that a word or a prefix stands for; None if there is none. Raises UsageError for several."""
    if word in ABBREVIATIONS or word in COMMANDS:
        return ABBREVIATIONS.get(word, word)
    if word in NOT_HERE:  # d is not an abbreviation of draw
        return None
    found = [name for name in COMMANDS if name.startswith(word)]
    if len(found) > 1:
        raise UsageError(f"{word} may be {' or '.join(found)}")
    return found[0] if found else None


def asked_for() -> str:
    """What the user's program has called, for which a pass is made."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        if frame.f_code.co_name == "gradient" and frame.f_globals.get("__name__") == gradient.__module__:
            return "gradient(…, create_graph=True)"
        frame = frame.f_back
    return "backward()"


# The entry points.

def debug(root: Value, seed: Number = 1) -> None:
    """Step through root.backward(seed) at a prompt; `help` says how.

    Left by `continue`, the gradients are exactly those of `backward`, added to what leaves held before; the end of
    input from no terminal does the same, with a line on stderr. Values without a label have the names of the caller's
    variables. Under pytest it has the terminal, as breakpoint() has. Raises NotAValue; bdb.BdbQuit after `quit`: leaves
    then hold what they held before, and the other nodes no gradient.
    """
    walk = Pass.of(root, seed)
    with uncaptured():
        debugger = Debugger()
        try:
            debugger.visit(walk, users_line())
        except BaseException:
            walk.abandon()
            raise
    if debugger.left == "quit":
        walk.abandon()
        raise BdbQuit
    walk.to_end()
    walk.close()
    if debugger.left == "end":
        print("micrograd-paper: the input has ended: the pass was finished as backward() does it", file=sys.stderr)


@contextmanager
def debugging(debugger: Debugger, at: str | None = None) -> Iterator[None]:
    """A context in which the debugger visits each backward() before it is made, and Values know where they were made.

    at  the name of a node: only a backward() that reaches it is visited, and stops there

    After the command quit, backward() raises Quit. While nothing can stop it, no time is spent on any node.
    """
    debugger.passes = 0
    origins = Origins()
    with watching(lambda: origins), watching(lambda: Debugged(debugger, at, origins)), debugger.interruptible():
        yield


class Debugged(Watcher):
    """Lets the debugger visit each backward."""

    def __init__(self, debugger: Debugger, at: str | None, origins: Origins) -> None:
        self.debugger = debugger
        self.at = at
        self.origins = origins

    def walk(self, nodes: Iterator[Value], earlier: Earlier) -> Iterator[Value]:
        """The nodes, when the debugger is done with them: then `backward` makes the pass itself, from its start."""
        root, debugger = next(nodes), self.debugger
        debugger.passes = (debugger.passes or 0) + 1
        if debugger.left not in ENDED and not debugger.is_passing:
            walk = Pass(topological_order(root), root.grad, earlier)
            wanted = None if self.at is None else set(walk.shared.reading.lookup.all(self.at))
            if wanted is None or wanted:
                try:
                    debugger.visit(walk, users_line(), wanted.__contains__ if wanted else None)
                except BrokenPipeError:  # the reader has gone
                    debugger.left = "quit"
            walk.rewind()
            observing.remove(self.origins)
            if not debugger.is_passing or debugger.until is not None:
                observing.add(self.origins)
        if debugger.left == "end":
            print("micrograd-paper: the commands have ended, and the script with them; go lets it run on",
                  file=sys.stderr)
        if debugger.left in ENDED:
            raise Quit(0)
        debugger.cost_before = root.data
        return chain((root,), nodes)

