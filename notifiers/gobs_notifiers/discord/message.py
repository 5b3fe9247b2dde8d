"""What one notification looks like on Discord: an embed within every limit, whatever is in the names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from gobs_core import AlertState, Contributor, Event, Notification, Severity
from gobs_notifiers.discord.text import cut, mentions, plain, quoted, units

MOST_CONTENT, MOST_TITLE, MOST_TEXT, MOST_NAME, MOST_VALUE, MOST_FOOTER = 2000, 256, 4096, 256, 1024, 2048
"""Of one message, in UTF-16 units, as Discord's documentation has them."""
MOST_FIELDS, MOST_ALL = 25, 6000
_FIELDS = 10
_COLOURS = {
    (Event.FIRING, Severity.INFO): 0x388BFD,
    (Event.FIRING, Severity.WARNING): 0xD29922,
    (Event.FIRING, Severity.CRITICAL): 0xF85149,
}
_RESOLVED, _QUIET = 0x3FB950, 0x8B949E
_MARKS = {
    Event.FIRING: "\N{LARGE RED CIRCLE}",
    Event.REMINDER: "\N{ALARM CLOCK}",
    Event.RESOLVED: "\N{WHITE HEAVY CHECK MARK}",
    Event.SILENCE: "\N{BELL WITH CANCELLATION STROKE}",
    Event.TEST: "\N{TEST TUBE}",
}
_WORDS = {
    Event.FIRING: "firing",
    Event.REMINDER: "still firing",
    Event.RESOLVED: "resolved",
    Event.SILENCE: "a silence ends soon",
    Event.TEST: "test",
}


def message_of(notification: Notification, username: str = "") -> dict[str, Any]:
    """Return the message as Discord takes it; only `notification.mention` can call anybody."""
    said, allowed = mentions(notification.mention)
    loud = notification.event in {Event.FIRING, Event.REMINDER}
    message: dict[str, Any] = {
        "embeds": [_within(_embed(notification))],
        "allowed_mentions": allowed if loud else {"parse": []},
    }
    if loud and said:
        message["content"] = cut(said, MOST_CONTENT)
    return {**message, "username": cut(username, 80)} if username else message


def _embed(notification: Notification) -> dict[str, Any]:
    event = notification.event
    what = notification.rule or "Gobservability"
    severity = f" ({notification.severity.value})" if event is Event.FIRING else ""
    embed: dict[str, Any] = {
        "title": cut(f"{_MARKS[event]} {plain(what)}: {_WORDS[event]}{severity}", MOST_TITLE),
        "description": cut("\n".join(_description(notification)), MOST_TEXT),
        "color": _colour(notification),
        "fields": [_field(alert, event) for alert in notification.alerts[:_FIELDS]],
        "footer": {"text": cut(f"gobservability · {notification.key}", MOST_FOOTER)},
        "timestamp": datetime.fromtimestamp(notification.at, UTC).isoformat(),
    }
    if _is_address(notification.link):
        embed["url"] = notification.link
    return embed


def _description(notification: Notification) -> Iterator[str]:
    yield plain(notification.summary)
    more = notification.more + max(len(notification.alerts) - _FIELDS, 0)
    if more:
        yield f"… and {more:,} more"
    if notification.note:
        yield plain(notification.note)
    if _is_address(notification.runbook):
        yield f"[What to do]({notification.runbook})"


def _field(alert: AlertState, event: Event) -> dict[str, Any]:
    where = alert.row or alert.node
    name = plain(where) + (f" on {plain(alert.node)}" if alert.node and alert.node != where else "")
    return {
        "name": cut(name, MOST_NAME) or "\N{ZERO WIDTH SPACE}",
        "value": cut("\n".join(_facts(alert, event)), MOST_VALUE) or "\N{ZERO WIDTH SPACE}",
        "inline": False,
    }


def _facts(alert: AlertState, event: Event) -> Iterator[str]:
    metric = plain(alert.metric)
    value = f"**{plain(alert.value_text)}**" if alert.value is not None else "not known"
    if alert.state == "resolved":
        worst = f", at worst {plain(alert.worst_text)}" if alert.worst_text else ""
        yield f"{metric} {value}{worst}, after {_span(alert.duration)}"
        if alert.reason:
            yield plain(alert.reason)
        return
    yield f"{metric} {value}, {plain(alert.condition)}, for {_span(alert.duration)}, since <t:{int(alert.since)}:R>"
    if event in {Event.FIRING, Event.REMINDER}:
        for contributor in alert.contributors:
            yield _contributor(contributor)


def _contributor(one: Contributor) -> str:
    where = "/".join(filter(None, (one.namespace, one.pod, one.container)))
    command = quoted(cut(one.command, 60)) or "a process"
    share = f" ({one.share:.0f} %)" if one.share is not None else ""
    change = f", {plain(one.change_text)} in ten minutes" if one.change_text else ""
    pid = f", pid {plain(one.pid)}" if one.pid else ""
    return f"• {plain(one.text)}{share} {command} in {plain(where) or 'no pod'}{pid}{change}"


def _within(embed: dict[str, Any]) -> dict[str, Any]:
    """Take from the end what is more than all texts of a message may have together."""
    left = MOST_ALL - units(embed["title"]) - units(embed["footer"]["text"])
    embed["description"] = cut(embed["description"], min(left, MOST_TEXT))
    left -= units(embed["description"])
    fields = []
    for field in embed["fields"][:MOST_FIELDS]:
        left -= units(field["name"]) + units(field["value"])
        if left < 0:
            break
        fields.append(field)
    embed["fields"] = fields
    return embed


def _colour(notification: Notification) -> int:
    if notification.event is Event.RESOLVED:
        return _RESOLVED
    if notification.event in {Event.TEST, Event.SILENCE}:
        return _QUIET
    return _COLOURS[Event.FIRING, notification.severity]


def _span(seconds: float) -> str:
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _is_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and len(link) <= 2000
        and not any(character in link for character in " ()<>\"'\\")
        and link.isprintable()
    )
