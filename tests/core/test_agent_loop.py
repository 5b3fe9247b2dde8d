"""The agent's tick: what is due is read, one frame is made of it, every sink gets it, nothing drifts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from gobs_core import (
    CollectorConfig,
    Gone,
    Missing,
    NoData,
    PluginState,
    SinkConfig,
    Table,
    UserError,
    gauge,
    info,
    key,
)
from gobs_core.agent.inspect import Inspections
from gobs_core.agent.loop import Agent
from gobs_core.agent.machine import open_machine
from gobs_core.agent.worker import Worker
from gobs_core.plugins import Plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeSink, collector, healthy, make_agent, rows_of, table

FAST = CollectorConfig(interval=1.0)


def own_of(*tables: str) -> list[str]:
    """Return the names of these tables and, behind them, of the agent's own."""
    return [*tables, "agent", "collector", "plugin", "sight", "sink"]


async def test_one_tick_makes_one_frame_of_all_tables_and_of_the_agents_own(proc: FakeProc) -> None:
    agent = make_agent(proc, healthy("a"), healthy("b"))
    await agent.open()
    stats = await agent.tick()
    assert stats.ran == ("a", "b")
    assert stats.frame is not None
    assert [reading.table.name for reading in stats.frame.readings] == own_of("a", "b")
    assert [table.name for table in agent.source.tables] == own_of("a", "b")
    assert rows_of(stats.frame, "a") == [{"id": "a", "events": 1, "level": 0.5, "label": "x"}]
    await agent.close()


async def test_frames_are_numbered_from_one_and_carry_both_clocks(proc: FakeProc) -> None:
    clock = FakeClock(seconds=50, wall=1000)
    agent = make_agent(proc, healthy("a"), clock=clock)
    await agent.open()
    first = (await agent.tick()).frame
    clock.advance(5)
    clock.jump(-3600)
    second = (await agent.tick()).frame
    assert first is not None
    assert second is not None
    assert [first.sequence, second.sequence] == [1, 2]
    assert [first.monotonic_ns, second.monotonic_ns] == [50_000_000_000, 55_000_000_000]
    assert [first.wall_ns, second.wall_ns] == [1000_000_000_000, -2595_000_000_000]
    await agent.close()


async def test_a_wall_clock_that_jumps_moves_no_tick(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, healthy("a"), clock=clock)
    await agent.open()
    await agent.tick()
    due = agent.next_ns()
    clock.jump(86_400)
    assert agent.next_ns() == due
    clock.advance(5)
    assert (await agent.tick()).missed == 0
    await agent.close()


async def test_each_collector_has_its_own_interval_and_all_count_from_one_start(proc: FakeProc) -> None:
    clock = FakeClock(seconds=0)
    configs = {("collector", "fast"): FAST, ("collector", "slow"): CollectorConfig(interval=10.0)}
    agent = make_agent(proc, healthy("fast"), healthy("slow"), healthy("usual"), clock=clock, configs=configs)
    assert agent.source.intervals == {"fast": 1.0, "slow": 10.0, "plugin": 60.0}
    await agent.open()
    ran: dict[int, tuple[str, ...]] = {}
    for _ in range(11):
        second = agent.next_ns() // 1_000_000_000
        clock.advance(second - clock.monotonic_ns() / 1e9)
        ran[second] = (await agent.tick()).ran
    assert ran[0] == ran[10] == ("fast", "slow", "usual")
    assert ran[5] == ("fast", "usual")
    assert all(ran[second] == ("fast",) for second in (1, 2, 3, 4, 6, 7, 8, 9))
    await agent.close()


async def test_a_table_that_was_not_due_is_not_in_the_frame(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, healthy("fast"), healthy("usual"), clock=clock, configs={("collector", "fast"): FAST})
    await agent.open()
    await agent.tick()
    clock.advance(1)
    frame = (await agent.tick()).frame
    assert frame is not None
    assert [reading.table.name for reading in frame.readings] == ["fast"]
    await agent.close()


async def test_ticks_that_come_too_late_are_left_out_and_counted(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, healthy("a"), clock=clock)
    await agent.open()
    await agent.tick()
    clock.advance(17)
    stats = await agent.tick()
    assert stats.missed == 2
    assert rows_of(stats.frame, "agent")[0]["late"] == 2
    assert agent.next_ns() == 1020_000_000_000, "the schedule stays on its grid"
    clock.advance(3)
    assert (await agent.tick()).missed == 0
    await agent.close()


async def test_running_ticks_when_the_clock_says_so_until_told_to_stop(proc: FakeProc) -> None:
    clock, stop = FakeClock(), asyncio.Event()
    agent = make_agent(proc, healthy("a"), clock=clock)
    running = asyncio.create_task(agent.run(stop))
    sink: Any = agent.outboxes["fake"].sink
    for count in range(1, 4):
        async with asyncio.timeout(10):
            await sink.arrived.wait()
        sink.arrived.clear()
        assert len(sink.frames) == count
        clock.advance(5)
    async with asyncio.timeout(10):
        await sink.arrived.wait()
        stop.set()
        await running
    assert sink.calls == ["open", "close"]
    runner: Any = agent.runners["a"]
    assert runner.collector.calls == ["open", *["collect"] * 4, "close"]


async def test_collectors_run_in_one_thread_that_is_not_the_loops(proc: FakeProc) -> None:
    agent = make_agent(proc, healthy("a"), healthy("b"))
    await agent.open()
    await agent.tick()
    threads: set[str] = set()
    for runner in agent.runners.values():
        threads |= runner.collector.threads  # type: ignore[attr-defined]
    assert threads == {"gobs collectors"}
    await agent.close()


async def test_rows_that_come_again_as_the_same_objects_reach_the_sink_as_such(proc: FakeProc) -> None:
    mine, clock = table("a"), FakeClock()
    row = ("x", 1, 0.5, "text")
    agent = make_agent(proc, collector("a", lambda: [mine.batch([row])], tables=(mine,)), clock=clock)
    await agent.open()
    frames = []
    for _ in range(2):
        frames.append((await agent.tick()).frame)
        clock.advance(5)
    assert all(frame is not None and frame.readings[0].rows[0] is row for frame in frames)
    await agent.close()


async def test_a_list_that_the_collector_goes_on_to_change_does_not_change_the_frame(proc: FakeProc) -> None:
    mine = table("a")
    rows = [("x", 1, 0.5, "text")]
    agent = make_agent(proc, collector("a", lambda: [mine.batch(rows)], tables=(mine,)))
    await agent.open()
    frame = (await agent.tick()).frame
    rows.clear()
    assert len(rows_of(frame, "a")) == 1
    await agent.close()


async def test_a_table_that_was_not_yielded_has_no_rows_any_more(proc: FakeProc) -> None:
    mine, yielded, clock = table("a"), [table("a").row(id="x")], FakeClock()
    agent = make_agent(proc, collector("a", lambda: yielded, tables=(mine,)), clock=clock)
    await agent.open()
    assert len(rows_of((await agent.tick()).frame, "a")) == 1
    yielded = []
    clock.advance(5)
    assert rows_of((await agent.tick()).frame, "a") == []
    await agent.close()


async def test_no_data_is_an_outcome_and_its_rows_are_gone(proc: FakeProc) -> None:
    mine, clock = table("a"), FakeClock()
    there = True

    def script() -> Any:
        if there:
            return [mine.row(id="x")]
        raise Missing("no such thing \x1b[31m")

    agent = make_agent(proc, collector("a", script, tables=(mine,)), clock=clock)
    await agent.open()
    await agent.tick()
    there = False
    clock.advance(5)
    frame = (await agent.tick()).frame
    assert rows_of(frame, "a") == []
    [row] = rows_of(frame, "collector")
    assert (row["outcome"], row["failures"], row["error"]) == ("no data", 0, r"no such thing \x1b[31m")
    clock.advance(5)
    with pytest.raises(KeyError):
        rows_of((await agent.tick()).frame, "a")
    await agent.close()


async def test_a_collector_that_cannot_open_yet_is_tried_again(proc: FakeProc) -> None:
    ready, clock = [False], FakeClock()

    class Later(healthy("a")):  # type: ignore[misc]
        def open(self, proc: Any) -> None:
            super().open(proc)
            if not ready[0]:
                raise NoData("not yet")

    agent = make_agent(proc, Later, clock=clock)
    await agent.open()
    assert rows_of((await agent.tick()).frame, "collector")[0]["outcome"] == "no data"
    ready[0] = True
    for _ in range(2):
        clock.advance(5)
        assert rows_of((await agent.tick()).frame, "collector")[0]["outcome"] == "ok"
    runner: Any = agent.runners["a"]
    assert runner.collector.calls == ["open", "open", "collect", "collect"]
    await agent.close()


async def test_collectors_say_what_is_not_known_and_why(proc: FakeProc) -> None:
    class Poor(healthy("a")):  # type: ignore[misc]
        def unknown(self) -> Mapping[str, str]:
            return {"a.level": "needs CAP_SYS_PTRACE"}

    agent = make_agent(proc, Poor)
    await agent.open()
    await agent.tick()
    assert agent.states()[0].unknown == {"a.level": "needs CAP_SYS_PTRACE"}
    await agent.close()


async def test_the_agent_tells_what_it_costs(proc: FakeProc) -> None:
    agent = make_agent(proc, healthy("a"))
    await agent.open()
    [row] = rows_of((await agent.tick()).frame, "agent")
    assert isinstance(row["rss"], int)
    assert isinstance(row["cpu"], int)
    assert isinstance(row["descriptors"], int)
    assert 1 << 20 < row["rss"] < 1 << 33
    assert row["cpu"] > 1000
    assert row["descriptors"] > 2
    assert row["late"] == 0
    await agent.close()


async def test_where_the_agent_cannot_see_itself_its_own_figures_are_unknown(proc: FakeProc) -> None:
    from gobs_core.agent.selftables import agent_row

    rss, _, descriptors, _ = agent_row(0, proc)
    assert (rss, descriptors) == (None, None)


async def test_self_tables_count_runs_rows_and_frames(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, healthy("a"), clock=clock)
    await agent.open()
    for _ in range(3):
        frame = (await agent.tick()).frame
        clock.advance(5)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    [row] = rows_of(frame, "collector")
    assert (row["runs"], row["rows"], row["failures"], row["outcome"], row["error"]) == (3, 1, 0, "ok", None)
    assert isinstance(row["duration"], int)
    [row] = rows_of(frame, "sink")
    assert (row["sink"], row["sent"], row["dropped"], row["failures"]) == ("fake", 2, 0, 0)
    await agent.close()


async def test_a_disabled_plugin_does_not_run_and_says_so(proc: FakeProc) -> None:
    configs = {("collector", "a"): CollectorConfig(enabled=False), ("sink", "fake"): SinkConfig(enabled=False)}
    agent = make_agent(proc, healthy("a"), healthy("b"), configs=configs)
    assert set(agent.runners) == {"b"}
    assert not agent.outboxes
    assert [(s.name, s.state) for s in agent.states()] == [("a", "disabled"), ("b", "ok"), ("fake", "disabled")]
    assert [t.name for t in agent.source.tables] == own_of("b")


def sink_class(name: str, **values: Any) -> Any:
    return type(name.title(), (FakeSink,), {"name": name, **values})


async def test_which_sinks_run(proc: FakeProc) -> None:
    sinks = (sink_class("usual"), sink_class("extra", default=False), sink_class("far", side="server"))
    assert set(make_agent(proc, sinks=sinks).outboxes) == {"usual"}
    named = frozenset({("sink", "extra")})
    agent = make_agent(proc, sinks=sinks, named=named)
    assert set(agent.outboxes) == {"usual", "extra"}
    assert agent.states()[1].error == "runs in the server"
    agent = make_agent(proc, sinks=sinks, named=named, chosen=["extra"])
    assert set(agent.outboxes) == {"extra"}
    assert [(s.name, s.state) for s in agent.states()] == [("extra", "ok"), ("far", "off"), ("usual", "off")]


async def test_a_constructor_that_raises_costs_its_own_plugin_alone(proc: FakeProc) -> None:
    class Bad(healthy("bad")):  # type: ignore[misc]
        def __init__(self, config: Any, context: Any) -> None:
            raise RuntimeError("no \x00 way")

    agent = make_agent(proc, Bad, healthy("good"))
    assert set(agent.runners) == {"good"}
    assert agent.states()[0] == PluginState(
        kind="collector", name="bad", api=1, state="broken", error=r"RuntimeError: no \x00 way"
    )


async def test_the_run_id_is_new_at_every_start_and_the_boot_id_is_the_kernels(proc: FakeProc) -> None:
    assert make_agent(proc).source.boot_id == ""
    proc.write("sys/kernel/random/boot_id", "5c4e2b8e-0000-4000-8000-000000000000\n")
    one, two = (Agent(Settings(), Plugins(), proc).source for _ in range(2))
    assert one.run != two.run
    assert len(bytes.fromhex(one.run)) == 8
    assert one.boot_id == "5c4e2b8e-0000-4000-8000-000000000000"


async def test_everything_closes_in_reverse_order_each_in_its_own_try(proc: FakeProc) -> None:
    order: list[str] = []

    def closing(name: str, *, raises: bool = False) -> Any:
        class Closing(healthy(name)):  # type: ignore[misc]
            def close(self) -> None:
                order.append(name)
                if raises:
                    raise RuntimeError("cannot close")

        return Closing

    class ClosingSink(FakeSink):
        async def close(self) -> None:
            order.append(self.name)
            raise RuntimeError("cannot close either")

    sinks = tuple(type(name, (ClosingSink,), {"name": name}) for name in ("s1", "s2"))
    agent = make_agent(proc, closing("a"), closing("b", raises=True), closing("c"), sinks=sinks)
    await agent.open()
    with capture_logs() as logs:
        await agent.close()
    assert order == ["c", "b", "a", "s2", "s1"]
    assert [line["event"] for line in logs] == ["collector did not close", *["sink did not close"] * 2]


async def test_closing_is_safe_unopened_and_twice(proc: FakeProc) -> None:
    agent = make_agent(proc, healthy("a"))
    await agent.close()
    await agent.close()


class Known(healthy("known")):  # type: ignore[misc]
    """An Inspector."""

    tables = (Table("known", "x", [key("id", "Which"), key("kind", "What"), gauge("n", "n"), info("l", "l")]),)
    sections = ("threads",)

    def inspect(self, proc: Any, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Answer, or say that it is gone."""
        if key["id"] == "dead":
            raise Gone("it ended")
        if key["id"] == "bad":
            raise ValueError("unexpected")
        return {section: [dict(key)] for section in sections}


async def test_inspecting_reaches_the_collector_of_the_table(proc: FakeProc) -> None:
    agent = make_agent(proc, Known, healthy("plain"))
    await agent.open()
    await agent.tick()
    ask = agent.source.inspect
    assert await ask("known", ("1", "x"), ("threads",)) == {"threads": [{"id": "1", "kind": "x"}]}
    assert await ask("known", ("1", "x"), ()) == {"threads": [{"id": "1", "kind": "x"}]}
    with pytest.raises(KeyError):
        await ask("plain", ("a",), ())
    with pytest.raises(KeyError):
        await ask("nothing", (), ())
    with pytest.raises(Gone):
        await ask("known", ("dead", "x"), ())
    with pytest.raises(NoData, match="2 key columns, not 1"):
        await ask("known", ("1",), ())
    with pytest.raises(NoData, match="collector 'known' failed: unexpected"):
        await ask("known", ("bad", "x"), ())
    await agent.close()


async def test_an_answer_that_takes_too_long_is_given_up_and_meanwhile_nobody_else_asks_that_collector(
    proc: FakeProc,
) -> None:
    free, inside = threading.Event(), []

    class Slow(Known):
        def inspect(self, proc: Any, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
            inside.append(threading.get_ident())
            free.wait(30)
            return {}

    agent, worker = make_agent(proc, Slow, healthy("other")), Worker("w")
    inspections = Inspections(agent.runners.values(), worker, deadline=0.05)
    with pytest.raises(NoData, match=r"did not answer within 0.05 s"):
        await inspections.ask("known", ("1", "x"), ())
    with pytest.raises(NoData, match="'known' is busy"):
        await inspections.ask("known", ("1", "x"), ())
    assert len(inside) == 1
    assert agent.runners["known"].state.state == "late"
    await agent.open()
    stats = await agent.tick()
    assert (stats.ran, stats.skipped) == (("other",), ("known",))
    free.set()
    async with asyncio.timeout(10):
        while agent.runners["known"].busy:  # noqa: ASYNC110  it is another thread that ends
            await asyncio.sleep(0.001)
    assert await inspections.ask("known", ("1", "x"), ()) == {}
    worker.close()
    await agent.close()


class Waiting(Known):
    """An Inspector that answers when it is let go, and has no rows."""

    inside, free = threading.Event(), threading.Event()

    @staticmethod
    def script() -> list[Any]:
        """Read nothing."""
        return []

    def inspect(self, proc: Any, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Wait."""
        self.inside.set()
        self.free.wait(30)
        return {"done": True}


def waiting() -> Any:
    return type("Waiting", (Waiting,), {"inside": threading.Event(), "free": threading.Event()})


async def test_a_slow_inspection_is_given_up_before_the_next_tick_and_delays_none(proc: FakeProc) -> None:
    """By at most 0.5 s, however many ask; the interval is 1 s, the usual deadline of an answer 2 s."""
    made, stop = waiting(), asyncio.Event()
    settings = Settings(agent=AgentSettings(node="here", interval=1.0))
    plugins = Plugins(collectors={"known": made, "b": healthy("b")}, sinks={"fake": FakeSink})
    agent = Agent(settings, plugins, proc, run="0123")
    running = asyncio.create_task(agent.run(stop))
    sink: Any = agent.outboxes["fake"].sink
    asked: list[Any] = []
    async with asyncio.timeout(20):
        while len(sink.frames) < 4:
            asked += await asyncio.gather(
                *(agent.source.inspect("known", ("1", "x"), ()) for _ in range(6)), return_exceptions=True
            )
            await asyncio.sleep(0.05)
    frames = [frame.monotonic_ns for frame in sink.frames]
    reads = [frame.readings[-1].read_ns for frame in sink.frames]
    assert [(at - frames[1]) / 1e9 for at in frames] == pytest.approx([-1, 0, 1, 2], abs=0.5), "begun in time"
    assert all(read - at < 0.5e9 for read, at in zip(reads, frames, strict=True)), "and read in time"
    assert made.inside.is_set()
    assert all(isinstance(found, NoData) for found in asked)
    stop.set()
    made.free.set()
    await running


async def test_only_one_inspection_is_under_way_and_further_ones_are_told_so_at_once(proc: FakeProc) -> None:
    made = waiting()
    agent = make_agent(proc, made)
    await agent.open()
    await agent.tick()
    first = asyncio.ensure_future(agent.source.inspect("known", ("1", "x"), ()))
    await asyncio.to_thread(made.inside.wait, 10)
    with pytest.raises(NoData, match="busy with another inspection; ask again"):
        await agent.source.inspect("known", ("2", "x"), ())
    made.free.set()
    assert await first == {"done": True}
    assert await agent.source.inspect("known", ("2", "x"), ()) == {"done": True}
    await agent.close()


async def test_a_collector_that_answers_when_a_tick_is_due_is_read_once_it_has(proc: FakeProc) -> None:
    made, clock = waiting(), FakeClock()
    agent = make_agent(proc, made, clock=clock)
    await agent.open()
    await agent.tick()
    asked = asyncio.ensure_future(agent.source.inspect("known", ("1", "x"), ()))
    await asyncio.to_thread(made.inside.wait, 10)
    clock.advance(5)
    tick = asyncio.create_task(agent.tick())
    await asyncio.sleep(0)
    made.free.set()
    assert (await tick).ran == ("known",)
    assert await asked == {"done": True}
    assert agent.runners["known"].state.state == "ok"
    await agent.close()


async def test_no_inspection_begins_when_a_tick_is_due(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, Known, clock=clock)
    await agent.open()
    await agent.tick()
    clock.advance(5)
    with pytest.raises(NoData, match="busy reading; ask again"):
        await agent.source.inspect("known", ("1", "x"), ("threads",))
    await agent.tick()
    assert await agent.source.inspect("known", ("1", "x"), ("threads",)) == {"threads": [{"id": "1", "kind": "x"}]}
    await agent.close()


def test_no_proc_is_a_clear_sentence_that_names_the_way_in(proc: FakeProc) -> None:
    settings = AgentSettings(proc_root=str(proc.folder / "nothing"))
    with pytest.raises(UserError, match=r"this system has no /proc \(it is darwin, not Linux\).*gobs simulate"):
        open_machine(settings, platform="darwin")
    with pytest.raises(UserError, match=r"nothing: there is no such folder; agent.proc_root.*gobs simulate"):
        open_machine(settings, platform="linux")
    settings = AgentSettings(proc_root=str(proc.root))
    with pytest.raises(UserError, match=r"does not look like a /proc of Linux \(stat: No such file.*gobs simulate"):
        open_machine(settings, platform="linux")
    proc.write("stat", "cpu 1\n")
    open_machine(settings, platform="linux").close()
