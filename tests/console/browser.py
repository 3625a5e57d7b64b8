"""A real Chromium, and axe, for the tests of the pages."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PHONE = {"width": 390, "height": 844}
# Read once, here: the tests' own home takes every WA_ variable away.
AXE = Path(os.environ.get("WA_TEST_AXE", "/nowhere"))
DESKTOP = {"width": 1280, "height": 900}


def chromium() -> str | None:
    """The browser of this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def axe() -> Path | None:
    """axe-core's script, which .ci/run fetches from npm and names by WA_TEST_AXE."""
    return AXE if AXE.is_file() else None


@contextmanager
def browsing(link: str, *, width: dict[str, int] = DESKTOP, dark: bool = False, bare: bool = False) -> Iterator[Any]:
    """A page that was let in by the console's link; anything its console complains of fails the test.

    `bare`: without the page's policy, so that axe may be put into it.
    """
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        context = browser.new_context(
            viewport=width, color_scheme="dark" if dark else "light", bypass_csp=bare, locale="en-GB", timezone_id="UTC"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.goto(link)
        try:
            yield page
        finally:
            browser.close()
    assert complaints == []


def until(page: Any, truth: str, *, seconds: float = 20) -> None:
    """Waits for an expression to hold; the page's policy keeps Playwright's own way of waiting from working."""
    end = time.monotonic() + seconds
    while not page.evaluate(truth):
        assert time.monotonic() < end, f"it never held: {truth}"
        time.sleep(0.1)
