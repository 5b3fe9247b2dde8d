"""Nothing that opens over a page has a fault that axe knows, in either theme."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.axe import check
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_nothing_that_opens_over_a_page_has_a_fault(tab: Watched) -> None:
    page = await tab.open("/")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await check(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("nginx")
    await expect(page.locator("#palette mark").first).to_be_visible()
    await check(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Display").click()
    await expect(page.get_by_role("group", name="Theme")).to_be_visible()
    await page.keyboard.press("p")
    await expect(page.get_by_role("button", name="Paused since")).to_be_visible()
    await check(page)


async def test_a_lost_server_is_told_without_a_fault(tab: Watched) -> None:
    tab.forgiven = ("ERR_", "htmx:")
    page = await tab.open("/")
    await page.route("**/fragments/**", lambda route: route.abort())
    await expect(page.get_by_text("Connection lost")).to_be_visible()
    await check(page)
