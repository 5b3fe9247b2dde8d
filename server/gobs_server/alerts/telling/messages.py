"""Messages: what is said of alerts to one channel, within what a notification may hold."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from gobs_core import AlertState, Event, Notification, Severity
from gobs_core.notifier import MOST_ALERTS, Notifier
from gobs_server.alerts import words
from gobs_server.alerts.records import Alert, Intent
from gobs_server.alerts.rules.check import GRAVE
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.words import Shown
from gobs_server.clock import Clock

_SUMMARY = 300
_TOLD = {
    Event.FIRING: "fires",
    Event.RESOLVED: "is over",
    Event.REMINDER: "still fires",
}


class Messages:
    """Writes notifications. Lives as long as the server."""

    def __init__(self, clock: Clock, shown: Shown, url: Callable[[], str]) -> None:
        self._clock = clock
        self._shown = shown
        self._url = url

    def of(
        self,
        intents: Sequence[Intent],
        alerts: Sequence[Alert],
        firing: int,
        rule: Rule | None,
        notifier: type[Notifier],
        reference: str,
    ) -> Iterator[Notification]:
        """What is said of one group at once: news first, the gravest first; several messages for a machine."""
        event = _event(intents, alerts)
        news = sorted(alerts, key=_worst_first)
        most = min(notifier.most, MOST_ALERTS)
        parts = [news[at : at + most] for at in range(0, len(news), most)] or [[]]
        for part in parts if notifier.complete else parts[:1]:
            more = 0 if notifier.complete else len(news) - len(part)
            yield self._one(event, intents, part, more, firing, rule, reference)

    def test(self, channel: str) -> Notification:
        """What is sent when somebody tries a channel out."""
        return Notification(
            key=str(uuid.uuid4()),
            event=Event.TEST,
            at=self._clock.wall(),
            summary=f"A test of the channel {channel}: nothing is wrong, and whoever reads this will be told of alerts",
            link=self._url(),
            severity=Severity.INFO,
        )

    def _one(
        self,
        event: Event,
        intents: Sequence[Intent],
        alerts: Sequence[Alert],
        more: int,
        firing: int,
        rule: Rule | None,
        reference: str,
    ) -> Notification:
        name = rule.name if rule is not None else alerts[0].rule_name if alerts else ""
        group = intents[0].group
        return Notification(
            key=str(uuid.uuid4()),
            event=event,
            at=self._clock.wall(),
            rule_id=intents[0].rule,
            rule=name,
            severity=max((alert.severity for alert in alerts), key=GRAVE.__getitem__, default=Severity.WARNING),
            summary=self._summary(event, intents, name, alerts, more),
            group=group,
            alerts=tuple(map(self._state, alerts)),
            more=more,
            firing=firing,
            note=rule.note if rule is not None else "",
            runbook=rule.runbook if rule is not None else "",
            link=self._link(f"/alerts?rule={quote(name)}"),
            mention=rule.mention if rule is not None and event is not Event.RESOLVED else "",
            reference=reference,
        )

    def _summary(self, event: Event, intents: Sequence[Intent], name: str, alerts: Sequence[Alert], more: int) -> str:
        said = next((intent.summary for intent in intents if intent.summary), "")
        if said or not alerts:
            return (said or name)[:_SUMMARY]
        first = alerts[0]
        value = words.value(first.value, first, self._shown)
        others = len(alerts) + more - 1
        what = f"{first.metric} {value}".strip() if value and event is not Event.RESOLVED else ""
        places = words.place(first) + (f" and {others} more" if others else "")
        return " ".join(filter(None, (f"{name} {_TOLD.get(event, '')}:", what and f"{what} on", places)))[:_SUMMARY]

    def _state(self, alert: Alert) -> AlertState:
        now = self._clock.wall()
        return AlertState(
            id=alert.id,
            state=alert.state,
            severity=alert.severity,
            node=alert.node,
            namespace=alert.namespace,
            owner=alert.owner,
            pod=alert.pod,
            container=alert.container,
            row=words.row(alert),
            labels=alert.labels,
            metric=alert.metric or "silence",
            condition=alert.condition,
            value=alert.value,
            value_text=words.value(alert.value, alert, self._shown),
            worst=alert.worst,
            worst_text=words.value(alert.worst, alert, self._shown),
            threshold=alert.threshold,
            threshold_text=words.value(alert.threshold, alert, self._shown),
            clear_threshold=alert.clear_threshold,
            unit=alert.unit,
            rate=alert.rate,
            since=alert.since,
            fired=alert.fired,
            resolved=alert.resolved,
            duration=max(0.0, (alert.resolved or now) - alert.since),
            reason=words.reason(alert),
            contributors=tuple(alert.contributors),
            link=self._link(f"/alerts/{alert.id}"),
        )

    def _link(self, path: str) -> str:
        url = self._url()
        return f"{url.rstrip('/')}{path}" if url else ""


def _event(intents: Sequence[Intent], alerts: Sequence[Alert]) -> Event:
    """What it is about, all in all."""
    events = {intent.event for intent in intents}
    for event in (Event.SILENCE, Event.TEST):
        if event in events:
            return event
    if Event.FIRING in events and any(alert.state == "firing" for alert in alerts):
        return Event.FIRING
    return Event.REMINDER if Event.REMINDER in events else Event.RESOLVED


def _worst_first(alert: Alert) -> tuple[object, ...]:
    """Order alerts: those that fire, the gravest, the furthest beyond the threshold."""
    value = 0.0 if alert.value is None else alert.value
    less = alert.operator in ("<", "<=")
    return (alert.state == "resolved", -GRAVE[alert.severity], value if less else -value, words.place(alert), alert.id)
