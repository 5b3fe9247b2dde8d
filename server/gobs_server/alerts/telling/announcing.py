"""Announcing: which alerts are told of and on which channels; silenced ones and lesser severities wait."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gobs_core import Event
from gobs_server.alerts.book import Book
from gobs_server.alerts.records import Alert, Intent
from gobs_server.alerts.rules.check import GRAVE


class Announcing:
    """Decides. It holds nothing: an alert says itself who was told of it."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def due(
        self, waiting: Sequence[Alert], alerts: Mapping[str, Alert], now: float
    ) -> tuple[list[Alert], list[Intent]]:
        """Those of `waiting` that are to be told of now, as told, and the intents to do so; `alerts` all fire."""
        if not waiting:
            return [], []
        gravest = _gravest(alerts.values()) if any(self._levels(alert) for alert in waiting) else {}
        told: list[Alert] = []
        intents: list[Intent] = []
        for alert in waiting:
            if self.why_quiet(alert, now, gravest):
                continue
            channels = self._book.channels_for(alert.rule)
            told.append(msgspec.structs.replace(alert, told=channels))
            intents += [self._intent(alert, channel, Event.FIRING, now) for channel in channels]
        return told, intents

    def why_quiet(self, alert: Alert, now: float, gravest: Mapping[tuple[object, ...], Alert] | None = None) -> str:
        """Why nobody is told of an alert that fires; empty: people are."""
        graver = (gravest or {}).get(_row(alert))
        if graver is not None and GRAVE[graver.severity] > GRAVE[alert.severity]:
            return f"{graver.severity} fires as well"
        silence = self._book.silencing(alert, now)
        return "" if silence is None else f"silenced until {silence.until or 'it is over'}"

    def resolved(self, alert: Alert, now: float) -> list[Intent]:
        """Whom to tell that an alert is over: who was told that it fires."""
        return [self._intent(alert, channel, Event.RESOLVED, now) for channel in alert.told or ()]

    def reminder(self, alert: Alert, channel: str, now: float) -> Intent:
        """Tell people again that a group fires; `alert` is any of it."""
        return msgspec.structs.replace(self._intent(alert, channel, Event.REMINDER, now), alert="")

    def _levels(self, alert: Alert) -> bool:
        rule = self._book.rule(alert.rule)
        return rule is not None and bool(rule.levels)

    def _intent(self, alert: Alert, channel: str, event: Event, now: float) -> Intent:
        return Intent(
            id=str(uuid.uuid4()),
            channel=channel,
            group=alert.group,
            rule=alert.rule,
            event=event,
            alert=alert.id,
            at=now,
        )


def _row(alert: Alert) -> tuple[object, ...]:
    return (alert.rule, alert.node, *alert.key)


def _gravest(alerts: Iterable[Alert]) -> dict[tuple[object, ...], Alert]:
    found: dict[tuple[object, ...], Alert] = {}
    for alert in alerts:
        row = _row(alert)
        if row not in found or GRAVE[alert.severity] > GRAVE[found[row].severity]:
            found[row] = alert
    return found
