"""The processes that tests start: how long they may take, and whether they wait."""

import time
from pathlib import Path

PATIENCE = 120  # seconds, then it is given up: the machine may be busy with many other things


def wait_until(condition, every=0.02):
    """Wait until that is true. Fails if it does not become so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(every)


def sleeps(process):
    """Whether the process waits for something, such as a key. Where there is no /proc: as good as always."""
    try:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
    except FileNotFoundError:
        time.sleep(1)
        return True
