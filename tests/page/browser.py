"""What a test does with a page that is open in the browser."""

import math

import pytest

from micrograd_paper.engine import topological_order
from micrograd_paper.graph import recompute

By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys


def text(browser, id):
    return browser.find_element(By.ID, id).text


def run(browser, expression):
    return browser.execute_script(f"return {expression}")


def press(browser, *keys):
    for key in keys:
        browser.find_element(By.TAG_NAME, "body").send_keys(key)


def step_of(browser):
    return run(browser, "at")


def address_of(browser):
    """The address once the page has written step and edits into it, which it does with a little delay."""
    browser.execute_async_script("setTimeout(arguments[0], 250)")
    return browser.current_url


def edit(browser, name, number):
    """Change a leaf as a person does: choose it, write the number, press Enter."""
    choices = browser.find_element(By.ID, "leaf").find_elements(By.TAG_NAME, "option")
    next(choice for choice in choices if choice.text.partition(" = ")[0] == name).click()
    field = browser.find_element(By.ID, "number")
    field.clear()
    field.send_keys(number, Keys.ENTER)


def numbers_of(browser):
    """data and gradients as the page has them, nan and infinities included."""
    def read(xs):
        return [float(x) for x in xs]
    return read(run(browser, "pass.data.map(exact)")), read(run(browser, "pass.grad.map(exact)"))


def engine_of(root):
    """The same from the engine."""
    recompute(root)
    order = topological_order(root)
    for node in order:
        node.grad = 0
    root.backward()
    return [float(node.data) for node in order], [float(node.grad) for node in order]


def close(found, expected):
    return found == expected or (math.isnan(found) and math.isnan(expected)) or (
        abs(found - expected) <= 1e-12 * max(1e-300, abs(expected))
    )
