"""A rule whose condition is broken, failing or in quarantine: it says so, and what fires is kept as its policy says."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from structlog.testing import capture_logs

from gobs_core import PluginState
from gobs_core.plugins import Plugins
from gobs_server.alerts.faults import Firing
from gobs_server.alerts.holding import why_missing
from gobs_server.http import create_app
from tests.server.alerts.living import Living
from tests.server.alerts.test_workers import living, over
from tests.support.waiting import until

Policy = Literal["keep", "ok", "alert"]


@pytest.mark.parametrize("policy", ["keep", "alert"])
async def test_alerts_of_a_rule_whose_condition_is_not_here_any_more_are_kept_and_go_on_when_it_is_back(
    policy: Policy, tmp_path: Path
) -> None:
    first = living(tmp_path)
    async with first:
        rule = await first.rule(no_data=policy, **over(limit=50.0))
        machine = first.machine()
        await first.feed(machine, {"a": 60.0, "b": 60.0})
        await until(lambda: first.states() == {"a": "firing", "b": "firing"})
    without = Living(tmp_path, address=first.address, cluster=first.cluster)
    with capture_logs() as logs:
        async with without:
            assert without.states() == {"a": "firing", "b": "firing"}
            await without.feed(machine, {"a": 10.0, "b": 60.0})
            without.alerts.engine.tick()
            await without.settled()
            assert without.states() == {"a": "firing", "b": "firing"}
            [warning] = without.alerts.judging.warnings(rule)
            assert warning.startswith("condition: there is no condition over here")
            assert warning.endswith("by its no_data")
            app = create_app(replace(without.cluster.services(), alerts=without.alerts)).test_client()
            told = await (await app.get("/api/v1/rules")).get_json()
            assert [one["warnings"] for one in told["rules"]] == [[warning]]
            assert (await (await app.get(f"/api/v1/rules/{rule.id}")).get_json())["warnings"] == [warning]
            for path in ("/alerts/rules", f"/alerts/rules/{rule.id}"):
                page = html.unescape(await (await app.get(path)).get_data(as_text=True))
                assert warning in page
            assert '<option value="over" selected>' in page
            with pytest.raises(Firing):
                await without.alerts.desk.delete_rule(rule.id)
    said = [line for line in logs if line["event"] == "a rule is not judged"]
    assert [(line["rule"], line["condition"]) for line in said] == [("large", "over")]
    third = living(tmp_path, address=first.address, cluster=first.cluster)
    async with third:
        assert third.alerts.judging.warnings(rule) == []
        await third.feed(machine, {"a": 10.0, "b": 60.0})
        await until(lambda: third.states() == {"b": "firing"})


async def test_alerts_of_a_rule_whose_condition_is_not_here_end_as_no_data_where_the_policy_is_ok(
    tmp_path: Path,
) -> None:
    first = living(tmp_path)
    async with first:
        await first.rule(no_data="ok", **over(limit=50.0))
        machine = first.machine()
        await first.feed(machine, {"a": 60.0})
        await until(lambda: first.states() == {"a": "firing"})
        [alert] = first.alerts.keeper.alerts.values()
    without = Living(tmp_path, address=first.address, cluster=first.cluster)
    async with without:
        without.alerts.engine.tick()
        await without.settled()
        assert without.states() == {}
        found = await without.alerts.find(alert.id)
        assert found is not None
        assert found.reason == "no data"


async def test_a_rule_in_a_file_whose_condition_is_not_here_any_more_is_not_deleted_and_its_alerts_are_kept(
    tmp_path: Path,
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    rules.joinpath("a.toml").write_text(
        '[[rule]]\nname = "in a file"\ntarget = "row"\nmetric = "box.size"\ncondition = "over"\n'
    )
    first = living(tmp_path, rules=str(rules))
    async with first:
        machine = first.machine()
        await first.feed(machine, {"a": 60.0})
        await until(lambda: first.states() == {"a": "firing"})
    async with Living(tmp_path, address=first.address, cluster=first.cluster, rules=str(rules)) as without:
        assert [rule.name for rule in without.alerts.book.rules.values()] == ["in a file"]
        assert without.states() == {"a": "firing"}
        assert len(without.alerts.files.faults) == 1


async def test_a_rule_whose_condition_is_broken_can_be_switched_off(tmp_path: Path) -> None:
    first = living(tmp_path)
    async with first:
        rule = await first.rule(**over(limit=50.0))
    without = Living(tmp_path, address=first.address, cluster=first.cluster)
    async with without:
        off = msgspec.structs.replace(rule.fields(), enabled=False)
        await without.alerts.desk.change_rule(rule.id, off, "ann")
        assert without.alerts.judging.warnings(without.alerts.book.rules[rule.id]) == []


@pytest.mark.parametrize("policy", ["keep", "ok", "alert"])
async def test_while_a_condition_fails_its_rule_says_so_and_the_no_data_policy_decides_after_three_intervals(
    policy: Policy, tmp_path: Path
) -> None:
    fault = tmp_path / "fault"
    async with living(tmp_path) as server:
        rule = await server.rule(no_data=policy, **over(limit=50.0, fault_while=str(fault)))
        machine = server.machine()
        await server.feed(machine, {"a": 60.0, "b": 10.0})
        await until(lambda: server.states() == {"a": "firing"})
        assert server.alerts.judging.warnings(rule) == []
        fault.touch()
        await server.feed(machine, {"a": 10.0, "b": 10.0})
        await until(lambda: not server.alerts.engine._running)
        assert server.states() == {"a": "firing"}, "one failure changes nothing"
        [warning] = server.alerts.judging.warnings(rule)
        assert "the condition over has said nothing of what it was asked: KeyError: 'condition fault'" in warning
        assert warning.endswith("by its no_data")
        for _ in range(4):
            await server.feed(machine, {"a": 10.0, "b": 10.0})
            await until(lambda: not server.alerts.engine._running)
        await server.settled()
        expected = {"keep": {"a": "firing"}, "ok": {}, "alert": {"a": "firing", "b": "firing"}}[policy]
        assert server.states() == expected
        [warning] = server.alerts.judging.warnings(rule)
        assert "in quarantine after 3 failures in a row, the last: KeyError: 'condition fault'" in warning
        fault.unlink()
        assert server.alerts.lift("condition", "over")
        await server.feed(machine, {"a": 10.0, "b": 10.0})
        await until(lambda: server.states() == {} and not server.alerts.judging.warnings(rule))


async def test_the_traceback_that_is_shown_belongs_to_the_error_that_is_shown(tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    fault.touch()

    def state() -> PluginState:
        return next(one for one in server.alerts.states() if (one.kind, one.name) == ("condition", "over"))

    async with living(tmp_path) as server:
        await server.rule(**over(fault="short", fault_while=str(fault)))
        machine = server.machine()
        await server.feed(machine, {"a": 60.0})
        await until(lambda: state().error == "KeyError: 'condition fault'")
        assert "theirs.py" in state().trace
        fault.unlink()
        await server.feed(machine, {"a": 60.0})
        await until(lambda: state().error == "it answered with 0 rows when asked about 1")
        assert state().trace == ""


def test_why_a_plugin_is_not_here_is_said_in_one_line() -> None:
    broken = PluginState(kind="plugin", name="tofile", state="broken", error="Traceback …\nImportError: no such thing")
    plugins = Plugins(failed=(broken,))
    assert why_missing(plugins, "notifier", "tofile") == "the notifier tofile is broken: ImportError: no such thing"
    assert why_missing(plugins, "condition", "parts") == (
        "there is no condition parts here; these plugins could not be loaded: tofile: ImportError: no such thing"
    )
