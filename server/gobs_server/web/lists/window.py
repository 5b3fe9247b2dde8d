"""The part of a list that a page shows, and what the page has of it already."""

from __future__ import annotations

from typing import NamedTuple

from quart import request

from gobs_server.tags import Tags

HAVE = "Gobs-Have"
"""The request header in which a page names the items it has; `*`: all there were."""
_MOST_HAVE = 10_000


class Window(NamedTuple):
    """Items `first` to before `first` + `size` of a list in its order."""

    first: int
    size: int

    @classmethod
    def asked(cls, usual: int, most: int) -> Window:
        """Return the window this request asks for: `usual` items from the start unless it says otherwise."""
        return cls(_whole("first", 0, 0, 10_000_000), _whole("count", usual, 1, most))


class Poll(NamedTuple):
    """What a page that asks again has shown so far."""

    since: int
    """The version its items are of; -1: it has none that count."""
    have: frozenset[str]
    all: bool
    """Whether it has all items there were at that version."""

    def lacks(self, item: str, version: int) -> bool:
        """Whether the page has to be given an item that last changed at that version."""
        return version > self.since or not (self.all or item in self.have)


class Tag(NamedTuple):
    """The tag of a window of a list. An answer depends on all of it, what a page has of the items not on the window."""

    version: int
    view: str
    """Which run of the server, and what was asked."""
    window: Window

    def __str__(self) -> str:
        return f"{self.view}.{self.window.first:x}.{self.window.size:x}.{self.version:x}"


def tag_of(tags: Tags, version: int, window: Window, *query: object) -> Tag:
    """Return the tag of a window at one version, under what was asked of the list."""
    return Tag(version, tags.of(0, *query), window)


def poll(tag: Tag) -> Poll:
    """Return what the page that makes this request has, if that is of the same list under the same query."""
    header = (request.headers.get("If-None-Match") or "").removeprefix("W/").strip('"')
    view, *numbers = header.rsplit(".", 3)
    have = request.headers.get(HAVE) or ""
    if view != tag.view or len(numbers) != 3 or not have:
        return Poll(-1, frozenset(), all=False)
    try:
        since = int(numbers[2], 16)
    except ValueError:
        return Poll(-1, frozenset(), all=False)
    return Poll(since, frozenset(have.split()[:_MOST_HAVE]), all=have == "*")


def _whole(name: str, usual: int, least: int, most: int) -> int:
    text = request.args.get(name, "")
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else usual
