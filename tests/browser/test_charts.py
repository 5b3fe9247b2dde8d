"""Charts: they show what was read and nothing else, and do what a person asks of them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Request, expect

from gobs_core import Chart, Table, Thresholds, Unit, gauge
from gobs_server.app import Server
from gobs_server.web.format import UNKNOWN
from gobs_server.web.text import visible
from tests.browser.charted import Charted, charted_server
from tests.browser.conftest import Watched
from tests.browser.holding import holds
from tests.support.hostile import HOSTILE_NAMES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NOW = "document.body.dispatchEvent(new Event('gobs:now'))"

LINE = """([id, colour]) => {
  const canvas = document.querySelector(`#${CSS.escape(id)} canvas`);
  const wanted = colour.match(/\\d+/g).slice(0, 3).map(Number);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    found += wanted.every((part, place) => Math.abs(data[at + place] - part) < 30) && data[at + 3] > 200;
  }
  return found > canvas.width / 4;
}"""
"""Whether as much of a line can be seen as goes through a good part of the chart."""
LEVEL = """([id, name]) => {
  const chart = document.getElementById(id);
  const [canvas, over] = [chart.querySelector("canvas"), chart.querySelector(".u-over")];
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const wanted = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number);
  probe.remove();
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let [best, most] = [-1, 0];
  for (let row = 0; row < canvas.height; row++) {
    let found = 0;
    for (let column = 0; column < canvas.width; column++) {
      const at = 4 * (row * canvas.width + column);
      found += data[at + 3] > 60 && wanted.every((part, place) => Math.abs(data[at + place] - part) < 30);
    }
    if (found > most) [best, most] = [row, found];
  }
  const ratio = canvas.width / canvas.clientWidth;
  return { from_top: (best / ratio - over.offsetTop) / over.clientHeight, share: most / ratio / over.clientWidth };
}"""
"""Where of a chart's height, and over how much of its width, most of a row has the colour of a token."""
SPINDLE = Table(
    "spindle",
    "How busy a disk is",
    [
        gauge("busy", "Time it was busy", Unit.PERCENT, thresholds=Thresholds(40, 80)),
        gauge("queue", "Requests that wait", Unit.ITEMS, thresholds=Thresholds(900)),
    ],
    charts=[Chart("busy", title="Busy"), Chart("queue", title="Queue")],
)


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with charted_server(tmp_path) as server:
        yield server


@pytest.fixture
def charted(server: Server) -> Charted:
    return Charted(server, minutes=20)


def chart(page: Page, title: str) -> Locator:
    return page.locator(".chart", has=page.locator("figcaption b", has_text=re.compile(f"^{re.escape(title)}$")))


async def drawn(page: Page, title: str) -> Locator:
    """Wait for a chart to be drawn, and return it."""
    found = chart(page, title)
    await found.scroll_into_view_if_needed()
    await expect(found.locator("canvas")).to_be_visible()
    await expect(found.locator(".plot-note")).to_have_text("")
    return found


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def rows(found: Locator) -> list[list[str]]:
    """The values of a chart as the table beside it tells them, the newest first."""
    details = found.locator(".chart-values")
    if await details.get_attribute("open") is None:
        await details.locator("summary").click()
    await expect(details.locator("tbody tr").first).to_be_visible()
    told: list[list[str]] = await details.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return told


async def drag(page: Page, found: Locator, start: float, end: float) -> None:
    """Drag over a part of the plot, given as shares of its width."""
    box = await found.locator(".u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] * start, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * end, middle, steps=4)
    await page.mouse.up()


async def test_charts_show_what_was_read_and_move(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    cpu, memory = await drawn(page, "CPU"), await drawn(page, "Memory")
    await expect(memory.locator("[data-line='1'] b")).to_have_text("488.3 MiB")
    seen = await memory.locator("[data-line='0'] b").text_content()
    picture = await memory.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    charted.feed()
    await expect(memory.locator("[data-line='0'] b")).not_to_have_text(seen or "")
    assert await memory.locator("canvas").evaluate("(canvas) => canvas.toDataURL()") != picture
    newest, before = (await rows(cpu))[:2]
    assert newest[2] == before[2] == "10.0 %"
    assert [row[1] for row in (await rows(memory))[:2]] == ["46.9 GiB", "46.7 GiB"]


async def test_the_first_drawing_has_its_scale_also_where_no_news_come(charted: Charted, watched: Watched) -> None:
    page = await watched.open(f"/nodes/node-1?at={charted.clock.now - 60:.0f}")
    memory = await drawn(page, "Memory")
    colour = await memory.locator("[data-line='0']").evaluate("(button) => getComputedStyle(button).color")
    await holds(page, LINE, [await memory.get_attribute("id"), colour])


async def test_the_thresholds_of_a_column_are_lines_at_their_values(charted: Charted, watched: Watched) -> None:
    machine = charted.cluster.machine("limited", SPINDLE)
    for _ in range(12):
        machine.feed({SPINDLE: [(100, 10)]}, after=5)
    page = await watched.open("/nodes/limited")
    found = await (await drawn(page, "Busy")).get_attribute("id")
    top = 108  # a scale ends eight hundredths above the highest value
    critical = await page.evaluate(LEVEL, [found, "--critical"])
    assert critical["from_top"] == pytest.approx(1 - 80 / top, abs=0.015)
    assert critical["share"] > 0.9
    warning = await page.evaluate(LEVEL, [found, "--warning"])
    assert warning["from_top"] == pytest.approx(1 - 40 / top, abs=0.015)
    assert 0.4 < warning["share"] < 0.8, "it is dashed: colour alone would not tell it from the other"
    page = await watched.open("/nodes/limited/tables/spindle")
    queue = await (await drawn(page, "Queue")).get_attribute("id")
    assert (await page.evaluate(LEVEL, [queue, "--warning"]))["share"] < 0.1, "900 is above its scale"


async def test_a_pause_is_a_gap_and_what_is_not_known_is_a_dash(charted: Charted, watched: Watched) -> None:
    charted.clock.move(-30)
    charted.feed(after=60)
    charted.feed()
    page = await watched.open("/nodes/node-1")
    told = await rows(await drawn(page, "Memory"))
    assert [row[2] for row in told[:4]] == ["488.3 MiB", "488.3 MiB", UNKNOWN, "488.3 MiB"]


async def test_a_zoom_is_in_the_address_survives_news_and_is_left_by_going_back(
    charted: Charted, watched: Watched
) -> None:
    page = await watched.open("/nodes/node-1?sort=cpu")
    memory = await drawn(page, "Memory")
    await drag(page, memory, 0.25, 0.5)
    await page.wait_for_url(re.compile(r"from=[\d.]+&to=[\d.]+"))
    zoomed = {name: float(query(page)[name][0]) for name in ("from", "to")}
    assert 200 < zoomed["to"] - zoomed["from"] < 250
    assert query(page)["sort"] == ["cpu"]
    told = await rows(memory)
    assert 40 <= len(told) <= 52
    for _ in range(3):
        charted.feed()
        await page.evaluate(NOW)
        await page.wait_for_timeout(100)
    assert await rows(memory) == told
    await expect(page.get_by_role("button", name="Leave the zoom")).to_be_visible()
    await page.reload()
    assert await rows(await drawn(page, "Memory")) == told
    await page.go_back()
    await page.wait_for_url(lambda url: "from=" not in url)
    await expect(page.get_by_role("button", name="Leave the zoom")).to_be_hidden()
    assert len(await rows(await drawn(page, "Memory"))) > 150


async def test_what_came_lately_fills_its_charts_which_are_zoomed_as_any(charted: Charted, watched: Watched) -> None:
    since = charted.clock.now
    charted.interfaces = (*charted.interfaces, "late")
    for _ in range(20):
        charted.feed()
    page = await watched.open("/nodes/node-1/tables/net/row?key=late")
    await expect(page.locator(".ranges [aria-current]")).to_have_text("All, 1 h")
    found = await drawn(page, "receive bytes")
    await drag(page, found, 0.01, 0.5)
    await page.wait_for_url(re.compile("from="))
    begin, end = (float(query(page)[name][0]) for name in ("from", "to"))
    assert since + 10 < begin < since + 15, "of a rate the first reading tells nothing"
    assert 40 < end - begin < 65
    await found.locator(".u-over").hover(position={"x": 4, "y": 50})
    assert datetime.fromtimestamp(begin, UTC).strftime("%H:%M") in await found.locator(".chart-time").inner_text()
    await page.go_back()
    await page.wait_for_url(lambda url: "from=" not in url)
    assert (await rows(found))[-1][1] == UNKNOWN, "when it was not there others were read"


async def test_the_cursor_is_at_the_same_moment_in_every_chart(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    for title in ("CPU", "Memory", "Received"):
        await drawn(page, title)
    await page.evaluate("scrollTo(0, 0)")
    await (await drawn(page, "CPU")).locator(".u-over").hover(position={"x": 100, "y": 50})
    times = page.locator(".charts > .charts-grid .chart-time")
    await expect(times.first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    told = await times.all_text_contents()
    assert len(told) == 3
    assert set(told) == {told[0]}
    assert "UTC" in (await times.first.get_attribute("title") or "")


async def test_the_time_shown_is_chosen_and_kept_in_the_address(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    await drawn(page, "CPU")
    await page.locator(".ranges").get_by_role("link", name="5 min", exact=True).click()
    await page.wait_for_url("**?range=300")
    memory = await drawn(page, "Memory")
    await expect(page.locator(".ranges").get_by_role("link", name="5 min", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    assert 58 <= len(await rows(memory)) <= 63
    await page.reload()
    assert 58 <= len(await rows(await drawn(page, "Memory"))) <= 63
    await page.get_by_role("link", name="All,").click()
    await page.wait_for_url("**?range=all")
    await page.go_back()
    await expect(page.locator(".ranges").get_by_role("link", name="5 min", exact=True)).to_have_attribute(
        "aria-current", "true"
    )


async def test_a_chart_is_used_by_keyboard_alone_and_says_its_values(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    memory = await drawn(page, "Memory")
    plot = memory.locator(".plot")
    await plot.focus()
    await page.keyboard.press("ArrowLeft")
    said = memory.locator(".chart-said")
    await expect(said).to_have_text(re.compile(r"^\d\d:\d\d:\d\d: used 46\.7 GiB, free 488\.3 MiB$"))
    first = await said.text_content()
    await page.keyboard.press("PageUp")
    await expect(said).not_to_have_text(first or "")
    await page.keyboard.press("Home")
    await page.keyboard.press("+")
    await page.wait_for_url(re.compile("from="))
    await plot.focus()
    await page.keyboard.press("0")
    await page.wait_for_url(lambda url: "from=" not in url)
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Escape")
    await expect(memory.locator(".chart-time")).to_have_text("")
    await expect(plot).to_be_focused()


async def test_a_line_can_be_left_out_and_stays_so(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    cpu = await drawn(page, "CPU")
    with_it = await cpu.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    button = cpu.get_by_role("button", name="system")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")
    charted.feed()
    await page.evaluate(NOW)
    await page.wait_for_timeout(200)
    await expect(button).to_have_attribute("aria-pressed", "false")
    assert await cpu.locator("canvas").evaluate("(canvas) => canvas.toDataURL()") != with_it
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")


async def test_news_cost_little_and_what_nobody_sees_costs_nothing(charted: Charted, watched: Watched) -> None:
    await watched.page.set_viewport_size({"width": 800, "height": 500})
    page = await watched.open("/nodes/node-1")
    await drawn(page, "CPU")
    await page.evaluate("scrollTo(0, 0)")
    await page.wait_for_timeout(500)
    asked: list[Request] = []
    page.on("request", lambda made: asked.append(made) if "/chart?" in made.url else None)
    for _ in range(3):
        charted.feed()
        async with page.expect_response(lambda response: "/chart?" in response.url) as told:
            await page.evaluate(NOW)
        answer = await (await told.value).json()
        assert sum(len(table["times"]) for table in answer["tables"]) <= 12
    lines = {line for made in asked for line in parse_qs(urlsplit(made.url).query)["series"]}
    assert "cpu/user_percent" in lines
    assert "cpu/busy/0" not in lines, "that chart is folded away"
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await page.wait_for_timeout(300)
    asked.clear()
    charted.feed()
    await page.evaluate(NOW)
    await page.wait_for_timeout(500)
    assert not [made.url for made in asked if "user_percent" in made.url]


async def test_hostile_names_are_labels_that_do_nothing(server: Server, watched: Watched) -> None:
    names = HOSTILE_NAMES
    for first in range(0, len(names), 8):
        some = [name[:200] for name in names[first : first + 8]]
        Charted(server, minutes=1, interfaces=some, name=f"node-{first}")
        page = await watched.open(f"/nodes/node-{first}")
        found = await drawn(page, "Received")
        labels = await found.locator(".legend bdi").all_text_contents()
        assert sorted(labels) == sorted(visible(name) for name in some)
        await found.locator(".u-over").hover()
        await found.locator(".plot").press("End")
        await expect(found.locator(".chart-said")).to_contain_text("/s")
        await rows(found)
        await watched.faultless()


async def test_a_chart_says_why_it_shows_nothing(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1?from=1500000000&to=1500000600")
    memory = chart(page, "Memory")
    await memory.scroll_into_view_if_needed()
    await expect(memory.locator(".plot-note")).to_contain_text("No readings in this time. What is kept goes from")
    await page.get_by_role("button", name="Leave the zoom").click()
    await drawn(page, "Memory")


@pytest.mark.parametrize("width", [360, 2560])
async def test_charts_fit_their_screen_and_follow_it(charted: Charted, watched: Watched, width: int) -> None:
    page = await watched.open("/nodes/node-1")
    memory = await drawn(page, "Memory")
    await page.set_viewport_size({"width": width, "height": 900})
    there = await memory.locator(".plot").evaluate("(plot) => plot.clientWidth")
    await expect(memory.locator(".uplot")).to_have_css("width", f"{there}px")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_colours_follow_the_theme(charted: Charted, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    canvas = (await drawn(page, "Memory")).locator("canvas")
    dark = await canvas.evaluate("(canvas) => canvas.toDataURL()")
    await page.evaluate("document.documentElement.dataset.theme = 'light'")
    await holds(
        page, "(dark) => [...document.querySelectorAll('canvas')].every((canvas) => canvas.toDataURL() !== dark)", dark
    )
    plans = await page.locator("[data-chart]").evaluate_all("(all) => all.map((one) => one.dataset.chart)")
    assert all(json.loads(plan) for plan in plans)
