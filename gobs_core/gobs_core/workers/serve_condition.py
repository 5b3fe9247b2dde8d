"""A condition in its worker: what its parameters mean, and what it judges; numbers travel as bytes, not one by one."""

from __future__ import annotations

from array import array
from typing import Any

import msgspec

from gobs_core.condition import Condition, Sample
from gobs_core.workers.bounds import spend
from gobs_core.workers.child import answer
from gobs_core.workers.wire import Ask, Line


class Meaning(msgspec.Struct, frozen=True, array_like=True):
    """What a condition says of the parameters of a rule."""

    lookback: float
    words: str
    threshold: float | None = None


class Judge(msgspec.Struct, frozen=True, array_like=True):
    """What is to be judged; numbers are float64 in this machine's order."""

    seconds: float
    parameters: msgspec.Raw
    values: bytes
    firing: bytes
    """A byte for each row."""
    ages: list[float]
    past: list[bytes]


class ServedCondition:
    """Holds one condition."""

    def __init__(self, cls: type[Condition], config: Any) -> None:
        self._condition = cls(config)
        self._condition.open()

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        methods: dict[str, Any] = {
            "mean": self._mean,
            "judge": self._judge,
            "close": lambda _: self._condition.close(),
        }
        while (ask := line.read()) is not None:
            answer(line, ask, methods[ask.method])

    def _mean(self, ask: Ask) -> Meaning:
        spend(5)
        own, condition = self._parameters(ask.body), self._condition
        threshold = condition.threshold(own)
        return Meaning(
            float(condition.lookback(own)),
            str(condition.describe(own))[:1000],
            None if threshold is None else float(threshold),
        )

    def _judge(self, ask: Ask) -> bytes:
        asked = msgspec.msgpack.decode(ask.body, type=Judge)
        spend(asked.seconds)
        firing = [byte != 0 for byte in asked.firing]
        sample = Sample(array("d", asked.values), firing, asked.ages, [array("d", line) for line in asked.past])
        told = self._condition.judge(sample, self._parameters(asked.parameters))
        return array("d", [float(one) for one in told]).tobytes()

    def _parameters(self, raw: msgspec.Raw) -> Any:
        return msgspec.msgpack.decode(raw, type=self._condition.Parameters)
