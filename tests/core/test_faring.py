"""The table `plugin`: every plugin of a node and how it fares, told each minute and when one fares otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gobs_core import Condition, ProfileOrder, ProfileTarget
from gobs_core.agent.clock import NANO
from gobs_core.agent.faring import EVERY, Faring
from gobs_core.agent.loop import Agent
from gobs_core.agent.selftables import PLUGIN, plugin_rows
from gobs_core.exposition import Exposition, Families
from gobs_core.exposition.rows import expose
from gobs_core.frame import Reading
from gobs_core.plugins import Plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.state import STATES, PluginState
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeProfiler, FakeSink, collector, healthy, rows_of
from tests.core.test_inventories import WEB, inventory


def agent_of(proc: FakeProc, clock: FakeClock, *collectors: Any, **more: Any) -> Agent:
    plugins = Plugins(collectors={cls.name: cls for cls in collectors}, sinks={"fake": FakeSink}, **more)
    return Agent(Settings(agent=AgentSettings(node="here")), plugins, proc, clock=clock, run="0123")


class Heard:
    """Who ordered a recording; keeps how it ended."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def progress(self, order: ProfileOrder, progress: Any) -> None:
        """Nothing is done with it."""

    def failed(self, order: ProfileOrder, why: str, *, cancelled: bool = False) -> None:
        """Fail the test."""
        raise AssertionError(why)

    def done(self, order: ProfileOrder, profile: Any) -> None:
        """Note it."""
        self.ended.set()


async def test_every_kind_a_node_runs_tells_state_runs_failures_cost_and_last_success(proc: FakeProc) -> None:
    def boom() -> Any:
        raise RuntimeError("boom")

    clock, names, heard = FakeClock(), inventory(), Heard()
    agent = agent_of(
        proc,
        clock,
        healthy("good"),
        collector("bad", boom),
        inventories={"fake": names},
        profilers={"fake": FakeProfiler},
        conditions={"over": type("Over", (Condition,), {"name": "over"})},
        failed=(PluginState(kind="plugin", name="gone", state="broken", error="Traceback\nImportError: no"),),
    )
    await agent.open()
    await agent.tick()
    names.made.report.workloads([WEB])
    agent.recordings.start(
        "fake", ProfileOrder(id="1", target=ProfileTarget(kind="node"), duration=1.0, frequency=10), heard
    )
    async with asyncio.timeout(10):
        await heard.ended.wait()
    clock.advance(EVERY)
    frame = (await agent.tick()).frame
    told = {(row["kind"], row["plugin"]): row for row in rows_of(frame, "plugin")}
    await agent.close()
    ran = {name: (row["state"], row["runs"], row["failures"], row["trouble"]) for name, row in told.items()}
    assert ran == {
        ("collector", "good"): ("ok", 2, 0, 0),
        ("collector", "bad"): ("failing", 2, 2, 1),
        ("sink", "fake"): ("ok", 1, 0, 0),
        ("inventory", "fake"): ("ok", 1, 0, 0),
        ("profiler", "fake"): ("ok", 1, 0, 0),
        ("condition", "over"): ("off", 0, 0, 0),
        ("plugin", "gone"): ("broken", 0, 0, 1),
    }
    for kind, name in (("collector", "good"), ("sink", "fake"), ("inventory", "fake"), ("profiler", "fake")):
        assert told[kind, name]["idle"] is not None, "when it last did its work is known"
    for kind, name in (("collector", "good"), ("sink", "fake"), ("profiler", "fake")):
        assert told[kind, name]["duration"] is not None
    assert told["collector", "bad"]["error"] == "RuntimeError: boom"
    assert told["plugin", "gone"]["error"] == "ImportError: no"
    assert str(told["condition", "over"]["error"]).startswith("runs in the server")
    assert told["inventory", "fake"]["rows"] == 1


async def test_it_is_told_each_minute_and_at_once_when_one_fares_otherwise(proc: FakeProc) -> None:
    ways = {"raise": False}

    def sometimes() -> Any:
        if ways["raise"]:
            raise RuntimeError("boom")
        return []

    clock = FakeClock()
    agent = agent_of(proc, clock, collector("moody", sometimes))
    await agent.open()
    told = []
    for second in range(0, 130, 5):
        ways["raise"] = second == 40
        frame = (await agent.tick()).frame
        assert frame is not None
        if any(reading.table is PLUGIN for reading in frame.readings):
            told.append((second, {row["plugin"]: row["state"] for row in rows_of(frame, "plugin")}["moody"]))
        clock.advance(5)
    await agent.close()
    assert [(second, state) for second, state in told if second > 0] == [
        (40, "failing"), (45, "ok"), (105, "ok"),
    ]  # fmt: skip
    assert agent.source.intervals["plugin"] == EVERY


def test_what_turns_out_to_be_here_or_lacking_is_told_at_once_and_figures_are_not() -> None:
    faring, state = Faring(), PluginState(kind="profiler", name="perf")
    assert len(faring.readings([state], 0.0, 0)) == 1
    again = msgspec.structs.replace(state, runs=9, duration=1.0, rows=7)
    assert faring.readings([again], 1.0, NANO) == []
    known = msgspec.structs.replace(again, needs={"perf": False})
    [reading] = faring.readings([known], 2.0, 2 * NANO)
    assert reading.rows[0][-2:] == (1, 1)
    assert faring.readings([known], 3.0, 3 * NANO) == []


def test_a_scraper_gets_every_state_and_every_figure_of_it() -> None:
    states = [
        PluginState(kind="profiler", name=f"p{place}", state=state, runs=3, failures=1, duration=0.5, succeeded=90.0,
                    api=1, needs={"perf": False, "Linux 5.8": True})
        for place, state in enumerate(STATES)
    ]  # fmt: skip
    out = Exposition("openmetrics", series=1000, rows=1000)
    expose(out, "here", [Reading(PLUGIN, plugin_rows(states, 100.0), 0)], Families([PLUGIN]))
    families = {one.name: one for one in text_string_to_metric_families(out.text().decode())}  # type: ignore[no-untyped-call]
    info = families["gobs_plugin"].samples
    assert {sample.labels["state"] for sample in info} == set(STATES)
    trouble = {sample.labels["plugin"]: sample.value for sample in families["gobs_plugin_trouble"].samples}
    assert {state: trouble[f"p{place}"] for place, state in enumerate(STATES)} == {
        state: float(not known.at_work) for state, known in STATES.items()
    }
    figures = {
        sample.name: sample.value for family in families.values() for sample in family.samples
        if sample.labels.get("plugin") == "p0"
    }  # fmt: skip
    assert figures["gobs_plugin_runs_total"] == 3
    assert figures["gobs_plugin_failures_total"] == 1
    assert figures["gobs_plugin_duration_seconds"] == 0.5
    assert figures["gobs_plugin_idle_seconds"] == 10
    assert (figures["gobs_plugin_needs"], figures["gobs_plugin_lacking"]) == (2, 1)


def test_two_that_claim_one_name_are_one_row_and_a_hostile_name_is_one_line() -> None:
    twins = [
        PluginState(kind="collector", name="x", distribution=name, state="broken", error="claimed") for name in "ab"
    ]
    hostile = PluginState(kind="plugin", name="\x1b[31m\n" + "x" * 1000, state="broken", error="a\nb\x00")
    rows = plugin_rows([*twins, hostile], 0.0)
    assert [row[:2] for row in rows[:1]] == [("collector", "x")]
    assert rows[0][5] == "a"
    name, error = str(rows[1][1]), rows[1][3]
    assert name.startswith("\\x1b[31m\\nx")
    assert len(name) == 200
    assert error == "b\\x00"
    assert len(rows) == 2


def test_an_agent_that_ticks_seldom_says_so_as_seldom(proc: FakeProc) -> None:
    settings = Settings(agent=AgentSettings(node="here", interval=300.0))
    agent = Agent(settings, Plugins(sinks={"fake": FakeSink}), proc, clock=FakeClock(), run="0")
    assert "plugin" not in agent.source.intervals
