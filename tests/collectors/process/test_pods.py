"""One row for every workload, with sums over all its processes that never fall."""

from __future__ import annotations

import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_core.testing import FakeProc
from tests.collectors.process.reading import Ticks, write
from tests.collectors.process.written import INIT, Written

UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"
POD = f"/kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice/cri-containerd-"
A, B = "a" * 64, "b" * 64
TICK = 10_000
"""Microseconds in a clock tick."""
PAUSE = Written(100, cgroup=f"{POD}{A}.scope", network="pod", received=1000)
APP = Written(101, cgroup=f"{POD}{B}.scope", network="pod", received=1000, threads=3, swap=7)


def test_a_pod_is_the_sum_of_all_processes_of_all_its_containers(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc).tick() as ticks:
        row = ticks.pods()[UID]
    assert {name: cell for name, cell in row.items() if cell is not None} == {
        "workload": UID, "kind": "pod", "network": "own", "runtime": "containerd", "cpu_source": "processes",
        "containers": 2, "processes": 2, "minor_faults": 20,
        "major_faults": 2, "cpu_user": 200 * TICK, "cpu_system": 100 * TICK, "voluntary_ctxt_switches": 40,
        "nonvoluntary_ctxt_switches": 6, "read_bytes": 8192, "write_bytes": 16384, "cancelled_write_bytes": 0,
        "threads": 4, "memory_rss": 8192, "memory_swap": 7, "open_fds": 6,
        "receive_bytes": 1000, "receive_packets": 2, "receive_errors": 3, "receive_drops": 4,
        "transmit_bytes": 1001, "transmit_packets": 6, "transmit_errors": 7, "transmit_drops": 8,
    }  # fmt: skip


def test_what_a_process_that_ended_has_used_stays_with_its_pod(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc) as ticks:
        ticks.tick()
        APP.end(proc)
        row = ticks.tick().pods()[UID]
    assert (row["cpu_user"], row["write_bytes"]) == (200 * TICK, 16384)
    assert (row["processes"], row["containers"], row["memory_rss"], row["threads"]) == (1, 1, 4096, 1)


def test_children_that_were_waited_for_are_not_counted_twice(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc) as ticks:
        ticks.tick()
        APP.end(proc)  # and its 100 ticks are now in the cutime of its parent
        proc.write("100/stat", PAUSE.stat().replace(b" 7 8 20 0 ", b" 107 58 20 0 "))
        assert ticks.tick().processes()["100"]["cutime"] == 107
        assert ticks.pods()[UID]["cpu_user"] == 200 * TICK


def test_a_pod_without_processes_is_remembered_for_a_while(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc, remember=3600.0) as ticks:
        ticks.tick()
        APP.end(proc)
        assert ticks.tick().pods()[UID]["processes"] == 0
        assert ticks.pods()[UID]["cpu_user"] == 100 * TICK
        APP.but(pid=200, start=5).write(proc)
        assert ticks.tick().pods()[UID]["cpu_user"] == 200 * TICK
    with Ticks(proc, remember=0.0) as ticks:
        ticks.tick()
        proc.remove("200")
        ticks.tick()
        assert UID not in ticks.tick().pods()


def test_a_process_that_moves_takes_with_it_only_what_comes(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP.but(cgroup="/system.slice/containerd.service")])
    with Ticks(proc) as ticks:
        ticks.tick()
        APP.but(utime=103).write(proc)
        ticks.tick()
        pods = ticks.pods()
    assert pods["containerd.service"]["cpu_user"] == 100 * TICK
    assert pods["containerd.service"]["processes"] == 0
    assert pods[UID]["cpu_user"] == 103 * TICK
    assert pods[UID]["processes"] == 2


def test_the_network_is_read_once_for_each_namespace_and_never_the_hosts(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP, Written(300, cgroup="/system.slice/a.service", received=5)])
    with Ticks(proc).tick() as ticks:
        assert ticks.pods()[UID]["receive_bytes"] == 1000
        assert ticks.pods()["a.service"]["receive_bytes"] is None
        assert "host" in ticks.collector.unknown()["pod.receive_bytes"]


def test_the_network_is_read_at_every_tick_and_through_any_process_that_is_left(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc) as ticks:
        ticks.tick()
        PAUSE.end(proc)
        APP.but(received=1500).write(proc)
        assert ticks.tick().pods()[UID]["receive_bytes"] == 1500
        APP.end(proc)
        assert ticks.tick().pods()[UID]["receive_bytes"] == 1500


def test_a_network_shared_by_two_workloads_counts_for_the_one_that_was_there_first(proc: FakeProc) -> None:
    other = Written(90, cgroup=f"/docker/{A}", network="pod", received=1000, start=2000)
    write(proc, [INIT, PAUSE, other])
    with Ticks(proc).tick() as ticks:
        assert ticks.pods()[UID]["receive_bytes"] == 1000
        assert ticks.pods()[A]["receive_bytes"] is None


def test_a_new_network_of_the_same_pod_goes_on_from_the_old_one(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE])
    with Ticks(proc) as ticks:
        ticks.tick()
        PAUSE.end(proc)
        PAUSE.but(pid=500, start=9000, network="new", received=10).write(proc)
        assert ticks.tick().pods()[UID]["receive_bytes"] == 1010


def test_while_one_process_is_not_known_neither_is_the_sum(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP.but(io=None)])
    with Ticks(proc) as ticks:
        assert ticks.tick().pods()[UID]["read_bytes"] is None
        APP.end(proc)
        assert ticks.tick().pods()[UID]["read_bytes"] == 4096


STEPS = st.tuples(
    st.sampled_from(["change", "change", "end", "reuse", "move"]),
    st.integers(0, 4),
    st.integers(0, 2),
    st.integers(0, 50),
)
GROUPS = [f"{POD}{A}.scope", f"/docker/{B}", "/system.slice/a.service"]
IDS = [UID, B, "a.service"]


@settings(max_examples=25)
@given(st.lists(st.lists(STEPS, max_size=4), min_size=1, max_size=6))
def test_sums_never_fall_and_are_those_of_the_whole_history(history: list[list[tuple[str, int, int, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder, Ticks(proc := FakeProc(folder), details_every=1) as ticks:
        living: dict[int, tuple[Written, int]] = {}
        used, births, last = [0, 0, 0], 1000, [0, 0, 0]
        for steps in history:
            for kind, slot, group, amount in {step[1]: step for step in steps}.values():
                if slot not in living or kind == "reuse":
                    births += 1
                    process = Written(100 + slot, start=births, utime=amount, cgroup=GROUPS[group])
                    if slot in living and amount % 2:
                        living[slot][0].end(proc)
                elif kind == "end":
                    living.pop(slot)[0].end(proc)
                    continue
                else:
                    before, where = living[slot]
                    group = group if kind == "move" else where
                    process = before.but(utime=before.utime + amount, cgroup=GROUPS[group])
                process.write(proc)
                used[group] += amount
                living[slot] = (process, group)
            pods = ticks.tick().pods()
            for index, workload in enumerate(IDS):
                row = pods.get(workload)
                now = 0 if row is None else int(row["cpu_user"] or 0) // TICK
                assert now == used[index]
                assert used[index] >= last[index]
                assert (row or {}).get("processes", 0) == sum(group == index for _, group in living.values())
            last = list(used)
