"""A real Chromium, without a window, for the tests of the page."""

import os
import shutil

import pytest

from micrograd_paper.page.explore import explore


@pytest.fixture(scope="session")
def chromium():
    """A driver of Debian's Chromium. Where that is missing these tests skip, but never in CI."""
    places = {name: shutil.which(name) or shutil.which(name, path="/usr/bin") for name in ("chromium", "chromedriver")}
    missing = [name for name, place in places.items() if place is None]
    if missing:
        reason = f"the page is tested in Chromium: {' and '.join(missing)} not found (apt-get install chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    driver = started(**places)
    yield driver
    driver.quit()


def started(chromium, chromedriver):
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))


@pytest.fixture
def browser(chromium):
    """The driver, with the console read empty and the screen of a desktop."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.get_log("browser")
    return chromium


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a graph; at the end there must be no error in the console."""
    def open_page(root, hash="", **options):
        path = explore(root, tmp_path / "page.html", **options)
        browser.get("about:blank")
        browser.get(path.as_uri() + hash)
        return browser

    yield open_page
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
