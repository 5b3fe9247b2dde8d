"""Everything that can be wrong with a plugin of others is named at start and by the check, and the rest runs.

The page of plugins shows the same states: tests/server/web/test_pages.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gobs_core import Collector, PluginState, Proc, Rows, Table, gauge
from gobs_core.agent.loop import Agent
from gobs_core.collector import Context
from gobs_core.kit.check import Wanted, check
from gobs_core.kit.findings import Level
from gobs_core.kit.trial import Bench
from gobs_core.plugins import load_plugins
from gobs_core.plugins.installed import Dist, Point
from gobs_core.settings import Setup, load_settings
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeDistribution, FakeEntryPoint, FakeSink, healthy, module

TABLE = Table("bad", "A table", [gauge("level", "A level", source="/proc/acme")])


class Fine(Collector):
    name = "bad"
    tables = (TABLE,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        proc.read("acme")
        yield TABLE.row(level=1)


class Old(Fine):
    api = 0


class Future(Fine):
    api = 99


class Illegal(Fine):
    name = "Bad Name"


class NoTables(Fine):
    tables: ClassVar[Any] = (1,)


class NoConfig(Fine):
    Config: ClassVar[Any] = dict


class WrongCells(Fine):
    def collect(self, proc: Proc) -> Iterator[Rows]:
        proc.read("acme")
        yield Rows(TABLE, (("a text",),))


class UndeclaredColumn(Fine):
    def collect(self, proc: Proc) -> Iterator[Rows]:
        proc.read("acme")
        yield TABLE.row(level=1, depth=2)


class UndeclaredTable(Fine):
    tables = (Table("elsewhere", "Another", [gauge("level", "A level", source="/proc/acme")]),)


BAD: dict[str, tuple[Any, str]] = {
    "an old API number": (module(collectors=[Old]), "`api` must be a plugin API number"),
    "a future API number": (module(collectors=[Future]), "is written for plugin API 99, and 1 is spoken here"),
    "an illegal name": (module(collectors=[Illegal]), "`name` must be lower-case letters, digits and _"),
    "the name of another": (module(collectors=[type("Twin", (healthy("good"),), {})]), "claimed by"),
    "tables that are none": (module(collectors=[NoTables]), "`tables` must be a tuple of at least one Table"),
    "a Config that is none": (module(collectors=[NoConfig]), "`Config` must be a subclass of CollectorConfig"),
    "no hook": (module(), "implements no hook"),
    "an import that fails": (ModuleNotFoundError("No module named 'scapy'"), "No module named 'scapy'"),
    "an exit at import": (SystemExit("no licence"), "no licence"),
    "cells of another type": (module(collectors=[WrongCells]), "'level': expected a number or None, got 'a text'"),
    "a column that is not declared": (module(collectors=[UndeclaredColumn]), "has no stored column 'depth'"),
    "a table that is not declared": (module(collectors=[UndeclaredTable]), "table 'bad' is not declared in `tables`"),
}  # fmt: skip


def points(what: str) -> list[FakeEntryPoint]:
    good = FakeEntryPoint("mine", module(collectors=[healthy("good"), healthy("other")], sinks=[FakeSink]))
    return [good, FakeEntryPoint("acme", BAD[what][0], FakeDistribution("acme-plugin", "1.0"))]


@pytest.fixture
def machine(proc: FakeProc) -> FakeProc:
    proc.write("acme", "7\n")
    return proc


@pytest.mark.parametrize("what", BAD)
async def test_it_is_named_and_the_rest_runs(what: str, machine: FakeProc) -> None:
    plugins = dataclasses.replace(load_plugins(points(what)), origins={})  # inside, where no process is started for it
    environ = {"GOBS_CONFIG": "/dev/null", "GOBS_AGENT__SINKS": "fake"}
    settings = load_settings(environ=environ, plugins=plugins, owners=()).settings
    agent = Agent(settings, plugins, machine, clock=FakeClock())
    await agent.open()
    await agent.tick()
    await agent.close()
    states = agent.states()
    assert {state.state for state in states if state.name == "other"} == {"ok"}
    bad = [state for state in states if state.state in ("broken", "failing")]
    assert bad, "it is not said at all"
    assert all(BAD[what][1] in state.error for state in bad)
    assert all(state.distribution or state.state == "failing" for state in bad)


@pytest.mark.parametrize("what", BAD)
def test_the_check_names_it(what: str, machine: FakeProc) -> None:
    def load(make: Any) -> Setup:
        return load_settings(environ={"GOBS_CONFIG": "/dev/null"}, plugins=make, owners=())

    wanted = Wanted(("acme-plugin",), ())
    found = check(wanted, points(what), load, lambda setup: Bench(machine, Context(), 5.0))
    wrong = [finding for finding in found if finding.level is Level.WRONG]
    assert wrong
    assert all(BAD[what][1] in finding.text for finding in wrong), wrong


def states_of_all() -> list[PluginState]:
    """Return how everything bad that is known at start is told, for whoever shows it."""
    found = [state for what in BAD for state in load_plugins(points(what)).failed]
    [nothing] = load_plugins([], allow=["entropy==1.0"]).failed
    gone = Point("gone", "no_such_module", Dist("gone-plugin", "1.0"))
    return [*found, nothing, *load_plugins([gone]).failed]


def test_a_package_whose_module_is_not_there_is_told_with_its_distribution(tmp_path: Path) -> None:
    [state] = load_plugins([Point("gone", "no_such_module", Dist("gone-plugin", "1.0"))]).failed
    assert (state.name, state.distribution, state.version, state.state) == ("gone", "gone-plugin", "1.0", "broken")
    assert state.error.rstrip().endswith("ModuleNotFoundError: No module named 'no_such_module'")
