"""A real browser on a real portal: Chromium through Playwright, axe, and what went wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any
from typing import NoReturn

import pytest

from tests.clients.node_clients import install_packages

_AXE = Path(__file__).parents[1] / "clients/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Where screenshots are put; nothing is kept when it is not set.
SHOTS = os.environ.get("PORTAL_TEST_SHOTS", "")


@dataclass
class Visit:
    """A page in a browser, and what its console said."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the portal."""
        self.page.goto(f"{self.base}{path}")

    def check(self, name: str = "") -> None:
        """Judge the page: no error, no scrolling sideways, nothing axe finds."""
        if SHOTS and name:
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        assert self.complaints() == []

    def complaints(self) -> list[str]:
        """Return what is wrong with the page."""
        found = list(self.faults)
        width = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if width > 0:
            found.append(f"the page scrolls {width} px sideways")
        self.page.evaluate(_axe())
        judged = self.page.evaluate("rules => axe.run({runOnly: rules})", _RULES)
        return found + [f"{one['id']}: {one['nodes'][0]['html']}" for one in judged["violations"]]


@contextmanager
def chromium() -> Iterator[Any]:
    """Run the system's Chromium; skip where there is none, but in CI."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _give_up("playwright is not installed: pip install 'glossary-portal[dev]'")
    program = shutil.which("chromium")
    if program is None:
        _give_up("chromium is not installed")
    install_packages()
    _axe()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Any, base: str, **options: Any) -> Iterator[Visit]:
    """Open an empty page; ``options`` are Playwright's of a context."""
    # axe is run inside of the page, which the portal's policy forbids.
    context = browser.new_context(**{"bypass_csp": True, "locale": "en", **options})
    context.set_default_timeout(30_000)
    visit = Visit(context.new_page(), base)
    visit.page.on("pageerror", lambda error: visit.faults.append(str(error)))
    visit.page.on(
        "console",
        lambda line: visit.faults.append(line.text) if line.type in {"error", "warning"} else None,
    )
    yield visit
    context.close()


@cache
def _axe() -> str:
    """Return the script of axe; it is read once, since other tests may install packages anew."""
    return _AXE.read_text()


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
