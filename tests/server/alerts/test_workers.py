"""Conditions and notifiers of others, in workers: they do what they are there for, and cannot hold up the server."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gobs_core import Event, Notification, Rejected, Secret, TryLater
from gobs_core.plugins import Plugins
from gobs_core.workers import kin
from gobs_core.workers.worker import Broke
from gobs_server.alerts.faults import Invalid
from gobs_server.alerts.holding import Holding
from gobs_server.alerts.records import ChannelSettings
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.alerts.telling.channels import Kinds
from tests.server.alerts.living import Living
from tests.server.alerts.theirs import THEIRS, AboveCondition, LineConfig, LineNotifier, QuietCondition
from tests.support.secrets import marked
from tests.support.waiting import until

ORIGINS = {("condition", "over"): THEIRS, ("condition", "quiet"): THEIRS, ("notifier", "line"): THEIRS}
FAULTS = {
    "hang": "no answer within 1 s; its worker was ended",
    "regex": "no answer within 1 s; its worker was ended",
    "leave": "its worker is gone: it ended itself with exit code 3",
    "shout": "boom",
    "short": "it answered with 0 rows when asked about 2",
    "odd": "it answered 7.0; only 1, 0 and NaN mean something",
}


def living(folder: Path, *notifiers: Any, **more: Any) -> Living:
    return Living(folder, *notifiers, conditions=(AboveCondition, QuietCondition), origins=ORIGINS, **more)


def over(**parameters: Any) -> dict[str, Any]:
    return {"condition": "over", "threshold": None, "parameters": parameters}


def state_of(alerts: Any, kind: str, name: str) -> Any:
    return next(state for state in alerts.states() if (state.kind, state.name) == (kind, name))


async def test_a_condition_judges_in_its_worker_and_says_what_it_means(tmp_path: Path) -> None:
    async with living(tmp_path) as server:
        await server.rule(**over(limit=50.0, back=7.0))
        machine = server.machine()
        await server.feed(machine, {"a": 60.0, "b": 60.0})
        await until(lambda: server.states() == {"a": "firing", "b": "firing"})
        await server.feed(machine, {"a": 60.0, "b": 10.0})
        await until(lambda: server.states() == {"a": "firing"})
        [alert] = server.alerts.keeper.alerts.values()
        assert (alert.condition, alert.threshold) == ("over 50", 50.0)
        found = await server.alerts.trials.preview(
            RuleFields(name="x", target="row", metric="box.size", **over()), 3600
        )
        assert found.count >= 0
        state = state_of(server.alerts, "condition", "over")
        assert (state.state, state.runs_in, state.restarts) == ("ok", "worker", 0)
        assert state.runs > state.failures == 0
        assert state.pid is not None
        assert state.memory is not None
        for _ in range(3):  # a run's CPU time is what was used between two looks
            await server.feed(machine, {"a": 60.0, "b": 10.0})
            await until(lambda: not server.alerts.engine._running)
            looked = state_of(server.alerts, "condition", "over")
        assert looked.cpu is not None
        assert looked.cpu < 5
        assert looked.duration is not None
        assert looked.succeeded is not None
        assert looked.rows == 2
    assert kin.stat_of(state.pid) is None


async def test_whatever_a_condition_does_other_rules_judge_every_reading(tmp_path: Path) -> None:
    async with living(tmp_path) as server:
        await server.rule()
        for fault in FAULTS:
            await server.rule(name=fault, **over(fault=fault))
        machine = server.machine()
        for number in range(1, 4):
            await server.feed(machine, {"a": 60.0 if number % 2 else 10.0, "b": 10.0})
            assert server.states() == ({"a": "firing"} if number % 2 else {})
        fired = [alert for alert in server.alerts.keeper.alerts.values() if alert.rule_name != "large"]
        assert fired == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_of_a_condition_is_told_and_its_rows_stay_as_they_are(tmp_path: Path, fault: str) -> None:
    async with living(tmp_path) as server:
        await server.rule(**over(fault=fault))
        machine = server.machine()
        await server.feed(machine, {"a": 60.0, "b": 60.0})
        await until(lambda: state_of(server.alerts, "condition", "over").state == "failing")
        found = state_of(server.alerts, "condition", "over")
        assert FAULTS[fault] in found.error
        assert found.runs >= found.failures >= 1
        assert server.states() == {}
        if fault == "regex":
            assert "regex" in state_of(server.alerts, "condition", "over").trace


async def test_a_condition_that_goes_into_quarantine_is_in_the_log_once_and_one_that_works_again_too(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as server:
        rule = await server.rule(**over(fault="shout"))
        machine = server.machine()
        with capture_logs() as logs:
            for _ in range(5):
                await server.feed(machine, {"a": 60.0})
                await until(lambda: not server.alerts.engine._running)
            assert state_of(server.alerts, "condition", "over").state == "quarantined"
            assert "RuntimeError: boom" in state_of(server.alerts, "condition", "over").trace
            assert server.alerts.lift("condition", "over")
            assert state_of(server.alerts, "condition", "over").state == "starting"
            mended = RuleFields(name="mended", target="row", metric="box.size", **over())
            await server.alerts.desk.change_rule(rule.id, mended, "ann")
            await server.feed(machine, {"a": 60.0})
            await until(lambda: state_of(server.alerts, "condition", "over").state == "ok")
        said = [line for line in logs if line.get("condition") == "over"]
        assert [(line["event"], line["log_level"]) for line in said if "quarantine" in line["event"]] == [
            ("a condition is in quarantine", "warning")
        ]
        assert next(line["failures"] for line in said if "quarantine" in line["event"]) == 3
        assert said[-1]["event"] == "a condition works again"


async def test_a_rule_whose_condition_does_not_say_what_it_means_is_refused(tmp_path: Path) -> None:
    async with living(tmp_path) as server:
        with pytest.raises(Invalid) as refused:
            await server.rule(**over(fault="vague"))
        assert "has not said what that means" in str(refused.value.faults[0].expected)


async def test_a_condition_about_silence_is_asked_beside_the_clock(tmp_path: Path) -> None:
    async with living(tmp_path) as server:
        server.machine("n1")
        await server.rule(
            name="q", target="node", metric="", condition="quiet", threshold=None, parameters={"limit": 3.0}
        )
        server.clock.move(60)

        def fires() -> bool:
            server.alerts.engine.tick()
            return bool(server.alerts.engine._silent._absences) and any(
                absence.lanes.state.any() for absence in server.alerts.engine._silent._absences.values()
            )

        await until(fires)


def kinds() -> Kinds:
    plugins = Plugins(notifiers={"line": LineNotifier}, origins=ORIGINS)
    return Kinds(plugins.notifiers, holding=Holding(plugins))


MESSAGE = Notification(key="k", event=Event.TEST, at=1.0, summary="all is well")


async def test_a_notifier_delivers_from_its_worker(tmp_path: Path) -> None:
    made = kinds().make(ChannelSettings(id="1", name="file", kind="line", settings={"path": str(tmp_path / "x")}))
    assert await made.open() == ""
    receipt = await made.notifier.send(MESSAGE)
    assert (receipt.reference, receipt.said) == ("r1", "written")
    pid, name, event, _ = (tmp_path / "x").read_text().split()
    assert (name, event) == ("file", "test")
    assert pid != str(os.getpid())
    assert type(made.notifier).most == 7
    await made.close()
    assert kin.stat_of(int(pid)) is None


@pytest.mark.parametrize(
    ("fault", "raised", "says"),
    [
        ("later", TryLater, "the file is busy"),
        ("rejected", Rejected, "the file wants no such line"),
        ("shout", Broke, "RuntimeError: boom"),
        ("leave", Broke, "its worker is gone: it ended itself with exit code 3"),
    ],
)
async def test_how_an_attempt_ended_is_told_as_if_it_ran_inside(
    tmp_path: Path, fault: str, raised: type[Exception], says: str
) -> None:
    made = kinds().make(ChannelSettings(id="1", name="x", kind="line", settings={"path": "x", "fault": fault}))
    assert await made.open() == ""
    with pytest.raises(raised) as error:
        await made.notifier.send(MESSAGE)
    assert str(error.value) == says
    if isinstance(error.value, TryLater):
        assert (error.value.after, error.value.everyone) == (7.0, True)
    await made.close()


async def test_a_channel_that_cannot_be_used_is_refused_when_it_is_saved_without_its_secret() -> None:
    settings = {"path": "x", "fault": "unusable", "key": Secret(marked("line"))}
    with pytest.raises(Invalid) as refused:
        await kinds().try_out(ChannelSettings(id="1", name="x", kind="line", settings=settings))
    [wrong] = refused.value.faults
    assert (wrong.where, wrong.expected) == ("settings.path", "this is no path; the key was ***")


async def test_a_notifier_that_fails_every_time_is_in_quarantine_and_what_waits_goes_out_once_it_is_mended(
    tmp_path: Path,
) -> None:
    broken, said = tmp_path / "broken", tmp_path / "x"
    broken.touch()
    config = LineConfig(path=str(said), fault="leave", while_there=str(broken))
    async with living(tmp_path, LineNotifier, configs={"line": config}) as server:
        await server.rule()
        machine = server.machine()
        await server.feed(machine, {"a": 60.0})

        def state() -> Any:
            for sender in server.alerts.post._senders.values():
                sender.made.notifier.worker.lift()  # type: ignore[attr-defined]  # of a FarNotifier
            server.move(5)
            return state_of(server.alerts, "notifier", "line")

        await until(lambda: state().state == "quarantined", seconds=60)
        found = state()
        assert found.error.startswith("line: 3 failures in a row, the last: its worker is gone: it ended itself with")
        [waiting] = server.alerts.post.under_way()
        assert waiting.state == "sending"
        assert found.runs == found.failures >= 3
        broken.unlink()
        assert not server.alerts.lift("notifier", "nobody")
        assert server.alerts.lift("notifier", "line")
        assert state_of(server.alerts, "notifier", "line").state == "starting"
        await until(said.exists)
        await until(lambda: server.alerts.post.under_way() == [])
        worked = state()
        assert (worked.state, worked.error, worked.trace) == ("ok", "", "")
        assert worked.runs > worked.failures >= found.failures
        assert not server.alerts.lift("notifier", "line")


async def test_two_channels_of_one_notifier_keep_what_went_wrong_and_what_was_printed_apart(tmp_path: Path) -> None:
    async with living(tmp_path, LineNotifier, configs={}) as server:
        for name, fault in (("first", "shout"), ("second", "odd"), ("third", "")):
            path = str(tmp_path / name)
            settings = {"path": path if fault != "odd" else str(tmp_path / "nowhere" / name), "fault": fault}
            await server.alerts.switchboard.put(ChannelSettings(id=name, name=name, kind="line", settings=settings))
        with capture_logs() as logs:
            for _ in range(3):
                for channel in list(server.alerts.book.channels.values()):
                    made = next(one for one in server.alerts.post.made("line") if one.settings.name == channel.name)
                    made.notifier.worker.lift()  # type: ignore[attr-defined]  # of a FarNotifier
                    with suppress(Exception):
                        await server.alerts.post._senders[channel.name].attempt(MESSAGE)
        traces = {made.settings.name: made.trace for made in server.alerts.post.made("line")}
        assert "RuntimeError: boom" in traces["first"]
        assert "FileNotFoundError" in traces["second"]
        assert traces["third"] == ""
        found = state_of(server.alerts, "notifier", "line")
        assert found.state == "quarantined"
        assert "first: 3 failures in a row, the last: RuntimeError: boom" in found.error
        assert "second: 3 failures in a row, the last: FileNotFoundError" in found.error
        assert "third" not in found.error
        assert "boom" in found.trace
        assert set(found.printed.splitlines()) == {"first: sending", "second: sending", "third: sending"}
        assert [(line["event"], line["channel"]) for line in logs if "quarantine" in line["event"]] == [
            ("a notifier is in quarantine", "first"), ("a notifier is in quarantine", "second"),
        ]  # fmt: skip


async def test_a_notifier_that_hangs_delays_no_other_and_leaves_nothing(tmp_path: Path) -> None:
    memory = Living(tmp_path).notifiers[0]
    stuck = LineConfig(path=str(tmp_path / "x"), fault="regex", timeout=60)
    async with living(tmp_path, memory, LineNotifier, configs={memory.name: memory.Config(), "line": stuck}) as server:
        await server.rule()
        machine = server.machine()
        for number in range(1, 4):
            await server.feed(machine, {"a": 60.0})
            server.move(60)
            await server.told(2 * number - 1)
            await server.feed(machine, {"a": 10.0})
            server.move(60)
            await server.told(2 * number)
        assert not (tmp_path / "x").exists()
        assert state_of(server.alerts, "notifier", "line").runs_in == "worker"
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            environ = await asyncio.to_thread(Path(f"/proc/{pid}/environ").read_bytes)
        except OSError:
            continue
        assert f"{kin.MARK}={os.getpid()}-".encode() not in environ
