"""The notifier `webhook`: JSON in the shape of Alertmanager's webhook, version 4, signed if there is a key for that."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from gobs_core import (
    AlertState,
    Channel,
    Event,
    Notification,
    Notifier,
    NotifierConfig,
    Receipt,
    Rejected,
    Secret,
    TryLater,
    Unusable,
    hookimpl,
)
from gobs_notifiers.http import Answer, Service

_NEVER = "0001-01-01T00:00:00Z"
_KEPT = ("node", "namespace", "owner", "pod", "container", "row")


class WebhookConfig(NotifierConfig, frozen=True, kw_only=True):
    """Settings of a channel, and under `[notifiers.webhook]`."""

    url: Secret
    """Where messages are posted; kept secret, since such addresses often hold a key."""
    signing_key: Secret = Secret()
    """Signs each message: `X-Gobs-Signature` is `sha256=` and the HMAC of `X-Gobs-Timestamp`, a dot, and the body."""
    authorization: Secret = Secret()
    """The header `Authorization`, e.g. `Bearer …`."""


class WebhookNotifier(Notifier):
    """Posts to any address; `Idempotency-Key` is the same in every attempt."""

    name = "webhook"
    Config: ClassVar[type[WebhookConfig]] = WebhookConfig
    config: WebhookConfig
    most = 100
    complete = True

    def __init__(self, config: WebhookConfig, channel: Channel, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(config, channel)
        secrets = (config.url, config.signing_key, config.authorization)
        self._service = Service(config.url, "url", channel, secrets=secrets)
        self._clock = clock

    async def open(self) -> None:
        """Get ready."""
        await self._service.open()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._service.close()

    async def send(self, notification: Notification) -> Receipt:
        """Post one message."""
        body = msgspec.json.encode(message_of(notification, self.channel))
        headers = {"Idempotency-Key": notification.key}
        if self.config.signing_key:
            stamp = str(int(self._clock()))
            headers |= {"X-Gobs-Timestamp": stamp, "X-Gobs-Signature": signature(self.config.signing_key, stamp, body)}
        if self.config.authorization:
            headers["Authorization"] = self.config.authorization
        return _judged(await self._service.call("POST", body, headers=headers))


def signature(key: str, stamp: str, body: bytes) -> str:
    """What proves that a body was sent by somebody with the key, at that time."""
    return "sha256=" + hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def message_of(notification: Notification, channel: Channel) -> dict[str, Any]:
    """One notification as Alertmanager's webhook, version 4."""
    alerts = [_alert(alert, notification) for alert in notification.alerts] or [_bare(notification)]
    labels = [alert["labels"] for alert in alerts]
    shared = {name: value for name, value in labels[0].items() if all(one.get(name) == value for one in labels)}
    return {
        "version": "4",
        "groupKey": notification.group or notification.key,
        "truncatedAlerts": notification.more,
        "status": "resolved" if notification.event is Event.RESOLVED else "firing",
        "receiver": channel.name,
        "groupLabels": {"alertname": notification.rule or notification.summary[:100]},
        "commonLabels": shared,
        "commonAnnotations": _annotations(notification),
        "externalURL": channel.url,
        "alerts": alerts,
    }


def _alert(alert: AlertState, notification: Notification) -> dict[str, Any]:
    own = {name: value for name in _KEPT if (value := getattr(alert, name))}
    labels = {"alertname": notification.rule, "severity": alert.severity.value, "metric": alert.metric, **own}
    return {
        "status": alert.state,
        "labels": {**{name: value for name, value in alert.labels.items() if name not in labels}, **labels},
        "annotations": {
            **_annotations(notification),
            "value": alert.value_text,
            "condition": alert.condition,
            **({"reason": alert.reason} if alert.reason else {}),
            **({"contributors": _contributors(alert)} if alert.contributors else {}),
        },
        "startsAt": _moment(alert.since),
        "endsAt": _NEVER if alert.resolved is None else _moment(alert.resolved),
        "generatorURL": alert.link,
        "fingerprint": hashlib.blake2b(alert.id.encode(), digest_size=8).hexdigest(),
    }


def _bare(notification: Notification) -> dict[str, Any]:
    """What stands for a message without alerts, such as a test: readers want at least one."""
    return {
        "status": "firing",
        "labels": {"alertname": notification.rule or f"gobservability {notification.event.value}", "severity": "info"},
        "annotations": _annotations(notification),
        "startsAt": _moment(notification.at),
        "endsAt": _NEVER,
        "generatorURL": notification.link,
        "fingerprint": hashlib.blake2b(notification.key.encode(), digest_size=8).hexdigest(),
    }


def _annotations(notification: Notification) -> dict[str, str]:
    found = {"summary": notification.summary, "event": notification.event.value}
    more = {"description": notification.note, "runbook_url": notification.runbook}
    return found | {name: value for name, value in more.items() if value}


def _contributors(alert: AlertState) -> str:
    return "; ".join(
        f"{one.namespace}/{one.pod}/{one.container} {one.pid} {one.command}: {one.text}" for one in alert.contributors
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _judged(answer: Answer) -> Receipt:
    if 200 <= answer.status < 300:
        return Receipt(said=answer.said())
    if answer.status in {401, 403, 404, 410} or 300 <= answer.status < 400:
        hint = "; redirects are not followed, give the final address" if answer.status < 400 else ""
        raise Unusable(f"the service refuses the channel: {answer.said()}{hint}")
    if answer.status in {408, 425, 429} or answer.status >= 500:
        raise TryLater(f"the service cannot take it now: {answer.said()}", answer.number("Retry-After"))
    raise Rejected(f"the service does not take this message: {answer.said()}")


@hookimpl
def gobs_register_notifiers() -> list[type[Notifier]]:
    """Announce it."""
    return [WebhookNotifier]
