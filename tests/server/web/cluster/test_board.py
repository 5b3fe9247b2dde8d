"""The headlines of all nodes at once are those of each, and made again only for nodes that changed."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from gobs_core import Table, Unit, gauge
from gobs_server.web.cluster.board import CPUS, Board
from gobs_server.web.headlines import HEADLINES, PLACES
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, NET


def board_of(cluster: Cluster) -> Board:
    board = Board(cluster.live, cluster.clock)
    board.refresh()
    return board


def node(cluster: Cluster, name: str) -> Machine:
    machine = cluster.machine(name, CPU, MEMORY, NET)
    for step in (0, 1):
        machine.feed(
            {
                CPU: CPU_ROWS[step],
                MEMORY: MEMORY_ROWS,
                NET: [("eth0", "physical", step << 20), ("lo", "x", step << 30)],
            },
            after=5,
        )
    return machine


def value(board: Board, name: str, line: int = 0) -> float:
    return float(board.values[line, PLACES[name]])


def test_a_line_holds_the_totals_of_its_node() -> None:
    cluster = Cluster()
    node(cluster, "n")
    board = board_of(cluster)
    assert value(board, "cpu") == 50.0
    assert value(board, "memory") == 25.0
    assert value(board, "net_in") == pytest.approx((1 << 20) / 5)
    assert board.values[0, CPUS] == 1
    for name in ("disk_read", "load", "io_pressure", "user", "memory_used"):
        assert np.isnan(value(board, name)), name


def test_only_nodes_that_changed_are_computed_again() -> None:
    cluster = Cluster()
    first, second = node(cluster, "a"), node(cluster, "b")
    board = board_of(cluster)
    board.values[:, PLACES["tasks"]] = 7
    second.feed({CPU: [("0", 900), ("all", 900)]}, after=5)
    board.refresh()
    assert value(board, "tasks", 0) == 7
    assert np.isnan(value(board, "tasks", 1))
    assert value(board, "cpu", 1) == 100.0
    assert board.versions([first.node, second.node]) == [first.node.version, second.node.version]


def test_nodes_that_come_and_go_leave_the_others_as_they_were() -> None:
    cluster = Cluster()
    node(cluster, "n10")
    board = board_of(cluster)
    board.values[:, PLACES["tasks"]] = 7
    node(cluster, "n2")
    board.refresh()
    assert [one.name for one in board.nodes] == ["n2", "n10"]
    assert value(board, "tasks", 1) == 7
    gone, kept = board.nodes
    del cluster.live._nodes["n2"]
    cluster.live._by_name = None
    cluster.live.set_notes(kept, ("changed",))
    board.refresh()
    assert board.nodes == [kept]
    assert board.lines([gone, kept])[0] == pytest.approx([nan] * (CPUS + 1), nan_ok=True)
    assert board.versions([gone]) == [-1]
    assert board.generation == 3


def test_a_table_that_is_read_no_more_tells_nothing() -> None:
    cluster = Cluster()
    machine = node(cluster, "n")
    for _ in range(8):
        machine.feed({MEMORY: MEMORY_ROWS}, after=5)
    board = board_of(cluster)
    assert np.isnan(value(board, "cpu"))
    assert value(board, "memory") == 25.0


def test_a_column_that_only_sounds_like_a_headline_is_not_taken_for_it() -> None:
    cluster = Cluster()
    other = Table("memory", "Another plugin's", [gauge("used_percent", "Of something", Unit.CELSIUS)])
    cluster.machine("n", other).feed({other: [(40.0,)]})
    assert np.isnan(value(board_of(cluster), "memory"))


def test_of_many_nodes_what_is_shown_may_be_a_moment_old_and_no_more() -> None:
    cluster = Cluster()
    machines = [cluster.machine(f"n{number}", MEMORY) for number in range(100)]
    board = board_of(cluster)
    machines[0].feed({MEMORY: MEMORY_ROWS})
    board.refresh()
    assert np.isnan(value(board, "memory"))
    cluster.clock.move(0.5)
    board.refresh()
    assert value(board, "memory") == 25.0
    machines[1].feed({MEMORY: MEMORY_ROWS})
    board.refresh(now=True)
    assert value(board, "memory", 1) == 25.0


def test_every_headline_is_of_a_column_that_is_collected() -> None:
    from scripts.docs.builtin import tables

    declared = {one.table.name: one.table for one in tables()}
    for headline in HEADLINES:
        column = declared[headline.table].column(headline.column)
        assert (column.unit, column.kind == "counter") == (headline.unit, headline.rate), headline.name
