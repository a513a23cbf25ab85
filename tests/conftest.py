"""What all tests have: Ctrl-C."""

import signal

import pytest


@pytest.fixture
def ctrl_c():
    """SIGINT interrupts, here and in processes that are started here, also where whoever runs the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
