"""Every page: no fault that axe knows in either theme, every key leads on, and it fits every screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, expect
from playwright.async_api import Page as Shown

from tests.browser.axe import check
from tests.browser.conftest import PHONE, Watched, visiting
from tests.browser.holding import holds
from tests.browser.pages import PAGES, Page, address, headers
from tests.support.server import Served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DESK: ViewportSize = {"width": 1280, "height": 800}
WALL: ViewportSize = {"width": 2560, "height": 1440}
MOST = 60
"""Steps of Tab that are looked at on a page that has more."""
NOWHERE_BEFORE = "localStorage.clear(); sessionStorage.clear();"
"""What a page before this one has kept is gone when its scripts begin."""
FOCUSED = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const shown = one.matches(".choices input, .palette-field input") ? one.parentElement : one;
  const [box, style] = [shown.getBoundingClientRect(), getComputedStyle(one)];
  const label = one.nextElementSibling && getComputedStyle(one.nextElementSibling);
  const marked = (some) => some && some.outlineStyle !== "none" && parseFloat(some.outlineWidth) >= 2;
  const seen = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  const again = (window.visited ??= new Map()).get(one) ?? 0;
  window.visited.set(one, again + 1);
  return { html: one.outerHTML.slice(0, 120), again, seen, marked: marked(style) || marked(label) };
}"""
COVERED = """() => [...document.querySelectorAll("a[href], button, input, select, summary")].filter((one) => {
  const box = one.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  if (!one.checkVisibility({ visibilityProperty: true }) || x < 0 || y < 0) return false;
  if (x >= innerWidth || y >= innerHeight || box.width < 2) return false;
  const frame = one.closest(".scroll")?.getBoundingClientRect();
  if (frame && (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom)) return false;
  const top = document.elementFromPoint(x, y);
  return !top || !(one.contains(top) || top.contains(one) || one.closest("label")?.contains(top));
}).map((one) => one.outerHTML.slice(0, 120))"""
WIDER = """(width) => document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > width && !one.closest(".scroll"))
  .map((one) => one.outerHTML.slice(0, 120))"""
SMALL = """(least) => [...document.querySelectorAll(".top a, .top button, main button, main input, main summary")]
  .filter((one) => one.checkVisibility() && !one.closest("thead, .choices, .menu"))
  .map((one) => [one.outerHTML.slice(0, 100), Math.max(...[one, ...(one.labels ?? [])].map(
    (each) => each.getBoundingClientRect().height))])
  .filter(([, height]) => height < least)"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser, cluster: Served) -> AsyncIterator[Watched]:
    """One tab for all pages, which brings each what it has of scripts from the page before."""
    async with visiting(browser, cluster, viewport=DESK) as tab:
        await tab.page.add_init_script(NOWHERE_BEFORE)
        yield tab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phone(browser: Browser, cluster: Served) -> AsyncIterator[Watched]:
    async with visiting(browser, cluster, **PHONE) as tab:
        await tab.page.add_init_script(NOWHERE_BEFORE)
        yield tab


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_a_page_has_no_fault_is_used_by_keyboard_alone_and_fits_every_screen(
    page: Page, desk: Watched, phone: Watched, cluster: Served
) -> None:
    url, said = address(page, cluster), headers(page, cluster)
    await desk.page.set_viewport_size(DESK)
    await desk.page.emulate_media(color_scheme="light")
    await _open(desk, page, url, said)
    await _goes_through(desk.page)
    await check(desk.page)
    await desk.page.set_viewport_size(WALL)
    await _fits(desk.page, WALL["width"])
    await desk.faultless()
    await _open(phone, page, url, said)
    await _fits(phone.page, 360)
    assert await phone.page.evaluate(SMALL, 24) == []
    await phone.faultless()


async def _open(tab: Watched, page: Page, url: str, said: dict[str, str]) -> None:
    """Go to a page as somebody who has been nowhere before; of what the tab did there nothing counts."""
    await tab.page.context.clear_cookies()
    await tab.page.set_extra_http_headers(said)
    tab.faults.clear()
    tab.forgiven = (str(page.status),) if page.status >= 400 else ()
    await tab.page.goto(url)
    await tab.page.bring_to_front()  # focus that left the page before by Tab comes back from the window around it
    await expect(tab.page.locator(page.ready).first).to_be_visible()


async def _goes_through(shown: Shown) -> None:
    """Press Tab until the page has no more; raises AssertionError where what has focus cannot be seen."""
    await _stands_still(shown)
    visited: list[str] = []
    for _ in range(MOST):
        await shown.keyboard.press("Tab")
        focused: dict[str, Any] | None = await shown.evaluate(FOCUSED)
        if focused is None:
            break
        assert focused["seen"], focused
        assert focused["marked"], focused
        assert not focused["again"], "focus went in a circle"
        visited.append(focused["html"])
    if not await shown.locator("[autofocus]").count():
        assert 'href="#main"' in visited[0]


async def _stands_still(shown: Shown) -> None:
    """Pause what is live: a row that is sorted further down while one goes on would be come to once more."""
    if await shown.evaluate("document.body.dataset.live") != "on" or await shown.locator("[autofocus]").count():
        return
    await shown.keyboard.press("p")
    await expect(shown.locator("body")).to_have_attribute("data-live", "paused")
    await holds(shown, "() => !document.querySelector('.htmx-request')")


async def _fits(shown: Shown, width: int) -> None:
    # A window that has just got another size is laid out before what follows it by script is.
    with suppress(TimeoutError):
        await holds(shown, "(width) => document.documentElement.scrollWidth <= width", width, seconds=5)
    assert await shown.evaluate(WIDER, width) == []
    assert await shown.evaluate("document.documentElement.scrollWidth") <= width
    await shown.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    assert await shown.evaluate(COVERED) == []
