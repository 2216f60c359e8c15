"""A run with samples of every fate, and a browser to look at its pages."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from debian_packages import install
from report_pages import fill, plan_run
from selenium import webdriver

from harness.run import Run


@pytest.fixture
def filled(tmp_path: Path) -> Run:
    """A run of 16 samples: one without a score, one flagged, one not run."""
    run = plan_run(tmp_path)
    fill(run)
    return run


def _chromium() -> str | None:
    """Why there is no browser, or None. As root on Debian it is installed, as CI needs it."""
    both = ("chromium", "chromedriver")
    return install(
        ["chromium", "chromium-driver"], there=lambda: all(shutil.which(name) for name in both)
    )


@pytest.fixture(scope="session")
def chrome() -> Iterator[webdriver.Chrome]:
    """A headless Chromium; without one a skip, or a failure where CI=true."""
    if why := _chromium():
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1280,1000",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    browser = webdriver.Chrome(options=options, service=service)
    yield browser
    browser.quit()


@pytest.fixture
def wait() -> Callable[[Callable[[], Any]], Any]:
    """Until something is true: a page needs a moment."""

    def until(holds: Callable[[], Any]) -> Any:
        for _ in range(200):
            if found := holds():
                return found
            time.sleep(0.05)
        pytest.fail("it never came true")

    return until
