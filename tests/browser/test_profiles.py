"""A flamegraph in a real browser: drawn, searched, zoomed, walked in, turned round, compared, shared by its address."""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import structs
from playwright.async_api import Browser, Page, expect

from gobs_core import Profile, ProfileTarget
from gobs_server.app import Server
from tests.browser.axe import check
from tests.browser.conftest import Watched, agent, make_server, visiting
from tests.server.profiles.made import Stack, profile
from tests.server.profiles.stored import CREATED, done, store
from tests.support.hostile import HOSTILE_NAMES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KINDS = {"read": "kernel", "py_work": "python", "jitted": "jit"}
EVERY_NAME = tuple(name[:200] for name in HOSTILE_NAMES)


def now() -> Profile:
    """70 % in parse, 20 % in the kernel, 10 % in Python, over two processes of which one has two threads."""
    return profile(
        {
            (7, 7, ("main", "serve", "parse")): 700,
            (7, 8, ("main", "serve", "write", "read")): 200,
            (9, 9, ("main", "py_work")): 60,
            (9, 9, ("main", *EVERY_NAME)): 40,
        },
        kinds=KINDS,
    )


def before() -> Profile:
    return profile(
        {(3, 3, ("main", "serve", "parse")): 10, (3, 3, ("main", "serve", "write", "read")): 90}, kinds=KINDS
    )


def many(stacks: int) -> Profile:
    """As many different stacks, up to 200 deep."""
    dice = random.Random(1)
    made: dict[tuple[int, int, Stack], int] = {}
    while len(made) < stacks:
        depth = 200 if len(made) % 1000 == 0 else dice.randint(4, 24)
        made[1, 1, tuple(f"f{dice.randint(0, 9) + 10 * level}" for level in range(depth))] = dice.randint(1, 3)
    return profile(made)


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """A server that has two profiles of one pod, or one of as many stacks as a test asks for."""
    if stacks := getattr(request, "param", 0):
        large = many(stacks)
        await store(tmp_path, (done("many", large), large))
    else:
        await store(tmp_path, (done("now", now(), created=CREATED + 3600), now()), (done("before", before()), before()))
    server = make_server(tmp_path)
    await server.start()
    yield server
    await server.stop()


def started(pid: int) -> str:
    """When a process began, as in the table of processes."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]


async def drawn(page: Page) -> None:
    """Wait until the graph is there."""
    await expect(page.locator("[data-note]")).to_be_hidden()
    await expect(page.locator('[data-part="graph"] canvas')).to_have_attribute("data-drawn", re.compile("[1-9]"))


async def test_a_profile_is_looked_at_in_every_way(watched: Watched) -> None:
    page = await watched.open("/profiles/now")
    await drawn(page)
    graph, said = page.locator('[data-part="graph"] .flame-place'), page.locator('[data-part="graph"] .flame-said')
    await expect(page.locator(".flame-legend li")).to_have_text(["program or library", "kernel", "Python"])

    await page.locator("#flame-q").fill("^(parse|read)$")
    await expect(page.locator("[data-found]")).to_have_text("90.0 % in 2 functions")
    await page.locator("#flame-q").fill("parse(")
    await expect(page.locator("[data-found]")).to_contain_text("no regular expression")
    await page.locator("#flame-q").fill("")
    await expect(page.locator("[data-found]")).to_have_text("")

    box = await graph.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 3.5 * 18)
    await expect(page.locator('[data-part="graph"] .flame-tip')).to_contain_text(
        "parse in /bin/app · 70.0 % of all: 700 samples, 700 of them in itself · 77.8 % of serve"
    )
    await page.mouse.click(box["x"] + 40, box["y"] + 2.5 * 18)
    await expect(said).to_contain_text("serve in /bin/app · 90.0 % of all")
    await expect(page).to_have_url(re.compile(r"zoom=0\.0$"))

    await graph.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown"):
        await page.keyboard.press(key)
    await expect(said).to_contain_text("read in /bin/app · 20.0 % of all: 200 samples, 200 of them")
    await page.keyboard.press("0")
    await expect(page.locator('[data-does="leave"]')).to_be_hidden()

    await page.locator("[data-view=functions]").click()
    rows = page.locator('[data-part="functions"] tbody tr')
    await expect(rows.first).to_contain_text("parse")
    await page.get_by_role("button", name="total", exact=True).click()
    await expect(rows.first.locator("td").nth(3)).to_have_text("100.0 %")
    await rows.filter(has_text="serve").locator("button").click()
    await expect(page.locator("[data-focus]")).to_have_text("serve")
    for part in ("callers", "callees"):
        await expect(page.locator(f'[data-part="{part}"] canvas')).to_have_attribute("data-drawn", re.compile("[2-9]"))
    await watched.faultless()


async def test_threads_are_told_apart_profiles_compared_and_an_address_shows_the_same_again(watched: Watched) -> None:
    page = await watched.open("/profiles/now")
    await drawn(page)
    said = page.locator('[data-part="graph"] .flame-said')
    walk = page.locator('[data-part="graph"] .flame-place')
    await page.locator("#flame-of").select_option("tid:7/8")
    await walk.focus()
    await page.keyboard.press("ArrowDown")
    await expect(said).to_contain_text("all · 100.0 % of all: 200 samples")
    await page.locator("#flame-of").select_option("")
    await page.locator("#flame-against").select_option("before")
    await expect(page.locator(".flame-legend li").first).to_have_text("more than in the other")
    await page.locator("[name=group]").check()
    await page.locator("[name=group]").uncheck()
    await page.locator("[name=collapse]").check()
    await page.locator("[name=icicle]").uncheck()
    await page.locator("[name=invert]").check()
    await walk.focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(said).to_contain_text("read in /bin/app · 20.0 % of all: 200 samples · compared with 90.0 %: -70.0")
    await page.keyboard.press("ArrowRight")
    await expect(said).to_contain_text("parse in /bin/app · 70.0 % of all: 700 samples · compared with 10.0 %: +60.0")
    await page.keyboard.press("Enter")
    address = page.url
    for part in ("against=before", "root=bottom", "invert=1", "collapse=1", "zoom=1"):
        assert part in address
    await page.goto(address)
    await drawn(page)
    for name in ("invert", "collapse"):
        await expect(page.locator(f"[name={name}]")).to_be_checked()
    await expect(page.locator("#flame-against")).to_have_value("before")
    await expect(page.locator('[data-does="leave"]')).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="folded").click()
    found = await (await download.value).path()
    assert sum(int(line.rpartition(" ")[2]) for line in found.read_text().splitlines()) == 1000
    await watched.faultless()


async def test_a_profile_is_compared_with_one_of_another_node_and_of_another_event_by_its_address(
    tmp_path: Path, browser: Browser
) -> None:
    far = {"node": "m", "target": ProfileTarget(kind="workload", workload="u2"), "pod": "web-2"}
    timed = structs.replace(before(), event="cpu-clock")
    await store(
        tmp_path,
        (done("now", now(), created=CREATED + 3600), now()),
        (done("far", before(), **far), before()),
        (done("timed", timed, **far, container="app"), timed),
    )
    server = make_server(tmp_path)
    await server.start()
    async with visiting(browser, server) as watched:
        page = await watched.open("/profiles/now?against=far")
        await drawn(page)
        choice = page.locator("#flame-against")
        await expect(choice).to_have_value("far")
        await expect(choice.locator("optgroup")).to_have_count(2)
        await expect(choice.locator("option[value=far]")).to_contain_text("shop/web-2 on m")
        walk = page.locator('[data-part="graph"] .flame-place')
        await walk.focus()
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
        said = page.locator('[data-part="graph"] .flame-said')
        await expect(said).to_contain_text("compared with")
        await expect(page.locator("[data-note]")).to_be_hidden()
        await choice.select_option("timed")
        await expect(page.locator("[data-note]")).to_contain_text("counts cycles, the other one cpu-clock")
        await choice.select_option("")
        await expect(page.locator("[data-note]")).to_be_hidden()
    await server.stop()


@pytest.mark.parametrize("server", [100_000], indirect=True)
async def test_a_hundred_thousand_stacks_are_drawn_as_far_as_they_can_be_seen(watched: Watched) -> None:
    page = await watched.open("/profiles/many")
    await drawn(page)
    count = int(await page.locator('[data-part="graph"] canvas').get_attribute("data-drawn") or 0)
    assert 100 < count < 60_000
    await page.locator("#flame-q").fill("^f199.$")
    await expect(page.locator("[data-found]")).to_have_text(re.compile("in ([2-9]|10) functions"))
    await page.locator("#flame-q").fill("")
    await page.locator("[data-view=functions]").click()
    await expect(page.locator("[data-more]")).to_contain_text("shown; search for others")


async def test_no_view_has_a_fault_that_axe_knows_and_each_fits_a_phone(watched: Watched) -> None:
    page = await watched.open("/profiles/now?view=functions")
    await expect(page.locator("[data-note]")).to_be_hidden()
    await check(page)
    await page.locator('[data-part="functions"] tbody button').nth(1).click()
    await expect(page.locator("[data-focus]")).to_have_text("read")
    await check(page)
    await page.locator("[data-view=graph]").click()
    await check(page)
    await page.set_viewport_size({"width": 360, "height": 740})
    for view in ("graph", "functions", "sandwich"):
        await page.locator(f"[data-view={view}]").click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, view


@pytest.mark.root
async def test_a_process_is_recorded_from_its_page(watched: Watched, server: Server) -> None:
    busy = [sys.executable, "-c", "def busy():\n    while True: sum(range(1000))\nbusy()"]
    async with agent(server, "local"):
        process = await asyncio.create_subprocess_exec(*busy)
        try:
            page, path = watched.page, f"/nodes/local/processes/{process.pid}/{started(process.pid)}"
            watched.forgiven = ("404",)
            async with asyncio.timeout(60):
                while (answer := await page.goto(watched.origin + path)) is None or answer.status != 200:
                    pass
            await page.locator("#record > summary").click()
            await page.locator("#record-frequency").select_option("199")
            await page.get_by_role("button", name="Record").click()
            await expect(page).to_have_url(re.compile(r"/profiles/[0-9a-f-]{36}$"))
            await expect(page.locator("#profile-state progress")).to_be_visible()
            await page.get_by_role("button", name="Cancel").click()
            await expect(page.locator("#profile-state")).to_contain_text("cancelled by")
            await page.locator("#record > summary").click()
            await page.locator("#record-duration option").first.evaluate("(option) => (option.value = '2')")
            await page.get_by_role("button", name="Record").click()
            await expect(page.locator("#flame")).to_be_visible(timeout=60_000)
            await drawn(page)
            await expect(page.locator("#profile-state")).to_contain_text("samples")
            await page.goto(watched.origin + "/profiles?state=done&q=" + str(process.pid))
            await expect(page.locator("#profiles tbody tr")).to_have_count(1)
        finally:
            process.kill()
            await process.wait()
