"""What a person does with the page of all nodes, and that it lasts through updates."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gobs_server.app import Server
from tests.browser.conftest import Watched, make_server, visiting
from tests.browser.holding import SELDOM, holds, news
from tests.server.feeding import Cluster, HeldClock, Machine
from tests.server.tables import CPU, MEMORY, NET

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COUNT = 120


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path, clock=HeldClock(), refresh=SELDOM)
    await server.start()
    yield server
    await server.stop()


class Fleet:
    """Nodes whose CPU is as busy as a test says."""

    def __init__(self, server: Server, count: int) -> None:
        assert isinstance(server.clock, HeldClock)
        self.clock = server.clock
        cluster = Cluster(server.clock, server.live, server.history)
        self.machines: list[Machine] = [cluster.machine(f"n{at}", CPU, MEMORY, NET) for at in range(count)]
        self.counts = [0] * count
        self.feed({})
        self.feed(dict.fromkeys(range(count), 10))

    def feed(self, busy: dict[int, int]) -> None:
        """Let five seconds pass in which these nodes were so many percent busy, and let them send a frame."""
        self.clock.move(5)
        for at, machine in enumerate(self.machines):
            self.counts[at] += 5 * busy.get(at, 0)
            machine.feed({CPU: [("0", self.counts[at]), ("all", self.counts[at])], MEMORY: [(1000, 500)]})


@pytest.fixture
def fleet(server: Server) -> Fleet:
    return Fleet(server, COUNT)


async def names(page: Page, most: int = 5) -> list[str]:
    return (await page.locator("[data-items] bdi").all_text_contents())[:most]


async def test_one_click_changes_the_look_and_going_back_undoes_it(fleet: Fleet, watched: Watched) -> None:
    page = await watched.open("/")
    await expect(page.locator(".card").first).to_be_visible()
    await page.get_by_role("link", name="Table").click()
    await expect(page.locator("tbody tr[id]").first).to_be_visible()
    assert page.url.endswith("/?view=table")
    await page.get_by_role("link", name="Heat map").click()
    await expect(page.locator(".tiles .tile")).to_have_count(COUNT)
    await page.locator("select[name=by]").select_option("memory")
    await expect(page.locator(".legend")).to_contain_text("Memory")
    await page.go_back()
    await expect(page.locator(".legend")).to_contain_text("CPU")
    await page.go_back()
    await expect(page.locator("tbody tr[id]").first).to_be_visible()
    await page.go_back()
    await expect(page.locator(".card").first).to_be_visible()
    await expect(page.get_by_role("link", name="Cards")).to_have_attribute("aria-current", "true")


async def test_order_and_filter_are_in_the_address_and_a_link_leads_there_again(fleet: Fleet, watched: Watched) -> None:
    fleet.feed({7: 90, 3: 50, 70: 70})
    page = await watched.open("/?view=table")
    await page.get_by_role("link", name="CPU", exact=False).first.click()
    await expect(page.locator("th[aria-sort='descending']")).to_contain_text("CPU")
    assert await names(page, 3) == ["n7", "n70", "n3"]
    await page.locator("thead a", has_text="node").click(modifiers=["Shift"])
    await expect(page.locator("th[aria-sort='ascending'] sup")).to_have_text("2")
    await page.get_by_label("Filter the nodes").fill("n7 cpu>=70")
    await expect(page.locator("tbody tr[id]")).to_have_count(2)
    assert page.url.endswith("/?view=table&sort=-cpu,node&filter=n7+cpu%3E%3D70") or "sort=-cpu,node" in page.url
    await page.goto(page.url)
    assert await names(page) == ["n7", "n70"]
    await expect(page.get_by_label("Filter the nodes")).to_have_value("n7 cpu>=70")
    await page.get_by_label("Filter the nodes").fill("no such node")
    await page.get_by_role("link", name="Show all").click()
    await expect(page.get_by_label("Filter the nodes")).to_have_value("")
    await expect(page.locator("tbody tr[id]").first).to_be_visible()


async def test_focus_selection_and_the_elements_themselves_survive_thirty_updates(
    fleet: Fleet, watched: Watched
) -> None:
    fleet.feed({7: 90, 3: 50})
    page = await watched.open("/?view=table&sort=-cpu")
    await page.evaluate("for (const row of document.querySelectorAll('tbody tr[id]')) row.mark = row.id")
    await page.get_by_role("link", name="n3", exact=True).focus()
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('tbody tr[id]').querySelector('bdi'))")
    for step in range(30):
        fleet.feed({7: 90, 3: 40 + step, 5: 80 if step % 2 else 30})
        await news(page)
    assert await names(page, 3) == ["n7", "n5", "n3"]
    await expect(page.get_by_role("link", name="n3", exact=True)).to_be_focused()
    assert await page.evaluate("getSelection().toString()") == "n7"
    marked = "[...document.querySelectorAll('tbody tr[id]')].slice(0, 20).every((row) => row.mark === row.id)"
    assert await page.evaluate(marked)


async def test_focus_stays_in_the_list_when_its_item_goes(fleet: Fleet, watched: Watched) -> None:
    fleet.feed({7: 90, 3: 80, 5: 70})
    page = await watched.open("/?view=table&sort=-cpu&filter=cpu>60")
    await page.get_by_role("link", name="n3", exact=True).focus()
    fleet.feed({7: 90, 5: 70})
    await news(page)
    await expect(page.get_by_role("link", name="n5", exact=True)).to_be_focused()


@pytest.mark.parametrize("look", ["cards", "table", "heat"])
async def test_of_many_nodes_those_in_view_are_on_the_page_wherever_one_scrolls(
    server: Server, watched: Watched, look: str
) -> None:
    fleet = Fleet(server, 600)
    await watched.page.set_viewport_size({"width": 700, "height": 500})
    page = await watched.open(f"/?view={look}")
    scroller = "(document.querySelector('[data-items]').closest('.scroll') ?? document.scrollingElement)"
    await page.evaluate("document.body.dispatchEvent(new Event('gobs:tick'))")
    await holds(page, "() => document.querySelector('[data-items]').children.length < 600")
    for share in (1, 0.5, 0.1, 0):
        await page.evaluate(f"{scroller}.scrollTop = {share} * ({scroller}.scrollHeight - {scroller}.clientHeight)")
        await holds(
            page,
            """() => {
              const list = document.querySelector('[data-items]');
              const box = list.closest('.scroll')?.getBoundingClientRect();
              const [top, bottom] = [Math.max(box?.top ?? 0, 60), Math.min(box?.bottom ?? innerHeight, innerHeight)];
              const items = [...list.children].map((item) => item.getBoundingClientRect());
              const first = list.dataset.first === '0' ? Math.max(top, items[0].top) : top;
              const total = Number(list.dataset.first) + items.length >= Number(list.dataset.total);
              const last = total ? Math.min(bottom, items.at(-1).bottom) : bottom;
              return items.length && items[0].top <= first + 20 && items.at(-1).bottom >= last - 20;
            }""",
        )
    where = f"{scroller}.scrollTop"
    await page.evaluate(f"{where} = 3000")
    await holds(page, "() => Number(document.querySelector('[data-items]').dataset.first) > 0")
    before = await page.evaluate(where)
    for step in range(5):
        fleet.feed(dict.fromkeys(range(600), 20 + step))
        await news(page)
    assert await page.evaluate(where) == before
    assert await page.evaluate("document.querySelector('[data-items]').children.length") < 300


async def test_what_the_page_has_lost_it_gets_again(fleet: Fleet, watched: Watched) -> None:
    page = await watched.open("/?view=heat")
    await expect(page.locator(".tiles .tile")).to_have_count(COUNT)
    await page.evaluate(
        """() => {
          const list = document.querySelector('[data-items]');
          list.firstElementChild.replaceWith(document.createElement('li'));
        }"""
    )
    fleet.feed({})
    await news(page)
    await expect(page.locator("[data-items] bdi")).to_have_count(COUNT)
    assert await names(page, 2) == ["n0", "n1"]


async def test_a_value_that_changes_is_marked_unless_nobody_wants_things_to_move(
    fleet: Fleet, browser: Browser, server: Server, watched: Watched
) -> None:
    calm = await watched.open("/?filter=n3")
    async with visiting(browser, server, reduced_motion="no-preference") as lively:
        page = await lively.open("/?filter=n3")
        for one in (page, calm):
            await one.evaluate(
                """() => {
                  window.marked = new Set();
                  new MutationObserver((changes) => {
                    const marked = changes.map(({ target }) => target).filter((one) => one.matches('.changed'));
                    for (const one of marked) window.marked.add(one.textContent);
                  }).observe(document.body, { attributes: true, attributeFilter: ['class'], subtree: true });
                }"""
            )
        fleet.feed({3: 77, 30: 10})
        await news(page)
        await news(calm)
        await holds(page, "() => window.marked.has('77.0 %')")
        await expect(page.locator(".changed")).to_have_count(0)
        assert not any("n3" in text for text in await page.evaluate("[...window.marked]"))
        assert await calm.evaluate("window.marked.size") == 0
        await expect(calm.get_by_text("77.0 %").first).to_be_visible()


async def test_many_changed_cards_are_marked_and_none_of_them_moves(
    fleet: Fleet, browser: Browser, server: Server
) -> None:
    async with visiting(browser, server, reduced_motion="no-preference") as lively:
        await lively.page.set_viewport_size({"width": 2000, "height": 2000})
        page = await lively.open("/?view=cards")
        await page.evaluate(
            """() => {
              window.marked = 0;
              new MutationObserver(() => {
                window.marked = Math.max(window.marked, document.querySelectorAll(".changed").length);
                window.moving = [...(window.moving ?? []), ...document.getAnimations().map((one) => String(one))];
              }).observe(document.body, { attributes: true, attributeFilter: ["class"], subtree: true });
            }"""
        )
        fleet.feed({number: 40 + number for number in range(30)})
        await news(page)
        await holds(page, "() => window.marked > 24")
        assert await page.evaluate("window.moving") == []
        await expect(page.locator(".changed")).to_have_count(0)


async def test_a_node_that_falls_silent_is_told_on_every_look(server: Server, fleet: Fleet, watched: Watched) -> None:
    pages = {look: await watched.page.context.new_page() for look in ("cards", "table", "heat")}
    for look, page in pages.items():
        await page.goto(f"{watched.origin}/?view={look}&filter=n3")
    fleet.clock.move(30)
    server.live.age()
    for page in pages.values():
        await news(page)
        await expect(page.locator("[data-items] > [data-state='stale']")).to_have_count(11)
        await expect(page.locator(".summary")).to_contain_text(f"{COUNT} stale")


async def test_the_last_minutes_are_drawn(fleet: Fleet, watched: Watched) -> None:
    page = await watched.open("/?filter=n33")
    path = page.locator(".card .spark path").first
    for _ in range(3):  # what is sampled every ten seconds is there a moment later, with the next frame
        fleet.feed({33: 10})
        fleet.feed({33: 60})
        await page.wait_for_timeout(700)
    await news(page)
    await expect(path).to_have_attribute("d", re.compile(r"^M\d+ [\d.]+L\d+ [\d.]+"))


async def test_without_scripts_the_first_page_can_be_read_and_asked(
    fleet: Fleet, browser: Browser, server: Server
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"http://{server.http}/")
    await expect(page.locator(".card")).to_have_count(40)
    await page.get_by_role("link", name="Table").click()
    await page.locator("thead a", has_text="node").click()
    await page.get_by_label("Filter the nodes").fill("n11")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("tbody tr[id]")).to_have_count(11)
    assert "filter=n11" in page.url
    await page.goto(f"http://{server.http}/")
    await page.get_by_role("link", name="More nodes").click()
    await expect(page.locator(".card bdi").first).to_have_text("n40")
    await context.close()
