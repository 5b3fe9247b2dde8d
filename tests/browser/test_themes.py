"""Dark and light: by the system until somebody chooses, without a flash, and calm for those who want no movement."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Watched, visiting
from tests.browser.holding import holds
from tests.support.server import Served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DARK, LIGHT = "rgb(13, 17, 23)", "rgb(246, 248, 250)"
EARLY = """new MutationObserver((_, watch) => {
  if (!document.body) return;
  window.early = document.documentElement.dataset.theme ?? "none";
  watch.disconnect();
}).observe(document, { childList: true, subtree: true });"""
MOVING = """document.getAnimations().map(
  (one) => [one.animationName ?? one.transitionProperty, one.effect.getTiming().duration])"""
DENIED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("no", "SecurityError"); },
});"""


async def ground(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize(("scheme", "colour"), [("dark", DARK), ("light", LIGHT)])
async def test_the_system_decides_until_somebody_does(scheme: str, colour: str, tab: Watched) -> None:
    await tab.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert await ground(await tab.open("/")) == colour


async def test_a_choice_lasts_is_there_before_anything_is_painted_and_holds_on_other_pages(tab: Watched) -> None:
    await tab.page.emulate_media(color_scheme="light")
    await tab.page.add_init_script(EARLY)
    page = await tab.open("/")
    other = await page.context.new_page()
    await other.goto(tab.origin + "/plugins")
    await page.keyboard.press("t")
    await expect(page.get_by_text("Theme: dark")).to_be_visible()
    assert await ground(page) == DARK
    await holds(other, "document.documentElement.dataset.theme === 'dark'")
    await page.goto(tab.origin + "/plugins")
    assert await page.evaluate("window.early") == "dark"
    assert await ground(page) == DARK
    await page.get_by_role("button", name="Display").click()
    await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    await page.get_by_role("radio", name="System").check()
    assert await ground(page) == LIGHT
    await page.reload()
    assert await page.evaluate("window.early") == "none"


async def test_the_theme_goes_round_by_key_and_tells_those_who_draw(tab: Watched) -> None:
    page = await tab.open("/")
    await page.evaluate("document.addEventListener('gobs:theme', () => { window.told = (window.told ?? 0) + 1; })")
    for words in ("Theme: dark", "Theme: light", "Theme: system"):
        await page.keyboard.press("t")
        await expect(page.get_by_text(words, exact=True)).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    await holds(page, "window.told === 4")


@pytest.mark.parametrize("path", ["/", "/nodes/worker-1", "/plugins"])
async def test_nothing_moves_for_those_who_want_no_movement(path: str, tab: Watched) -> None:
    page = await tab.open(path)
    for _ in range(2):
        async with page.expect_response("**/fragments/**"):
            await page.evaluate("document.body.dispatchEvent(new Event('gobs:tick'))")
        assert [one for one in await page.evaluate(MOVING) if one[1] > 1] == []


async def test_without_a_place_to_keep_a_choice_it_lasts_as_long_as_the_page(browser: Browser, cluster: Served) -> None:
    async with visiting(browser, cluster, color_scheme="light") as tab:
        await tab.page.add_init_script(DENIED)
        page = await tab.open("/")
        await page.keyboard.press("t")
        assert await ground(page) == DARK
