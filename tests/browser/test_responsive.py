"""Every page fits every screen: nothing scrolls sideways but tables, nothing is covered, fingers hit what they want."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Watched, visiting
from tests.browser.pages import PAGES, Page, address
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SCREENS: dict[str, Any] = {
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
    "wall": {"viewport": {"width": 2560, "height": 1440}},
}
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
SMALL = """(least) => [...document.querySelectorAll(".top a, .top button, main button, main input, main summary")]
  .filter((one) => one.checkVisibility() && !one.closest("thead, .choices, .menu"))
  .map((one) => [one.outerHTML.slice(0, 100), (one.closest("label") ?? one).getBoundingClientRect().height])
  .filter(([, height]) => height < least)"""


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_a_page_fits_its_screen(page: Page, screen: str, browser: Browser, cluster: ServerProcess) -> None:
    async with visiting(browser, cluster, **SCREENS[screen]) as tab:
        tab.forgiven = ("404",) if page.status == 404 else ()
        await tab.page.goto(address(page, cluster))
        await expect(tab.page.locator(page.ready).first).to_be_visible()
        width = SCREENS[screen]["viewport"]["width"]
        assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width
        assert await tab.page.evaluate(COVERED) == []
        if screen == "phone":
            assert await tab.page.evaluate(SMALL, 24) == []


async def test_on_a_phone_the_pages_are_behind_one_button_and_the_first_column_stays(
    browser: Browser, cluster: ServerProcess
) -> None:
    async with visiting(browser, cluster, **SCREENS["phone"]) as tab:
        page = await tab.open("/nodes/worker-1/tables/process")
        frame, first = page.locator(".scroll"), page.locator("tbody th").first
        await frame.evaluate("(element) => { element.scrollLeft = 400; }")
        left = await first.evaluate("(cell) => cell.getBoundingClientRect().left")
        assert left == await frame.evaluate("(element) => element.getBoundingClientRect().left")
        await expect(page.get_by_role("link", name="Plugins", exact=True)).to_be_hidden()
        await page.get_by_role("button", name="Pages").tap()
        await page.get_by_role("link", name="Plugins", exact=True).tap()
        await page.wait_for_url("**/plugins")


async def test_on_paper_there_is_what_is_known_and_nothing_to_press(tab: Watched) -> None:
    page = await tab.open("/nodes/worker-1/tables/process")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Search")).to_be_hidden()
    await expect(page.locator("footer")).to_be_hidden()
    await expect(page.locator("tbody tr[id]").last).to_be_visible()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 248, 250)"
