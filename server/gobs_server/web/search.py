"""What the search shows while somebody types: the things found, with what was typed marked in them."""

from __future__ import annotations

import re
from typing import NamedTuple

from quart import Response, request

from gobs_server.routes import Routes
from gobs_server.web.answers import html
from gobs_server.web.find import LONGEST, Finder, Findings
from gobs_server.web.found import Found
from gobs_server.web.rendering import Templates
from gobs_server.web.text import visible

_WIDE = 120
"""Characters of one text that are shown."""
_BEFORE = 30


class Part(NamedTuple):
    """A piece of a text."""

    text: str
    marked: bool
    """Whether it is what was typed."""


class Option(NamedTuple):
    """One thing found, ready to be shown."""

    kind: str
    name: list[Part]
    more: list[list[Part]]
    node: list[Part]
    path: str


def add_search(routes: Routes, finder: Finder, templates: Templates) -> None:
    """Add the fragment that the search is filled with."""

    @routes.get("/fragments/find", role="viewer")
    async def find() -> Response:
        query = request.args.get("q", "")[:LONGEST]
        found = await finder.find(query)
        return html(templates.render("find.html", **_shown(found, query)))


def _shown(findings: Findings, query: str) -> dict[str, object]:
    words = sorted(query.split(), key=len, reverse=True)
    pattern = re.compile(f"({'|'.join(map(re.escape, words))})", re.IGNORECASE) if words else None
    options = [_option(found, pattern) for found in findings.found]
    return {"options": options, "complete": findings.complete, "query": query}


def _option(found: Found, pattern: re.Pattern[str] | None) -> Option:
    more = [parts(text, pattern) for text in found.more]
    return Option(found.kind, parts(found.name, pattern), more, parts(found.node, pattern), found.path)


def parts(text: str, pattern: re.Pattern[str] | None) -> list[Part]:
    """Return a text cut where the pattern matches, made visible, and cut down to what surrounds the first match."""
    if pattern is None:
        return [Part(_short(text), marked=False)] if text else []
    first = pattern.search(text)
    begin = max(0, first.start() - _BEFORE) if first and first.end() > _WIDE else 0
    pieces = pattern.split(("…" if begin else "") + text[begin : begin + _WIDE])
    shown = [Part(visible(piece), marked=place % 2 == 1) for place, piece in enumerate(pieces) if piece]
    return [*shown, Part("…", marked=False)] if len(text) > begin + _WIDE else shown


def _short(text: str) -> str:
    return visible(text if len(text) <= _WIDE else f"{text[:_WIDE]}…")
