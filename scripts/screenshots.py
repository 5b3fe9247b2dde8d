"""Takes a picture of every page, in both themes, on a screen and on a phone, over a simulated cluster."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser, async_playwright

from scripts.docs.source import ROOT
from tests.browser.pages import PAGES, Page, address, headers, prepare
from tests.support.cluster import simulated_cluster
from tests.support.needs import MISSING, this_machine

OUT = ROOT / "docs" / "screenshots"
THEMES = ("dark", "light")
SCREEN, PHONE = 1440, 360
SETTLE = 6.0
"""Seconds the cluster is left to itself first, so that rates are known; charts and sparks want minutes."""
DRAWN = 700
"""Milliseconds a page is given to draw its charts."""


class Look(NamedTuple):
    """A page, and how it is looked at."""

    page: Page
    url: str
    headers: dict[str, str]
    width: int
    theme: str

    @property
    def file(self) -> str:
        """The name of its picture."""
        width = "" if self.width == SCREEN else f"-{self.width}"
        return f"{self.page.name}-{self.theme}{width}.png"


def main() -> int:
    """Take them; returns 1 where there is no browser to take them with."""
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="folder they go to (default: docs/screenshots)")
    parser.add_argument("--width", type=int, action="append", help=f"of the window (default: {SCREEN} and {PHONE})")
    parser.add_argument("--whole", action="store_true", help="the whole page, not the window alone")
    parser.add_argument("--only", action="append", metavar="NAME", help="a page; may be given several times")
    parser.add_argument("--settle", type=float, default=SETTLE, help=f"seconds to wait first (default: {SETTLE:g})")
    given = parser.parse_args()
    chromium = this_machine().chromium()
    if chromium is None:
        sys.stderr.write(f"{MISSING['chromium']}\n")
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    pages = [page for page in PAGES if not given.only or page.name in given.only]
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder) / "data", time.time())
        with simulated_cluster(Path(folder), interval="1s") as server:
            looks = [
                Look(page, address(page, server), headers(page, server), width, theme)
                for page in pages
                for width in given.width or (SCREEN, PHONE)
                for theme in THEMES
            ]
            asyncio.run(_take(looks, chromium, given.out, settle=given.settle, whole=given.whole))
    return 0


async def _take(looks: list[Look], chromium: str, out: Path, *, settle: float, whole: bool) -> None:
    await asyncio.sleep(settle)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for look in looks:
            path = out / look.file
            await _shoot(browser, look, path, whole=whole)
            sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")
        await browser.close()


async def _shoot(browser: Browser, look: Look, path: Path, *, whole: bool) -> None:
    touched: dict[str, Any] = {"is_mobile": True, "has_touch": True} if look.width <= PHONE else {}
    context = await browser.new_context(
        viewport={"width": look.width, "height": 740 if touched else 900},
        color_scheme="dark" if look.theme == "dark" else "light",
        reduced_motion="reduce",
        timezone_id="Europe/Berlin",
        extra_http_headers=look.headers,
        **touched,
    )
    shown = await context.new_page()
    await shown.goto(look.url)
    await shown.locator(look.page.ready).first.wait_for()
    await shown.wait_for_timeout(DRAWN)
    await shown.screenshot(path=path, full_page=whole)
    await context.close()


if __name__ == "__main__":
    sys.exit(main())
