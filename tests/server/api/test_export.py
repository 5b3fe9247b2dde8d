"""What Prometheus scrapes of all nodes: by the names an agent has too, and nothing that is old or private."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import Metric
from quart.typing import TestClientProtocol as Client

from gobs_core import Reading, Table, Unit, counter, gauge, info, key
from gobs_core.exposition import Exposition, Families
from gobs_core.exposition.rows import expose
from gobs_server.api.export import exposition, newest
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS
from tests.support.exposed import read_openmetrics

OPEN = {"Accept": "application/openmetrics-text"}


def told(families: Iterable[Metric]) -> dict[str, object]:
    return {
        one.name: (one.type, one.unit, one.documentation, [(s.name, s.labels, s.value) for s in one.samples])
        for one in families
    }


async def scrape(client: Client, query: str = "") -> dict[str, Metric]:
    response = await client.get(f"/metrics/nodes{query}", headers=OPEN)
    assert response.status_code == 200
    assert response.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return {family.name: family for family in read_openmetrics(await response.get_data(as_text=True))}


async def test_all_nodes_are_scraped_at_once_with_rows_of_processes_only_when_named(
    cluster: Cluster, client: Client
) -> None:
    other = cluster.machine("node-2", CPU)
    other.feed({CPU: CPU_ROWS[1]})
    found = await scrape(client)
    samples = found["gobs_cpu_user_seconds"].samples
    assert {sample.labels["node"] for sample in samples} == {"node-1", "node-2"}
    assert {(s.labels["node"], s.labels["cpu"]): s.value for s in samples}["node-1", "0"] == 3.5
    assert found["gobs_memory_used_percent"].samples[0].labels == {"node": "node-1"}
    assert not [name for name in found if name.startswith("gobs_process")]
    assert {name for name in await scrape(client, "?table=process") if "left_out" not in name} >= {
        "gobs_process",
        "gobs_process_rss_bytes",
    }
    one = await scrape(client, "?node=node-2&table=cpu&table=memory")
    assert {sample.labels["node"] for family in one.values() for sample in family.samples if sample.labels} == {
        "node-2"
    }


async def test_a_node_that_is_not_fresh_is_not_there(cluster: Cluster, machine: Machine, client: Client) -> None:
    cluster.clock.move(30)
    cluster.live.age()
    assert set(await scrape(client)) == {"gobs_export_left_out_rows"}


async def test_classic_text_is_for_who_asks_for_nothing_else(client: Client) -> None:
    response = await client.get("/metrics/nodes")
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE gobs_cpu_user_seconds_total counter\n" in await response.get_data(as_text=True)


def test_server_and_agent_say_the_same_by_the_same_names() -> None:
    cluster = Cluster()
    cluster.machine("n", CPU, MEMORY).feed({CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS})
    out = Exposition("openmetrics", series=1000, rows=100)
    readings = [Reading(CPU, tuple(CPU_ROWS[0]), 0), Reading(MEMORY, tuple(MEMORY_ROWS), 0)]
    expose(out, "n", readings, Families([CPU, MEMORY]))
    of_agent = read_openmetrics(out.text().decode())
    of_server = read_openmetrics(exposition(newest(cluster.live, frozenset(), frozenset()), "openmetrics").decode())
    assert told(of_agent) == told(of_server)


def test_agents_that_declare_a_table_differently_share_what_means_the_same() -> None:
    cluster = Cluster()
    old = Table("t", "T", [key("k", "K"), counter("reads", "Reads"), gauge("size", "Size", Unit.BYTES)])
    new = Table(
        "t", "T", [key("k", "K"), gauge("size", "Size", Unit.SECONDS), counter("reads", "Reads"), info("i", "I")]
    )
    cluster.machine("a", old).feed({old: [("x", 1, 2.0)]})
    cluster.machine("b", new).feed({new: [("x", 4.0, 3, "text")]})
    text = exposition(newest(cluster.live, frozenset(), frozenset()), "openmetrics").decode()
    found = {family.name: [(s.labels["node"], s.value) for s in family.samples] for family in read_openmetrics(text)
             if family.name.startswith("gobs_t")}  # fmt: skip
    assert found == {"gobs_t_reads": [("a", 1.0), ("b", 3.0)], "gobs_t_size_bytes": [("a", 2.0)]}


def test_texts_of_private_columns_are_nowhere() -> None:
    cluster = Cluster()
    table = Table("t", "T", [key("k", "K"), gauge("v", "V"), info("i", "I"), info("p", "P", private=True)])
    cluster.machine("a", table).feed({table: [("x", 1.0, "seen", "hidden")]})
    text = exposition(newest(cluster.live, frozenset(), frozenset()), "prometheus").decode()
    assert 'gobs_t_info{node="a",k="x",i="seen"} 1\n' in text
    assert "hidden" not in text


def test_one_answer_holds_no_more_than_there_is_room_for() -> None:
    cluster = Cluster()
    cluster.machine("a", CPU).feed({CPU: [(str(n), n) for n in range(50)]})
    parts = newest(cluster.live, frozenset(), frozenset())
    text = exposition(parts, "openmetrics", series=1000, rows=20).decode()
    assert text.count("gobs_cpu_user_seconds_total{") == 20
    assert 'gobs_export_left_out_rows{node="a",table="cpu"} 30' in text
