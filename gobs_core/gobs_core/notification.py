"""A notification: what a notifier is asked to tell people, every part of it a plain value that survives a restart."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from gobs_core.units import Unit


class Severity(StrEnum):
    """How bad it is; declared from mild to grave."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Event(StrEnum):
    """What a notification is about."""

    FIRING = "firing"
    """At least one alert of the group has begun to fire; others may be over."""
    RESOLVED = "resolved"
    """Alerts are over, and none has begun."""
    REMINDER = "reminder"
    """Alerts that were told before still fire."""
    SILENCE = "silence"
    """A silence is about to end; `summary` says which, `alerts` are those it keeps quiet now."""
    TEST = "test"
    """Somebody tries the channel out; nothing is wrong."""


class Contributor(msgspec.Struct, frozen=True, kw_only=True):
    """A process that had a large part in a value at the moment an alert fired."""

    namespace: str = ""
    pod: str = ""
    """The pod's name, or its id where it has no name; outside pods the workload: `unit cron.service`, `user 1000`."""
    container: str = ""
    pid: str = ""
    command: str = ""
    value: float
    text: str
    """`value` as people read it, with its unit."""
    share: float | None = None
    """Percent of the total of the alert's node, or of its pod where the alert is about one; None: not known."""
    change: float | None = None
    """`value` minus what it was ten minutes ago; None: not known, or it did not run then."""
    change_text: str = ""
    """`change` as people read it, with its sign."""


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it was when the notification was written. Times: seconds since 1970. All texts are strangers'."""

    id: str
    state: Literal["firing", "resolved"]
    severity: Severity
    node: str = ""
    namespace: str = ""
    owner: str = ""
    pod: str = ""
    container: str = ""
    row: str = ""
    """The row in a few words: `shop/web-0`, `sda`; empty where the alert is about the node as a whole."""
    labels: dict[str, str] = {}
    """The key and info columns of its row."""
    metric: str
    """What is judged, as the rule names it: `cpu`, `disk.utilisation`."""
    condition: str
    """What is asked of it, as people read it: `above 80 %`."""
    value: float | None
    """The newest value when it fired, of a resolved alert when it was over; None: not known."""
    value_text: str
    worst: float | None = None
    """The value furthest beyond the threshold while it fired."""
    worst_text: str = ""
    threshold: float | None = None
    threshold_text: str = ""
    clear_threshold: float | None = None
    unit: Unit = Unit.NONE
    rate: bool = False
    """Whether the values are per second."""
    since: float
    """When the condition began to hold."""
    fired: float
    resolved: float | None = None
    duration: float
    """Seconds from `since` to when it was over, or until now."""
    reason: str = ""
    """Why it is over, as people read it: `the value is back`, `dismissed by ann: known`, `the pod is gone`."""
    contributors: tuple[Contributor, ...] = ()
    """At most five, the largest first."""
    link: str = ""
    """The alert's own page; empty where the server does not know its address."""


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message to be sent. Sending it again is sending the very same value, key included."""

    key: str
    """Idempotency key: the same in every attempt, and in nothing else ever sent."""
    event: Event
    at: float
    """When it was written, in seconds since 1970."""
    rule_id: str = ""
    rule: str = ""
    """The rule's name; of a stranger, as are all texts here."""
    severity: Severity = Severity.WARNING
    """The gravest of its alerts'."""
    summary: str
    """All of it on one line, plain text: `node busy: 3 alerts, cpu 93 % on worker-1 and 2 more`."""
    group: str = ""
    """The same for all messages about one cause; `firing` and `resolved` of an alert carry the same."""
    alerts: tuple[AlertState, ...] = ()
    """Those this message is about, news first, the gravest first; see `Notifier.most`."""
    more: int = 0
    """Alerts it is about besides."""
    firing: int = 0
    """Alerts of the group that fire now, told before or not."""
    note: str = ""
    """What the rule's author wants to be said."""
    runbook: str = ""
    """http(s) address of what to do."""
    link: str = ""
    """Where to look; empty where the server does not know its address."""
    mention: str = ""
    """Whom to call, in the words of the service, e.g. `<@&42>`. Nothing else in a notification may call anybody."""
    reference: str = ""
    """The receipt of the last message about this group on this channel, which may be edited; empty: there is none."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A message was taken by its service."""

    reference: str = ""
    """What `Notification.reference` of the next message about the same group is to be, e.g. the message's id."""
    said: str = ""
    """What the service answered, on one line: shown to whoever tries the channel out, and in the delivery log."""
