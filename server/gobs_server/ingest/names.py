"""Which names a node may have, whoever gives it."""

from __future__ import annotations

from gobs_proto.limits import MAX_NODE


def is_node_name(text: str) -> bool:
    """Whether a node may be called that: it can be shown, kept, and stand in an address."""
    return bool(text) and is_text(text, MAX_NODE) and text == text.strip() and text not in {".", ".."}


def is_text(text: str, most: int) -> bool:
    """Whether it can be shown and kept: no more than `most` bytes, all of which can be printed."""
    return len(text) <= most and len(text.encode("utf-8", "replace")) <= most and text.isprintable()
