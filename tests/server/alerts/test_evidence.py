"""What an alert tells of its causes, and what frames that come late may and may not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.alerts.living import Living
from tests.server.alerts.rig import BOX
from tests.server.feeding import Rows
from tests.server.pods import TABLES, pod, process, rows
from tests.server.tables import MEMORY
from tests.support.waiting import until


async def test_an_alert_names_the_five_largest_processes_with_their_share_and_change(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(target="pod", metric="pod.memory_rss", threshold="1GiB")
        machine = living.cluster.machine("n1", *TABLES, MEMORY)

        async def feed(total: int, scale: int, after: float) -> None:
            mine = [
                process(pid, "u1", vm_rss=pid * scale, cmdline=f"/bin/p{pid}", namespace="shop", pod="web-1",
                        container_name="main")
                for pid in range(1, 8)
            ]  # fmt: skip
            here = rows([pod("u1", "web-1", memory_rss=total)], [], [*mine, process(9, "u2", vm_rss=10**6)])
            machine.feed({**here, MEMORY: [(16 << 20, 1 << 20)]}, after=after)
            await living.settled()

        await feed(10, 100, 0)
        for _ in range(10):
            await feed(10, 100, 60)
        await feed(2_000_000, 200, 5)
        [told] = await living.told(1)
        [alert] = told.alerts
        assert (alert.namespace, alert.pod, alert.value) == ("shop", "web-1", 2_000_000 * 1024)
        found = alert.contributors
        assert [one.pid for one in found] == ["7", "6", "5", "4", "3"]
        first = found[0]
        assert (first.namespace, first.pod, first.container, first.command) == ("shop", "web-1", "main", "/bin/p7")
        assert first.value == 7 * 200 * 1024
        assert first.share == pytest.approx(100 * 7 / 28)
        assert first.change == pytest.approx(7 * 100 * 1024)
        assert first.change_text == "+700.0 KiB"


async def test_who_is_in_no_pod_is_named_by_what_it_is_in_and_small_numbers_read_well(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        rule = await living.rule(target="row", metric="process.vm_rss", where={"pid": "1"}, threshold="1KiB")
        await living.rule(name="cpu", target="row", metric="process.cpu", threshold=0.001)
        machine = living.cluster.machine("n1", *TABLES, MEMORY)
        for kind, workload, expected in (
            ("user", "1000", "user 1000"),
            ("unit", "cron.service", "unit cron.service"),
            ("kernel", "kernel", "kernel"),
            ("pod", "u1", "u1"),
        ):
            for size in (500, 0):
                machine.feed(rows([], [], [process(1, workload, kind=kind, vm_rss=size, utime=0)]), after=5)
                await living.settled()
                if size:
                    [alert] = living.alerts.keeper.firing(rule.id)
                    assert [one.pod for one in alert.contributors] == [expected]
        machine.feed(rows([], [], [process(1, "u1", vm_rss=0, utime=9)]), after=5)
        await living.settled()
        [small] = [one for one in living.alerts.keeper.alerts.values() if one.rule_name == "cpu"]
        assert small.condition == "above 0.001 %"


def boxes(**sizes: float) -> Rows:
    return {BOX: [(name, "shop", "", size, 0) for name, size in sizes.items()]}


async def test_frames_that_come_late_count_towards_the_waiting(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(for_seconds=60.0)
        machine = living.machine()
        machine.feed(boxes(a=60.0, b=60.0))
        for _ in range(8):
            machine.unsent(boxes(a=60.0, b=1.0), after=5)
        await living.feed(machine, {"a": 60.0, "b": 60.0})
        [(_, before), _] = sorted(living.alerts.engine.pending("n1"), key=lambda pair: pair[0].key)
        assert machine.late() == 8
        await until(lambda: living.alerts.engine.pending("n1")[0][1].since < before.since)
        for _ in range(4):
            await living.feed(machine, {"a": 60.0, "b": 60.0})
        assert living.states() == {"a": "firing"}


async def test_frames_that_come_late_fire_no_news_that_is_old(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(for_seconds=10.0)
        machine = living.machine()
        machine.feed(boxes(a=1.0))
        for _ in range(8):
            machine.unsent(boxes(a=90.0), after=5)
        await living.feed(machine, {"a": 60.0})
        assert machine.late() == 8
        await living.feed(machine, {"a": 1.0})
        await living.feed(machine, {"a": 1.0})
        assert living.sent == []
        assert living.states() == {}
        view = living.cluster.history.at("n1", "box", living.clock.wall() - 20)
        assert view is not None
        assert view.level("size").tolist() == [90.0]
