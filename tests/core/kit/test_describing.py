"""`gobs plugin describe`: a stranger's reference is written as ours is, by the same hand."""

from __future__ import annotations

from typing import Any

import pytest

from gobs_core import Collector, CollectorConfig, Secret, Sink, Table, gauge, key
from gobs_core.cli import main
from gobs_core.kit.reference.plugins import describe, meant
from gobs_core.plugins import load_plugins
from tests.core.fakes import FakeDistribution, FakeEntryPoint, FakeSink, module
from tests.docs.markdown import page


class Tanks(Collector):
    """Reads nothing."""

    name = "tank"
    tables = (Table("tank", "How full | empty\nit is", [key("tank", "Which"), gauge("level", "A\nlevel | or so")]),)
    needs = ("a float in the tank",)

    class Config(CollectorConfig, frozen=True, kw_only=True):
        """Settings."""

        url: str
        """Where the tank is."""
        token: Secret = Secret("")
        """What opens it."""

    def collect(self, proc: Any) -> Any:
        """Yield nothing."""
        yield from ()


PLUGINS = load_plugins([
    FakeEntryPoint("acme", module(collectors=[Tanks]), FakeDistribution("gobs-plugin-tank", "1.2")),
    FakeEntryPoint("ours", module(sinks=[FakeSink]), FakeDistribution("gobs-sinks", "0.1.0")),
])  # fmt: skip


def test_of_a_plugin_there_is_what_it_declares_and_what_is_set_for_it() -> None:
    text = describe("collector", "tank", Tanks, PLUGINS)
    for line in (
        "# tank",
        "A collector, from gobs-plugin-tank 1.2, for plugin API 1.",
        "- a float in the tank",
        "| `level` | gauge |  | any number |  | A level \\| or so |",
        "| `level` | `gobs_tank_level` | `gobs.tank.level` | gauge |  |",
        "In `[collectors.tank]` of the settings file.",
        "| `url` | `GOBS_COLLECTORS__TANK__URL` | a text |  | Where the tank is. |",
    ):
        assert line in text.splitlines(), line
    assert "| `token` | `GOBS_COLLECTORS__TANK__TOKEN` | a text, kept secret |" in text


def test_those_are_meant_that_are_named_or_without_a_name_all_of_others() -> None:
    def of(*words: str) -> list[tuple[str, str]]:
        return [(kind, name) for kind, name, _ in meant(list(words), PLUGINS)]

    assert of() == [("collector", "tank")]
    assert of("tank") == of("acme") == of("gobs-plugin-tank") == [("collector", "tank")]
    assert of("fake") == of("ours") == [("sink", "fake")]
    assert of("tank", "fake") == [("collector", "tank"), ("sink", "fake")]
    assert of("nobody") == []


@pytest.mark.parametrize("name", ["load", "disk"])
def test_of_a_built_in_one_it_is_what_the_pages_have(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "describe", name]) == 0
    out = capsys.readouterr().out
    for where in ("docs/reference.md", "docs/exports.md"):
        rows = [line for line in page(where).section(name).splitlines() if line.startswith("| `")]
        assert rows
        assert set(rows) <= set(out.splitlines())


def test_what_is_no_plugin_is_refused_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "describe", "laod"]) != 0
    assert "no plugin that could be loaded is called 'laod'; did you mean 'load'?" in capsys.readouterr().err


def test_a_sink_has_settings_and_no_tables() -> None:
    assert issubclass(FakeSink, Sink)
    text = describe("sink", "fake", FakeSink, PLUGINS)
    assert "In `[sinks.fake]` of the settings file." in text
    assert "## Exported" not in text
