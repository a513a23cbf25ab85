"""What all tests have: marks by fixture, so many random examples, PyTorch, and Ctrl-C."""

import gc
import importlib
import importlib.util
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from micrograd_paper.reading.variables import Variables, seen_as

MARKS = {"chromium": "browser", "torch": "slow"}  # of the tests that have this fixture; to import torch takes 2 s


def pytest_addoption(parser):
    parser.addoption("--many", type=int, default=1, metavar="N",
                     help="the widest tests of diagnosis take N times as many random networks")


@pytest.fixture
def many(request):
    """How many times as many random networks are wanted as a test takes by itself."""
    return request.config.getoption("--many")


def pytest_configure(config):
    """A property is tried on 100 random examples; where slow tests are left out, on 10."""
    settings.register_profile("all", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("loop", settings.get_profile("all"), max_examples=10)
    settings.load_profile("loop" if "not slow" in config.option.markexpr else "all")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        for fixture in MARKS.keys() & set(item.fixturenames):
            item.add_marker(MARKS[fixture])


@pytest.fixture(scope="session")
def torch():
    """PyTorch. Where it is not installed, its tests skip, but never in CI."""
    if importlib.util.find_spec("torch") is None and "CI" not in os.environ:
        pytest.skip("PyTorch is not installed: python -m pip install torch")
    return importlib.import_module("torch")


@pytest.fixture(scope="module")
def nameless():
    """Values without a label have no names: those of the test's own variables are nothing to it."""
    with seen_as(Variables({})):
        yield


@pytest.fixture
def ctrl_c():
    """SIGINT interrupts, here and in processes that are started here, also where whoever runs the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_finish():
    """What is there before the first test stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
