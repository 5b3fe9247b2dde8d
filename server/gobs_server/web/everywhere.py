"""A list over all nodes: its page, the fragment that keeps it up to date and its files, now or as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from quart import Response, request

from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh
from gobs_server.web.answers import gone, html, unclear
from gobs_server.web.lists import (
    Asked,
    Field,
    Form,
    Poll,
    Sheet,
    Tag,
    Window,
    asked,
    download,
    next_part,
    poll,
    tag_of,
    unkept,
)
from gobs_server.web.looking import Looking
from gobs_server.web.rendering import Templates
from gobs_server.web.timebar import TimeBar, asked_moment, timebar

Looks = Mapping[str, tuple[int, int]]
"""Name -> how many items a page is sent at first, and most at once; the first is the usual one."""
_NOTHING = Poll(-1, frozenset(), all=False)


class Sent(NamedTuple):
    """A part of a list, as it is sent."""

    content: bytes
    total: int
    """Items of all parts."""


class Chosen(NamedTuple):
    """What is written into a file."""

    sheet: Sheet
    fields: Sequence[Field]
    rows: Sequence[int]


class Now(Protocol):
    """The list as it is."""

    looks: Looks

    async def tag(self, query: Asked, window: Window) -> Tag:
        """Return what a part is known by; another one as soon as the part may be another."""

    async def part(self, query: Asked, window: Window, tag: Tag, has: Poll) -> Sent:
        """Return a part, without what the page has of it."""

    async def chosen(self, query: Asked) -> Chosen:
        """Return all that is asked for."""


class Then(Protocol):
    """The list as it was at a moment, or how it differs from another."""

    looks: Looks

    async def part(self, there: Looking, query: Asked, window: Window, has: Poll) -> Sent:
        """Return a part, without what the page has of it."""

    async def chosen(self, there: Looking, query: Asked) -> Chosen:
        """Return all that is asked for."""


class Everywhere:
    """Builds them. Lives as long as the app."""

    def __init__(
        self, services: Services, tags: Tags, templates: Templates, name: str, now: Now, then: Then, path: str = ""
    ) -> None:
        self._services = services
        self._tags = tags
        self._templates = templates
        self._name = name
        self._path = path or f"/{name}"
        self._now = now
        self._then = then

    def add(self, routes: Routes) -> None:
        """Add their routes."""

        async def page() -> Response:
            return await self.page()

        async def fragment() -> Response:
            return await self.fragment()

        async def csv() -> Response:
            return await self.file("csv")

        async def json() -> Response:
            return await self.file("json")

        here = self._name
        for rule, endpoint, handler in (
            (self._path, here, page),
            (f"/fragments/{here}", f"{here}_fragment", fragment),
            (f"/{here}.csv", f"{here}_csv", csv),
            (f"/{here}.json", f"{here}_json", json),
        ):
            handler.__name__ = endpoint
            routes.get(rule, role="viewer")(handler)

    async def page(self) -> Response:
        """Return the whole page."""
        try:
            there = asked_moment(self._services.clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", self._path)
        query, window = self._wanted(there)
        tag = await self._tag(there, query, window)
        part = await self._part(there, query, window, tag, _NOTHING)
        return html(
            self._templates.render(
                "everywhere.html",
                name=self._name,
                address=self._path,
                past=there,
                bar=self._bar(there),
                tag=tag,
                content=self._templates.raw(part.content),
                following=next_part(query, window, part.total),
            )
        )

    async def fragment(self) -> Response:
        """Return what of the page has changed."""
        try:
            there = asked_moment(self._services.clock.wall())
        except ValueError as error:
            return gone(self._templates, f"at: {error}")
        query, window = self._wanted(there)
        tag = await self._tag(there, query, window)
        if (same := fresh(str(tag))) is not None:
            return same
        return unkept(html((await self._part(there, query, window, tag, poll(tag))).content), tag)

    async def file(self, form: Form) -> Response:
        """Return all that is asked for as a file."""
        try:
            there = asked_moment(self._services.clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", self._path)
        query, _ = self._wanted(there)
        found = await (self._now.chosen(query) if there is None else self._then.chosen(there, query))
        named = "-".join((self._name, *(there.written.values() if there is not None else ())))
        return download(form, named, found.sheet, found.fields, found.rows)

    def _wanted(self, there: Looking | None) -> tuple[Asked, Window]:
        """What this request asks for; what is taken together has the usual look."""
        query, looks = asked(request.args), (self._now if there is None else self._then).looks
        view = query.view if query.view in looks and not query.group else next(iter(looks))
        moments = there.written if there is not None else {}
        query = query._replace(view=view, at=moments.get("at", ""), against=moments.get("against", ""))
        return query, Window.asked(*looks[view])

    async def _tag(self, there: Looking | None, query: Asked, window: Window) -> Tag:
        if there is None:
            return await self._now.tag(query, window)
        return tag_of(self._tags, 0, window, query)

    async def _part(self, there: Looking | None, query: Asked, window: Window, tag: Tag, has: Poll) -> Sent:
        if there is None:
            return await self._now.part(query, window, tag, has)
        return await self._then.part(there, query, window, has)

    def _bar(self, there: Looking | None) -> TimeBar | None:
        """Return the times the page can be about."""
        services = self._services
        spans = [span for node in services.live.nodes() if (span := services.history.span(node.name)) is not None]
        whole = (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None
        step = min((node.interval for node in services.live.nodes() if node.interval), default=5.0)
        return timebar(services.clock.wall(), whole, self._path, there, step)
