"""Records: what is remembered of alerts and of telling people, as it stands in the journal and in the database.

All times are seconds since 1970 by the server's clock. All are values: a change makes another one.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from gobs_core import Contributor, Event, Notification, Severity, Unit
from gobs_server.alerts.rules.rule import Operator, Target


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of what is remembered, by its id."""

    id: str


Reason = Literal["cleared", "gone", "no data", "dismissed", "disabled", "changed", "deleted"]


class Alert(Record, frozen=True, kw_only=True):
    """One firing of one severity of one rule for one row."""

    rule: str
    """The rule's id."""
    rule_name: str
    severity: Severity
    state: Literal["firing", "resolved"] = "firing"
    target: Target = "node"
    metric: str = ""
    condition: str = ""
    """What was asked of the value, as people read it."""
    node: str = ""
    table: str = ""
    key: list[str] = []
    labels: dict[str, str] = {}
    """The key and info columns of its row when it fired."""
    namespace: str = ""
    owner: str = ""
    pod: str = ""
    container: str = ""
    since: float
    """When the condition began to hold."""
    fired: float
    resolved: float | None = None
    reason: Reason | None = None
    value: float | None = None
    """When it fired; of one that is over, then."""
    worst: float | None = None
    operator: Operator | None = None
    threshold: float | None = None
    clear_threshold: float | None = None
    unit: Unit = Unit.NONE
    rate: bool = False
    contributors: list[Contributor] = []
    by: str = ""
    """Who dismissed it."""
    comment: str = ""
    """Why it was dismissed."""
    told: list[str] | None = None
    """Names of the channels that were told it fires; None: nobody was to be told yet."""
    group: str = ""
    """The same for all alerts that are one message."""


class Change(Record, frozen=True, kw_only=True):
    """One step in an alert's life, for its history."""

    alert: str
    at: float
    what: Literal["fired", "resolved", "dismissed"]
    reason: Reason | None = None
    value: float | None = None
    by: str = ""
    comment: str = ""


class Intent(Record, frozen=True, kw_only=True):
    """Somebody is to be told something: written down together with its cause, gone once it is part of a message."""

    channel: str
    """The channel's name."""
    group: str
    rule: str
    event: Event
    alert: str = ""
    """Empty for a reminder, which is about all that fires in the group."""
    at: float
    summary: str = ""
    """Of what is about no alert."""


class Delivery(Record, frozen=True, kw_only=True):
    """One message on its way, or arrived, or given up. Its id is the notification's key."""

    channel: str
    group: str
    rule: str = ""
    event: Event
    state: Literal["sending", "sent", "dead"] = "sending"
    made: float
    attempts: int = 0
    tried: float | None = None
    next: float | None = None
    """When it is tried again."""
    until: float = 0.0
    """When it is given up."""
    ended: float | None = None
    said: str = ""
    """What the service answered, or why it could not be delivered."""
    alerts: list[str] = []
    notification: Notification


class Group(Record, frozen=True, kw_only=True):
    """What was said on one channel about one group."""

    sent: float = 0.0
    """When the last message went out."""
    reference: str = ""
    """Its receipt, while anything of the group fires."""


class ChannelSettings(Record, frozen=True, kw_only=True):
    """A way to reach people: a notifier with its settings, under a name."""

    name: str
    kind: str
    """The notifier's name."""
    settings: dict[str, Any] = {}
    enabled: bool = True
    origin: Literal["user", "settings"] = "user"
    stopped: str = ""
    """Why nothing is sent any more, until somebody changes or tries it; empty: it works."""
    waits: bool = False
    """Whether `stopped` is for what keeps it from being used at all: it goes on by itself once it can be."""
    created: float = 0.0
    changed: float = 0.0
    by: str = ""
