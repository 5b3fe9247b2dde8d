"""Looking back: by slider, keys and links, plainly told from what is live, and live again with one key."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from gobs_server.app import Server
from tests.browser.charted import EVERY, Charted
from tests.browser.conftest import Watched, make_server
from tests.browser.holding import SELDOM
from tests.server.feeding import HeldClock

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path, clock=HeldClock(), refresh=SELDOM)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def charted(server: Server) -> Charted:
    """A node with twelve minutes behind it, its memory growing all the time."""
    return Charted(server, 12)


async def used(page: Page) -> str:
    return await page.locator("#t-memory dd").first.text_content() or ""


async def test_a_moment_is_one_click_key_or_slide_away_and_live_one_key(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    bar, now = page.locator("#timebar"), await used(page)
    await expect(page.locator("#live")).to_have_text("Live")
    await bar.get_by_role("link", name="5 min").click()
    await expect(page.get_by_role("status").filter(has_text="As it was at")).to_be_visible()
    await expect(page.locator("#live")).to_have_text("Past")
    await expect(page).to_have_title(re.compile("^Past · node-1"))
    assert re.search(r"\?at=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", page.url)
    then = await used(page)
    assert then != now
    await page.keyboard.press("[")
    await expect(page.locator("#t-memory dd").first).not_to_have_text(then)
    await page.keyboard.press("]")
    await expect(page.locator("#t-memory dd").first).to_have_text(then)
    slider = bar.get_by_role("slider")
    first = page.url
    await slider.focus()
    async with page.expect_navigation():
        await page.keyboard.press("PageDown")
    assert page.url < first
    await expect(slider).to_be_focused()
    await expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^\d\d:\d\d:\d\d, \d+ min ago$"))
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("l")
    await expect(page.locator("#live")).to_have_text("Live")
    await expect(page.locator("#t-memory dd").first).to_have_text(now)
    assert page.url.endswith("/nodes/node-1")
    await page.go_back()
    await expect(page.locator("#live")).to_have_text("Past")


async def test_the_past_stays_as_it_is_can_be_asked_and_leads_to_its_own(charted: Charted, watched: Watched) -> None:
    at = int(charted.clock.now) - 300
    page = await watched.open(f"/nodes/node-1/tables/net?at={at}&sort=-interface")
    rows = page.locator("#t-net [data-items] > tr")
    await expect(rows.first).to_contain_text("eth1")
    content = await rows.first.text_content()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/fragments/nodes" in request.url else None)
    charted.feed()
    for event in ("gobs:tick", "gobs:now"):
        await page.evaluate("(name) => document.body.dispatchEvent(new Event(name))", event)
    await page.locator("thead").get_by_role("link", name="interface").click()
    await expect(rows.first).to_contain_text("eth0")
    assert len(asked) == 1
    await page.locator("thead").get_by_role("link", name="interface").click()
    await expect(rows.first).to_have_text(content or "")
    await page.get_by_label("Filter the rows of net").fill("eth0")
    await expect(rows).to_have_count(1)
    assert f"at={at}" in page.url
    await rows.first.get_by_role("link").click()
    await expect(page.get_by_role("status").filter(has_text="It was there")).to_be_visible()
    await expect(page.locator("#live")).to_have_text("Past")


async def test_what_changed_between_two_moments_is_one_click_away(charted: Charted, watched: Watched) -> None:
    at = int(charted.clock.now) - 60
    page = await watched.open(f"/nodes/node-1?at={at}")
    await page.get_by_role("link", name="5 min before").click()
    await expect(page.get_by_role("status").filter(has_text="What changed from")).to_be_visible()
    grown = 60 * 200_000 * 1024 / 2**30  # a reading in five seconds
    assert EVERY == 5
    await expect(page.locator("#t-memory dd").first).to_have_text(f"+{grown:.1f} GiB")
    assert "&against=" in page.url
    await page.get_by_role("link", name="5 min before").click()
    await expect(page.get_by_role("status").filter(has_text="As it was at")).to_be_visible()
