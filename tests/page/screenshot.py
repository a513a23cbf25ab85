"""The picture of the page in README: `python -m tests.page.screenshot` writes demos/gallery/page.png, with Chromium."""

import shutil
import tempfile
from pathlib import Path

from micrograd_paper import datasets, load, quadratic
from micrograd_paper.page.explore import explore
from tests.page.conftest import started

DEMOS = Path(__file__).parents[2] / "demos"
STEP = 47  # in the middle of the backward pass


def main() -> None:
    net = load(DEMOS / "iris-4-3-3.json")
    ((x, y),) = datasets.load("iris").examples([70], outputs=3, scaling=net.scaling)
    driver = started(str(shutil.which("chromium")), str(shutil.which("chromedriver")))
    with tempfile.TemporaryDirectory() as directory:
        page = explore(quadratic(net.forward(x).output, y), Path(directory, "page.html"), theme="light",
                       title="An iris in a network 4-3-3", step=STEP)
        size = {"width": 1280, "height": 760, "deviceScaleFactor": 1.5, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get(page.as_uri())
        driver.execute_async_script("setTimeout(arguments[0], 500)")
        driver.save_screenshot(str(DEMOS / "gallery" / "page.png"))
    driver.quit()


if __name__ == "__main__":
    main()
