"""Text as Discord shows it: names of strangers that format, link and call nobody, cut by Discord's own measure."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\*_~`|>\[\]()#<@:\-+.!])")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_USERS, _ROLES = re.compile(r"<@!?(\d{1,20})>"), re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")
_MENTIONS = re.compile(r"<@[!&]?\d{1,20}>|@everyone\b|@here\b")
_MOST_MENTIONS = 100


def plain(text: str) -> str:
    """Return a stranger's text so that it reads as it is: no mark-up, no mention, no link, nothing unseen."""
    return _MARKS.sub(r"\\\1", _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)).replace("://", ":\\//")


def quoted(text: str) -> str:
    """Return a stranger's text as code: what could end the code is replaced."""
    shown = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text).replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}").strip()
    return f"`{shown}`" if shown else ""


def cut(text: str, most: int) -> str:
    """Return at most `most` UTF-16 units of a text, which is how Discord counts, with an ellipsis where it was cut."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le", "replace")[: 2 * max(most - 1, 0)].decode("utf-16-le", "ignore")
    # A cut may not end within an escape, nor leave a backtick open.
    kept = re.sub(r"\\+\Z", "", kept)
    end = "…`" if kept.count("`") % 2 else "…"
    return (kept[:-1] if len(end) == 2 and units(kept) >= most - 1 else kept) + end if most > 0 else ""


def units(text: str) -> int:
    """Return how many UTF-16 units a text has."""
    return len(text.encode("utf-16-le", "replace")) // 2


def mentions(text: str) -> tuple[str, dict[str, list[str]]]:
    """Return the mentions in what a rule's author wrote, and Discord's permission for exactly those."""
    said = " ".join(dict.fromkeys(_MENTIONS.findall(text)[:_MOST_MENTIONS]))
    allowed = {
        "parse": ["everyone"] if _EVERYONE.search(said) else [],
        "users": list(dict.fromkeys(_USERS.findall(said))),
        "roles": list(dict.fromkeys(_ROLES.findall(said))),
    }
    return said, allowed
