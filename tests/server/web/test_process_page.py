"""The page of a row: a process, a workload, any other, now and after it has gone."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_collectors.process.tables import POD, PROCESS
from gobs_core import PluginState, RowValues, Table
from gobs_server.http import create_app
from gobs_server.services import InspectError, NoAnswer, NotConnected, Refused, TooManyRequests
from gobs_server.web.format import UNKNOWN
from gobs_server.web.inspected import MOST, inspected
from gobs_server.web.links import link
from gobs_server.web.tree import tree
from tests.server.feeding import Answering, Cluster, Machine
from tests.server.tables import MEMORY, NET
from tests.support.hostile import HOSTILE_NAMES

UNIT = "system.slice/x.service"


def row(table: Table, *keys: str, **cells: Any) -> RowValues:
    """A row in which what is not named is 1, or not known where it is a text."""
    rest = [cells.get(c.name, 1 if c.numeric else None) for c in table.stored[len(keys) :]]
    return (*keys, *rest)


def process(pid: int, parent: int = 1, name: str = "", **cells: Any) -> RowValues:
    return row(PROCESS, str(pid), "77", comm=name or f"proc-{pid}", ppid=str(parent), workload=UNIT, **cells)


FAMILY = [process(1, 0, "init"), process(10), process(11), process(20, 10), process(21, 10, utime=300), process(30, 20)]


@pytest.fixture
def node(cluster: Cluster) -> Machine:
    reasons = {"process.read_bytes": "needs CAP_SYS_PTRACE"}
    plugin = PluginState(kind="collector", name="process", unknown=reasons)
    made = cluster.machine("node-1", PROCESS, POD, NET, MEMORY, plugins=(plugin,))
    for at in range(3):
        feed(made, [process(1, 0, "init", read_bytes=None, utime=at * 100), *FAMILY[1:]])
    return made


def feed(machine: Machine, rows: list[RowValues]) -> None:
    machine.feed(
        {
            PROCESS: rows,
            POD: [row(POD, UNIT, kind="unit", processes=len(rows))],
            NET: [("eth0", "physical", 5)],
            MEMORY: [(1, 1)],
        },
        after=5,
    )


async def get(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path, scope_base={"raw_path": path.partition("?")[0].encode()})
    assert response.status_code == status, path
    return await response.get_data(as_text=True)


def text(content: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", content)))


async def test_every_field_stands_under_the_file_it_comes_from_with_what_it_means(
    client: Client, node: Machine
) -> None:
    content = await get(client, "/nodes/node-1/processes/1/77")
    groups = dict(re.findall(r'<section class="group" aria-label="([^"]+)">(.*?)</section>', content, re.DOTALL))
    for column in PROCESS.columns:
        holders = [name for name, group in groups.items() if f">{column.name.replace('_', ' ')}</dt>" in group]
        assert len(holders) == 1, column.name
        if column.source:
            assert unescape(holders[0]) == column.source
    assert 'title="CPU time of all its threads in user mode"' in groups["/proc/PID/stat"]
    assert "20.0 %" in groups["/proc/PID/stat"]
    assert "2 s so far" in groups["/proc/PID/stat"]


async def test_what_is_not_known_says_why(client: Client, node: Machine) -> None:
    shown = text(await get(client, "/nodes/node-1/processes/1/77"))
    assert f"read bytes {UNKNOWN} needs CAP_SYS_PTRACE" in shown
    assert f"cmdline {UNKNOWN} not known at this reading" in shown


async def test_a_process_links_to_its_family_and_its_workload(client: Client, node: Machine) -> None:
    content = await get(client, "/nodes/node-1/processes/20/77")
    family = content[content.index('id="family-h"') : content.index('class="charts"')]
    links = re.findall(r'href="/nodes/node-1/processes/(\d+)/77"', family)
    assert links == ["1", "10", "30", "21"]
    assert 'aria-current="true"' in family
    assert f'href="/nodes/node-1/workloads/{quote(UNIT, safe="")}"' in content


async def test_a_workload_shows_its_processes_the_busiest_first(client: Client, node: Machine) -> None:
    feed(node, [process(1, 0, "init", utime=300), *FAMILY[1:]])
    content = await get(client, f"/nodes/node-1/workloads/{quote(UNIT, safe='')}")
    members = content[content.index('id="members"') :]
    assert "6 in this workload now" in text(members)
    assert re.findall(r"/processes/(\d+)/77", members)[0] == "1"
    assert f"<h1><bdi>{UNIT}</bdi></h1>" in content


async def test_any_row_of_any_table_has_a_page_and_its_table_leads_there(client: Client, node: Machine) -> None:
    for name, table in node.node.tables.items():
        view = table.view()
        listed = await get(client, f"/nodes/node-1/tables/{name}")
        for key in view.keys:
            path = link("node-1", view.table, key)
            assert not path or f'href="{path}"' in listed
            assert not path or "Every field" in await get(client, path)
    assert "eth0" in await get(client, "/nodes/node-1/tables/net/row?key=eth0")
    assert "Every field" in await get(client, "/nodes/node-1/tables/memory/row")


async def test_a_process_that_has_ended_says_so_and_shows_its_last_values(client: Client, node: Machine) -> None:
    feed(node, [*FAMILY[:-1], process(30, 20, vm_rss=4096)])
    for _ in range(3):
        feed(node, FAMILY[:-1])
    content = await get(client, "/nodes/node-1/processes/30/77")
    assert "It has ended; it was last read at" in text(content)
    assert "4.0 MiB" in text(content)
    assert "Read when opened" not in content
    fragment = await client.get("/fragments/nodes/node-1/processes/30/77")
    assert "It has ended" in text(await fragment.get_data(as_text=True))
    tag = {"If-None-Match": fragment.headers["ETag"]}
    assert (await client.get("/fragments/nodes/node-1/processes/30/77", headers=tag)).status_code == 304
    feed(node, FAMILY)
    assert "It has ended" not in await get(client, "/nodes/node-1/processes/30/77")


async def test_a_pid_of_another_start_is_another_process(client: Client, node: Machine) -> None:
    problem = text(await get(client, "/nodes/node-1/processes/1/78", 404))
    assert "has no row 1 78 in table 'process' now, and what is kept goes back to 2026-01-01T00:00:05Z" in problem


@pytest.mark.parametrize(
    "path",
    [
        "/nodes/nowhere/processes/1/77",
        "/nodes/node-1/processes/x/y",
        "/nodes/node-1/processes/-1/1e300",
        "/nodes/node-1/workloads/nothing",
        "/nodes/node-1/tables/nothing/row?key=1",
        "/nodes/node-1/tables/net/row",
        "/nodes/node-1/tables/net/row?key=eth0&key=eth0",
        f"/nodes/node-1/tables/net/row?{'&'.join(['key=' + 'x' * 50] * 100)}",
        "/nodes/node-1/tables/process/row?key=1",
    ],
)
async def test_a_row_that_never_was_is_a_page_that_leads_onward(client: Client, node: Machine, path: str) -> None:
    content = await get(client, path, 404)
    assert "Not found" in content
    assert 'href="/"' in content
    assert (await client.get(f"/fragments{path}")).status_code == 200


async def test_without_a_process_table_there_is_no_process(client: Client, cluster: Cluster) -> None:
    cluster.machine("bare", MEMORY).feed({MEMORY: [(1, 1)]})
    assert "sends no table" in text(await get(client, "/nodes/bare/processes/1/1", 404))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_hostile_names_are_text_on_the_page_of_their_row(name: str) -> None:
    cluster = Cluster()
    machine = cluster.machine("n", NET, PROCESS)
    key = name[:200]
    rows = [
        row(PROCESS, "1", "7", **{c.name: name for c in PROCESS.cells if not c.numeric}),
        row(PROCESS, key, key, comm=name, ppid="1"),
    ]
    machine.feed({NET: [(key, name, 1)], PROCESS: rows})
    client = create_app(cluster.services()).test_client()
    for table, one in ((NET, (key,)), (PROCESS, ("1", "7")), (PROCESS, (key, key))):
        path = link("n", table, one)
        base = {"raw_path": path.partition("?")[0].encode()}
        response = await client.get(path, scope_base=base)
        assert response.status_code == 200
        content = await response.get_data(as_text=True)
        assert content.count("<script") == 2
        assert "<img src=x" not in content
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u2028]", content)


SECTION = "/fragments/nodes/node-1/processes/1/77"


async def test_what_is_read_when_opened_is_asked_for_once_and_shown(
    client: Client, cluster: Cluster, node: Machine
) -> None:
    thread = {"tid": 7, "comm": "<b>", "state": "S", "user_seconds": 1.5, "system_seconds": None, "processor": 0}
    cluster.answering.answer = {"threads": {"count": 1, "threads": [thread], "cut": False}}
    content = await get(client, f"{SECTION}/threads")
    assert [(asked[1], asked[2], asked[3]) for asked in cluster.answering.asked] == [
        ("process", ("1", "77"), ("threads",))
    ]
    assert f"tid comm state user system processor 7 <b> S 1.50 s {UNKNOWN} 0" in text(content)
    assert "<bdi>&lt;b&gt;</bdi>" in content
    page = await get(client, "/nodes/node-1/processes/1/77")
    assert len(cluster.answering.asked) == 1, "a page that is not opened asks nothing"
    assert page.count('<details id="inspect-') == 5


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotConnected("no agent"), "agent is not connected"),
        (NoAnswer("5 s"), "did not answer in time"),
        (TooManyRequests("busy"), "asked too much"),
        (Refused("process 1 has ended"), "process 1 has ended"),
        (InspectError("<img src=x onerror=alert(1)>"), "could not tell"),
    ],
)
async def test_what_cannot_be_read_says_why_and_can_be_tried_again(
    client: Client, cluster: Cluster, node: Machine, error: InspectError, words: str
) -> None:
    cluster.answering.answer = error
    content = await get(client, f"{SECTION}/limits")
    assert words in text(content)
    assert "Try again" in content
    assert "<img" not in content


@pytest.mark.parametrize("path", [f"{SECTION}/nothing", "/fragments/nodes/x/processes/1/1/threads"])
async def test_a_section_or_node_there_is_not_is_told_and_nobody_is_asked(
    client: Client, cluster: Cluster, node: Machine, path: str
) -> None:
    assert "not read" in text(await get(client, path))
    assert cluster.answering.asked == []


async def test_an_agent_is_asked_one_thing_at_a_time(cluster: Cluster, node: Machine) -> None:
    at_once = [0, 0]

    class Slow(Answering):
        async def inspect(self, *given: Any, **more: Any) -> dict[str, object]:
            at_once[0] += 1
            at_once[1] = max(at_once)
            await asyncio.sleep(0.01)
            at_once[0] -= 1
            return {}

    cluster.answering = Slow()
    client = create_app(cluster.services()).test_client()
    await asyncio.gather(*(get(client, f"{SECTION}/{name}") for name in ("threads", "limits", "smaps")))
    assert at_once == [0, 1]


@pytest.mark.parametrize(
    ("section", "value", "shown"),
    [
        ("limits", [{"limit": "Max open files", "soft": 1024, "hard": None, "unit": "files"}], "1024 unlimited files"),
        ("limits", [{"limit": "Max data size", "soft": 1 << 20, "hard": None, "unit": "bytes"}], "1.0 MiB unlimited"),
        ("smaps", {"Pss": 4096, "Rss": 8192}, "Pss 4.0 KiB"),
        ("smaps", {"unknown": "it takes CAP_SYS_PTRACE"}, "it takes CAP_SYS_PTRACE"),
        ("status", ["Name:\tx", "Umask:\t0022"], "Name: x"),
        ("descriptors", {"count": 2, "kinds": {"file": 2}, "descriptors": [], "cut": True}, "kinds: file 2"),
        ("threads", "nonsense", "cannot show"),
        ("threads", None, "nothing"),
        ("threads", 1e300, "cannot show"),
        ("threads", [{"a": {"deep": [1]}}, {"b": 2}], "{'deep': [1]}"),
        ("new", {"x": [1, "two", None]}, "two"),
    ],
)
def test_whatever_an_agent_tells_has_some_form(section: str, value: object, shown: str) -> None:
    found = inspected(section, value)
    facts = " ".join(f"{name} {text}" for name, text in found.facts)
    rows = " ".join(" ".join(cells) for cells in found.rows)
    assert shown in re.sub(r"\s+", " ", f"{found.unknown} {facts} {rows} {found.text}")


def test_only_so_many_lines_of_an_answer_are_shown() -> None:
    found = inspected("threads", {"count": 5000, "threads": [{"tid": number} for number in range(5000)]})
    assert (len(found.rows), found.left_out) == (MOST, 5000 - MOST)


def test_a_family_that_goes_in_circles_or_is_huge_ends_somewhere() -> None:
    machine = Cluster().machine("n", PROCESS)
    rows = [process(1, 2), process(2, 1), process(3, 3), *(process(pid, 2) for pid in range(10, 400))]
    machine.feed({PROCESS: rows})
    view = machine.node.tables["process"].view()
    found = tree("n", view, view.keys.index(("1", "77")))
    assert found is not None
    assert [one.pid for one in found.ancestors] == ["2"]
    many = tree("n", view, view.keys.index(("200", "77")))
    assert many is not None
    assert len(many.siblings) == 50
    assert any(one.here for one in many.siblings)
    assert many.more_siblings == 341
    assert tree("n", view, view.keys.index(("3", "77"))) is not None
