"""The search over everything: any process is three keystrokes away, by keyboard, mouse and phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Watched, visiting
from tests.support.server import Served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def searched(page: Page, words: str) -> None:
    """Type into the search and wait until what is found for all of it is shown.

    On a busy machine there is time between two keys for an answer to what was typed so far, which is given up for the
    next one or shown until that comes.
    """
    async with page.expect_response(lambda response: response.url.endswith(f"/fragments/find?q={words}")):
        await page.keyboard.type(words)
    await expect(page.locator("#palette-q.htmx-request")).to_have_count(0)
    await expect(page.locator("#palette mark").first).to_be_visible()


async def test_any_process_is_reached_by_three_keys_and_enter_however_fast_one_types(tab: Watched) -> None:
    """Until there is an answer to all that is written, what is shown is another one, where nobody wants to go."""
    page = await tab.open("/")
    await page.keyboard.press("/")
    await expect(page.locator("#palette-q")).to_be_focused()
    await page.keyboard.type("et")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/nodes/**")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("etcd")


async def test_what_was_entered_before_its_answer_is_not_taken_for_what_is_written_then(tab: Watched) -> None:
    page = await tab.open("/")
    await page.keyboard.press("Control+k")
    await searched(page, "etcd")
    await page.route("**/fragments/find?*", lambda route: route.abort())
    tab.forgiven = ("ERR_", "htmx:")
    await page.keyboard.type("x")
    await page.keyboard.press("Enter")
    await page.unroute("**/fragments/find?*")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("d nothing")
    await expect(page.get_by_text("Nothing holds “etcdd nothing”")).to_be_visible()
    assert page.url == f"{tab.origin}/"


async def test_arrows_choose_and_the_choice_is_told(tab: Watched) -> None:
    page = await tab.open("/")
    await page.keyboard.press("Control+k")
    await searched(page, "worker")
    field, options = page.locator("#palette-q"), page.locator("#palette a")
    for key, place in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("ArrowUp", 0), ("ArrowUp", -1)):
        await page.keyboard.press(key)
        await expect(options.nth(place)).to_have_attribute("aria-selected", "true")
        assert await field.get_attribute("aria-activedescendant") == await options.nth(place).get_attribute("id")
    await expect(page.locator("#palette-count")).to_have_text(f"{await options.count()} found")


async def test_it_begins_with_pages_and_nodes_and_escape_leaves_it_as_it_was(tab: Watched) -> None:
    page = await tab.open("/plugins")
    await page.get_by_role("link", name="Nodes").focus()
    await page.keyboard.press("/")
    await expect(page.get_by_role("option", name="cp-1")).to_be_visible()
    await expect(page.get_by_role("option", name="Plugins")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await expect(page.get_by_role("link", name="Nodes")).to_be_focused()


async def test_nothing_found_says_what_to_look_for_and_a_press_beside_it_closes(tab: Watched) -> None:
    page = await tab.open("/")
    await page.get_by_role("button", name="Search").click()
    await page.keyboard.type("no such thing")
    await expect(page.get_by_text("Nothing holds “no such thing”")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.mouse.click(5, 700)
    await expect(page.locator("#palette")).to_be_hidden()


async def test_it_fills_the_screen_of_a_phone_and_is_used_by_touch(browser: Browser, cluster: Served) -> None:
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    async with visiting(browser, cluster, **phone) as tab:
        page = await tab.open("/")
        await page.get_by_role("button", name="Search").tap()
        await page.locator("#palette-q").fill("worker-2")
        option = page.locator("#palette a[href='/nodes/worker-2']")
        await expect(option.locator("mark")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        box = await option.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        await option.tap()
        await page.wait_for_url("**/nodes/worker-2")
