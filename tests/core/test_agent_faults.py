"""What a bad plugin costs: its own rows, its own frames, and nobody else's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from gobs_core import CollectorConfig, Frame, NoData, Rows, Secret, SinkConfig, Table, gauge
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeSink, collector, healthy, make_agent, rows_of, table
from tests.support.secrets import MARK
from tests.support.soak import counts

IMPATIENT = CollectorConfig(deadline=0.05)


def raising(name: str = "raising") -> Any:
    def script() -> Any:
        raise RuntimeError("boom \x1b[2J")

    return collector(name, script)


class Hanging:
    """A collector that hangs until it is let go."""

    def __init__(self, name: str = "hanging") -> None:
        self.free = threading.Event()
        self.hanging = threading.Event()
        self.cls = collector(name, self._script)

    def _script(self) -> Any:
        self.hanging.set()
        self.free.wait(30)
        return []


@counts("ticks", reduced=100, full=20_000)
async def test_a_healthy_collector_loses_no_sample_beside_a_raising_a_hanging_and_a_garbage_one(
    proc: FakeProc, ticks: int
) -> None:
    hanging, clock = Hanging("hanging"), FakeClock()
    garbage = collector("garbage", lambda: [("no", "rows")])
    agent = make_agent(
        proc,
        healthy("a_first"),
        garbage,
        hanging.cls,
        raising(),
        healthy("z_last"),
        clock=clock,
        configs={("collector", "hanging"): IMPATIENT},
    )
    await agent.open()
    with capture_logs() as logs:
        for tick in range(1, ticks + 1):
            frame = (await agent.tick()).frame
            for name in ("a_first", "z_last"):
                assert rows_of(frame, name) == [{"id": "a", "events": tick, "level": 0.5, "label": "x"}]
            assert frame is not None
            tables = {"a_first", "z_last", "agent", "collector", "sight", "sink"}
            assert {reading.table.name for reading in frame.readings} - {"plugin"} == tables
            clock.advance(5)
    states = {state.name: state.state for state in agent.states()}
    assert states["hanging"] == states["raising"] == states["garbage"] == "quarantined"
    changes = [(line["collector"], line["event"]) for line in logs]
    assert changes == [
        ("garbage", "collector is failing"),
        ("hanging", "collector is late"),
        ("raising", "collector is failing"),
        ("hanging", "collector is quarantined"),
        ("garbage", "collector is quarantined"),
        ("raising", "collector is quarantined"),
    ]
    hanging.free.set()
    await agent.close()


async def test_a_state_is_logged_when_it_changes_and_not_every_tick(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, raising("bad"), clock=clock)
    await agent.open()
    with capture_logs() as logs:
        for _ in range(50):
            await agent.tick()
            clock.advance(5)
    assert [line["event"] for line in logs] == ["collector is failing", "collector is quarantined"]
    assert logs[0]["error"].startswith(rf"RuntimeError: boom \x1b[2J ({__file__}, line ")
    assert isinstance(logs[0]["exc_info"], RuntimeError)
    await agent.close()


async def test_a_hanging_collector_is_skipped_until_it_has_returned_and_then_runs_again(proc: FakeProc) -> None:
    hanging, clock = Hanging(), FakeClock()
    agent = make_agent(proc, hanging.cls, healthy("b"), clock=clock, configs={("collector", "hanging"): IMPATIENT})
    await agent.open()
    await agent.tick()
    clock.advance(5)
    stats = await agent.tick()
    assert stats.skipped == ("hanging",)
    assert stats.ran == ("b",)
    hanging.free.set()
    runner = agent.runners["hanging"]
    async with asyncio.timeout(10):
        while runner.busy:  # noqa: ASYNC110  it is another thread that ends
            await asyncio.sleep(0.001)
    clock.advance(5)
    assert (await agent.tick()).ran == ("hanging", "b")
    assert runner.state.state == "ok"
    assert (runner.state.runs, runner.state.failures) == (2, 2)
    await agent.close()


async def returned(runner: Any) -> None:
    async with asyncio.timeout(10):
        while runner.busy:  # noqa: ASYNC110  it is another thread that ends
            await asyncio.sleep(0.001)


async def test_a_collector_that_hangs_for_good_is_put_in_quarantine_and_nobody_is_told_that_its_rows_are_gone(
    proc: FakeProc,
) -> None:
    free, hangs, mine, clock = threading.Event(), [False], table("stuck"), FakeClock(seconds=0)

    def script() -> Any:
        if hangs[0]:
            free.wait(30)
        return [mine.row(id="x")]

    configs = {("collector", "stuck"): IMPATIENT}
    agent = make_agent(proc, collector("stuck", script, tables=(mine,)), clock=clock, configs=configs)
    runner = agent.runners["stuck"]
    await agent.open()
    assert len(rows_of((await agent.tick()).frame, "stuck")) == 1
    hangs[0] = True
    seen, gone = [], []
    for _ in range(25):
        clock.advance(5)
        frame = (await agent.tick()).frame
        seen.append((runner.state.state, runner.state.failures))
        gone += [clock.monotonic_ns() // 10**9 for r in frame.readings if r.table is mine]  # type: ignore[union-attr]
    assert seen[:3] == [("late", 1), ("late", 2), ("quarantined", 3)]
    assert seen[8:] == [("quarantined", 4)] * 12 + [("quarantined", 5)] * 5, "one more after each pause"
    assert gone == [], "nothing is known of its rows, not even that they are gone"
    assert runner.state.error == "over its deadline; skipped until it has returned (5 times in a row)"
    assert runner.state.runs == 2
    hangs[0] = False
    free.set()
    await returned(runner)
    clock.advance(5)
    assert (await agent.tick()).skipped == ("stuck",), "its pause goes on until 225"
    clock.advance(95)
    assert len(rows_of((await agent.tick()).frame, "stuck")) == 1
    assert runner.state.state == "ok"
    await agent.close()


@pytest.mark.parametrize("reason", [NoData("none"), None], ids=["no data", "rows"])
async def test_a_collector_that_cannot_say_what_is_unknown_has_failed_and_costs_nobody_else(
    proc: FakeProc, reason: NoData | None
) -> None:
    class Broken(healthy("a")):  # type: ignore[misc]
        def collect(self, proc: Any) -> Any:
            if reason is not None:
                raise reason
            return super().collect(proc)

        def unknown(self) -> Any:
            raise RuntimeError("cannot reach https://user:pass@host")

    agent = make_agent(proc, Broken, healthy("b"))
    await agent.open()
    stats = await agent.tick()
    assert len(rows_of(stats.frame, "b")) == 1
    state = agent.runners["a"].state
    assert (state.state, state.error) == ("failing", "RuntimeError: cannot reach https://***@host")
    assert not agent.runners["a"].busy
    await agent.close()


async def test_an_error_that_cannot_be_told_is_a_failure_like_any_other(proc: FakeProc) -> None:
    class Untold(NoData):
        def __str__(self) -> str:
            raise RuntimeError("boom")

    class Leave(BaseException):
        """No Exception at all."""

    for error in (Untold(), Leave("now")):

        def script(error: BaseException = error) -> Any:
            raise error

        agent = make_agent(proc, collector("a", script), healthy("b"))
        await agent.open()
        assert len(rows_of((await agent.tick()).frame, "b")) == 1
        assert agent.runners["a"].state.state in ("no data", "failing")
        await agent.close()


async def test_what_a_stuck_collector_yields_after_all_is_not_taken_for_news(proc: FakeProc) -> None:
    free, mine, clock = threading.Event(), table("late"), FakeClock()

    def script() -> Any:
        free.wait(30)
        return [mine.row(id="old")]

    agent = make_agent(
        proc, collector("late", script, tables=(mine,)), clock=clock, configs={("collector", "late"): IMPATIENT}
    )
    await agent.open()
    first = await agent.tick()
    free.set()
    async with asyncio.timeout(10):
        while agent.runners["late"].busy:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.001)
    assert "late" not in {reading.table.name for reading in first.frame.readings}  # type: ignore[union-attr]
    clock.advance(5)
    assert len(rows_of((await agent.tick()).frame, "late")) == 1
    await agent.close()


async def test_closing_leaves_a_stuck_collector_behind_and_says_so(proc: FakeProc) -> None:
    hanging = Hanging()
    agent = make_agent(proc, hanging.cls, configs={("collector", "hanging"): IMPATIENT})
    await agent.open()
    await agent.tick()
    with capture_logs() as logs:
        async with asyncio.timeout(5):
            await agent.close()
    assert [line["event"] for line in logs] == ["collector is stuck and was left behind"]
    hanging.free.set()


async def test_quarantine_begins_after_three_failures_and_doubles_up_to_an_hour(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, raising("bad"), clock=clock, interval=1.0)
    await agent.open()
    ran: list[float] = []
    for _ in range(25_000):
        if (await agent.tick()).ran:
            ran.append(clock.monotonic_ns() / 1e9)
        if len(ran) > 12:
            break
        clock.advance(1)
    pauses = [after - before for before, after in pairwise(ran)]
    assert pauses == [1, 1, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    await agent.close()


async def test_one_good_reading_ends_the_quarantine_for_good(proc: FakeProc) -> None:
    clock, bad, mine = FakeClock(), [True], table("a")

    def script() -> Any:
        if bad[0]:
            raise RuntimeError("boom")
        return [mine.row(id="x")]

    agent = make_agent(proc, collector("a", script, tables=(mine,)), clock=clock, interval=1.0)
    await agent.open()
    for _ in range(3):
        await agent.tick()
        clock.advance(1)
    assert agent.states()[0].state == "quarantined"
    assert agent.states()[0].error == "RuntimeError: boom (3 times in a row)"
    bad[0] = False
    clock.advance(29)
    assert (await agent.tick()).ran == ("a",)
    assert agent.states()[0].state == "ok"
    bad[0] = True
    for _ in range(2):
        clock.advance(1)
        await agent.tick()
        assert agent.states()[0].state == "failing"
    await agent.close()


async def test_rows_are_gone_when_a_collector_says_so_and_not_when_it_fails_even_into_quarantine(
    proc: FakeProc,
) -> None:
    clock, bad, none, mine = FakeClock(), [False], [False], table("a")

    def script() -> Any:
        if none[0]:
            raise NoData("there is none of it here")
        if bad[0]:
            raise RuntimeError("boom")
        return [mine.row(id="x")]

    agent = make_agent(proc, collector("a", script, tables=(mine,)), clock=clock)
    await agent.open()
    await agent.tick()
    bad[0] = True
    for _ in range(4):
        clock.advance(5)
        with pytest.raises(KeyError):
            rows_of((await agent.tick()).frame, "a")
    assert agent.runners["a"].state.state == "quarantined"
    none[0] = True
    clock.advance(60)
    assert rows_of((await agent.tick()).frame, "a") == []
    assert agent.runners["a"].state.state == "no data"
    await agent.close()


def endless(mine: Table) -> Iterator[Rows]:
    while True:
        yield mine.row(id="x")


GARBAGE: list[tuple[Any, str]] = [
    (lambda t: [t.batch([("x",)])], "table 'bad': expected rows of 4 cells, got 1 cells"),
    (lambda t: [t.batch(["text"])], "table 'bad': expected rows of 4 cells, got a str"),
    (lambda t: [t.batch([["x", 1, 1.0, None]])], "table 'bad': expected rows of 4 cells, got a list"),
    (lambda t: [t.batch(None)], "table 'bad': expected rows, got None"),
    (lambda t: [t.row(id=7)], "table 'bad', column 'id': expected a text, got 7"),
    (lambda t: [t.row(id=None)], "table 'bad', column 'id': expected a text, got None"),
    (lambda t: [t.row(id="x", events=1.5)], "table 'bad', column 'events': expected a whole number or None, got 1.5"),
    (lambda t: [t.row(id="x", events=True)], "table 'bad', column 'events': expected a whole number or None, got True"),
    (lambda t: [t.row(id="x", events="1")], "table 'bad', column 'events': expected a whole number or None, got '1'"),
    (lambda t: [t.row(id="x", events=2**63)], "table 'bad', column 'events': expected a number that fits in 64 bits"),
    (lambda t: [t.row(id="x", level=float("inf"))], "table 'bad', column 'level': expected a finite number"),
    (lambda t: [t.row(id="x", level=-float("inf"))], "table 'bad', column 'level': expected a finite number"),
    (lambda t: [t.row(id="x", level=10**400)], "table 'bad', column 'level': expected a number that fits in 64 bits"),
    (lambda t: [t.row(id="x", level=[])], "table 'bad', column 'level': expected a number or None, got []"),
    (lambda t: [t.row(id="x", label=b"x")], "table 'bad', column 'label': expected a text or None, got b'x'"),
    (lambda t: [t.row(id="x", label="x" * 1025)], "table 'bad', column 'label': expected at most 1024 bytes of text"),
    (lambda t: [t.row(id="x", label="\xe9" * 513)], "table 'bad', column 'label': expected at most 1024 bytes of text"),
    (lambda t: [t.row(id="x", label="\udcff")], "table 'bad', column 'label': expected text that can be written as"),
    (lambda t: [t.row(id="x"), t.row(id="x")], "table 'bad', column 'id': key 'x' comes twice"),
    (lambda t: [t.batch([(str(n), 1, 1.0, None) for n in range(20_001)])], "table 'bad': more than 20000 rows at one"),
    (endless, "table 'bad': more than 20000 rows at one tick"),
    (lambda _: [table("other").row(id="x")], "table 'other' is not declared in `tables`"),
    (lambda _: [Table("bad", "Another", [gauge("x", "x")]).row(x=1)], "table 'bad' is not declared in `tables`"),
    (lambda _: [None], "expected rows made by a table, got None"),
    (lambda _: [("a", "b")], "expected rows made by a table, got ('a', 'b')"),
    (lambda _: None, "TypeError"),
    (lambda _: [Rows(None, [])], "table None is not declared"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("yields", "says"), GARBAGE, ids=[says[:60] for _, says in GARBAGE])
async def test_garbage_costs_its_own_rows_and_is_told_by_table_and_column(
    proc: FakeProc, yields: Any, says: str
) -> None:
    mine = table("bad")
    agent = make_agent(proc, collector("bad", lambda: yields(mine), tables=(mine,)), healthy("good"))
    await agent.open()
    frame = (await agent.tick()).frame
    assert len(rows_of(frame, "good")) == 1
    bad, _ = rows_of(frame, "collector")
    assert bad["outcome"] == "failing"
    assert says in str(bad["error"])
    await agent.close()


async def test_a_large_table_beside_another_is_no_fault(proc: FakeProc) -> None:
    one, two = table("one"), table("two")
    rows = [(str(n), 1, 1.0, None) for n in range(20_000)]
    agent = make_agent(proc, collector("big", lambda: [one.batch(rows), two.batch(rows)], tables=(one, two)))
    await agent.open()
    assert len(rows_of((await agent.tick()).frame, "two")) == 20_000
    await agent.close()


async def test_a_collector_without_keys_yields_one_row(proc: FakeProc) -> None:
    mine = Table("bad", "x", [gauge("n", "n")])
    agent = make_agent(proc, collector("bad", lambda: [mine.row(n=1), mine.row(n=2)], tables=(mine,)))
    await agent.open()
    [row] = rows_of((await agent.tick()).frame, "collector")
    assert row["error"] == ("DeclarationError: table 'bad': expected one row, since it has no key columns, got 2")
    await agent.close()


async def test_a_plugins_exit_does_not_end_the_agent(proc: FakeProc) -> None:
    def script() -> Any:
        raise SystemExit(1)

    agent = make_agent(proc, collector("bad", script), healthy("good"))
    await agent.open()
    assert len(rows_of((await agent.tick()).frame, "good")) == 1
    await agent.close()


async def test_a_secret_in_an_error_is_not_passed_on(proc: FakeProc) -> None:
    class Config(SinkConfig, frozen=True):
        token: Secret = Secret("")

    class Leaking(FakeSink):
        async def send(self, frame: Frame) -> None:
            raise RuntimeError(f"cannot reach https://user:pass@host with {MARK}")

    settings = Settings(agent=AgentSettings(node="x"), configs={("sink", "fake"): Config(token=Secret(MARK))})
    agent = Agent(settings, Plugins(sinks={"fake": Leaking}), proc, clock=FakeClock())
    await agent.open()
    with capture_logs() as logs:
        await agent.tick()
        for _ in range(5):
            await asyncio.sleep(0)
    assert agent.states()[0].error == "RuntimeError: cannot reach https://***@host with ***"
    assert MARK not in str(logs)
    await agent.close()


class SlowSink(FakeSink):
    """Takes nothing until it is let go."""

    name = "slow"

    def __init__(self, config: Any, source: Any) -> None:
        super().__init__(config, source)
        self.free = asyncio.Event()

    async def send(self, frame: Frame) -> None:
        """Wait."""
        await self.free.wait()
        await super().send(frame)


async def test_a_slow_sink_loses_its_own_oldest_frames_and_delays_nobody(proc: FakeProc) -> None:
    clock = FakeClock()
    configs = {("sink", "slow"): SinkConfig(queue=3)}
    agent = make_agent(proc, healthy("a"), sinks=(SlowSink, FakeSink), clock=clock, configs=configs)
    await agent.open()
    for _ in range(10):
        frame = (await agent.tick()).frame
        await asyncio.sleep(0)
        clock.advance(5)
    fast: Any = agent.outboxes["fake"].sink
    slow: Any = agent.outboxes["slow"].sink
    await asyncio.sleep(0)
    assert [f.sequence for f in fast.frames] == list(range(1, 11))
    assert slow.frames == []
    [row] = [found for found in rows_of(frame, "sink") if found["sink"] == "slow"]
    assert (row["queued"], row["sent"], row["dropped"]) == (4, 0, 5)
    assert agent.outboxes["slow"].state.drops == 6
    slow.free.set()
    await agent.close()
    assert [f.sequence for f in slow.frames] == [1, 8, 9, 10], "the one in hand, and the newest three"


async def test_a_sink_that_never_takes_anything_does_not_keep_the_agent_from_ending(proc: FakeProc) -> None:
    agent = make_agent(proc, healthy("a"), sinks=(SlowSink, FakeSink))
    await agent.open()
    await agent.tick()
    async with asyncio.timeout(10):
        await agent.close()
    slow: Any = agent.outboxes["slow"].sink
    assert slow.calls == ["open", "close"]


async def test_a_raising_sink_is_counted_and_logged_when_that_changes(proc: FakeProc) -> None:
    broken, clock = [True], FakeClock()

    class Raising(FakeSink):
        async def send(self, frame: Frame) -> None:
            if broken[0]:
                raise ConnectionError("refused")
            await super().send(frame)

    agent = make_agent(proc, healthy("a"), sinks=(Raising,), clock=clock)
    await agent.open()
    with capture_logs() as logs:
        for tick in range(8):
            broken[0] = tick < 5
            await agent.tick()
            for _ in range(5):
                await asyncio.sleep(0)
            clock.advance(5)
    assert [line["event"] for line in logs if "sink" in line] == ["sink is failing", "sink is ok"]
    state = agent.outboxes["fake"].state
    assert (state.state, state.failures, state.runs) == ("ok", 5, 8)
    sink: Any = agent.outboxes["fake"].sink
    assert [frame.sequence for frame in sink.frames] == [6, 7, 8]
    await agent.close()


async def test_a_sink_that_cannot_open_is_tried_again_and_keeps_its_newest_frames(proc: FakeProc) -> None:
    tries: list[int] = []

    class Shy(FakeSink):
        async def open(self) -> None:
            tries.append(1)
            if len(tries) < 2:
                raise OSError("not yet")

    agent = make_agent(proc, healthy("a"), sinks=(Shy,))
    await agent.open()
    await agent.tick()
    sink: Any = agent.outboxes["fake"].sink
    async with asyncio.timeout(10):
        await sink.arrived.wait()
    assert len(tries) == 2
    assert agent.outboxes["fake"].state.failures == 1
    await agent.close()
