"""What a rule means: nodes, pods and rows by glob and label, and figures under names that people know."""

from __future__ import annotations

from typing import Any

import pytest

from gobs_core import RowValues, Table
from gobs_server.alerts.judging.events import Fired
from tests.server.alerts.rig import BOX, Rig, rule
from tests.server.feeding import Cluster
from tests.server.pods import TABLES, pod, process, rows
from tests.server.tables import CPU, MEMORY, NET

GIB = 1 << 30


def fired(rig: Rig) -> list[tuple[str, str, float]]:
    """Node, the last part of the key and the value of what fired, in order."""
    found = [event for event in rig.events if isinstance(event, Fired)]
    return [(one.lane.node, one.lane.key[-1] if one.lane.key else "", round(one.value, 6)) for one in found]


def pods(rig: Rig, *some: RowValues, name: str = "n1") -> None:
    """A frame of a node with these pods."""
    rig.cluster.machine(name, *TABLES).feed(rows(list(some), [], []))
    rig.drain()


WEB: dict[str, Any] = {"owner": "Deployment/web", "labels": "app=web,tier=front"}
DB: dict[str, Any] = {"owner": "StatefulSet/db", "labels": "app=db"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"u1", "u2", "u3"}),
        ({"namespace": "shop"}, {"u1", "u2"}),
        ({"namespace": ["*", "!shop"]}, {"u3"}),
        ({"owner": "Deployment/*"}, {"u1", "u3"}),
        ({"pod": "web-*"}, {"u1", "u3"}),
        ({"pod": ["db-0", "web-9"]}, {"u2", "u3"}),
        ({"labels": {"app": "w*"}}, {"u1", "u3"}),
        ({"labels": {"tier": "*"}, "namespace": "shop"}, {"u1"}),
        ({"labels": {"absent": "*"}}, set()),
        ({"where": {"workload": "u[12]"}}, {"u1", "u2"}),
        ({"where": {"qos": "Burstable"}, "pod": "db*"}, {"u2"}),
        ({"node": "n[0-9]"}, {"u1", "u2", "u3"}),
        ({"node": ["*", "!n1"]}, set()),
    ],
)
def test_pods_are_meant_by_glob_and_label(asked: dict[str, Any], expected: set[str]) -> None:
    rig = Rig(rule(target="pod", metric="pod.memory_rss", threshold=1.0, **asked))
    pods(
        rig,
        pod("u1", "web-1", memory_rss=5, **WEB),
        pod("u2", "db-0", memory_rss=5, **DB),
        pod("u3", "web-9", "stage", memory_rss=5, **{**WEB, "labels": "app=web"}),
    )
    assert {key for _, key, _ in fired(rig)} == expected


def test_a_rollout_renames_pods_and_the_rule_goes_on() -> None:
    rig = Rig(rule(target="pod", namespace="shop", owner="Deployment/web", metric="pod.memory_rss", threshold=10.0))
    machine = rig.cluster.machine("n1", *TABLES)
    for uid, name in (("u1", "web-5d4f-aaaaa"), ("u2", "web-77c9-bbbbb")):
        machine.feed(rows([pod(uid, name, memory_rss=50, **WEB)], [], []), after=5)
    rig.drain()
    assert [(lane.key, what) for lane, _, what in rig.told] == [
        (("u1",), "fired"),
        (("u1",), "gone"),
        (("u2",), "fired"),
    ]


def test_memory_of_a_pod_is_of_its_limit_or_of_the_node_where_it_has_none() -> None:
    rig = Rig(rule(target="pod", metric="memory", threshold=1.0))
    limited = pod("u1", "web-1", memory_working_set=GIB, memory_limit=4 * GIB)
    free = pod("u2", "web-2", memory_working_set=GIB)
    machine = rig.cluster.machine("n1", *TABLES, MEMORY)
    machine.feed({**rows([limited, free], [], []), MEMORY: [(16 << 20, 1 << 20)]})
    machine.feed({**rows([limited, free], [], []), MEMORY: [(16 << 20, 1 << 20)]}, after=5)
    rig.drain()
    assert sorted(fired(rig)) == [("n1", "u1", 25.0), ("n1", "u2", 6.25)]


def test_cpu_of_a_pod_is_of_one_core_and_network_is_both_ways() -> None:
    busy, talks = (
        rule("busy", target="pod", metric="cpu", threshold=100.0),
        rule("talks", target="pod", metric="network"),
    )
    rig = Rig(busy, talks)
    machine = rig.cluster.machine("n1", *TABLES)
    for seconds in (0, 5):
        used: dict[str, Any] = {"cpu_user": int(1.5e6 * seconds), "cpu_system": 0}
        sent: dict[str, Any] = {"receive_bytes": 100 * seconds, "transmit_bytes": 20 * seconds}
        machine.feed(rows([pod("u1", "web-1", **used, **sent)], [], []), after=seconds)
    rig.drain()
    assert sorted(fired(rig)) == [("n1", "u1", 120.0), ("n1", "u1", 150.0)]


def test_figures_of_a_node_are_those_of_its_totals() -> None:
    asked = {"cpu": 50.0, "memory": 20.0, "network_receive": 10.0}
    rig = Rig(*(rule(name, target="node", metric=name, threshold=limit) for name, limit in asked.items()))
    machine = rig.cluster.machine("n1", CPU, MEMORY, NET)
    for seconds in (0, 5):
        net: list[RowValues] = [("eth0", "physical", 100 * seconds), ("lo", "loopback", 10**6 * seconds)]
        cpu: list[RowValues] = [("0", 90 * seconds), ("all", 60 * seconds)]
        machine.feed({CPU: cpu, MEMORY: [(16_000, 12_000)], NET: net}, after=seconds)
    rig.drain()
    found = {event.lane.rule: event.value for event in rig.events if isinstance(event, Fired)}
    assert found == {"cpu": pytest.approx(60.0), "memory": pytest.approx(25.0), "network_receive": pytest.approx(100.0)}


def test_a_table_nobody_here_knows_is_judged_by_row_with_counters_as_rates() -> None:
    turning = rule("turning", metric="box.turns", threshold=3.0, where={"name": "a*"})
    level = rule("turned", metric="box.turns", threshold=150.0, value="level", where={"name": "a*"})
    rig = Rig(turning, level)
    machine = rig.machine()
    for turns in (100, 120, 160):
        machine.feed({BOX: [("a1", "shop", "", 1.0, turns), ("b1", "shop", "", 1.0, 9 * turns)]}, after=5)
    rig.drain()
    found = [(event.lane.rule, event.lane.key, event.value) for event in rig.events if isinstance(event, Fired)]
    assert found == [("turning", ("a1",), 4.0), ("turned", ("a1",), 160.0)]


def test_a_process_is_meant_by_its_pod() -> None:
    rig = Rig(rule(metric="process.vm_rss", threshold=1000.0, where={"comm": "proc-*", "workload": "u1"}))
    machine = rig.cluster.machine("n1", *TABLES)
    mine, other = process(1, "u1", vm_rss=5), process(2, "u2", vm_rss=5)
    machine.feed(rows([], [], [mine, other]))
    rig.drain()
    assert [event.lane.key for event in rig.events if isinstance(event, Fired)] == [("1", "77")]


def test_labels_may_be_json_too() -> None:
    table = Table("pod", BOX.help, BOX.columns)
    rig = Rig(rule(target="pod", metric="pod.size", labels={"app": "we*"}), cluster=Cluster())
    rig.cluster.machine("n1", table).feed(
        {table: [("u1", "shop", '{"app": "web"}', 60.0, 0), ("u2", "", "no", 60.0, 0)]}
    )
    rig.drain()
    assert [key for _, key, _ in fired(rig)] == ["u1"]
