"""On a phone what there is no room for is one press away; on paper there is what is known, and all of it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import PHONE, Watched, visiting
from tests.support.server import Served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_on_a_phone_the_pages_are_behind_one_button_and_the_first_column_stays(
    browser: Browser, cluster: Served
) -> None:
    async with visiting(browser, cluster, **PHONE) as tab:
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
