"""The server put together: what its metrics and its probes tell of its parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gobs_core import PluginState
from gobs_core.plugins import Plugins
from gobs_notifiers.discord import DiscordNotifier
from gobs_server.alerts.conditions import Threshold
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.records import ChannelSettings
from gobs_server.app import Server
from gobs_server.db import KnownNode, sqlite_at
from gobs_server.settings import ServerSettings
from tests.core.fakes import FakeProfiler, FakeSink, healthy
from tests.core.test_inventories import inventory


def server(folder: Path, *plugins: PluginState, **settings: int) -> Server:
    return Server(ServerSettings(**settings), sqlite_at(folder / "x.sqlite3"), plugins=lambda: plugins)  # type: ignore[arg-type]


async def test_broken_plugins_of_the_server_and_of_nodes_are_a_metric(tmp_path: Path) -> None:
    made = server(tmp_path, PluginState(kind="plugin", name="a", state="broken"))
    node = made.live.connect("n", agent_version="", protocol=1, boot_id="", run="r", interval=1, skew=0)
    made.live.set_plugins(
        node, tuple(PluginState(kind="sink", name=state, state=state) for state in ("broken", "ok", 'made"up'))
    )
    text = made.metrics.text()
    assert 'gobs_server_plugins{state="broken"} 2.0' in text
    assert 'gobs_server_plugins{state="ok"} 1.0' in text
    assert 'gobs_server_plugins{state="other"} 1.0' in text
    assert 'gobs_server_plugins{state="failing"} 0.0' in text


async def test_each_plugin_of_the_server_is_a_metric_and_what_is_not_known_of_it_is_left_out(tmp_path: Path) -> None:
    hostile = 'a"} 1\n# EOF'
    worker = PluginState(kind="notifier", name="ntfy", runs=7, failures=2, restarts=1, duration=0.5, cpu=0.25,
                         memory=1 << 20, succeeded=1.7e9)  # fmt: skip
    text = server(tmp_path, worker, PluginState(kind="plugin", name=hostile, state="broken")).metrics.text()
    labels = '{kind="notifier",plugin="ntfy"}'
    for name, value in (("runs_total", "7.0"), ("failures_total", "2.0"), ("restarts_total", "1.0"),
                        ("duration_seconds", "0.5"), ("cpu_seconds", "0.25"), ("memory_bytes", "1048576.0"),
                        ("succeeded_seconds", "1700000000.0")):  # fmt: skip
        assert f"gobs_server_plugin_{name}{labels} {value}\n" in text
    assert 'gobs_server_plugin_state{kind="notifier",plugin="ntfy",state="ok"} 1.0' in text
    assert r'gobs_server_plugin_state{kind="plugin",plugin="a\"} 1\n# EOF",state="broken"} 1.0' in text
    assert text.count("gobs_server_plugin_memory_bytes{") == 1
    assert len(list(text_string_to_metric_families(text))) > 5  # type: ignore[no-untyped-call]


async def test_what_is_loaded_in_the_server_and_runs_in_agents_is_off_there_and_says_where_it_runs(
    tmp_path: Path,
) -> None:
    loaded = Plugins(
        collectors={"good": healthy("good")}, sinks={"fake": FakeSink}, profilers={"fake": FakeProfiler},
        inventories={"fake": inventory()}, conditions={Threshold.name: Threshold},
        failed=(PluginState(kind="collector", name="bad", state="broken", error="no"),),
    )  # fmt: skip
    made = Server(
        ServerSettings(), sqlite_at(tmp_path / "x.sqlite3"), plugins=loaded.states, extensions=Extensions(loaded)
    )
    states = {(state.kind, state.name): state for state in made.services().plugins()}
    assert {name: state.state for name, state in states.items()} == {
        **dict.fromkeys((("collector", "good"), ("sink", "fake"), ("profiler", "fake"), ("inventory", "fake")), "off"),
        ("condition", "threshold"): "ok", ("collector", "bad"): "broken",
    }  # fmt: skip
    for state in states.values():
        if state.state == "off":
            assert state.error == "runs in agents; how it fares there is told of each node"
            assert state.runs_in == ""


async def test_where_each_plugin_of_the_server_came_from_and_what_it_lacks_are_metrics(tmp_path: Path) -> None:
    plugin = PluginState(kind="condition", name="over", distribution="gobs-plugin-over", version="1.2", api=1, rows=7,
                         runs_in="worker", needs={"perf": False, "Linux 5.8": True})  # fmt: skip
    text = server(tmp_path, plugin).metrics.text()
    labels = 'kind="condition",plugin="over"'
    where = 'distribution="gobs-plugin-over",version="1.2",api="1",runs_in="worker"'
    assert f"gobs_server_plugin_info{{{labels},{where}}} 1.0" in text
    assert f"gobs_server_plugin_rows{{{labels}}} 7.0" in text
    assert f"gobs_server_plugin_lacking{{{labels}}} 1.0" in text


async def test_of_the_database_the_newest_nodes_are_remembered_and_no_more_than_there_is_room_for(
    tmp_path: Path,
) -> None:
    made = server(tmp_path, max_nodes=2)
    made._remember([KnownNode(name, 1.0, float(seen), "", "") for name, seen in (("a", 5), ("b", 7), ("c", 6))])
    assert [node.name for node in made.live.nodes()] == ["b", "c"]


async def test_what_is_said_of_the_database_to_everybody_is_not_what_its_driver_says(tmp_path: Path) -> None:
    made = server(tmp_path)
    made._store.fault = 'InvalidPasswordError: password authentication failed for user "gobs" at 10.0.0.1'
    troubles = made.services().troubles()
    assert "InvalidPasswordError" in troubles["database"]
    assert "10.0.0.1" not in troubles["database"]


async def test_channels_may_call_those_targets_on_the_inside_that_the_settings_name(tmp_path: Path) -> None:
    made = Server(
        ServerSettings(inside_targets=("10.1.0.0/16", "hooks.example")),
        sqlite_at(tmp_path / "x.sqlite3"),
        extensions=Extensions(Plugins(notifiers={DiscordNotifier.name: DiscordNotifier})),
    )
    channel = ChannelSettings(id="1", name="ops", kind="discord", settings={"webhook_url": "https://hooks.example/a"})
    assert made.alerts.kinds.make(channel).notifier.channel.inside == ("10.1.0.0/16", "hooks.example")
    with pytest.raises(ValueError, match="inside_targets: expected a network such as"):
        ServerSettings(inside_targets=("10.1.0.0/33",))
