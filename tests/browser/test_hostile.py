"""Forty hostile names on every page: none of them runs, and none leaves the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gobs_server.app import Server
from gobs_server.web.text import visible
from tests.browser.aside import ASIDE
from tests.browser.conftest import PHONE, Watched, visiting
from tests.browser.holding import news
from tests.browser.hostile_cluster import MANY, called_so, fallen_so, hostile_server, made_so, many
from tests.browser.pages import NODE, PAGES
from tests.browser.pages import Page as Described
from tests.server.feeding import Machine
from tests.server.tables import NET
from tests.support.hostile import HOSTILE_NAMES
from tests.support.soak import counts

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ASKED = (
    "/?view={name}&sort={name}&filter={name}&by={name}",
    "/?at={name}",
    "/pods?view={name}&group={name}&filter={name}&sort={name}",
    f"/nodes/{MANY}/tables/process?filter={{name}}&sort={{name}}&group={{name}}&columns={{name}}&pins={{name}}",
    "/alerts?q={name}&rule={name}&node={name}&pod={name}&namespace={name}&state=all",
    "/alerts/rules?q={name}&node={name}&state={name}",
    "/alerts/rules/new?like={name}",
    "/alerts/channels/new?kind={name}",
    "/alerts/channels?state={name}",
    "/profiles?q={name}&node={name}&state={name}",
    "/profiles/profile-1?against={name}",
    "/plugins?filter={name}",
    "/access/users/{name}",
    "/access/audit?actor={name}&action={name}",
    "/login?next={name}",
)
"""What an address may ask for."""
OWN = ("/account", "/access/users", "/")
"""What somebody is shown who is called so: the account, that something is not for them, any page."""
WIDER = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".scroll"))
  .map((one) => one.outerHTML.slice(0, 200))"""
LONGEST = 1000
NAMED = [page for page in PAGES if page.hostile]
LISTED = [page for page in PAGES if page.hostile_rows]
SEEN = visible("<img src=x onerror=window.hit=1>")
TOUCH = """() => {
  for (const one of document.querySelectorAll("summary")) one.click();
  for (const one of document.querySelectorAll("main :is(bdi, a, button, time, td, dd, summary)")) {
    for (const name of ["mouseover", "mousemove"]) one.dispatchEvent(new MouseEvent(name, { bubbles: true }));
  }
  return document.querySelectorAll("main h1").length;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server on which everything is called so."""
    server = await hostile_server(tmp_path_factory.mktemp("hostile"))
    try:
        yield server
    finally:
        await server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def machines(server: Server) -> list[Machine]:
    return called_so(server)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(server: Server, machines: list[Machine]) -> list[str]:
    shown = await made_so(server)
    machines[-1].feed(many(3), after=5)
    return shown


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def one_tab(browser: Browser, server: Server) -> AsyncIterator[Watched]:
    async with visiting(browser, server) as tab:
        yield tab


@pytest.fixture
def tab(one_tab: Watched, people: list[str]) -> Iterator[Watched]:
    """The same tab for all tests; of what it did before nothing counts."""
    one_tab.faults.clear()
    one_tab.forgiven = ()
    yield one_tab
    one_tab.faults.clear()


async def touched(tab: Watched, path: str) -> Page:
    """Open a page and let everything on it be opened and pointed at; it must have done nothing it must not."""
    await tab.page.goto(tab.origin + path, wait_until="domcontentloaded")
    assert await tab.page.evaluate(TOUCH) == 1
    await tab.faultless()
    return tab.page


async def test_where_many_nodes_are_shown_and_change(tab: Watched, machines: list[Machine]) -> None:
    await tab.page.set_viewport_size({"width": 1280, "height": 5000})
    page = await touched(tab, "/")
    await expect(page.locator(".card")).to_have_count(len(HOSTILE_NAMES) + 1)
    shown = await page.locator(".card h2 bdi").all_text_contents()
    assert set(shown) == {MANY, *map(visible, HOSTILE_NAMES)}
    machines[0].cluster.clock.move(5)
    for machine in machines:
        machine.feed({NET: [(each, each, 9) for each in HOSTILE_NAMES]})
    await news(page, "/fragments/nodes")
    await tab.faultless()


@pytest.mark.parametrize("page", LISTED, ids=lambda page: page.name)
async def test_where_many_names_are_listed(page: Described, tab: Watched) -> None:
    shown = await touched(tab, page.hostile_rows)
    await expect(shown.locator("main")).to_contain_text(SEEN)


async def test_in_the_search(tab: Watched) -> None:
    page = await tab.open("/plugins")
    await page.keyboard.press("/")
    for name in HOSTILE_NAMES:
        async with page.expect_response(lambda response: "/fragments/find?q=" in response.url):
            await page.locator("#palette-q").fill(name[:90].replace("\n", " ").strip() or "x")
    await expect(page.locator("#palette a").first).to_be_visible()
    await page.locator("#palette a").first.hover()
    await tab.faultless()


@counts("every", reduced=6, full=1)
@pytest.mark.parametrize("named", NAMED, ids=lambda page: page.name)
async def test_where_one_name_is_in_the_address(named: Described, every: int, tab: Watched) -> None:
    """Every sixth name on each page, others on the next, so that together they have each name several times; or all."""
    tab.forgiven = ("404",) if named.status == 404 else ()
    first = NAMED.index(named) % every
    for name in sorted(HOSTILE_NAMES, key=len)[first::every]:
        if len(name) > LONGEST and f"/nodes/{MANY}/" in named.hostile:
            tab.forgiven = ("404",)  # the key of a row is cut before it comes so far; the page says there is none
        at = str(HOSTILE_NAMES.index(name))
        await touched(tab, named.hostile.replace("{name}", quote(name, safe="")).replace("{at}", at))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phone(browser: Browser, server: Server) -> AsyncIterator[Watched]:
    async with visiting(browser, server, **PHONE) as tab:
        yield tab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fallen(server: Server, people: list[str]) -> dict[str, list[str]]:
    assert people
    return await fallen_so(server)


@counts("every", reduced=8, full=1)
@pytest.mark.parametrize("what", ["alert", "rule", "channel", "list"])
async def test_where_alerts_and_what_belongs_to_them_are_shown_and_none_is_wider_than_a_phone(
    what: str, every: int, phone: Watched, fallen: dict[str, list[str]]
) -> None:
    """Every eighth of them, all of the lists."""
    phone.faults.clear()
    paths = fallen[what]
    assert len(paths) > 30 or what == "list"
    for path in paths[:: 1 if what == "list" else every]:
        page = await touched(phone, path)
        assert await page.evaluate("document.documentElement.scrollWidth") == 360, path
        assert what != "list" or await page.evaluate(ASIDE) == [], path


@counts("every", reduced=9, full=1)
@pytest.mark.parametrize("asked", ASKED)
async def test_where_it_is_asked_for_and_no_page_is_wider_than_a_phone(
    asked: str, every: int, phone: Watched, people: list[str]
) -> None:
    """Every ninth name at each address, others at the next, so that together they have each; or all."""
    assert people
    phone.faults.clear()
    phone.forgiven = ("400", "404")
    for name in HOSTILE_NAMES[ASKED.index(asked) % every :: every]:
        page = await touched(phone, asked.replace("{name}", quote(name[:1000], safe="")))
        assert await page.evaluate("document.documentElement.scrollWidth") == 360, (
            name[:60],
            await page.evaluate(WIDER),
        )


@counts("every", reduced=14, full=1)
async def test_where_somebody_is_called_so(every: int, browser: Browser, server: Server, people: list[str]) -> None:
    async with visiting(browser, server, **PHONE) as phone:
        phone.forgiven = ("403",)
        for shown in people[::every]:
            await phone.page.set_extra_http_headers({"Cookie": f"gobs={shown}"})
            for path in OWN:
                page = await touched(phone, path)
                assert await page.evaluate("document.documentElement.scrollWidth") == 360, await page.evaluate(WIDER)
            await expect(page.locator(".who bdi")).to_be_visible()


async def test_every_page_there_is_is_among_them() -> None:
    """A page that neither lists names nor is asked for one is asked for here in another way."""
    lacking = {page.path.partition("?")[0] for page in PAGES if not (page.hostile or page.hostile_rows)}
    here = {path.partition("?")[0] for path in (*ASKED, *OWN)}
    elsewhere = {"/access/logins", "/gallery", f"/nodes/{NODE}/workloads/{{pod}}"}
    assert lacking <= here | elsewhere
