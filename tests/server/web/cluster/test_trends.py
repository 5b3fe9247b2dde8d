"""The last minutes of each node: sampled by the clock, and drawn with gaps where nothing was known."""

from __future__ import annotations

import numpy as np

from gobs_server.web.cluster.board import Board
from gobs_server.web.cluster.trends import DRAWN, POINTS, Trends
from tests.server.feeding import Cluster, Machine
from tests.server.tables import MEMORY, NET


def trends_of(cluster: Cluster) -> Trends:
    return Trends(Board(cluster.live, cluster.clock), cluster.clock)


def sampled(trends: Trends, machine: Machine, available: int) -> None:
    machine.feed({MEMORY: [(1000, available)]}, after=10)
    trends.sample()


def test_samples_stand_in_order_with_the_newest_last() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", MEMORY)
    trends = trends_of(cluster)
    for available in (1000, 500, 0):
        sampled(trends, machine, available)
    assert trends.drawn(["n"])[0]["memory"] == "0W_"
    assert trends.drawn(["n"])[0]["cpu"] == ""


def test_the_oldest_samples_go() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", MEMORY)
    trends = trends_of(cluster)
    for _ in range(POINTS):
        sampled(trends, machine, 0)
    sampled(trends, machine, 1000)
    assert trends.drawn(["n"])[0]["memory"] == "_" * (POINTS - 1) + "0"


def test_while_a_node_is_silent_nothing_is_known_of_it() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", MEMORY)
    trends = trends_of(cluster)
    sampled(trends, machine, 0)
    cluster.clock.move(20)
    cluster.live.age()
    trends.sample()
    sampled(trends, machine, 1000)
    assert trends.drawn(["n"])[0]["memory"] == "_.0"


def test_what_has_no_whole_is_drawn_against_its_own_highest() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", NET)
    trends = trends_of(cluster)
    for received in (0, 0, 100, 150, 150):
        machine.feed({NET: [("eth0", "physical", received)]}, after=10)
        trends.sample()
    assert trends.drawn(["n"])[0]["net_in"] == "0_W0"


def test_nodes_keep_their_samples_while_others_come_and_go() -> None:
    cluster = Cluster()
    machine = cluster.machine("n2", MEMORY)
    trends = trends_of(cluster)
    sampled(trends, machine, 0)
    cluster.machine("n1", MEMORY)
    sampled(trends, machine, 1000)
    assert [one["memory"] for one in trends.drawn(["n2", "n1", "unknown"])] == ["_0", "", ""]


def test_values_beyond_a_float_are_not_drawn_as_numbers() -> None:
    cluster = Cluster()
    cluster.machine("n", MEMORY)
    trends = trends_of(cluster)
    trends.sample()
    board = trends._board
    board.values[:] = 1e300
    trends.sample()
    assert trends.drawn(["n"]) == [dict.fromkeys(DRAWN, "")]
    board.values[:] = -5
    trends.sample()
    assert {text for one in trends.drawn(["n"]) for text in one.values()} == {"0"}
    assert np.isfinite(trends._ring).any()
