"""Lines: many cells through time at once, as a slow model has them, whatever segments they lie in."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings

from gobs_core import Column, Frame, Kind, Table, counter, gauge, info, key
from gobs_server.history import Lines, TooMuch, Wanted
from gobs_server.history.lines import joined
from tests.server.feeding import START, Cluster
from tests.server.history.test_past import OFFSET, Reading, Run
from tests.server.tables import CPU, MEMORY, NET, PROCESS
from tests.sinks.histories import KEYS, TABLES, histories

ROWS = {"mixed": KEYS, "alone": ((),), "real": (("a",), ("b",))}
WANTED = [
    Wanted(table.name, column.name, row, rate)
    for table in TABLES
    for column in table.cells
    if column.numeric
    for row in (*ROWS[table.name], None)
    for rate in ((False, True) if column.kind is Kind.COUNTER else (False,))
]


def told(reading: Reading, one: Wanted, table: Table, column: Column) -> tuple[float, float]:
    """What a slow model says of one cell, or of a sum; and how large the numbers are it was made from."""
    if one.rate:
        place = [c.name for c in table.cells if c.kind is Kind.COUNTER].index(column.name)
        values = {row: rates[place] for row, rates in reading.rates.items()}
    else:
        place = [c.name for c in table.cells].index(column.name)
        values = {row: cells[place] for row, cells in reading.rows.items()}  # type: ignore[misc]
    known = [float(value) for row, value in values.items() if value is not None and one.key in (None, row)]
    total = sum(known) if known else math.nan
    return (total if math.isfinite(total) else math.nan), sum(map(abs, known))


@settings(max_examples=40)
@given(histories())
def test_every_line_and_every_total_is_what_a_slow_model_says(frames: list[tuple[Frame, bool]]) -> None:
    run = Run(frames)
    run.live(run.encoded)
    lines = run.history.past("n").lines(WANTED, 0, 1e12)
    for place, table in enumerate(TABLES):
        truth = {found[place].read_ns: found[place] for found in run.truth.frames if place in found}
        mine = [one for one in WANTED if one.table == table.name]
        times, values = lines[table.name]
        assert list(times) == sorted(times)
        read = {round((time - OFFSET) * 1e6): at for at, time in enumerate(times)}
        seen = [ns for ns, reading in truth.items() if reading.rows]
        assert {round(ns / 1e3) for ns in seen} <= read.keys()
        for one, line in zip(mine, values, strict=True):
            for ns in seen:
                expected, size = told(truth[ns], one, table, table.column(one.column))
                found = line[read[round(ns / 1e3)]]
                assert np.isnan(found) == np.isnan(expected), (one, ns)
                assert np.isnan(found) or abs(found - expected) <= 1e-9 * size, (one, ns)


def fed(count: int = 40) -> Cluster:
    cluster = Cluster()
    machine = cluster.machine("n", CPU, MEMORY, NET, PROCESS)
    for at in range(count):
        machine.feed(
            {
                CPU: [("0", at * 100), ("all", at * 200)],
                MEMORY: [(1000, 1000 - at)],
                NET: [("eth0", "physical", at * 10), ("eth1", "physical", at * 20), ("lo", "loopback", at * 9999)],
                PROCESS: [(str(pid), "1", "x", pid, at * pid) for pid in range(1, 4)],
            },
            after=5,
        )
    return cluster


def test_several_tables_are_read_in_one_pass_each_with_its_own_times() -> None:
    cluster = fed()
    now = cluster.clock.now
    wanted = [
        Wanted("cpu", "busy", ("all",), rate=False),
        Wanted("memory", "used_percent", (), rate=False),
        Wanted("cpu", "user", ("0",), rate=True),
    ]
    lines = cluster.history.past("n").lines(wanted, now - 50, now)
    assert list(lines) == ["cpu", "memory"]
    assert [len(line) for line in lines["cpu"].values] == [11, 11]
    assert lines["cpu"].values[0].tolist() == pytest.approx([40.0] * 11)
    assert lines["cpu"].values[1].tolist() == pytest.approx([0.2] * 11)
    assert lines["memory"].values[0].tolist() == pytest.approx([at / 10 for at in range(29, 40)])


def test_a_total_counts_the_rows_a_table_counts() -> None:
    cluster = fed()
    wanted = [Wanted("net", "receive_bytes", None, rate=True), Wanted("cpu", "busy", None, rate=False)]
    lines = cluster.history.past("n").lines(wanted, START, START + 1e6)
    assert lines["net"].values[0][1:].tolist() == pytest.approx([6.0] * 39)
    assert lines["cpu"].values[0][1:].tolist() == pytest.approx([40.0] * 39)


def test_a_total_follows_what_an_interface_is_said_to_be() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", NET)
    for at, kind in enumerate(("virtual", "virtual", "physical", "physical", "virtual")):
        machine.feed({NET: [("eth0", "physical", at * 10), ("eth1", kind, at * 1000)]}, after=5)
    (_, values) = cluster.history.past("n").lines([Wanted("net", "receive_bytes", None, True)], START, 1e12)["net"]
    # Of the row that is counted anew there is no earlier reading that was: its rate is known at the next.
    assert values[0].tolist() == pytest.approx([np.nan, 2, 2, 202, 2], nan_ok=True)


def test_a_line_that_goes_on_is_the_same_as_one_read_at_once() -> None:
    cluster = fed()
    past, now = cluster.history.past("n"), cluster.clock.now
    wanted = [Wanted("cpu", "user", ("0",), rate=True), Wanted("net", "receive_bytes", None, rate=True)]
    whole = past.lines(wanted, START, now)
    for since in range(int(START) + 10, int(now), 5):
        tail = past.lines(wanted, since - 1, now)
        for name, (times, values) in tail.items():
            first = np.flatnonzero(whole[name].times >= since - 1)[0]
            assert times.tolist() == whole[name].times[first:].tolist()
            assert values[0].tolist() == whole[name].values[0][first:].tolist()


def test_a_past_taken_for_reading_is_not_changed_by_what_comes() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", MEMORY)
    machine.feed({MEMORY: [(10, 1)]}, after=5)
    past = cluster.history.past("n")
    for _ in range(30):
        machine.feed({MEMORY: [(10, 2)]}, after=5)
    cluster.history.end("n", machine.node.run)
    cluster.clock.move(1e6)
    cluster.history.expire()
    wanted = [Wanted("memory", "total", (), rate=False)]
    assert len(past.lines(wanted, 0, 1e12)["memory"].times) == 1
    assert past.span() == pytest.approx((START + 5, START + 5))
    assert cluster.history.past("n").span() is None
    assert cluster.history.past("n").lines(wanted, 0, 1e12)["memory"].times.tolist() == []
    assert past.at("memory", START + 6) is not None


def test_it_is_read_in_threads_while_frames_come() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", MEMORY, PROCESS)
    wanted = [Wanted("memory", "available", (), rate=False), Wanted("process", "rss", ("2", "1"), rate=False)]
    faults: list[str] = []
    counts: list[int] = []
    ended = threading.Event()
    pasts = [cluster.history.past("n")]

    def read() -> None:
        while not ended.is_set():
            times, values = pasts[-1].lines(wanted, 0, 1e12)["memory"]
            counts.append(len(times))
            if values[0].tolist() != [1024.0 * (at + 1) for at in range(len(times))]:
                faults.append(f"{len(times)}: {values[0].tolist()}")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for at in range(150):
        machine.feed({MEMORY: [(10, at + 1)], PROCESS: [("2", "1", "x", at, at)]}, after=5, keyframe=at % 20 == 0)
        pasts.append(cluster.history.past("n"))
    ended.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert counts


def test_a_run_whose_table_lacks_a_column_is_a_gap_of_that_line_alone() -> None:
    old = Table("t", "", [key("k", ""), gauge("a", "")])
    new = Table("t", "", [key("k", ""), gauge("a", ""), counter("b", ""), info("c", "")])
    cluster = Cluster()
    first = cluster.machine("n", old)
    first.feed({old: [("x", 1)]}, after=5)
    cluster.history.end("n", first.node.run)
    second = cluster.machine("n", new, run="another")
    for at in range(2):
        second.feed({new: [("x", 2, at * 5, "")]}, after=5)
    past = cluster.history.past("n")
    wanted = [Wanted("t", "a", ("x",), rate=False), Wanted("t", "b", ("x",), rate=True)]
    times, values = past.lines(wanted, 0, 1e12)["t"]
    assert times.tolist() == pytest.approx([START + 5, START + 7.5, START + 10, START + 15])
    assert values[0].tolist() == pytest.approx([1, np.nan, 2, 2], nan_ok=True)
    assert values[1].tolist() == pytest.approx([np.nan, np.nan, np.nan, 1], nan_ok=True)
    with pytest.raises(KeyError):
        past.lines([Wanted("t", "c", ("x",), rate=False)], 0, 1e12)


def test_lines_whose_clock_was_set_back_are_in_order_of_time() -> None:
    early = Lines(np.array([1.0, 2.0, 3.0]), [np.array([1.0, 2.0, 3.0])])
    late = Lines(np.array([2.5, 4.0]), [np.array([10.0, 20.0])])
    times, values = joined([late, early], 1)
    assert times.tolist() == [1.0, 2.0, 2.5, 2.75, 3.0, 4.0]
    assert values[0].tolist() == pytest.approx([1.0, 2.0, 10.0, np.nan, 3.0, 20.0], nan_ok=True)


@pytest.mark.parametrize("key", [None, ("2", "1")])
def test_what_would_take_too_much_memory_is_refused_in_words(key: tuple[str, ...] | None) -> None:
    past = fed(40).history.past("n")
    wanted = [Wanted("process", "rss", key, rate=False)]
    assert len(past.lines(wanted, 0, 1e12, most=500)["process"].times) == 40
    with pytest.raises(TooMuch, match="ask for a shorter time"):
        past.lines(wanted, 0, 1e12, most=30)


def test_rows_that_come_and_go_count_even_where_few_are_there_at_once() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", PROCESS)
    for at in range(100):
        machine.feed({PROCESS: [(str(at), "1", None, at, at)]}, after=5)
    with pytest.raises(TooMuch, match="100 rows of table 'process' in 100 readings"):
        cluster.history.past("n").lines([Wanted("process", "rss", None, rate=False)], 0, 1e12, most=5000)


def test_the_last_values_of_a_row_that_has_gone_are_found() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", MEMORY, PROCESS)
    for at in range(60):
        some = [("1", "1", "init", 1, at)] + ([("2", "1", "short", at, at * 10)] if 10 <= at < 20 else [])
        machine.feed({MEMORY: [(1, 1)], PROCESS: some}, after=5, keyframe=at % 7 == 0)
    past = cluster.history.past("n")
    view = past.last("process", ("2", "1"))
    assert view is not None
    assert view.time == pytest.approx(START + 100)
    row = view.find(("2", "1"))
    assert row is not None
    assert (view.infos["comm"][row], view.values["rss"][row], view.rates["read_bytes"][row]) == ("short", 19 * 1024, 2)
    newest = past.last("process", ("1", "1"))
    assert newest is not None
    assert newest.time == pytest.approx(START + 300)
    assert past.last("process", ("3", "1")) is None
    assert past.last("process", ("2",)) is None
    assert past.last("nothing", ("2", "1")) is None
