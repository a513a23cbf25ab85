"""The command micrograd-paper, and python -m micrograd_paper: Ctrl-C at any moment is one line and exit status 130."""

import io
import os
import sys


def entry_point() -> int:
    """Run a command; its exit status."""
    try:
        if sys.stderr is None:  # closed by the shell, as by 2>&-
            sys.stderr = io.StringIO()
        import atexit  # here, as Ctrl-C may come during an import
        from signal import SIG_IGN, SIGINT, signal

        on_ctrl_c(leaves=True)
        atexit.register(signal, SIGINT, SIG_IGN)  # the last to be called: the command has been done
        from micrograd_paper.cli import main

        on_ctrl_c(leaves=False)
        try:
            return main()
        finally:
            on_ctrl_c(leaves=True)
    except KeyboardInterrupt:
        say_interrupted()
        return 130


def on_ctrl_c(leaves: bool) -> None:
    """Whether Ctrl-C leaves at once. It does nothing where it is ignored, and a script's own handler is kept."""
    from signal import SIGINT, default_int_handler, getsignal, signal

    before, after = (default_int_handler, leave) if leaves else (leave, default_int_handler)
    if getsignal(SIGINT) is before:
        signal(SIGINT, after)


def leave(number: int, frame: object) -> None:
    """End the process. While modules are imported, or Python ends, an exception is lost in some places."""
    say_interrupted()
    os._exit(130)


def say_interrupted() -> None:
    try:  # noqa: SIM105  (Ctrl-C may come during an import of contextlib)
        print("micrograd-paper: interrupted", file=sys.stderr, flush=True)
    except OSError:  # the exit status says it
        pass


if __name__ == "__main__":
    sys.exit(entry_point())
