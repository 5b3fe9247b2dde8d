"""From a frame to a message, through restarts, dismissals, silences and rules that change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gobs_core import Event, Severity
from gobs_server.alerts.faults import Firing, Unknown
from gobs_server.alerts.rules.rule import Level, RuleFields
from gobs_server.alerts.telling.silence import SilenceFields
from gobs_server.db.alerts import AlertSearch
from tests.server.alerts.living import Living
from tests.support.waiting import until


async def test_people_are_told_once_when_it_happens_and_once_when_it_is_over(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(note="look at the boxes", runbook="https://wiki.example/boxes", mention="<@1>")
        machine = living.machine()
        await living.feed(machine, {"a": 10.0, "b": 20.0})
        await living.feed(machine, {"a": 60.0, "b": 70.0})
        [first] = await living.told(1)
        assert first.event is Event.FIRING
        assert {alert.row for alert in first.alerts} == {"a", "b"}
        assert first.summary == "large fires: box.size 70 on b on n1 and 1 more"
        assert (first.note, first.runbook, first.mention) == ("look at the boxes", "https://wiki.example/boxes", "<@1>")
        [one] = [alert for alert in first.alerts if alert.row == "b"]
        assert (one.value, one.value_text, one.threshold, one.condition) == (70.0, "70", 50.0, "above 50")
        assert one.labels["namespace"] == "shop"
        assert first.link.startswith("https://gobs.example/alerts")
        await living.feed(machine, {"a": 10.0, "b": 20.0}, after=31)
        second = (await living.told(2))[1]
        assert second.event is Event.RESOLVED
        assert (second.reference, second.firing, second.mention) == (first.key, 0, "")
        assert {alert.reason for alert in second.alerts} == {"the condition does not hold any more"}
        assert not living.states()


async def test_a_restart_neither_fires_again_nor_forgets(tmp_path: Path) -> None:
    living = Living(tmp_path)
    async with living:
        await living.rule(for_seconds=10)
        machine = living.machine()
        await living.feed(machine, {"a": 60.0, "b": 60.0})
        await living.feed(machine, {"a": 60.0, "b": 10.0})
        await living.feed(machine, {"a": 60.0, "b": 60.0})
        await living.told(1)
        assert living.states() == {"a": "firing"}
    async with living.again() as second:
        assert second.states() == {"a": "firing"}
        await second.feed(machine, {"a": 60.0, "b": 60.0})
        assert second.states() == {"a": "firing"}
        await second.feed(machine, {"a": 60.0, "b": 60.0})
        assert second.states() == {"a": "firing", "b": "firing"}
        second.move(31)
        assert [alert.row for alert in (await second.told(2))[1].alerts] == ["b"]
    async with second.again() as third:
        await third.feed(machine, {"a": 10.0, "b": 10.0}, after=1)
        third.move(31)
        last = (await third.told(3))[2]
        assert last.event is Event.RESOLVED
        assert last.reference == third.sent[1].key


async def test_what_was_dismissed_stays_quiet_until_it_has_cleared_once(tmp_path: Path) -> None:
    living = Living(tmp_path)
    async with living:
        await living.rule()
        machine = living.machine()
        await living.feed(machine, {"a": 60.0})
        [alert] = living.alerts.keeper.alerts.values()
        over = await living.alerts.desk.dismiss(alert.id, "ann", "known")
        assert (over.state, over.reason, over.by, over.comment) == ("resolved", "dismissed", "ann", "known")
        with pytest.raises(Unknown):
            await living.alerts.desk.dismiss(alert.id, "ann", "")
        await living.feed(machine, {"a": 70.0})
        assert not living.states()
    async with living.again() as second:
        await second.feed(machine, {"a": 70.0})
        assert not second.states()
        await second.feed(machine, {"a": 10.0})
        await second.feed(machine, {"a": 70.0})
        assert second.states() == {"a": "firing"}


async def test_a_rule_that_fires_can_be_switched_off_but_neither_changed_nor_deleted(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        rule = await living.rule()
        machine = living.machine()
        await living.feed(machine, {"a": 60.0})
        desk = living.alerts.desk
        with pytest.raises(Firing, match="switch the rule off first"):
            await desk.delete_rule(rule.id)
        changed = RuleFields(name="large", target="row", metric="box.size", threshold=80.0)
        with pytest.raises(Firing, match="1 alert of it fires"):
            await desk.change_rule(rule.id, changed, "ann")
        off = RuleFields(name="large", target="row", metric="box.size", threshold=50.0, enabled=False)
        await desk.change_rule(rule.id, off, "ann")
        assert not living.states()
        page = await living.alerts.past.search(AlertSearch(), 10, 0)
        assert [alert.reason for alert in page.alerts] in ([], ["disabled"])
        await desk.change_rule(rule.id, changed, "ann")
        await desk.delete_rule(rule.id)


async def test_a_silence_keeps_people_from_being_told_and_no_alert_from_firing(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule()
        machine = living.machine()
        silence = await living.alerts.desk.add_silence(SilenceFields(node="n*", rule="large"), "ann")
        await living.feed(machine, {"a": 60.0})
        assert living.states() == {"a": "firing"}
        await living.alerts._chores.tick()
        assert living.sent == []
        await living.alerts.desk.end_silence(silence.id)
        await living.alerts._chores.tick()
        [told] = await living.told(1)
        assert told.event is Event.FIRING


async def test_of_two_severities_only_the_graver_is_told(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(levels=[Level(severity=Severity.CRITICAL, threshold=80.0)])
        machine = living.machine()
        await living.feed(machine, {"a": 90.0})
        [told] = await living.told(1)
        assert [alert.severity for alert in told.alerts] == [Severity.CRITICAL]
        await living.feed(machine, {"a": 60.0}, after=31)
        await living.alerts._chores.tick()
        living.move(31)
        await until(lambda: len(living.sent) > 1, 20)
        states = {(alert.severity, alert.state) for one in living.sent[1:] for alert in one.alerts}
        assert states == {(Severity.CRITICAL, "resolved"), (Severity.WARNING, "firing")}


async def test_a_rule_that_was_changed_begins_anew_and_one_that_was_renamed_goes_on(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        rule = await living.rule(for_seconds=12.0)
        machine = living.machine()
        for _ in range(3):
            await living.feed(machine, {"a": 60.0})
        changed = msgspec.structs.replace(rule.fields(), threshold=55.0)
        await living.alerts.desk.change_rule(rule.id, changed, "ann")
        await living.feed(machine, {"a": 60.0})
        assert living.states() == {}
        await living.alerts.desk.change_rule(rule.id, msgspec.structs.replace(changed, name="huge"), "ann")
        for _ in range(3):
            await living.feed(machine, {"a": 60.0})
        assert living.states() == {"a": "firing"}
