"""A plugin of conditions and notifiers, good and bad; a worker imports this module as it would a stranger's."""

from __future__ import annotations

import asyncio
import math
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gobs_core import (
    Condition,
    ConditionParameters,
    Notification,
    Notifier,
    NotifierConfig,
    Receipt,
    Rejected,
    Sample,
    Secret,
    TryLater,
    Unusable,
    hookimpl,
)
from gobs_core.plugins import Origin

THEIRS = Origin("theirs", "gobs-plugin-theirs", "1.0", __name__)


class AboveParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule may set."""

    limit: float = 50.0
    back: float = 0.0
    fault: str = ""
    fault_while: str = ""
    """It raises while this file is there; empty: never."""


def hang() -> None:
    """Wait for ever."""
    time.sleep(3600)


def regex() -> None:
    """Never let go of Python's lock."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def leave() -> None:
    """End the process."""
    os._exit(3)


def shout() -> None:
    """Raise."""
    raise RuntimeError("boom")


FAULTS = {"hang": hang, "regex": regex, "leave": leave, "shout": shout}


class AboveCondition(Condition):
    """Above a limit now, and at all times it remembers; or one of the faults."""

    name = "over"
    Parameters = AboveParameters

    def lookback(self, parameters: AboveParameters) -> float:
        """As the rule says."""
        if parameters.fault == "vague":
            hang()
        return parameters.back

    def judge(self, sample: Sample, parameters: AboveParameters) -> Sequence[float]:
        """Do so."""
        if parameters.fault_while and os.path.exists(parameters.fault_while):
            raise KeyError("condition fault")
        if parameters.fault in FAULTS:
            FAULTS[parameters.fault]()
        if parameters.fault == "short":
            return []
        if parameters.fault == "odd":
            return [7.0] * len(sample.values)
        lines = [sample.values, *sample.past]
        return [
            math.nan if math.isnan(sample.values[row]) else float(all(line[row] > parameters.limit for line in lines))
            for row in range(len(sample.values))
        ]

    def describe(self, parameters: AboveParameters) -> str:
        """Say it."""
        return f"over {parameters.limit:g}"

    def threshold(self, parameters: AboveParameters) -> float:
        """The limit."""
        return parameters.limit


class QuietCondition(Condition):
    """Quiet for some seconds."""

    name = "quiet"
    Parameters = AboveParameters
    reads = "silence"

    def judge(self, sample: Sample, parameters: AboveParameters) -> Sequence[float]:
        """Do so."""
        return [float(value > parameters.limit) for value in sample.values]

    def describe(self, parameters: AboveParameters) -> str:
        """Say it."""
        return f"quiet for {parameters.limit:g} s"


class LineConfig(NotifierConfig, frozen=True, kw_only=True):
    """Where to write, and what to do instead."""

    path: str
    fault: str = ""
    while_there: str = ""
    """The fault lasts while this file is there; empty: always."""
    key: Secret = Secret()


class LineNotifier(Notifier):
    """Adds a line to a file; or one of the faults."""

    name = "line"
    Config = LineConfig
    config: LineConfig
    most = 7
    ready = False

    async def open(self) -> None:
        """Fail, where that is asked for."""
        self.ready = True
        if self.config.fault == "unusable":
            raise Unusable(f"path: this is no path; the key was {self.config.key}")

    async def send(self, notification: Notification) -> Receipt:
        """Write."""
        lasts = self.config.while_there
        mended = lasts and not await asyncio.to_thread(os.path.exists, lasts)
        fault = "" if mended else self.config.fault
        print("sending", file=sys.stderr)
        if not self.ready:
            raise RuntimeError("it was not opened")
        if fault in FAULTS:
            FAULTS[fault]()
        if fault == "wrong":
            return "sent"  # type: ignore[return-value]  # which is the fault
        if fault == "later":
            raise TryLater("the file is busy", 7.0, everyone=True)
        if fault == "rejected":
            raise Rejected("the file wants no such line")
        line = f"{os.getpid()} {self.channel.name} {notification.event} {len(notification.alerts)}\n"
        await asyncio.to_thread(Path(self.config.path).write_text, line)
        return Receipt(reference="r1", said="written")


@hookimpl
def gobs_register_conditions() -> list[type[Condition]]:
    """Announce them."""
    return [AboveCondition, QuietCondition]


@hookimpl
def gobs_register_notifiers() -> list[type[Notifier]]:
    """Announce it."""
    return [LineNotifier]
