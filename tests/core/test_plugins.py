"""Loading plugins: a broken one costs no other, and every one that does not run says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Channel, Collector, Condition, NotifierConfig, PluginConfig, Proc, Table, gauge, hookimpl
from gobs_core.agent.build import idle_states
from gobs_core.hookspecs import hookspec
from gobs_core.plugins import Plugins, load_plugins
from gobs_core.settings import Settings
from gobs_core.state import PluginState
from tests.core.fakes import FakeDistribution, FakeEntryPoint, FakeNotifier, FakeSink, collector, healthy, module, table
from tests.support.programs import searched

GOOD = FakeEntryPoint("good", module(collectors=[healthy("good")]))


def load(*points: FakeEntryPoint, **rest: Any) -> Plugins:
    return load_plugins([*points], **rest)


def broken(plugins: Plugins) -> list[PluginState]:
    return [state for state in plugins.states() if state.state == "broken"]


def only_broken(plugins: Plugins) -> PluginState:
    assert "good" in plugins.collectors, "a broken plugin must not cost another"
    [state] = broken(plugins)
    return state


def test_what_hooks_announce_is_found_by_name_with_its_origin() -> None:
    plugins = load(FakeEntryPoint("x", module(collectors=[healthy("b"), healthy("a")], sinks=[FakeSink])))
    assert list(plugins.collectors) == ["a", "b"]
    assert plugins.sinks["fake"] is FakeSink
    origin = plugins.origin("sink", "fake")
    assert (origin.entry_point, origin.distribution, origin.version) == ("x", "acme", "1.2.3")
    assert plugins.states()[0] == PluginState(kind="collector", name="a", distribution="acme", version="1.2.3", api=1)


def test_the_result_cannot_be_changed() -> None:
    plugins = load(GOOD)
    with pytest.raises(TypeError):
        plugins.collectors["x"] = Collector  # type: ignore[index]


@pytest.mark.parametrize(
    "gives",
    [ImportError("no module"), SystemExit(3), SyntaxError("bad"), RuntimeError("\x1b[31m"), RecursionError()],
    ids=lambda error: type(error).__name__,
)
def test_a_module_that_cannot_be_imported_is_noted_with_its_traceback(gives: BaseException) -> None:
    state = only_broken(load(GOOD, FakeEntryPoint("bad", gives)))
    assert (state.kind, state.name, state.distribution) == ("plugin", "bad", "acme")
    assert "Traceback" in state.trace
    assert "\n" not in state.error
    assert type(gives).__name__ in state.error


def test_an_interrupt_while_loading_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        load(FakeEntryPoint("bad", KeyboardInterrupt()))


def _nothing() -> list[object]:
    return []


def test_a_misspelt_hook_is_noted_by_its_name() -> None:
    made = module(collectors=[])
    made.gobs_register_colectors = hookimpl(_nothing)  # type: ignore[attr-defined]
    assert "gobs_register_colectors" in only_broken(load(GOOD, FakeEntryPoint("bad", made))).error


def test_a_hook_with_an_argument_nobody_gives_is_noted() -> None:
    made = module()
    made.gobs_register_collectors = hookimpl(lambda server: [])  # type: ignore[attr-defined]
    assert "server" in only_broken(load(GOOD, FakeEntryPoint("bad", made))).error


def test_a_module_without_any_hook_is_noted() -> None:
    assert "implements no hook" in only_broken(load(GOOD, FakeEntryPoint("bad", module()))).error


def test_a_raising_hook_costs_only_what_it_would_have_announced() -> None:
    made = module(collectors=RuntimeError("boom"), sinks=[FakeSink])
    plugins = load(GOOD, FakeEntryPoint("bad", made))
    assert "boom" in only_broken(plugins).error
    assert "fake" in plugins.sinks


@pytest.mark.parametrize("result", [None, 5, "text", healthy("x")], ids=repr)
def test_a_hook_that_returns_no_list_is_noted(result: object) -> None:
    plugins = load(GOOD, FakeEntryPoint("bad", module(collectors=result)))
    if result is None:
        assert not broken(plugins), "pluggy leaves None out: a hook may announce nothing"
    else:
        assert "must return a list of classes" in only_broken(plugins).error


class NotACollector:
    """Has a name, and nothing else."""

    name = "nothing"


class Abstract(Collector):
    """Does not implement collect."""

    name = "abstract"
    tables = (table("abstract"),)


@pytest.mark.parametrize(
    ("cls", "says"),
    [
        (NotACollector, "not a subclass of Collector"),
        (FakeSink, "not a subclass of Collector"),
        ("text", "not a subclass of Collector"),
        (Abstract, "does not implement collect"),
        (type("Spaced", (healthy("x"),), {"name": "Bad Name"}), "`name` must be"),
        (type("Long", (healthy("x"),), {"name": "x" * 64}), "`name` must be"),
        (type("Nameless", (healthy("x"),), {"name": None}), "`name` must be"),
        (type("Numbered", (healthy("x"),), {"name": 7}), "`name` must be"),
        (collector("odd", list, Config=dict), "`Config` must be a subclass of CollectorConfig"),
        (collector("odd", list, Config=PluginConfig), "`Config` must be a subclass of CollectorConfig"),
        (collector("odd", list, Config=PluginConfig()), "`Config` must be a subclass of CollectorConfig"),
        (type("Bare", (healthy("x"),), {"name": "bare", "tables": ()}), "`tables` must be a tuple"),
        (type("Listed", (healthy("x"),), {"name": "listed", "tables": [table("x")]}), "`tables` must be a tuple"),
        (collector("twice", list, tables=(table("a"), table("a"))), "declares table 'a' twice"),
        (collector("own", list, tables=(table("agent"),)), "table 'agent' is the agent's own"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_class_that_breaks_its_contract_is_noted_and_the_others_of_its_module_stay(cls: Any, says: str) -> None:
    plugins = load(GOOD, FakeEntryPoint("bad", module(collectors=[cls, healthy("sibling")])))
    state = only_broken(plugins)
    assert says in state.error
    assert state.kind == "collector"
    assert "sibling" in plugins.collectors


def test_a_notifier_of_too_many_alerts_and_a_condition_of_no_parameters_are_noted() -> None:
    greedy = type("Greedy", (FakeNotifier,), {"name": "greedy", "most": 1001})
    assert (
        "`most` must be a number from 1 to 1000"
        in only_broken(load(GOOD, FakeEntryPoint("bad", module(notifiers=[greedy])))).error
    )
    answers = {"name": "odd", "Parameters": dict, "judge": None, "describe": None}
    odd = type("Odd", (Condition,), answers)
    assert (
        "`Parameters` must be a subclass of ConditionParameters"
        in only_broken(load(GOOD, FakeEntryPoint("bad", module(conditions=[odd])))).error
    )


def test_an_instance_instead_of_a_class_is_told_so() -> None:
    class Quiet(FakeNotifier):
        name = "quiet"

    state = only_broken(load(GOOD, FakeEntryPoint("bad", module(notifiers=[Quiet(NotifierConfig(), Channel())]))))
    assert "announce the class, not an instance" in state.error


def test_of_two_plugins_with_one_name_neither_wins_and_both_are_named() -> None:
    one = FakeEntryPoint("one", module(collectors=[healthy("cpu")]), FakeDistribution("acme", "1"))
    two = FakeEntryPoint("two", module(collectors=[healthy("cpu")]), FakeDistribution("evil", "2"))
    for order in ((one, two), (two, one)):
        plugins = load(GOOD, *order)
        assert "cpu" not in plugins.collectors
        assert [state.distribution for state in broken(plugins)] == ["acme", "evil"]
        for state in broken(plugins):
            assert "the collector name 'cpu' is claimed by" in state.error
            assert "entry point 'one' of acme 1" in state.error
            assert "entry point 'two' of evil 2" in state.error


def test_one_name_may_be_used_by_plugins_of_different_kinds() -> None:
    class Fake(FakeNotifier):
        name = "fake"

    plugins = load(FakeEntryPoint("x", module(sinks=[FakeSink], notifiers=[Fake])))
    assert not broken(plugins)


def test_of_two_collectors_with_one_table_neither_wins_and_both_are_named() -> None:
    shared = table("shared")
    one = FakeEntryPoint("one", module(collectors=[collector("a", list, tables=(shared,))]))
    two = FakeEntryPoint("two", module(collectors=[collector("b", list, tables=(table("own"), shared))]))
    plugins = load(GOOD, one, two)
    assert set(plugins.collectors) == {"good"}
    assert [state.name for state in broken(plugins)] == ["a", "b"]
    assert all("the table name 'shared'" in state.error for state in broken(plugins))


def test_denying_one_of_two_rivals_lets_the_other_run() -> None:
    one, two = (FakeEntryPoint(name, module(collectors=[healthy("cpu")])) for name in ("one", "two"))
    assert "cpu" in load(one, two, deny=["one"]).collectors


def test_a_denied_entry_point_is_not_even_imported() -> None:
    point = FakeEntryPoint("bad", RuntimeError("imported"))
    plugins = load(GOOD, point, deny=["bad"])
    assert point.loaded == []
    assert [(state.name, state.state) for state in plugins.states()] == [("good", "ok"), ("bad", "off")]


def test_an_entry_point_that_is_not_allowed_is_not_even_imported() -> None:
    point = FakeEntryPoint("bad", RuntimeError("imported"))
    plugins = load(FakeEntryPoint("good", GOOD.gives), point, allow=["good"])
    assert point.loaded == []
    assert set(plugins.collectors) == {"good"}


def test_a_plugin_can_be_allowed_and_denied_by_its_own_name() -> None:
    point = FakeEntryPoint("many", module(collectors=[healthy("a"), healthy("b")], sinks=[FakeSink]))
    assert set(load(point, allow=["a"]).collectors) == {"a"}
    assert set(load(point, deny=["a"]).collectors) == {"b"}
    assert [state.state for state in load(point, deny=["a"]).states()] == ["off", "ok", "ok"]


def test_deny_counts_more_than_allow() -> None:
    assert not load(GOOD, allow=["good"], deny=["good"]).collectors


def test_an_empty_allow_list_allows_nothing() -> None:
    assert not load(GOOD, allow=[]).collectors


def test_the_order_of_entry_points_decides_nothing() -> None:
    points = [FakeEntryPoint(name, module(collectors=[healthy(name)])) for name in ("c", "a", "b")]
    assert load(*points).states() == load(*reversed(points)).states()


def test_a_distribution_without_readable_metadata_is_unknown_and_no_fault() -> None:
    plugins = load(FakeEntryPoint("good", GOOD.gives, None))
    assert plugins.states()[0].distribution == ""
    assert not broken(plugins)


def test_hook_specifications_and_kinds_agree() -> None:
    from gobs_core import hookspecs
    from gobs_core.plugins.registry import CONTRACTS

    declared = {name for name in vars(hookspecs) if name.startswith("gobs_register_")}
    assert declared == {contract.hook for contract in CONTRACTS}
    assert hookspec.project_name == "gobs"


def test_a_plugin_that_is_really_installed_is_found_with_its_distribution(tmp_path: Path) -> None:
    (tmp_path / "gobs_temperature.py").write_text(
        "from gobs_core import Collector, Table, gauge, hookimpl\n"
        "T = Table('temperature', 'Heat', [gauge('now', 'Now')])\n"
        "class Temperature(Collector):\n"
        "    name = 'temperature'\n"
        "    tables = (T,)\n"
        "    def collect(self, proc):\n"
        "        yield T.row(now=1.0)\n"
        "@hookimpl\n"
        "def gobs_register_collectors():\n"
        "    return [Temperature]\n"
    )
    info = tmp_path / "gobs_temperature-4.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gobs-temperature\nVersion: 4.5\n")
    (info / "entry_points.txt").write_text("[gobs]\ntemperature = gobs_temperature\nlost = gobs_temperature_lost\n")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from gobs_core.plugins import load_plugins\n"
        "states = {s.name: s for s in load_plugins().states()}\n"
        "good, lost = states['temperature'], states['lost']\n"
        "print(good.state, good.distribution, good.version, lost.state, lost.error.splitlines()[-1])\n"
    )
    done = searched(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    )
    assert done.stdout.strip() == (
        "ok gobs-temperature 4.5 broken ModuleNotFoundError: No module named 'gobs_temperature_lost'"
    )


def test_what_is_for_servers_alone_no_agent_imports_and_its_name_is_known_all_the_same() -> None:
    tells = FakeEntryPoint("tells", module(notifiers=[FakeNotifier]), group="gobs.server")
    agents = load(GOOD, tells, server=False)
    assert (list(agents.notifiers), agents.failed, tells.loaded) == ([], (), [])
    assert agents.entry_points == {"good", "tells"}
    servers = load(GOOD, tells)
    assert (list(servers.collectors), list(servers.notifiers), tells.loaded) == (["good"], ["fake"], ["tells"])


def test_a_collector_where_no_agent_looks_says_where_it_belongs() -> None:
    state = only_broken(load(GOOD, FakeEntryPoint("lost", module(collectors=[healthy("lost")]), group="gobs.server")))
    assert (state.kind, state.name) == ("collector", "lost")
    assert state.error.splitlines()[-1].endswith(
        "no agent looks into the group 'gobs.server', and this is a collector: announce it in the group 'gobs'"
    )


def test_an_agent_imports_nothing_of_the_server_that_is_installed_beside_it() -> None:
    script = (
        "import sys\n"
        "from gobs_core.settings import load_settings\n"
        "setup = load_settings(environ={}, config='/dev/null', server=False)\n"
        "assert {'cpu', 'process'} <= setup.plugins.collectors.keys()\n"
        "assert {'conditions', 'discord'} <= setup.plugins.entry_points\n"
        "print([m for m in sys.modules if m.startswith(('gobs_server', 'gobs_notifiers', 'numpy', 'aiohttp'))])"
    )
    done = searched(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_importing_the_sdk_loads_no_plugin() -> None:
    script = (
        "import sys, gobs_core, gobs_core.plugins\n"
        "print([m for m in sys.modules if m.startswith(('gobs_collectors', 'gobs_sinks', 'gobs_server'))])"
    )
    done = searched(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    )
    assert done.stdout.strip() == "[]"


def test_the_smallest_table_needs_a_collector_to_be_seen() -> None:
    class Heat(Collector):
        name = "heat"
        tables = (Table("heat", "Heat", [gauge("now", "Now")]),)

        def collect(self, proc: Proc) -> Any:
            yield self.tables[0].row(now=1)

    assert set(load(FakeEntryPoint("heat", module(collectors=[Heat]))).collectors) == {"heat"}


def test_a_notifier_without_a_channel_in_the_settings_is_there_for_those_made_on_the_pages() -> None:
    plugins = Plugins(notifiers={"fake": FakeNotifier})
    settings = Settings(incomplete={("notifier", "fake"): "notifiers.fake.path: expected a text, got nothing"})
    [state] = idle_states(settings, plugins)
    assert (state.name, state.state, state.runs_in) == ("fake", "ok", "loop")
    assert "notifiers.fake.path" in state.error
    assert "on the pages" in state.error
