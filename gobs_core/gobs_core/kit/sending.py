"""Trying out a plugin that sends, with the settings it has: what was sent, what was taken, and what was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gobs_core.kit.findings import Level
from gobs_core.notifier import Notifier
from gobs_core.sink import Sink

MOST = 3
"""Different answers that are told."""


def try_sending(cls: type[Any], config: Any, patience: float) -> Iterator[tuple[Level, str]]:
    """Send strange rows or messages; raises AssertionError where the contract is not kept."""
    if issubclass(cls, Notifier):
        yield from _notifier(cls, config, patience)
    elif issubclass(cls, Sink):
        yield from _sink(cls, config, patience)


def _notifier(cls: type[Notifier], config: Any, patience: float) -> Iterator[tuple[Level, str]]:
    from gobs_core.testing import check_notifier

    sent = check_notifier(cls, config=config, patience=patience)
    taken, refused = (Counter(one.said for one in sent if one.taken is whether) for whether in (True, False))
    messages = "1 message" if len(sent) == 1 else f"{len(sent)} messages"
    kept = f"keeps its contract; {taken.total()} of {messages} of a test were taken"
    if not taken:
        yield Level.WRONG, f"none of {messages} of a test was taken: {_told(refused)}"
        return
    yield Level.OK, f"{kept}; the answer: {_told(taken)}"
    if refused:
        yield Level.NOTE, f"{refused.total()} of them were not taken: {_told(refused)}"


def _sink(cls: type[Sink], config: Any, patience: float) -> Iterator[tuple[Level, str]]:
    from gobs_core.testing import check_sink

    taken = check_sink(cls, config=config, patience=patience)
    lost = f", and {taken.dropped} of those dropped" if taken.dropped else ""
    if taken.frames <= taken.dropped:
        yield Level.WRONG, f"none of {taken.given} frames of a test was taken: {taken.frames} were{lost}"
        return
    yield Level.OK, f"keeps its contract; {taken.frames} of {taken.given} frames of a test were taken{lost}"
    if cls.acknowledged is not Sink.acknowledged:
        has = "none of them" if taken.acknowledged is None else f"all up to number {taken.acknowledged}"
        yield Level.OK if taken.acknowledged else Level.NOTE, f"its peer says to have {has}"


def _told(answers: Counter[str]) -> str:
    common = [(text or "nothing", count) for text, count in answers.most_common(MOST)]
    found = [f"{text} ({count} times)" if count > 1 else text for text, count in common]
    more = len(answers) - len(found)
    return "; ".join(found) + (f"; and {more} other answers" if more else "")
