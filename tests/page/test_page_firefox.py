"""The page in Firefox, where one is installed: it is asked over WebDriver BiDi, which it speaks without a driver."""

import itertools
import json
import shutil
import subprocess
import time

import pytest

from micrograd_paper import explore
from micrograd_paper.engine import topological_order
from tests.drawing.graphs import iris
from tests.page.browser import engine_of
from tests.page.test_page_fold import network
from tests.processes import PATIENCE

websocket = pytest.importorskip("websocket")
PORT = 9_333
pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Firefox:
    """One window; `run` gives what an expression of JavaScript is, `said` what was written to the console."""

    def __init__(self, firefox, profile):
        self.process = subprocess.Popen(
            [firefox, "--headless", "--remote-debugging-port", str(PORT), "--profile", str(profile), "--no-remote"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.numbers, self.said = itertools.count(), []
        self.socket = self.connection()
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.window = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("browsingContext.setViewport", context=self.window, viewport={"width": 1280, "height": 900})

    def connection(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                address = f"ws://127.0.0.1:{PORT}/session"
                return websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, "Firefox did not start"
                time.sleep(0.2)

    def ask(self, method, **given):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") == "log.entryAdded":
                self.said.append(answer["params"]["text"])

    def open(self, path):
        self.ask("browsingContext.navigate", context=self.window, url=path.as_uri(), wait="complete")

    def run(self, expression):
        answer = self.ask("script.evaluate", expression=f"JSON.stringify({expression})",
                          target={"context": self.window}, awaitPromise=True)
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        pytest.skip("no Firefox is installed")
    browser = Firefox(found, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.process.kill()
    browser.process.wait()


@pytest.mark.parametrize("graph", [iris, network])
def test_both_passes_are_the_engines_and_the_console_is_silent(firefox, graph, tmp_path):
    root = graph()
    firefox.open(explore(root, tmp_path / "page.html"))
    data, grad = engine_of(root)
    assert firefox.run("[pass.data, pass.grad]") == [data, grad]
    assert firefox.run("""graph.steps.map((_, s) => {
        go(s + 1);
        const equation = element("math").getBoundingClientRect(), words = element("words").textContent;
        return equation.height > 20 && equation.width > 20 && words.length > 10;
    }).every(seen => seen)""")
    leaf = firefox.run("leaves[0]")
    firefox.run(f"(change([[{leaf}, 0.625]]), true)")
    topological_order(root)[leaf].data = 0.625
    data, grad = engine_of(root)
    assert firefox.run("pass.data") == pytest.approx(data, rel=1e-12)
    assert firefox.run("pass.grad") == pytest.approx(grad, rel=1e-12, abs=1e-15)
    assert firefox.said == []


def test_descent_questions_and_folding_work(firefox, tmp_path):
    firefox.open(explore(network(), tmp_path / "page.html"))
    assert firefox.run("folded !== null && boxes.getBoundingClientRect().width > 100")
    firefox.run("(go(40), true)")
    assert firefox.run("opened.querySelectorAll('.node').length") > 1
    firefox.run("(choose_mode('descent'), element('descend').click(), true)")
    first, last = firefox.run("[trail[0], trail.at(-1)].map(costs => costs.training)")
    assert last < first
    firefox.run("(choose_mode('ask'), element('reply').value = '123456', element('check').click(), true)")
    assert firefox.run("element('verdict').textContent").startswith("Not yet")
    firefox.run("(element('fit').click(), true)")
    assert firefox.run("folded !== null")
    assert firefox.said == []
