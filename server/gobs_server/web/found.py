"""What a search has found: one thing, and how near it is to what was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_KINDS = ("page", "node", "row", "table")


class Found(NamedTuple):
    """One thing that was found, ready to be shown."""

    kind: str
    """page, node, or the name of its table."""
    name: str
    more: tuple[str, ...]
    """What tells it from others of the same name."""
    node: str
    """Where it is; empty: everywhere."""
    path: str


class Ranked(NamedTuple):
    """One thing found, with what it is ordered by."""

    rank: tuple[object, ...]
    found: Found


def ranked(words: Sequence[str], texts: Sequence[str], kind: str, found: Found, *, common: bool = False) -> Ranked:
    """Return a thing found with its place; `kind` is page, node, row or table, `common` is what many have in common."""
    apart = sum(min(_closeness(word, text) + (place > 0) for place, text in enumerate(texts)) for word in words)
    return Ranked((apart + 2 * common, _KINDS.index(kind), found.name.lower(), found.node, found.path), found)


def _closeness(word: str, text: str) -> int:
    """Return 0 for the text itself, and more the less of it the word is."""
    low = text.lower()
    if low.startswith(word):
        return 0 if low == word else 2
    return 4 if re.search(rf"[\W_]{re.escape(word)}", low) else 6 if word in low else 8
