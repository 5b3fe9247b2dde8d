"""Alerts as they are in the database: written as the journal has them, and searched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from tortoise.models import Model

from gobs_server.db.alert_models import AlertChange, AlertDelivery, AlertRecord, AlertRow

_BATCH = 500


class KeptRecord(NamedTuple):
    """A rule, a silence or a channel."""

    id: str
    kind: str
    body: str


class KeptAlert(NamedTuple):
    """An alert. Times: seconds since 1970."""

    id: str
    rule: str
    severity: str
    state: str
    node: str
    namespace: str
    pod: str
    fired: float
    resolved: float | None
    words: str
    body: str


class KeptChange(NamedTuple):
    """One step in an alert's life."""

    id: str
    alert: str
    at: float
    body: str


class KeptDelivery(NamedTuple):
    """One message."""

    id: str
    channel: str
    state: str
    made: float
    body: str


class AlertSearch(NamedTuple):
    """Which alerts are wanted; what is not said does not matter. A text may end with `*`."""

    state: str = ""
    node: str = ""
    namespace: str = ""
    pod: str = ""
    rule: str = ""
    severity: str = ""
    since: float | None = None
    """Not over before that."""
    until: float | None = None
    """Fired before that."""
    words: tuple[str, ...] = ()
    """Each of them, in lower case, is somewhere in what an alert can be found by."""


Kept = KeptRecord | KeptAlert | KeptChange | KeptDelivery
_MODELS: dict[type[Kept], type[Model]] = {
    KeptRecord: AlertRecord,
    KeptAlert: AlertRow,
    KeptChange: AlertChange,
    KeptDelivery: AlertDelivery,
}
_TIMES = ("fired", "resolved", "at", "made")
_LENGTHS = {"node": 253, "namespace": 253, "pod": 500, "channel": 253, "words": 4000}


async def put_alerts(rows: Sequence[Kept]) -> None:
    """Keep rows of one kind, or keep them anew."""
    model = _MODELS[type(rows[0])]
    fields = [name for name in rows[0]._fields if name != "id"]
    await model.bulk_create(
        [model(**_values(row)) for row in rows], on_conflict=["id"], update_fields=fields, batch_size=_BATCH
    )


async def drop_records(ids: Collection[str]) -> None:
    """Let go of rules, silences and channels."""
    await AlertRecord.filter(id__in=[UUID(one) for one in ids]).delete()


async def read_records(kind: str) -> list[str]:
    """The bodies of all records of a kind."""
    return [str(body) for body in await AlertRecord.filter(kind=kind).order_by("id").values_list("body", flat=True)]


async def has_record(id: str) -> bool:  # noqa: A002  a record's own word
    """Whether there is a record of that id."""
    return await AlertRecord.exists(id=UUID(id))


async def read_wordless(limit: int) -> list[str]:
    """The bodies of some alerts that no search for words finds yet."""
    rows = AlertRow.filter(words__isnull=True).order_by("id").limit(limit).values_list("body", flat=True)
    return [str(body) for body in await rows]


async def set_words(words: Mapping[str, str]) -> None:
    """Let alerts be found by their words; id -> words."""
    for alert, text in words.items():
        await AlertRow.filter(id=UUID(alert), words__isnull=True).update(words=_plain(text, _LENGTHS["words"]))


async def search_alerts(wanted: AlertSearch, limit: int, offset: int) -> tuple[int, list[str]]:
    """How many there are, and the bodies of some of them, those that fired last first."""
    query = AlertRow.all()
    for name in ("state", "severity", "node", "namespace", "pod"):
        text = getattr(wanted, name)
        if text.endswith("*"):
            query = query.filter(**{f"{name}__startswith": text[:-1]})
        elif text:
            query = query.filter(**{name: text})
    if wanted.rule:
        query = query.filter(rule=_uuid(wanted.rule))
    for word in wanted.words:
        query = query.filter(words__contains=_plain(word, _LENGTHS["words"]))
    if wanted.until is not None:
        query = query.filter(fired__lte=_time(wanted.until))
    if wanted.since is not None:
        since = _time(wanted.since)
        firing, over = query.filter(resolved__isnull=True), query.filter(resolved__gte=since)
        count = await firing.count() + await over.count()
        return count, await _page([firing, over], limit, offset) if count > offset else []
    count = await query.count()
    return count, await _page([query], limit, offset) if count > offset else []


async def read_alert(id: str) -> str | None:  # noqa: A002  as above
    """The body of one alert."""
    return await AlertRow.filter(id=_uuid(id)).first().values_list("body", flat=True)  # type: ignore[return-value]


async def read_firing() -> list[str]:
    """The bodies of all alerts that fired when they were last written."""
    return [str(body) for body in await AlertRow.filter(state="firing").values_list("body", flat=True)]


async def read_changes(alert: str) -> list[str]:
    """The bodies of all steps of an alert, in order."""
    rows = AlertChange.filter(alert=_uuid(alert)).order_by("at").values_list("body", flat=True)
    return [str(body) for body in await rows]


async def prune_alerts(before: float) -> int:
    """Let go of alerts that were over before that time, of their steps, and of messages; returns how many alerts."""
    cut = _time(before)
    old = AlertRow.filter(resolved__lt=cut)
    gone = await old.count()
    await AlertChange.filter(at__lt=cut).delete()
    await AlertDelivery.filter(made__lt=cut).delete()
    await AlertRow.filter(resolved__lt=cut).delete()
    return gone


async def _page(queries: Sequence[object], limit: int, offset: int) -> list[str]:
    """The bodies of a page over several searches that share no row."""
    found: list[tuple[datetime, UUID, str]] = []
    for query in queries:
        rows = query.order_by("-fired", "id").limit(limit + offset).values_list("fired", "id", "body")  # type: ignore[attr-defined]
        found += await rows
    found.sort(key=lambda row: (-row[0].timestamp(), str(row[1])))
    return [body for _, _, body in found[offset : offset + limit]]


def _values(row: Kept) -> dict[str, object]:
    found = row._asdict()
    for name, value in found.items():
        if name in _TIMES and value is not None:
            found[name] = _time(value)
        elif name in _LENGTHS:
            found[name] = _plain(value, _LENGTHS[name])
    return found


def _plain(text: str, most: int) -> str:
    """A text that every database takes."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:most]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0.0), 32503680000.0), UTC)


def _uuid(text: str) -> UUID:
    """The id that a text from outside is; one that nothing has, where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
