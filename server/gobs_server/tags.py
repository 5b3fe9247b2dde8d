"""Entity tags: what an answer was made from, so that a client that has it already is told so in a few bytes."""

from __future__ import annotations

import secrets
from zlib import crc32

from quart import Response, request

from gobs_server.actor import current_actor


class Tags:
    """Tags of one run of the server: versions begin anew with every start, so a tag carries which start it was."""

    def __init__(self) -> None:
        self.run = secrets.token_hex(4)

    def of(self, version: int, *query: object) -> str:
        """Return the tag of a view at one version, under what was asked of it and the standing of who asks."""
        asked = repr((current_actor().standing, *query)).encode("utf-8", "backslashreplace")
        return f"{self.run}.{version:x}.{crc32(asked):x}"


def fresh(tag: str) -> Response | None:
    """Return the empty 304 for a client that says it has `tag` already; else None."""
    header = request.headers.get("If-None-Match")
    if header is None or not request.if_none_match.contains_weak(tag):
        return None
    return with_tag(Response(b"", 304), tag)


def with_tag(response: Response, tag: str) -> Response:
    """Put the tag on an answer and ask the client to check it every time."""
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Cache-Control"] = "no-cache"
    return response
