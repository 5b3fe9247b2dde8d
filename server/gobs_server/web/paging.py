"""Long lists that are shown a page at a time: which page an address asks for, and what stands on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

PAGE = 100
"""Items of a page."""
_MOST = 9999
_Item = TypeVar("_Item")


class Paged(NamedTuple, Generic[_Item]):
    """One page of a list. A value."""

    items: Sequence[_Item]
    number: int
    """From 1."""
    pages: int
    total: int


def page_asked(values: Mapping[str, str], name: str = "page") -> int:
    """Return the page that a query asks for; the first unless it is a number from 1."""
    text = values.get(name, "")
    return max(min(int(text[:6]), _MOST), 1) if text.isascii() and text.isdecimal() else 1


def pages_of(total: int) -> int:
    """Return how many pages so many items take; one of none at least."""
    return max(1, -(-total // PAGE))


def paged(found: Sequence[_Item], number: int) -> Paged[_Item]:
    """Return that page of a list, or its last where it has not so many."""
    pages = pages_of(len(found))
    number = min(number, pages)
    return Paged(found[(number - 1) * PAGE : number * PAGE], number, pages, len(found))
