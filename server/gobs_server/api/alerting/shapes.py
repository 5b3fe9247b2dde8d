"""What REST answers with about alerts: every shape once, documented where it stands."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gobs_core import Duration, Event, Notification
from gobs_server.alerts.records import Alert, Change
from gobs_server.alerts.rules.rule import Rule, RuleFields
from gobs_server.alerts.telling.silence import Silence
from gobs_server.alerts.trying.preview import Preview
from gobs_server.api.shapes import Time

_BACK = "How far back; what is kept decides how far that can be."


class RuleAnswer(Rule, frozen=True, kw_only=True):
    """A rule, and how it fares."""

    read_only: Annotated[bool, Meta(description="Whether it is written in a file, and only changed there.")]
    firing: Annotated[int, Meta(description="Alerts of it that fire now.")]
    rows: Annotated[int, Meta(description="Rows it means, of the nodes heard since it was made.")]
    warnings: Annotated[
        list[str],
        Meta(description="What was saved all the same and looks like a mistake, and why it is not judged now."),
    ]


class RuleList(msgspec.Struct, frozen=True):
    """All rules, by name."""

    rules: list[RuleAnswer]
    faults: Annotated[list[str], Meta(description="What is wrong in rule files: file, rule and field of each.")]


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule to be tried on the past."""

    rule: RuleFields
    seconds: Annotated[Duration, Meta(ge=60, le=7 * 86400, description=_BACK)] = 3600.0


class PreviewAnswer(Preview, frozen=True, kw_only=True):
    """When the rule would have fired, over all that is kept of all it means."""

    warnings: list[str]


class MetricInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Something a rule may judge."""

    name: str
    target: Annotated[str, Meta(description="node, pod or row.")]
    help: str
    unit: str
    rate: Annotated[bool, Meta(description="Whether the unit is meant per second.")]


class MetricList(msgspec.Struct, frozen=True):
    """All that a rule may judge, of the tables nodes have now."""

    metrics: list[MetricInfo]
    conditions: dict[str, dict[str, Any]]
    """Condition -> the JSON schema of its parameters."""


class AlertAnswer(Alert, frozen=True, kw_only=True):
    """An alert, with what people read."""

    row: str
    value_text: str
    worst_text: str
    threshold_text: str
    duration: Annotated[float, Meta(description="Seconds from `since` to its end, or to now.")]
    reason_text: str
    quiet: Annotated[str, Meta(description="Why nobody was told of it; empty: people were, or it is over.")]


class AlertList(msgspec.Struct, frozen=True, kw_only=True):
    """Some alerts of those that were found, those that fired last first."""

    alerts: list[AlertAnswer]
    total: int
    complete: Annotated[bool, Meta(description="false: the database does not answer, and only the newest are here.")]


class AlertDetail(msgspec.Struct, frozen=True):
    """An alert and the steps of its life."""

    alert: AlertAnswer
    changes: list[Change]


class Dismissal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an alert is dismissed."""

    comment: Annotated[str, Meta(max_length=1000)] = ""


class SilenceAnswer(Silence, frozen=True, kw_only=True):
    """A silence, and whether it holds now."""

    active: bool
    alerts: Annotated[int, Meta(description="Alerts it matches that fire now.")]


class SilenceList(msgspec.Struct, frozen=True):
    """All silences, those made last first."""

    silences: list[SilenceAnswer]


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What a silence would match."""

    alerts: list[AlertAnswer]
    everything: Annotated[bool, Meta(description="Whether it would match whatever ever fires.")]


class ChannelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel: a notifier with its settings."""

    kind: Annotated[str, Meta(max_length=63, description="The notifier's name, e.g. discord.")]
    settings: dict[str, Any] = {}
    enabled: bool = True


class NewChannel(ChannelBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel that is to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class ChannelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, without its secrets."""

    id: str
    name: str
    kind: str
    enabled: bool
    origin: str
    read_only: bool
    settings: Annotated[dict[str, Any], Meta(description="Secrets as ***; empty for who may not change it.")]
    stopped: Annotated[str, Meta(description="Why nothing is sent; empty: it works.")]
    waiting: Annotated[int, Meta(description="What waits to be told, what is tried again included.")]
    failing: Annotated[str, Meta(description="How the first of it fares: `4 attempts, last: …`; empty: none failed.")]
    created: Time
    changed: Time
    by: str


class ChannelList(msgspec.Struct, frozen=True):
    """All channels, by name, and the notifiers there are."""

    channels: list[ChannelAnswer]
    kinds: dict[str, dict[str, Any]]
    """Notifier -> the JSON schema of its settings."""


class TestAnswer(msgspec.Struct, frozen=True):
    """What became of a test."""

    taken: bool
    said: Annotated[str, Meta(description="What the service answered, word for word.")]


class DeliverySummary(msgspec.Struct, frozen=True, kw_only=True):
    """One message and what became of it."""

    id: Annotated[str, Meta(description="The idempotency key in its payload.")]
    channel: str
    event: Event
    state: Annotated[str, Meta(description="sending, sent or dead.")]
    summary: str
    rule: str
    alerts: int
    made: Time
    attempts: int
    tried: Time | None
    next: Time | None
    ended: Time | None
    said: str


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    """Messages, the newest first; those that are on their way before all others."""

    deliveries: list[DeliverySummary]
    waiting: Annotated[dict[str, int], Meta(description="Channel -> what waits to become a message.")]


class DeliveryDetail(msgspec.Struct, frozen=True):
    """One message, with all it says."""

    delivery: DeliverySummary
    notification: Notification
