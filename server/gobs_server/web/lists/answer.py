"""A list as it is sent: the frame around it, the order of what is in view, and of that only what the page lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from quart import Response

from gobs_server.web.lists.asked import Asked
from gobs_server.web.lists.items import Item
from gobs_server.web.lists.window import Poll, Tag, Window

MARK = b' data-items="">'
"""Ends the start tag of the list in a rendered frame; nothing shown can be it, for what is shown is escaped."""


class Frame(NamedTuple):
    """What stands around the items; all there is to show, where a list has no place in it."""

    before: bytes
    after: bytes
    listed: bool

    @classmethod
    def of(cls, rendered: bytes) -> Frame:
        """Split what a template has made where its list is."""
        before, mark, after = rendered.partition(MARK)
        return cls(before, after, bool(mark))


def answer(frame: Frame, items: Sequence[Item], window: Window, total: int, poll: Poll) -> bytes:
    """Return the fragment. Its list says which items of how many it is about; those not in it the page has."""
    if not frame.listed:
        return frame.before
    lacked = [item.content for item in items if poll.lacks(item.id, item.version)]
    order = " ".join([item.id for item in items])
    said = f' data-items="" data-first="{window.first}" data-total="{total}" data-order="{order}">'
    return b"".join([frame.before, said.encode(), *lacked, frame.after])


def next_part(query: Asked, window: Window, total: int) -> str:
    """Return what asks for the items after a window, for whoever has no scripts; empty: there are none."""
    after = window.first + window.size
    return f"{query.query()}&first={after}".removeprefix("&") if after < total else ""


def unkept(response: Response, tag: Tag) -> Response:
    """Put the tag on an answer that holds for the page that asked alone, so that nobody keeps it."""
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Cache-Control"] = "no-store"
    return response
