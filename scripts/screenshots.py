"""Takes a picture of every page, in both themes, over a simulated cluster: `make screenshots`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from scripts.docs.source import ROOT
from tests.browser.pages import PAGES, Page, address
from tests.support.cluster import simulated_cluster
from tests.support.needs import MISSING, this_machine

OUT = ROOT / "docs" / "screenshots"
THEMES = ("dark", "light")
SETTLE = 6.0
"""Seconds the cluster is left to itself first, so that rates are known; charts and sparks want minutes."""
DRAWN = 700
"""Milliseconds a page is given to draw its charts."""


def main() -> int:
    """Take them; returns 1 where there is no browser to take them with."""
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="folder they go to (default: docs/screenshots)")
    parser.add_argument("--width", type=int, default=1440, help="of the window, in pixels (default: 1440)")
    parser.add_argument("--whole", action="store_true", help="the whole page, not the window alone")
    parser.add_argument("--only", action="append", metavar="NAME", help="a page; may be given several times")
    parser.add_argument("--settle", type=float, default=SETTLE, help=f"seconds to wait first (default: {SETTLE:g})")
    given = parser.parse_args()
    chromium = this_machine().chromium()
    if chromium is None:
        sys.stderr.write(f"{MISSING['chromium']}\n")
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    pages = [page for page in PAGES if page.status == 200 and (not given.only or page.name in given.only)]
    with tempfile.TemporaryDirectory() as folder, simulated_cluster(Path(folder), interval="1s") as server:
        asyncio.run(
            _take(
                [(page, address(page, server)) for page in pages],
                chromium,
                given.out,
                given.width,
                settle=given.settle,
                whole=given.whole,
            )
        )
    return 0


async def _take(
    pages: list[tuple[Page, str]], chromium: str, out: Path, width: int, *, settle: float, whole: bool
) -> None:
    await asyncio.sleep(settle)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for page, url in pages:
            for theme in THEMES:
                path = out / f"{page.name}-{theme}.png"
                await _shoot(browser, url, page.ready, theme, path, width, whole=whole)
                sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")
        await browser.close()


async def _shoot(browser: Browser, url: str, ready: str, theme: str, path: Path, width: int, *, whole: bool) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        timezone_id="Europe/Berlin",
    )
    shown = await context.new_page()
    await shown.goto(url)
    await shown.locator(ready).first.wait_for()
    await shown.wait_for_timeout(DRAWN)
    await shown.screenshot(path=path, full_page=whole)
    await context.close()


if __name__ == "__main__":
    sys.exit(main())
