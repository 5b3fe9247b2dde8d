"""Tables on pages, in fragments and as files: what is sent, and of it only what has changed."""

from __future__ import annotations

import csv
import html
import json
import re
from io import StringIO

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import RowValues, Table, info, key
from gobs_core.table import MAX_ROWS
from gobs_server.http import create_app
from tests.server.feeding import Cluster, Machine
from tests.server.tables import MEMORY, MEMORY_ROWS, PROCESS, processes

FRAGMENT = "/fragments/nodes/node-1/tables/process"


async def ask(client: Client, query: str = "", tag: str = "", have: str = "") -> tuple[str, str]:
    headers = {"If-None-Match": tag, "Gobs-Have": have} if tag else {}
    response = await client.get(f"{FRAGMENT}?{query}", headers=headers)
    assert response.status_code == 200
    return html.unescape(await response.get_data(as_text=True)), response.headers["ETag"]


def pids(fragment: str) -> list[str]:
    return re.findall(r"data-pin=.*?<bdi>(\d+)</bdi>", fragment)


async def test_only_rows_that_changed_are_sent_and_the_order_of_all(machine: Machine, client: Client) -> None:
    whole, tag = await ask(client, "sort=-rss")
    rows = processes(3)
    rows[0] = (*rows[0][:3], 999_000, rows[0][4])
    machine.feed({PROCESS: rows}, after=5)
    changed, _ = await ask(client, "sort=-rss", tag, "*")
    assert pids(whole) == ["3", "2", "1"]
    assert pids(changed) == ["1"]
    assert len(re.findall(r'data-order="(\S+) (\S+) (\S+)"', changed)) == 1
    assert "<form" in whole
    assert "<form" not in changed


async def test_a_part_of_a_long_table_is_sent_and_the_next_when_it_comes_into_view(
    machine: Machine, client: Client
) -> None:
    machine.feed({PROCESS: processes(3000)}, after=5)
    fragment, tag = await ask(client, "sort=pid&first=1000&count=50")
    assert pids(fragment) == [str(pid) for pid in range(1001, 1051)]
    assert 'data-first="1000" data-total="3000"' in fragment
    order = re.search(r'data-order="([^"]*)"', fragment)
    assert order is not None
    fragment, _ = await ask(client, "sort=pid&first=1040&count=50", tag, order[1])
    assert pids(fragment) == [str(pid) for pid in range(1051, 1091)]


async def test_a_page_of_a_long_table_leads_on_without_scripts(machine: Machine, client: Client) -> None:
    machine.feed({PROCESS: processes(300)}, after=5)
    page = await (await client.get("/nodes/node-1/tables/process?sort=pid")).get_data(as_text=True)
    more = re.search(r'<noscript><p class="more"><a href="([^"]*)"', page)
    assert more is not None
    following = await (await client.get(html.unescape(more[1]))).get_data(as_text=True)
    assert pids(page)[-1] == "60"
    assert pids(following)[0] == "61"


async def test_what_is_asked_of_one_table_of_a_node_is_not_asked_of_others(machine: Machine, client: Client) -> None:
    page = await (await client.get("/nodes/node-1?process.sort=-pid&process.filter=worker&sort=x")).get_data(
        as_text=True
    )
    assert pids(page[page.index('id="t-process"') :]) == ["3", "2", "1"]
    assert 'data-list="process."' in page
    assert page.count('value="worker"') == 1


async def test_a_table_of_one_row_is_shown_as_pairs(machine: Machine, client: Client) -> None:
    page = await (await client.get("/nodes/node-1/tables/memory")).get_data(as_text=True)
    assert re.findall(r"<dt[^>]*>([^<]*)</dt><dd[^>]*>([^<]*)<", page[page.index("facts-grid") :])[:3] == [
        ("total", "15.6 MiB"),
        ("available", "11.7 MiB"),
        ("used percent", "25.0"),
    ]
    machine.feed({MEMORY: [(1000, 500)]}, after=5)
    fragment = await (await client.get("/fragments/nodes/node-1/tables/memory")).get_data(as_text=True)
    assert "50.0" in fragment


async def test_numbers_are_short_and_exact_for_whoever_points_at_them(machine: Machine, client: Client) -> None:
    fragment, _ = await ask(client)
    assert '<td title="1,025,024 B">1001.0 KiB</td>' in fragment


async def test_what_is_not_known_says_why(cluster: Cluster, machine: Machine, client: Client) -> None:
    machine.feed({PROCESS: [("9", "1", None, None, 5)]}, after=5)
    fragment, _ = await ask(client)
    assert 'class="t unknown" title="not known now"' in fragment
    assert 'title="not known yet: a rate needs two readings of the same row"' in fragment


async def test_groups_pins_and_hidden_rows_are_told_below_the_table(machine: Machine, client: Client) -> None:
    fragment, _ = await ask(client, "group=start&idle=hide")
    assert "All 3 rows are idle." in fragment
    rows = [(*row[:4], int(str(row[4])) + 5 * (int(str(row[0])) > 1)) for row in processes(3)]
    machine.feed({PROCESS: rows}, after=5)
    fragment, _ = await ask(client, "group=start&idle=hide")
    assert "2 rows, 1 by start" in fragment
    assert "1 idle hidden" in fragment
    fragment, _ = await ask(client)
    row = re.search(r'<tr id="(\w+)"', fragment)
    assert row is not None
    fragment, _ = await ask(client, f"filter=worker-3&pins={row[1]}")
    assert "1 row of 3 match" in fragment
    assert "1 pinned" in fragment
    assert pids(fragment) == ["1", "3"]
    assert 'aria-pressed="true" aria-label="Pin 1"' in fragment


async def test_all_rows_that_are_meant_can_be_had_as_csv(machine: Machine, client: Client) -> None:
    machine.feed({PROCESS: processes(2500)}, after=5)
    response = await client.get("/nodes/node-1/tables/process/rows.csv?sort=-pid&filter=worker&columns=comm,cpu,rss")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="node-1-process.csv"'
    lines = list(csv.reader(StringIO(await response.get_data(as_text=True))))
    assert lines[0] == ["pid", "start", "comm", "rss", "cpu"]
    assert lines[1] == ["2500", "77", "worker-2500", "3584000.0", ""]
    assert len(lines) == 2501


async def test_all_rows_that_are_meant_can_be_had_as_json(machine: Machine, client: Client) -> None:
    answer = json.loads(await (await client.get("/nodes/node-1/tables/process/rows.json?sort=-rss")).get_data())
    assert [row["pid"] for row in answer["rows"]] == ["3", "2", "1"]
    assert answer["rows"][0]["read_bytes"] == 0.0
    assert {"name": "read_bytes", "kind": "number", "unit": "bytes", "per_second": True, "help": answer["columns"][4][
        "help"
    ]} == answer["columns"][4]  # fmt: skip


async def test_an_empty_table_is_a_file_too(machine: Machine, client: Client) -> None:
    answer = json.loads(await (await client.get("/nodes/node-1/tables/process/rows.json?filter=zzz")).get_data())
    assert answer["rows"] == []


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "\r=1"])
async def test_a_text_in_a_file_is_no_formula_for_a_spreadsheet(cluster: Cluster, client: Client, text: str) -> None:
    table = Table("names", "", [key("name", ""), info("other", "")])
    rows: list[RowValues] = [(text, text)]
    cluster.machine("node-1", table).feed({table: rows})
    response = await client.get("/nodes/node-1/tables/names/rows.csv")
    lines = list(csv.reader(StringIO(await response.get_data(as_text=True), newline="")))
    assert lines[1] == [f"'{text}", f"'{text}"]


async def test_a_file_is_called_by_harmless_letters(cluster: Cluster, client: Client) -> None:
    cluster.machine('../x"\r\n: y', MEMORY).feed({MEMORY: MEMORY_ROWS})
    path = "/nodes/..%2Fx%22%0D%0A%3A%20y/tables/memory/rows.csv"
    response = await client.get(path, scope_base={"raw_path": path.encode()})
    disposition = response.headers.get("Content-Disposition", "")
    assert response.status_code == 200
    assert disposition == 'attachment; filename="x_y-memory.csv"'


@pytest.mark.parametrize("path", ["/nodes/x/tables/process/rows.csv", "/nodes/node-1/tables/x/rows.json"])
async def test_a_file_of_what_is_not_there_is_a_page_that_says_so(machine: Machine, client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert "<h1>Not found" in await response.get_data(as_text=True)


async def test_a_table_as_long_as_may_be_is_a_page(cluster: Cluster) -> None:
    machine = cluster.machine("node-1", PROCESS)
    machine.feed({PROCESS: processes(MAX_ROWS)})
    client = create_app(cluster.services()).test_client()
    page = await (await client.get("/nodes/node-1")).get_data(as_text=True)
    assert "20,000 rows" in page
    assert len(page) < 100_000
