"""The benchmark of the agent runs at a reduced size, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.accounting import groups_left
from benchmarks.agent import Size, measure
from benchmarks.load import hierarchies, load


@pytest.mark.root
def test_pods_have_groups_and_networks_of_their_own_and_end_with_the_load() -> None:
    with load(2, 3) as pods:
        pids = [pid for some in pods.values() for pid in some]
        assert len(pids) == 6
        spaces = {os.readlink(f"/proc/{pid}/ns/net") for pid in pids}
        assert len(spaces) == 2
        assert os.readlink("/proc/self/ns/net") not in spaces
        for container, some in pods.items():
            assert all(container in Path(f"/proc/{pid}/cgroup").read_text() for pid in some)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not any(list(Path(root).rglob(f"*{container}*")) for root in hierarchies() for container in pods)


@pytest.mark.root
def test_every_subject_is_measured_and_every_bar_is_there() -> None:
    report = measure(Size(pods=2, processes=2, ticks=2, rounds=1, warm=1, naive_ticks=1))
    figures = {figure.name: figure.value for figure in report.figures}
    for name in ("agent", "floor", "collectors", "psutil", "naive", "agent, memory", "agent, frame"):
        assert figures[name] > 0
    assert [bar.name for bar in report.bars] == [
        "agent beside the floor",
        "reading and parsing beside the floor",
        "agent beside psutil",
        "agent beside the naive scan",
        "agent, memory",
    ]
    assert groups_left() == []
