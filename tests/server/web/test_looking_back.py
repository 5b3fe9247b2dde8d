"""Pages of a node, a table and a row as they were, and what has changed since."""

from __future__ import annotations

import html
import json
import re

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.web.looking import Looking, looking
from tests.server.feeding import START, Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, PROCESS, processes
from tests.server.web.table.listed import LATER, SOME, THINGS, view

# `machine` has frames at START and five seconds later; the tests add others.
FIRST = "2026-01-01T00:00:05Z"


@pytest.fixture
def older(machine: Machine) -> Machine:
    """A minute on: pid 2 has grown, 3 has gone, 9 has come."""
    for _ in range(12):
        machine.feed({CPU: CPU_ROWS[1], MEMORY: [(16_000, 4_000)], PROCESS: processes(3)}, after=5)
    rows = [*processes(2), ("9", "80", "late", 77, 0)]
    rows[1] = (*rows[1][:3], 5000, rows[1][4])
    machine.feed({CPU: CPU_ROWS[1], MEMORY: [(16_000, 4_000)], PROCESS: rows}, after=5)
    return machine


async def text(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status_code == status
    return html.unescape(await response.get_data(as_text=True))


@pytest.mark.parametrize(
    ("at", "against", "found"),
    [
        ("", "", None),
        ("60", "", Looking(START - 60, None)),
        ("2026-01-01T00:00:00Z", "300", Looking(START, START - 300)),
        ("", "300", Looking(START, START - 300)),
        (f"{START - 5.7}", "", Looking(START - 6, None)),
    ],
)
def test_a_moment_is_a_time_or_how_long_ago(at: str, against: str, found: Looking | None) -> None:
    assert looking(at, against, START) == found


@pytest.mark.parametrize("path", ["/nodes/node-1", "/nodes/node-1/tables/process"])
@pytest.mark.parametrize("moment", ["at=soon", "at=-5", "against=%F0%9F%98%80", "at=1e400", "at=2030-01-01T00:00:00Z"])
async def test_what_is_no_moment_is_told_and_nothing_is_shown_in_its_place(
    machine: Machine, client: Client, path: str, moment: str
) -> None:
    page = await text(client, f"{path}?{moment}", 400)
    assert "<h1>Not a moment</h1>" in page
    assert f'href="{path}">' in page
    assert "tbody" not in page


async def test_a_node_is_shown_as_it_was_and_says_so(older: Machine, client: Client) -> None:
    now, then = await text(client, "/nodes/node-1"), await text(client, f"/nodes/node-1?at={FIRST}")
    assert ("worker-3" in now, "worker-3" in then, ">late<" in now, ">late<" in then) == (False, True, True, False)
    assert "<title>Past · node-1" in then
    assert '<b>Past</b> As it was at <time datetime="2026-01-01T00:00:05Z"' in then
    assert ">25.0 %<" in then[: then.index('id="t-cpu"')]
    assert ">75.0 %<" in now[: now.index('id="t-cpu"')]
    assert "gobs:tick" not in then[then.index("<main") :]
    assert "Back to live" in then


async def test_a_table_as_it_was_is_ordered_filtered_and_scrolled_as_any(older: Machine, client: Client) -> None:
    path = f"/fragments/nodes/node-1/tables/process?at={FIRST}"
    fragment = await text(client, f"{path}&sort=-rss&filter=worker&first=1&count=1")
    assert re.findall(r"<bdi>(worker-\d)</bdi>", fragment) == ["worker-2"]
    assert 'data-first="1" data-total="3"' in fragment
    assert f"/nodes/node-1/processes/2/77?at={FIRST}" in fragment
    tag = (await client.get(path)).headers["ETag"]
    older.feed({PROCESS: processes(5)}, after=5)
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304


async def test_all_nodes_are_shown_as_they_were(cluster: Cluster, older: Machine, client: Client) -> None:
    cluster.machine("other", MEMORY).feed({MEMORY: [(1000, 500)]})
    page = await text(client, f"/?at={FIRST}")
    assert "<title>Past · Nodes" in page
    assert f'href="/nodes/node-1?at={FIRST}"' in page
    rows = re.findall(r'<tr id="x.*?</tr>', page, re.DOTALL)
    assert ["node-1" in row for row in rows] == [True, False]
    assert ">25.0<" in rows[0]  # percent of memory
    assert ">1.0 MiB/s<" in rows[0]
    assert ">nothing kept<" in rows[1]
    assert "of 1 nothing is known of that moment" in page
    now = await text(client, "/")
    assert 'data-moment="60"' in now
    assert ">75.0 %<" in now
    fragment = await text(client, f"/fragments/nodes?at={FIRST}&filter=memory>20&sort=-cpu")
    assert re.findall(r"<bdi>([^<]*)</bdi>", fragment) == ["node-1"]
    assert "<h1>Not a moment</h1>" in await text(client, "/?at=soon", 400)


async def test_what_was_read_before_the_moment_and_not_long_before_is_shown(older: Machine, client: Client) -> None:
    assert "read at" in await text(client, f"/fragments/nodes/node-1/tables/process?at={START + 8:.0f}")
    nothing = await text(client, f"/nodes/node-1/tables/process?at={START - 100:.0f}")
    assert "Nothing is kept of it as it was at" in nothing
    assert "reaches from" in nothing


async def test_what_has_changed_between_two_moments(older: Machine, client: Client) -> None:
    path = f"/fragments/nodes/node-1/tables/process?against={FIRST}&sort=pid"
    fragment = await text(client, path)
    rows = re.findall(r'<tr id="\w+">.*?</tr>', fragment)
    assert [re.findall(r"<bdi>(.*?)</bdi>", row) for row in rows] == [
        ["2", "77", "changed", "worker-2"],
        ["3", "77", "gone", "worker-3"],
        ["9", "80", "new", "late"],
    ]
    assert 'title="1002.0 KiB, then 4.9 MiB">+3.9 MiB<' in rows[0]
    assert ">-1003.0 KiB<" in rows[1]
    assert f"/nodes/node-1/processes/3/77?at={FIRST}" in rows[1]
    assert "1 the same, left out" in fragment
    assert re.findall(r"<bdi>(late|worker-\d)</bdi>", await text(client, f"{path}&filter=change:new")) == ["late"]


async def test_moments_between_which_nothing_changed_say_so(older: Machine, client: Client) -> None:
    fragment = await text(
        client, f"/fragments/nodes/node-1/tables/process?at={START + 40:.0f}&against={START + 30:.0f}"
    )
    assert "Nothing has changed between the two moments: all 3 rows are the same." in fragment


async def test_a_moment_with_nothing_to_compare_with_says_so(older: Machine, client: Client) -> None:
    fragment = await text(client, f"/fragments/nodes/node-1/tables/process?against={START - 500:.0f}")
    assert "There is nothing to compare it with" in fragment


async def test_a_row_is_shown_as_it_was(older: Machine, client: Client) -> None:
    then = await text(client, f"/nodes/node-1/processes/3/77?at={FIRST}")
    assert "It ran then" in then
    assert "<title>Past · worker-3" in then
    assert "hx-trigger" not in then[then.index('id="row"') : then.index("</main>")]
    assert "It has ended" in await text(client, "/nodes/node-1/processes/3/77")
    lost = await text(client, f"/nodes/node-1/processes/9/80?at={FIRST}", 404)
    assert "had no row 9 80 at 2026-01-01T00:00:05Z" in lost
    assert 'href="/nodes/node-1/processes/9/80"><bdi>as it is now' in lost


async def test_every_field_of_a_row_says_what_it_was_at_another_moment(older: Machine, client: Client) -> None:
    page = await text(client, f"/nodes/node-1/processes/2/77?at={START + 70:.0f}&against={FIRST}")
    assert "What changed from" in page
    assert f'Every field that was something else at <time datetime="{FIRST}"' in page
    changed = re.findall(r'<div class="changed"><dt[^>]*>([^<]*)</dt>.*?<small class="was">([^<]*)</small>', page)
    assert changed == [("rss", "was 1002.0 KiB, +3.9 MiB")]
    assert f'data-marks="{START + 70:.0f} {START + 5:.0f}"' in page
    new = await text(client, f"/nodes/node-1/processes/9/80?at={START + 70:.0f}&against={FIRST}")
    assert f'It was not there at <time datetime="{FIRST}"' in new
    gone = await text(client, f"/nodes/node-1/processes/3/77?at={START + 70:.0f}&against={FIRST}", 404)
    assert f'href="/nodes/node-1/processes/3/77?at={FIRST}"><bdi>as it was at {FIRST}' in gone


async def test_rows_of_the_past_can_be_had_as_a_file(older: Machine, client: Client) -> None:
    response = await client.get(f"/nodes/node-1/tables/process/rows.json?at={FIRST}&sort=-pid")
    assert [row["pid"] for row in json.loads(await response.get_data())["rows"]] == ["3", "2", "1"]
    assert 'filename="node-1-process-2026-01-01T00_00_05Z.json"' in response.headers["Content-Disposition"]
    assert (await client.get("/nodes/node-1/tables/process/rows.csv?at=9000")).status_code == 404
    assert (await client.get("/nodes/node-1/tables/process/rows.csv?at=soon")).status_code == 400


async def test_a_page_offers_moments_of_which_something_is_kept(older: Machine, client: Client) -> None:
    page = await text(client, "/nodes/node-1")
    assert re.findall(r'data-moment="(\d+)"', page) == ["60"]
    assert f'data-first="{START:.0f}"' in page
    then = await text(client, f"/nodes/node-1?at={START + 65:.0f}&against={START + 5:.0f}")
    assert re.findall(r'data-against="(\d+)"( aria-current)?', then) == [(f"{START + 5:.0f}", " aria-current")]
    row = await text(client, f"/nodes/node-1/processes/1/77?at={START + 65:.0f}")
    assert "Past" in row
    assert re.findall(r'data-against="(\d+)"', row) == [f"{START + 5:.0f}"]


async def test_a_node_of_which_no_past_is_kept_offers_none(cluster: Cluster, client: Client) -> None:
    cluster.machine("new", MEMORY)
    assert "timebar" not in await text(client, "/nodes/new")
    assert "Past" in await text(client, "/nodes/new?at=60")


async def test_who_may_not_see_a_text_sees_it_in_no_reading(cluster: Cluster) -> None:
    from dataclasses import replace

    from gobs_core import Table, info, key
    from gobs_core.table import Column
    from gobs_server.web.table.compared import compared

    secret: Column = replace(info("cmdline", ""), private=True)
    table = Table("t", "", [key("k", ""), secret])
    earlier, later = view((table, [("a", "one")])), view((table, [("a", "two")]))
    assert len(compared("n", later, earlier, Looking(1.0, 0.0)).keys) == 1
    assert len(compared("n", later.public, earlier.public, Looking(1.0, 0.0)).keys) == 0


def test_differences_of_what_is_not_known_are_not_known() -> None:
    from gobs_server.web.table.compared import compared

    later, earlier = view((THINGS, SOME), (THINGS, LATER)), view((THINGS, SOME))
    made = compared("n", later, earlier, Looking(1.0, 0.0))
    assert [key[0] for key in made.keys] == ["b10", "a", "b9"]
    uses = made.sheet.numbers("uses")
    assert uses.tolist() != uses.tolist()  # a rate takes two readings: earlier knew none
