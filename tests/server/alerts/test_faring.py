"""How conditions and notifiers fare that run inside: what they were asked, what it cost, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Condition, Notification, PluginConfig, PluginState, Rejected, Sample, Severity
from gobs_core.plugins import Plugins
from gobs_server.alerts.holding import Holding
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.rules.rule import Level
from tests.server.alerts.living import Living, memory


class Broken(Condition):
    """Judges nothing."""

    name = "broken"

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Raise."""
        raise RuntimeError("boom, and the secret hunter2")

    def describe(self, parameters: Any) -> str:
        """Say nothing much."""
        return "broken"


class Off(Broken):
    """Would judge."""

    name = "off"


def state_of(alerts: Any, kind: str, name: str) -> PluginState:
    found: PluginState = next(state for state in alerts.states() if (state.kind, state.name) == (kind, name))
    return found


async def test_what_is_compared_with_numbers_counts_once_a_check_and_a_frame_however_many_rows(
    tmp_path: Path,
) -> None:
    async with Living(tmp_path) as server:
        assert state_of(server.alerts, "condition", "threshold").runs == 0
        await server.rule()
        await server.rule(name="two", levels=(Level(severity=Severity.CRITICAL, threshold=90.0),))
        machines = [server.machine(name) for name in ("n1", "n2")]
        for _ in range(3):
            for machine in machines:
                await server.feed(machine, {"a": 60.0, "b": 10.0, "c": 1.0})
        state = state_of(server.alerts, "condition", "threshold")
        assert (state.state, state.runs, state.failures) == ("ok", 3 * 3 * 2, 0)
        assert state.succeeded == pytest.approx(server.clock.wall(), abs=60)


async def test_of_one_that_is_asked_the_last_call_is_timed_and_dated(tmp_path: Path) -> None:
    async with Living(tmp_path) as server:
        await server.rule(condition="change", threshold=None, parameters={"change": 5.0})
        before = time.time()
        await server.feed(server.machine(), {"a": 60.0, "b": 10.0})
        state = state_of(server.alerts, "condition", "change")
        assert (state.state, state.runs, state.rows, state.runs_in) == ("ok", 1, 2, "loop")
        assert state.duration is not None
        assert 0 < state.duration < 5
        assert state.cpu is not None
        assert 0 <= state.cpu <= state.duration + 0.01
        assert state.succeeded is not None
        assert state.succeeded >= before


async def test_one_that_raises_inside_tells_where_without_secrets(tmp_path: Path) -> None:
    plugins = Plugins(conditions={Broken.name: Broken})
    judging = Judging(plugins.conditions, {}, Holding(plugins, redact=lambda text: text.replace("hunter2", "***")))
    check: Any = type("Check", (), {"condition": judging.conditions["broken"], "parameters": None, "rule": None})
    judging.ask_one(check, Sample((1.0,), (False,), (), ()))
    [state] = judging.states(plugins)
    assert (state.state, state.runs, state.failures) == ("failing", 1, 1)
    assert state.error == "it raised RuntimeError: boom, and the secret ***"
    assert state.trace.splitlines()[0] == "Traceback (most recent call last):"
    assert "in judge" in state.trace
    assert "hunter2" not in state.trace


def test_one_that_is_switched_off_or_cannot_be_made_says_so_and_costs_no_other() -> None:
    class Unmade(Broken):
        name = "unmade"

        def __init__(self, config: PluginConfig) -> None:
            raise ValueError("no licence")

    class Unopened(Broken):
        name = "unopened"

        def open(self) -> None:
            raise OSError("no model")

    class Needy(Broken):
        name = "needy"

        class Config(PluginConfig, frozen=True, kw_only=True):
            model: str

    classes: dict[str, type[Condition]] = {cls.name: cls for cls in (Broken, Unmade, Unopened, Needy, Off)}
    plugins = Plugins(conditions=classes)
    judging = Judging(classes, {"off": PluginConfig(enabled=False)}, Holding(plugins))
    judging.open()
    assert {state.name: (state.state, state.error) for state in judging.states(plugins)} == {
        "broken": ("ok", ""),
        "unmade": ("broken", "cannot be made: ValueError: no licence"),
        "unopened": ("broken", "cannot be opened: OSError: no model"),
        "needy": ("broken", "cannot be made: TypeError: Missing required argument 'model'"),
        "off": ("disabled", "switched off by its setting `enabled`"),
    }
    assert set(judging.conditions) == {"broken"}


async def test_a_notifier_whose_last_message_failed_says_which_channel_and_why_until_one_is_taken(
    tmp_path: Path,
) -> None:
    answers: list[Exception | None] = [Rejected("no such chat"), None]

    def answer(notification: Notification) -> Any:
        error = answers.pop(0)
        if error is not None:
            raise error
        return original(notification)

    original = memory().answer
    async with Living(tmp_path, memory(answer)) as server:
        [channel] = server.alerts.book.channels.values()
        assert await server.alerts.post.test(channel) == (False, "no such chat")
        state = state_of(server.alerts, "notifier", "memory")
        assert (state.state, state.error, state.runs, state.failures) == ("failing", "memory: no such chat", 1, 1)
        assert "no such chat" in state.trace
        assert state.succeeded is state.duration is None
        assert (await server.alerts.post.test(channel))[0]
        state = state_of(server.alerts, "notifier", "memory")
        assert (state.state, state.error, state.trace, state.runs, state.failures) == ("ok", "", "", 2, 1)
        assert state.duration is not None
        assert state.succeeded is not None
