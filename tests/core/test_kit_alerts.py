"""The test kit of notifiers and conditions: each promise that one can break is found out."""

from __future__ import annotations

import asyncio
import math
import os
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from gobs_core import (
    Condition,
    ConditionParameters,
    Event,
    Notification,
    Notifier,
    NotifierConfig,
    Receipt,
    Rejected,
    Sample,
    Secret,
    TryLater,
    Unusable,
)
from gobs_core.testing import check_condition, check_notifier, example_notification
from tests.core.fakes import FakeNotifier
from tests.support.secrets import marked


class KeyConfig(NotifierConfig, frozen=True, kw_only=True):
    """Settings with a secret."""

    key: Secret = Secret(marked("key"))


class Raising(FakeNotifier):
    """Raises what a subclass says."""

    name = "raising"
    Config = KeyConfig
    outcome: Exception = TryLater("nobody listens")

    async def send(self, notification: Notification) -> Receipt:
        """Raise it."""
        raise self.outcome


class Looking(FakeNotifier):
    """Reads a file in its constructor."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        with open(os.devnull):
            pass


class Clinging(FakeNotifier):
    """Cannot be closed twice."""

    closed = False

    async def close(self) -> None:
        """Close once."""
        assert not self.closed, "closed already"
        self.closed = True


class Answerless(FakeNotifier):
    """Forgets its receipt."""

    async def send(self, notification: Notification) -> Any:
        """Return nothing."""


class Waiting(FakeNotifier):
    """Waits for its peer before it is open."""

    async def open(self) -> None:
        """Wait."""
        await asyncio.sleep(60)


@pytest.mark.parametrize("outcome", [TryLater("full", 3.5, everyone=True), Rejected("400"), Unusable("404")])
def test_a_notifier_that_says_why_it_cannot_deliver_keeps_its_contract(outcome: Exception) -> None:
    check_notifier(FakeNotifier)
    check_notifier(type("Saying", (Raising,), {"outcome": outcome}))


@pytest.mark.parametrize(
    ("cls", "says"),
    [
        (Looking, "its constructor does input or output"),
        (Waiting, "open takes more than 0.1 s"),
        (Clinging, "closed already"),
        (Answerless, "send must return a Receipt, not None"),
        (type("Odd", (Raising,), {"outcome": OSError("no route")}), "raises OSError: no route; only TryLater"),
        (type("Loose", (Raising,), {"outcome": Rejected(f"key {marked('key')} is wrong")}), "holds the secret `key`"),
    ],
)
def test_a_notifiers_broken_promise_is_found_out(cls: type[Notifier], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_notifier(cls, patience=0.1 if cls is Waiting else 30)


@pytest.mark.parametrize("event", Event)
def test_a_notification_survives_being_written_down(event: Event) -> None:
    one = example_notification(event, alerts=2, text=" \N{PILE OF POO}\x00")
    assert msgspec.json.decode(msgspec.json.encode(one), type=Notification) == one


class AboveParameters(ConditionParameters, frozen=True, kw_only=True):
    """A limit."""

    limit: float = 10.0
    minutes: float = 5.0


class Above(Condition):
    """Breaching above a limit."""

    name = "above"
    Parameters = AboveParameters

    def lookback(self, parameters: Any) -> float:
        """So many minutes."""
        return float(60 * parameters.minutes)

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Compare."""
        return [value > parameters.limit for value in sample.values]

    def describe(self, parameters: Any) -> str:
        """Say it."""
        return f"above {parameters.limit:g}"


def judging(body: Any) -> type[Condition]:
    return type("Broken", (Above,), {"judge": body})


def test_a_condition_that_keeps_its_contract_passes() -> None:
    check_condition(Above)
    check_condition(judging(lambda self, sample, parameters: [math.nan] * len(sample.values)))


@pytest.mark.parametrize(
    ("cls", "says"),
    [
        (judging(lambda self, sample, parameters: [1 / value for value in sample.values]), "judge raises ZeroDivision"),
        (judging(lambda self, sample, parameters: [True]), "answers with 1 rows when asked about 0"),
        (judging(lambda self, sample, parameters: sample.values), "only 1, 0 and NaN mean something"),
        (
            judging(lambda self, sample, parameters: [random.random() < 0.5 for _ in sample.values]),
            "it must not remember",
        ),
        (judging(lambda self, sample, parameters: [len(os.listdir("/")) < 0] * len(sample.values)), "input or output"),
        (type("Far", (Above,), {"lookback": lambda self, parameters: 7200.0}), "lookback"),
        (type("Mute", (Above,), {"describe": lambda self, parameters: ""}), "describe"),
        (type("Endless", (Above,), {"threshold": lambda self, parameters: math.inf}), "threshold"),
    ],
)
def test_a_conditions_broken_promise_is_found_out(cls: type[Condition], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_condition(cls)


def test_a_slow_condition_is_found_out() -> None:
    slow = judging(lambda self, sample, parameters: [sum(range(200)) < 0 for _ in sample.values])
    with pytest.raises(AssertionError, match="judging 10000 rows takes"):
        check_condition(slow, patience=1e-4)
