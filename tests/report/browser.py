"""A real browser: Debian's Chromium, without a window, told to say all that goes wrong."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_TIMEOUT_MS = 120_000


def find_chromium() -> str:
    """Return Chromium's path; skip without one, but fail where CI should have installed it."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = "no Chromium: on Debian, apt-get install chromium"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def started() -> Iterator["Browser"]:
    """Start Chromium, and end it."""
    path = find_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: "Browser", path: Path, width: int = 1280, height: int = 900, **how: Any
) -> Iterator[tuple["Page", list[str]]]:
    """Open a page from disk and wait until it is drawn; yield it with all that went wrong."""
    context = browser.new_context(viewport={"width": width, "height": height}, **how)
    context.set_default_timeout(_TIMEOUT_MS)
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("file:", "data:"))
            else wrong.append(f"asked for {asked.url}")
        ),
    )
    page.goto(path.as_uri())
    wait_until_drawn(page)
    yield page, wrong
    context.close()


def wait_until_drawn(page: "Page") -> None:
    """Wait until every figure is drawn as it should be now."""
    page.wait_for_selector("html[data-drawn=all]", state="attached")
