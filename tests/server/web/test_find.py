"""Search: what is found, in which order, and that it stays bounded."""

from __future__ import annotations

import html
import re

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import Table, gauge, info, key
from gobs_server.actor import Actor, answering
from gobs_server.web.find import MOST, Finder
from gobs_server.web.found import Found
from gobs_server.web.naming import named
from gobs_server.web.search import parts
from tests.server.feeding import Cluster
from tests.server.tables import CPU, CPU_ROWS, NET, PROCESS, processes
from tests.support.hostile import HOSTILE_NAMES

LINES = Table(
    "process",
    "Every process",
    [key("pid", ""), key("start", ""), info("comm", ""), info("cmdline", ""), info("state", ""), gauge("rss", "")],
)


@pytest.fixture
def big() -> Cluster:
    """Three nodes with processes of their own, and much that is the same."""
    cluster = Cluster()
    for number in range(3):
        machine = cluster.machine(f"node-{number}", LINES, CPU, NET)
        rows = [
            (str(100 * number + pid), "7", "worker", f"worker --shard {number}{pid:02}", "sleeping", 1)
            for pid in range(50)
        ]
        rows.append((str(9000 + number), "7", "nginx", "nginx: master process", "running", 1))
        for keyframe in (False, True):
            machine.feed({LINES: rows, CPU: CPU_ROWS[0], NET: [("eth0", "physical", 1)]}, after=5, keyframe=keyframe)
    return cluster


async def found(cluster: Cluster, query: str) -> list[Found]:
    answering(Actor("local", "administrator", "loopback"))
    return (await Finder(cluster.live).find(query)).found


async def test_a_process_is_found_by_name_pid_and_command_line(big: Cluster) -> None:
    for query in ("nginx", "NGINX", "ngi", "master proc", "9001"):
        assert "/nodes/node-1/processes/9001/7" in [one.path for one in await found(big, query)], query
    (only,) = await found(big, "9002")
    assert (only.kind, only.name, only.node) == ("process", "nginx", "node-2")
    assert only.more == ("pid 9002", "nginx: master process")


async def test_all_words_count_and_one_may_be_the_node(big: Cluster) -> None:
    assert [one.path for one in await found(big, "node-2 nginx")] == ["/nodes/node-2/processes/9002/7"]
    assert [one.path for one in await found(big, "worker 149")] == ["/nodes/node-1/processes/149/7"]
    assert await found(big, "node-2 nginx nowhere") == []


async def test_the_closest_comes_first(big: Cluster) -> None:
    big.machine("7", CPU).feed({CPU: CPU_ROWS[0]})
    assert (await found(big, "7"))[0].kind == "node"
    assert (await found(big, "Nodes"))[0].name == "Nodes"
    pids = [one.more[0] for one in await found(big, "12")]
    assert pids[0] == "pid 12"


async def test_what_many_rows_have_in_common_comes_after_what_says_more(big: Cluster) -> None:
    big.machine("asleep", LINES).feed({LINES: [("4", "7", "sleeping-beauty", "", "running", 1)]})
    assert (await found(big, "sleeping"))[0].name == "sleeping-beauty"


async def test_tables_and_pages_are_found_by_name(big: Cluster) -> None:
    kinds = {(one.kind, one.name) for one in await found(big, "cpu")}
    assert ("table", "cpu") in kinds
    assert (await found(big, "node-1 cpu"))[0].path == "/nodes/node-1/tables/cpu"
    assert ("page", "Plugins") in {(one.kind, one.name) for one in await found(big, "plug")}


async def test_rows_of_any_table_are_found(big: Cluster) -> None:
    found_rows = [one for one in await found(big, "eth0") if one.kind == "net"]
    assert {one.node for one in found_rows} == {"node-0", "node-1", "node-2"}
    assert found_rows[0].path == "/nodes/node-0/tables/net/row?key=eth0"


async def test_what_is_gone_is_found_no_more_and_what_is_new_at_once(big: Cluster) -> None:
    machine = big.machine("n", LINES)
    machine.feed({LINES: [("1", "7", "oldest", "", "running", 1)]})
    assert len(await found(big, "oldest")) == 1
    machine.feed({LINES: [("2", "7", "newest", "", "running", 1)]}, after=5)
    assert await found(big, "oldest") == []
    assert [one.name for one in await found(big, "newest")] == ["newest"]


async def test_before_anything_is_typed_nodes_in_trouble_come_first() -> None:
    cluster = Cluster()
    cluster.machine("a", CPU)
    cluster.clock.move(100)
    cluster.machine("b", CPU)
    cluster.live.age()
    assert [(one.name, one.more) for one in await found(cluster, " ") if one.kind == "node"] == [
        ("a", ("down",)),
        ("b", ("fresh",)),
    ]


async def test_no_more_is_shown_or_looked_at_than_people_can_read() -> None:
    cluster = Cluster()
    for number in range(60):
        cluster.machine(f"m{number}", PROCESS).feed({PROCESS: processes(100)})
    findings = await Finder(cluster.live).find("worker")
    assert len(findings.found) == MOST
    assert not findings.complete
    only = await Finder(cluster.live).find("m59 worker-99")
    assert [one.node for one in only.found] == ["m59"]
    assert only.complete


async def test_a_name_that_is_not_ascii_is_found_as_it_is_written() -> None:
    cluster = Cluster()
    cluster.machine("n", LINES).feed({LINES: [("1", "7", "Überwachung", "東京 🙂", "running", 1)]})
    for query in ("Überw", "東京", "🙂"):
        assert len(await found(cluster, query)) == 1, query


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_a_hostile_name_is_found_and_is_text(name: str, client: Client, cluster: Cluster) -> None:
    cluster.machine("n", PROCESS).feed({PROCESS: [("1", "77", name[:1000], 1, 1)]})
    response = await client.get("/fragments/find", query_string={"q": name[:40]})
    page = await response.get_data(as_text=True)
    assert not re.findall(r"<(?!/?(?:a|span|bdi|mark|p)\b)", page)
    assert set(re.findall(r' href="(.*?)"', page)) <= {"/nodes/n/processes/1/77", "/nodes/n", "/", "/plugins"}


async def test_what_was_typed_is_marked_and_long_texts_are_cut_around_it(client: Client, cluster: Cluster) -> None:
    cluster.machine("n", LINES).feed(
        {LINES: [("1", "7", "java", "/usr/bin/java " + "-Dx=y " * 60 + "org.Main <b>", "", 1)]}
    )
    page = await (await client.get("/fragments/find?q=ORG.main")).get_data(as_text=True)
    assert "<mark>org.Main</mark> &lt;b&gt;" in page
    assert "…" in page
    assert len(page) < 1500


@pytest.mark.parametrize("query", ["", "   ", "%00", "%FF%FE", "x" * 5000, "a " * 3000, "\\", "(", "[a-z]*"])
async def test_any_query_is_answered(query: str, client: Client, cluster: Cluster) -> None:
    cluster.machine("n", PROCESS).feed({PROCESS: processes(3)})
    response = await client.get("/fragments/find", query_string={"q": query})
    assert response.status_code == 200


async def test_nothing_found_says_what_can_be_looked_for(client: Client) -> None:
    page = html.unescape(await (await client.get("/fragments/find?q=zzz")).get_data(as_text=True))
    assert "Nothing holds “zzz”" in page


def test_a_text_is_cut_where_it_matches() -> None:
    pattern = re.compile("(b)")
    assert [(part.text, part.marked) for part in parts("abc", pattern)] == [("a", False), ("b", True), ("c", False)]
    assert [(part.text, part.marked) for part in parts("\x1b", pattern)] == [("\\x1b", False)]


def test_a_row_is_called_by_its_name_and_told_by_where_it_is() -> None:
    table = Table("pod", "", [key("workload", ""), *(info(name, "") for name in ("kind", "namespace", "name", "pod"))])
    uid = "d590954f-ec95-4c19-af67-820ed97f4697"
    assert named(table, (uid,), ("pod", "shop", "web-1", None)) == ("web-1", ("shop", "pod", f"workload {uid}"))
    assert named(table, ("sshd.service",), ("unit", None, None, None)) == ("sshd.service", ("unit",))
    assert named(LINES, ("42", "7"), ("nginx", "nginx: master", "running")) == ("nginx", ("pid 42", "nginx: master"))
