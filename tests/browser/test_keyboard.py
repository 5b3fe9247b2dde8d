"""By keyboard alone: the shortcuts do what the help says, and nothing while something is written."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from gobs_server.web.shortcuts import SHORTCUTS
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_skip_link_leads_past_the_navigation(tab: Watched) -> None:
    page = await tab.open("/")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("summary", has_text="Look back")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Cards")).to_be_focused()


async def test_the_help_lists_every_shortcut_and_gives_the_focus_back(tab: Watched) -> None:
    page = await tab.open("/")
    await page.get_by_role("link", name="worker-1").focus()
    await page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Shortcuts")
    await expect(help_).to_be_visible()
    for some in SHORTCUTS.values():
        for shortcut in some:
            await expect(help_.get_by_text(shortcut.does, exact=True)).to_be_attached()
    await page.keyboard.press("t")
    await expect(page.locator("#said")).to_be_empty()
    await page.keyboard.press("Escape")
    await expect(help_).to_be_hidden()
    await expect(page.get_by_role("link", name="worker-1")).to_be_focused()


async def test_two_keys_go_to_a_page(tab: Watched) -> None:
    page = await tab.open("/")
    await page.keyboard.type("gl")
    await page.wait_for_url("**/plugins")
    await page.keyboard.type("gn")
    await page.wait_for_url(tab.origin + "/")


async def test_arrows_walk_over_cards_and_enter_opens(tab: Watched) -> None:
    page = await tab.open("/")
    await expect(page.locator(".card")).to_have_count(7)
    for key, name in (("ArrowDown", "cp-1"), ("ArrowRight", "worker-1"), ("ArrowLeft", "cp-1"), ("j", None)):
        await page.keyboard.press(key)
        if name:
            await expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
    below = await page.evaluate("document.activeElement.closest('.card').getBoundingClientRect().left")
    assert below == await page.locator(".card").first.evaluate("(card) => card.getBoundingClientRect().left")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/nodes/cp-1")


async def test_arrows_walk_over_rows(tab: Watched) -> None:
    page = await tab.open("/nodes/worker-1/tables/process")
    rows = page.locator("tbody tr[id]")
    place = "[...document.querySelectorAll('tbody:not(.space) tr')].indexOf(document.activeElement.closest('tr'))"
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("j", 2), ("ArrowUp", 1), ("k", 0)):
        await page.keyboard.press(key)
        assert await page.evaluate(place) == at, key
    await expect(rows.first).to_be_in_viewport()


async def test_nothing_is_a_shortcut_while_something_is_written(tab: Watched) -> None:
    page = await tab.open("/nodes/worker-1/tables/process")
    await page.keyboard.press("f")
    field = page.get_by_label("Filter the rows of process")
    await expect(field).to_be_focused()
    await page.keyboard.type("gp?t/")
    await expect(field).to_have_value("gp?t/")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(field).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(field).not_to_be_focused()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()


async def test_single_keys_can_be_switched_off_and_the_search_stays(tab: Watched) -> None:
    page = await tab.open("/")
    await page.get_by_role("button", name="Display").click()
    await page.get_by_label("Shortcuts of a single key").uncheck()
    await page.keyboard.press("Escape")
    await page.reload()
    await page.keyboard.press("?")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog", name="Search")).to_be_visible()
    await expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()


async def test_a_menu_opens_is_walked_and_closes_by_keys(tab: Watched) -> None:
    page = await tab.open("/")
    button = page.get_by_role("button", name="Display")
    await button.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("radio", name="System")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("radio", name="Dark")).to_be_hidden()
    await expect(button).to_be_focused()
