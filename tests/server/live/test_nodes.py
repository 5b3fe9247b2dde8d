"""Nodes: fresh, stale, down, and back; what raises the version; what readers wait for."""

from __future__ import annotations

import asyncio

import pytest

from gobs_core import PluginState, Table, counter, key
from gobs_server.live import Live, Node
from gobs_server.tables import RunState, schemas_from
from tests.server.feeding import START, Cluster, HeldClock
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS
from tests.support.frames import Sender, hello_of

TABLE = Table("t", "", (key("k", ""), counter("c", "")))


def connect(live: Live, name: str = "n1", *, interval: float = 1.0, run: str = "run-1") -> Node:
    return live.connect(name, agent_version="1", protocol=1, boot_id="b", run=run, interval=interval, skew=0.0)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def live(clock: HeldClock) -> Live:
    return Live(clock, stale=10, down=60)


def states(live: Live, clock: HeldClock, *, until: int) -> dict[int, str]:
    """Second -> the state a node changed to."""
    node = live.nodes()[0]
    began, last = clock.now, ""
    changes: dict[int, str] = {}
    for second in range(until):
        clock.now = began + second
        live.age()
        if node.state != last:
            last = changes[second] = node.state
    return changes


def test_a_silent_node_becomes_stale_then_down_and_never_vanishes(live: Live, clock: HeldClock) -> None:
    connect(live)
    assert states(live, clock, until=500) == {0: "fresh", 10: "stale", 60: "down"}
    assert [node.name for node in live.nodes()] == ["n1"]


def test_a_node_with_a_long_interval_is_given_two_of_them(live: Live, clock: HeldClock) -> None:
    connect(live, interval=30)
    assert states(live, clock, until=500) == {0: "fresh", 60: "stale", 110: "down"}


def test_a_node_heard_of_again_is_fresh_at_once(live: Live, clock: HeldClock) -> None:
    node = connect(live)
    clock.now += 70
    live.age()
    assert (node.state, node.state_since) == ("down", START + 70)
    clock.now += 5
    live.heard(node)
    assert (node.state, node.state_since, node.last_seen) == ("fresh", START + 75, START + 75)


def test_a_connection_that_ends_makes_no_node_stale_by_itself(live: Live) -> None:
    node = connect(live)
    live.disconnect(node)
    live.age()
    assert (node.state, node.connected) == ("fresh", False)


def test_a_node_remembered_from_before_is_down_until_it_is_heard_of(live: Live, clock: HeldClock) -> None:
    live.remember("old", first_seen=1.0, last_seen=2.0, agent_version="0.9", boot_id="b")
    live.age()
    node = live.node("old")
    assert node is not None
    assert (node.state, node.first_seen, node.last_seen, node.agent_version) == ("down", 1.0, 2.0, "0.9")
    assert connect(live, "old") is node
    assert (node.state, node.first_seen) == ("fresh", 1.0)


def test_what_is_remembered_late_does_not_touch_a_node_that_is_live(live: Live) -> None:
    node = connect(live)
    live.remember("n1", first_seen=1.0, last_seen=2.0)
    assert (node.state, node.connected) == ("fresh", True)


def test_nodes_come_by_name(live: Live) -> None:
    for name in ("b", "a", "c"):
        connect(live, name)
    assert [node.name for node in live.nodes()] == ["a", "b", "c"]


def test_every_change_raises_the_version_and_nothing_else_does(live: Live, clock: HeldClock) -> None:
    seen = [live.version]

    def raised() -> bool:
        seen.append(live.version)
        return seen[-1] > seen[-2]

    node = connect(live)
    assert raised()
    live.age()
    assert not raised()
    live.set_plugins(node, (PluginState(kind="collector", name="cpu"),))
    assert raised()
    live.set_plugins(node, (PluginState(kind="collector", name="cpu"),))
    assert not raised()
    live.set_notes(node, ("note",))
    assert raised()
    clock.now += 11
    live.age()
    assert raised()
    live.drop(node, "why")
    assert raised()
    assert node.version == live.version
    assert node.dropped == {"why": 1}


async def test_a_reader_waits_for_the_next_version(live: Live) -> None:
    before = live.version
    assert await live.wait(before, timeout=0.01) == before
    waiting = [asyncio.create_task(live.wait(before, timeout=30)) for _ in range(3)]
    await asyncio.sleep(0)
    connect(live)
    assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [live.version] * 3
    assert await live.wait(before, timeout=30) == live.version


def test_tables_are_those_of_the_newest_run(live: Live, clock: HeldClock) -> None:
    other = Table("other", "", (key("k", ""), counter("c", "")))
    node = connect(live)
    for table, run in ((TABLE, "run-1"), (other, "run-2")):
        connect(live, run=run)
        state = RunState(schemas_from(hello_of(table)))
        changed = state.apply([Sender(table).frame({("a",): (1,)})])
        live.take(node, state, changed, 0.0)
    assert list(node.tables) == ["other"]
    assert node.frames == 2


def test_a_view_is_made_once_per_version(live: Live) -> None:
    node = connect(live)
    sender, state = Sender(TABLE), RunState(schemas_from(hello_of(TABLE)))
    live.take(node, state, state.apply([sender.frame({("a",): (1,)})]), 500.0)
    table = node.tables["t"]
    first = table.view()
    assert table.view() is first
    assert (table.rows, table.interval, table.version) == (1, 1.0, live.version)
    assert table.read_at == 500.0 + sender.monotonic_ns / 1e9
    live.take(node, state, state.apply([sender.frame({("a",): (3,)})]), 500.0)
    assert table.view() is not first
    assert table.view().rates["c"].tolist() == [2.0]


def test_a_node_that_is_down_for_long_loses_its_tables_and_later_is_forgotten(clock: HeldClock) -> None:
    live = Live(clock, stale=10, down=60, forget=1000, keep_tables=100)
    gone, here = connect(live, "gone"), connect(live, "here")
    state = RunState(schemas_from(hello_of(TABLE)))
    live.take(gone, state, state.apply([Sender(TABLE).frame({("a",): (1,)})]), 0.0)
    live.disconnect(gone)

    def after(seconds: float) -> list[str]:
        clock.move(seconds)
        live.heard(here)
        live.age()
        return live.expire()

    assert after(60) == []
    assert after(99) == []
    assert list(gone.tables) == ["t"]
    version = live.version
    assert after(1) == ["gone"]
    assert (gone.tables, gone.state) == ({}, "down")
    assert live.version > version
    assert after(899) == []
    assert after(1) == ["gone"]
    assert [node.name for node in live.nodes()] == ["here"]
    assert connect(live, "gone") is not gone


def test_a_node_whose_stream_is_up_is_not_forgotten_however_silent(clock: HeldClock) -> None:
    live = Live(clock, forget=1000)
    connect(live)
    for _ in range(3):
        clock.move(5000)
        live.age()
        assert live.expire() == []


def test_what_the_database_knows_from_long_ago_is_given_an_hour(clock: HeldClock) -> None:
    live = Live(clock, forget=86_400)
    live.remember("old", first_seen=1.0, last_seen=START - 100 * 86_400)
    live.remember("recent", first_seen=1.0, last_seen=START - 3600)
    clock.move(3599)
    assert live.expire() == []
    clock.move(1)
    assert live.expire() == ["old"]
    clock.move(86_400 - 2 * 3600)
    assert live.expire() == ["recent"]


def test_there_is_room_for_so_many_names_and_for_those_known_always(clock: HeldClock) -> None:
    live = Live(clock, most=2)
    connect(live, "a")
    live.remember("b", first_seen=1.0, last_seen=2.0)
    live.remember("c", first_seen=1.0, last_seen=2.0)
    assert [node.name for node in live.nodes()] == ["a", "b"]
    assert (live.has_room("b"), live.has_room("c")) == (True, False)


def test_a_node_that_connects_before_the_database_is_read_keeps_when_it_was_first_seen(live: Live) -> None:
    node = connect(live)
    live.remember("n1", first_seen=1.0, last_seen=2.0)
    assert (node.first_seen, node.last_seen) == (1.0, START)


def test_whoever_observes_is_told_of_each_frame_and_of_the_tables_it_brought() -> None:
    cluster = Cluster()
    told: list[tuple[str, list[str]]] = []
    cluster.live.observer = lambda node, tables: told.append((node.name, sorted(tables)))
    machine = cluster.machine("one", CPU, MEMORY)
    machine.feed({CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS})
    machine.feed({CPU: CPU_ROWS[1]}, after=5)
    assert told == [("one", ["cpu", "memory"]), ("one", ["cpu"])]
