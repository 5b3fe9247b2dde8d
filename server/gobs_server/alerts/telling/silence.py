"""Silences: whom nobody wants to hear of for a while, now or at the same hours every week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from gobs_server.alerts.judging.matching import labels_of
from gobs_server.alerts.records import Alert
from gobs_server.alerts.rules.rule import Globs as GlobTexts
from gobs_server.alerts.rules.rule import Text
from gobs_server.alerts.rules.selector import Globs

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
MATCHED = ("rule", "severity", "node", "namespace", "owner", "pod", "container")


class Weekly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same hours every week. Where `until` is not after `since`, it is of the next day."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)] = DAYS
    since: Annotated[str, Meta(pattern=_CLOCK)]
    until: Annotated[str, Meta(pattern=_CLOCK)]
    zone: Annotated[str, Meta(max_length=64)] = "UTC"
    """As in the IANA database, e.g. `Europe/Berlin`."""

    def __post_init__(self) -> None:
        """Refuse a zone that is none."""
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"zone: expected a time zone such as Europe/Berlin, got {self.zone!r}") from None

    def until_when(self, at: float) -> float | None:
        """The end of the span that holds this moment; None: there is none."""
        zone = ZoneInfo(self.zone)
        here = datetime.fromtimestamp(at, zone)
        for day in (here.date(), here.date() - timedelta(days=1)):
            if DAYS[day.weekday()] in self.days:
                start, end = _clock(self.since), _clock(self.until)
                begin = datetime.combine(day, start, zone)
                over = datetime.combine(day if end > start else day + timedelta(days=1), end, zone)
                if begin.astimezone(UTC) <= here.astimezone(UTC) < over.astimezone(UTC):
                    return over.timestamp()
        return None


class SilenceFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user says. What all the globs match is not told of, and fires all the same."""

    rule: GlobTexts = "*"
    """The rule's name."""
    severity: GlobTexts = "*"
    node: GlobTexts = "*"
    namespace: GlobTexts = "*"
    owner: GlobTexts = "*"
    pod: GlobTexts = "*"
    container: GlobTexts = "*"
    labels: Annotated[dict[str, GlobTexts], Meta(max_length=20)] = {}
    """Label, or key or info column -> globs."""
    since: float | None = None
    """When it begins; unset: now."""
    until: float | None = None
    """When it ends; unset: when all that it matches has resolved, or, with `weekly`, never."""
    weekly: Weekly | None = None
    comment: Annotated[str, Meta(max_length=500)] = ""
    remind_seconds: Annotated[float, Meta(ge=0, le=86400)] = 900.0
    """How long before its end people are told of it, where it lasts at least twice as long; 0: they are not."""
    channels: Annotated[list[Text], Meta(max_length=20)] | None = None
    """Who is told that it ends; unset: those who would be told of what it keeps quiet."""


class Silence(SilenceFields, frozen=True, kw_only=True):
    """A silence as it is kept."""

    id: str
    by: str = ""
    created: float = 0.0
    ended: float | None = None
    """When it was over, or somebody ended it."""
    reminded: bool = False
    matched: bool = False
    """Whether anything it matches has fired since it was made."""

    def holds(self, at: float) -> bool:
        """Whether it holds at this moment."""
        if self.ended is not None or at < self.since_when or (self.until is not None and at >= self.until):
            return False
        return self.weekly is None or self.weekly.until_when(at) is not None

    @property
    def since_when(self) -> float:
        """When it begins."""
        return self.created if self.since is None else self.since


class Matcher:
    """Which alerts a silence matches."""

    def __init__(self, silence: SilenceFields) -> None:
        named = {name: Globs(getattr(silence, name)) for name in MATCHED}
        self._named = {name: globs for name, globs in named.items() if not globs.any}
        self._labels = {name: Globs(globs) for name, globs in silence.labels.items()}

    @property
    def everything(self) -> bool:
        """Whether it matches whatever there is."""
        return not self._named and not self._labels

    def match(self, alert: Alert) -> bool:
        """Whether it is meant."""
        texts: Mapping[str, Any] = {
            "rule": alert.rule_name, "severity": alert.severity.value, "node": alert.node,
            "namespace": alert.namespace, "owner": alert.owner, "pod": alert.pod, "container": alert.container,
        }  # fmt: skip
        if not all(globs.match(texts[name]) for name, globs in self._named.items()):
            return False
        if not self._labels:
            return True
        labels = {**alert.labels, **labels_of(alert.labels.get("labels"))}
        return all(name in labels and globs.match(labels[name]) for name, globs in self._labels.items())


def _clock(text: str) -> time:
    return time.fromisoformat(text)
