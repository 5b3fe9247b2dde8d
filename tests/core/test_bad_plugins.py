"""Everything that can be wrong with a plugin of others is named at start and by the check, and the rest runs.

The page of plugins shows the same states: tests/server/web/test_pages.py.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from gobs_core import Collector, CollectorConfig, PluginState, Proc, Rows, SinkConfig, Table, gauge
from gobs_core.agent.build import idle_states
from gobs_core.agent.loop import Agent
from gobs_core.cli.common import set_up
from gobs_core.collector import Context
from gobs_core.kit.check import Wanted, check
from gobs_core.kit.findings import Level
from gobs_core.kit.trial import Bench
from gobs_core.plugins import EntryPointLike, load_plugins
from gobs_core.plugins.installed import Dist, Point, silent
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


class Settled(Fine):
    class Config(CollectorConfig, frozen=True, kw_only=True):
        many: int = 1


class _Declares:
    """A module that declares a table wrongly when it is imported."""

    def __init__(self, declare: Callable[[], object]) -> None:
        self.declare = declare


class Importing(FakeEntryPoint):
    def load(self) -> Any:
        return self.gives.declare() if isinstance(self.gives, _Declares) else super().load()


MUTE = Dist("gobs-plugin-mute", "1.0")
GONE = Point("gone", "no_such_module", Dist("gone-plugin", "1.0"))
BAD: dict[str, tuple[Any, str]] = {
    "an old API number": (module(collectors=[Old]), "`api` must be a plugin API number"),
    "a future API number": (module(collectors=[Future]), "is written for plugin API 99, and 1 is spoken here"),
    "an illegal name": (module(collectors=[Illegal]), "`name` must be lower-case letters, digits and _"),
    "the name of another": (module(collectors=[type("Twin", (healthy("good"),), {})]), "claimed by"),
    "tables that are none": (module(collectors=[NoTables]), "`tables` must be a tuple of at least one Table"),
    "a Config that is none": (module(collectors=[NoConfig]), "`Config` must be a subclass of CollectorConfig"),
    "a setting of another type": (module(collectors=[Settled]), "BAD__MANY: expected a whole number, got 'x'"),
    "an illegal table name": (
        _Declares(lambda: Table("Bad Name", "A table", [gauge("level", "A level")])),
        "lower-case letters, digits and _, at most 63",
    ),
    "an illegal column name": (
        _Declares(lambda: Table("bad", "A table", [gauge("Bad-Level", "A level")])),
        "lower-case letters, digits and _, at most 63",
    ),
    "no hook": (module(), "implements no hook"),
    "an import that fails": (ModuleNotFoundError("No module named 'scapy'"), "No module named 'scapy'"),
    "an exit at import": (SystemExit("no licence"), "no licence"),
    "cells of another type": (module(collectors=[WrongCells]), "'level': expected a number or None, got 'a text'"),
    "a column that is not declared": (module(collectors=[UndeclaredColumn]), "has no stored column 'depth'"),
    "a table that is not declared": (module(collectors=[UndeclaredTable]), "table 'bad' is not declared in `tables`"),
}  # fmt: skip


AT_START = [what for what in BAD if what not in (
    "cells of another type", "a column that is not declared", "a table that is not declared"
)]  # fmt: skip
"""What is known before anything was read."""


def environ_of(what: str) -> dict[str, str]:
    """Return the settings: of the collector `bad` there is one only where that is what is wrong."""
    given = {"GOBS_COLLECTORS__BAD__MANY": "x"} if what == "a setting of another type" else {}
    return {"GOBS_CONFIG": "/dev/null", "GOBS_AGENT__SINKS": "fake", **given}


def points(what: str) -> list[FakeEntryPoint]:
    good = FakeEntryPoint("mine", module(collectors=[healthy("good"), healthy("other")], sinks=[FakeSink]))
    return [good, Importing("acme", BAD[what][0], FakeDistribution("acme-plugin", "1.0"))]


@pytest.fixture
def machine(proc: FakeProc) -> FakeProc:
    proc.write("acme", "7\n")
    return proc


async def states_of(what: str, machine: FakeProc) -> tuple[PluginState, ...]:
    """Return how all plugins of an agent fare after its first tick, one of them being bad."""
    settings, found = load_settings(environ=environ_of(what), plugins=load_plugins(points(what)), owners=())
    plugins = dataclasses.replace(found, origins={})  # inside, where no process is started for it
    agent = Agent(settings, plugins, machine, clock=FakeClock())
    await agent.open()
    await agent.tick()
    await agent.close()
    return agent.states()


@pytest.mark.parametrize("what", BAD)
async def test_it_is_named_and_the_rest_runs(what: str, machine: FakeProc) -> None:
    states = await states_of(what, machine)
    assert {state.state for state in states if state.name == "other"} == {"ok"}
    bad = [state for state in states if state.state in ("broken", "failing")]
    assert bad, "it is not said at all"
    assert all(BAD[what][1] in state.error for state in bad)
    assert all(state.distribution or state.state == "failing" for state in bad)


@pytest.mark.parametrize("what", BAD)
def test_the_check_names_it(what: str, machine: FakeProc) -> None:
    def load(make: Any) -> Setup:
        return load_settings(environ=environ_of(what), plugins=make, owners=())

    wanted = Wanted(("acme-plugin",), ())
    found = check(wanted, points(what), load, lambda setup: Bench(machine, Context(), 5.0))
    wrong = [finding for finding in found if finding.level is Level.WRONG]
    assert wrong
    assert all(BAD[what][1] in finding.text for finding in wrong), wrong


def states_of_all() -> list[PluginState]:
    """Return how everything bad that is known at start is told, for whoever shows it."""
    setups = [
        load_settings(environ=environ_of(what), plugins=load_plugins(points(what)), owners=()) for what in AT_START
    ]
    found = [state for setup in setups for state in setup.plugins.failed]
    found += load_plugins([], silent=[MUTE]).failed
    [nothing] = load_plugins([], allow=["entropy==1.0"]).failed
    return [*found, nothing, *load_plugins([GONE]).failed]


@pytest.mark.parametrize("what", AT_START)
def test_it_is_in_the_log_at_start(what: str) -> None:
    args = argparse.Namespace(config=None, set=[], only_plugins=None, log_level=None, log_format="json")
    handlers, written = logging.getLogger().handlers[:], io.StringIO()
    try:
        with contextlib.redirect_stderr(written):
            setup = set_up(args, {}, environ=environ_of(what), plugins=lambda _: load_plugins(points(what)), owners=())
    finally:
        logging.getLogger().handlers[:] = handlers
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = [line["error"] for line in lines if line["event"] == "plugin is broken"]
    assert told
    assert all(BAD[what][1] in error for error in told), told
    assert "other" in setup.plugins.collectors, "the rest is there"


def test_what_is_not_there_at_all_is_in_the_log_at_start_and_the_rest_is_there() -> None:
    """An allow-list that matches nothing, a distribution without an entry point, and a module that is missing."""
    given: list[EntryPointLike] = [FakeEntryPoint("mine", module(collectors=[healthy("good")])), GONE]
    args = argparse.Namespace(config=None, set=[], only_plugins=None, log_level=None, log_format="json")
    handlers, written = logging.getLogger().handlers[:], io.StringIO()
    try:
        with contextlib.redirect_stderr(written):
            setup = set_up(
                args, {}, environ={"GOBS_CONFIG": "/dev/null"}, owners=(),
                plugins=lambda _: load_plugins(given, allow=["mine", "gone", "entropy"], silent=[MUTE]),
            )  # fmt: skip
    finally:
        logging.getLogger().handlers[:] = handlers
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = {line["name"]: line["error"] for line in lines if line["event"] == "plugin is broken"}
    assert set(told) == {"entropy", "gobs-plugin-mute", "gone"}
    assert "plugins.allow: no plugin here is called 'entropy'" in told["entropy"]
    assert "has no entry point of the group `gobs`" in told["gobs-plugin-mute"]
    assert told["gone"] == "ModuleNotFoundError: No module named 'no_such_module'"
    assert "good" in setup.plugins.collectors


def test_what_is_not_there_at_all_is_named_by_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gobs_core.kit.check.silent", lambda: [MUTE])

    def load(make: Any) -> Setup:
        environ = {"GOBS_CONFIG": "/dev/null", "GOBS_PLUGINS__ALLOW": "mine,gone,entropy"}
        return load_settings(environ=environ, plugins=make, owners=())

    given: list[EntryPointLike] = [FakeEntryPoint("mine", module(collectors=[Fine])), GONE]
    found = check(Wanted((), ()), given, load, lambda setup: Bench(Proc("/nowhere"), Context(), 5.0))
    told = {finding.about: finding.text for finding in found if finding.level is Level.WRONG}
    assert set(told) == {"entry point entropy", "entry point gobs-plugin-mute", "entry point gone"}
    assert "plugins.allow: no plugin here is called 'entropy'" in told["entry point entropy"]
    assert "has no entry point of the group `gobs`" in told["entry point gobs-plugin-mute"]
    assert "No module named 'no_such_module'" in told["entry point gone"]


def test_a_plugin_that_is_installed_without_an_entry_point_is_told(tmp_path: Path) -> None:
    for name, text in (("mute", ""), ("well", "[gobs]\nwell = gobs_well\n")):
        folder = tmp_path / f"gobs_plugin_{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: gobs-plugin-{name}\n")
        (folder / "entry_points.txt").write_text(text)
    [mute] = silent([str(tmp_path)])
    [state] = load_plugins([], silent=[mute]).failed
    assert (state.name, state.version, state.state) == ("gobs-plugin-mute", "1.0", "broken")
    assert "has no entry point of the group `gobs`" in state.error


def test_a_package_whose_module_is_not_there_is_told_with_its_distribution(tmp_path: Path) -> None:
    [state] = load_plugins([GONE]).failed
    assert (state.name, state.distribution, state.version, state.state) == ("gone", "gone-plugin", "1.0", "broken")
    assert state.error.rstrip().endswith("ModuleNotFoundError: No module named 'no_such_module'")


class Needy(Fine):
    class Config(CollectorConfig, frozen=True, kw_only=True):
        url: str
        user: str


class NeedySink(FakeSink):
    name = "needy"
    default = False

    class Config(SinkConfig, frozen=True, kw_only=True):
        url: str


def needy(*names: str) -> Setup:
    """What is set up at start with two plugins that need settings, and the sinks of these names."""
    environ = {"GOBS_CONFIG": "/dev/null", "GOBS_AGENT__SINKS": ",".join(names)}
    given = [FakeEntryPoint("acme", module(collectors=[Needy, healthy("good")], sinks=[FakeSink, NeedySink]))]
    args = argparse.Namespace(config=None, set=[], only_plugins=None, log_level=None, log_format="json")
    return set_up(args, {}, environ=environ, plugins=lambda _: load_plugins(given), owners=())


def test_a_setting_that_is_needed_and_missing_breaks_its_plugin_and_the_fix_is_said() -> None:
    handlers, written = logging.getLogger().handlers[:], io.StringIO()
    try:
        with contextlib.redirect_stderr(written):
            setup = needy("fake", "needy")
    finally:
        logging.getLogger().handlers[:] = handlers
    told = {state.name: state for state in idle_states(*setup) if state.state == "broken"}
    assert set(told) == {"bad", "needy"}
    for name, variables in (
        ("bad", ("COLLECTORS__BAD__URL", "COLLECTORS__BAD__USER")),
        ("needy", ("SINKS__NEEDY__URL",)),
    ):
        assert "a setting that it needs was given by nobody: " in told[name].error
        assert all(f"GOBS_{variable}" in told[name].error for variable in variables)
        assert told[name].distribution == "acme"
    logged = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {(line["name"], line["error"]) for line in logged if line["event"] == "plugin is broken"} == {
        (name, state.error) for name, state in told.items()
    }


def test_a_sink_that_nobody_wants_is_off_whatever_it_lacks() -> None:
    [state] = [state for state in idle_states(*needy("fake")) if state.name == "needy"]
    assert state.state == "off"
    assert state.error.startswith("not named in agent.sinks; a setting that it needs was given by nobody")


async def test_in_a_running_agent_it_is_broken_and_the_rest_runs(machine: FakeProc) -> None:
    settings, plugins = load_settings(
        environ={"GOBS_CONFIG": "/dev/null"}, owners=(),
        plugins=load_plugins([FakeEntryPoint("acme", module(collectors=[Needy, healthy("good")], sinks=[FakeSink]))]),
    )  # fmt: skip
    agent = Agent(settings, dataclasses.replace(plugins, origins={}), machine, clock=FakeClock())
    await agent.open()
    await agent.tick()
    states = {state.name: (state.state, state.error) for state in agent.states()}
    await agent.close()
    assert states["good"] == ("ok", "")
    assert states["bad"][0] == "broken"
    assert "give it in the settings file, or as GOBS_COLLECTORS__BAD__URL and" in states["bad"][1]
