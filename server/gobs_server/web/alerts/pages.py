"""The pages of alerts themselves: the list with its history, one alert, the file, and what is done from a row."""

from __future__ import annotations

from urllib.parse import urlencode

from quart import Response, request

from gobs_server.actor import current_actor
from gobs_server.alerts.faults import Unknown
from gobs_server.alerts.keeping.journal import JournalError
from gobs_server.alerts.telling.silence import SilenceFields
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh, with_tag
from gobs_server.web.access.forms import go, goal, sent
from gobs_server.web.alerts.exact import exactly
from gobs_server.web.alerts.lines import Waiting, line, lines, waiting
from gobs_server.web.alerts.sheet import as_csv
from gobs_server.web.alerts.wanted import SEVERITIES, SPANS, STATES, Wanted, wanted
from gobs_server.web.answers import fragment, html, missing
from gobs_server.web.paging import PAGE, paged, pages_of
from gobs_server.web.rendering import Templates

_ONWARD = [("/alerts", "all alerts"), ("/alerts?state=resolved", "those that are over")]
_MOST_LINES = 10_000
_SILENCES = {"1h": 3600.0, "8h": 8 * 3600.0, "24h": 86400.0, "7d": 7 * 86400.0, "over": None}
"""What is offered -> seconds; None: until it is over."""


def add_pages(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add their routes."""
    pages = AlertPages(services, tags, templates)
    _add_looking(routes, pages)
    _add_acting(routes, services, pages)


def _add_looking(routes: Routes, pages: AlertPages) -> None:
    @routes.get("/alerts", role="viewer", scope="alerts")
    async def alerts() -> Response:
        return await pages.list(wanted(request.args))

    @routes.get("/fragments/alerts", role="viewer", scope="alerts")
    async def alerts_fragment() -> Response:
        return await pages.list_fragment(wanted(request.args))

    @routes.get("/fragments/alerts/badge", role="viewer", scope="alerts")
    async def alerts_badge() -> Response:
        return pages.badge()

    @routes.get("/fragments/alerts/strip", role="viewer", scope="alerts")
    async def alerts_strip() -> Response:
        return pages.strip(wanted(request.args))

    @routes.get("/alerts/history.csv", role="viewer", scope="alerts")
    async def alerts_csv() -> Response:
        return await pages.csv(wanted(request.args))

    @routes.get("/alerts/<name:id>", role="viewer", scope="alerts")
    async def alert(id: str) -> Response:  # noqa: A002  the word of the address
        return await pages.one(id)


def _add_acting(routes: Routes, services: Services, pages: AlertPages) -> None:
    alerts = services.alerts

    @routes.post("/alerts/<name:id>/dismiss", role="operator", scope="alerts")
    async def alert_dismiss(id: str) -> Response:  # noqa: A002
        form, actor = await sent(), current_actor()
        comment = form.get("comment", "")[:500]
        try:
            over = await alerts.desk.dismiss(id, actor.name, comment)
        except Unknown:
            return await pages.one(id)
        after = {"rule": over.rule_name, "node": over.node, "comment": comment}
        await services.audit.record(actor, "alert.dismiss", over.id, None, after)
        return go(goal(form.get("back") or "/alerts"))

    @routes.post("/alerts/<name:id>/silence", role="operator", scope="alerts")
    async def alert_silence(id: str) -> Response:  # noqa: A002
        form, actor = await sent(), current_actor()
        found = await alerts.find(id)
        if found is None:
            return await pages.one(id)
        seconds = _SILENCES.get(form.get("for", ""), 3600.0)
        until = None if seconds is None else services.clock.wall() + seconds
        fields = SilenceFields(**exactly(found), until=until, comment=form.get("comment", "")[:500])
        try:
            silence = await alerts.desk.add_silence(fields, actor.name)
        except JournalError:
            return await pages.one(id, "The journal of alerts cannot be written now; nothing was saved.", 503)
        await services.audit.record(actor, "silence.add", silence.id, None, {"alert": id, "until": until})
        return go(goal(form.get("back") or "/alerts/silences"))


class AlertPages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._alerts = services.alerts
        self._live = services.live
        self._clock = services.clock
        self._tags = tags
        self._templates = templates

    async def list(self, asked: Wanted) -> Response:
        """Return the page of those that are asked for."""
        return html(
            self._templates.render(
                "alerts/alerts.html",
                asked=asked,
                tag=self._tag(asked),
                content=self._templates.raw(await self._list(asked)),
            )
        )

    async def list_fragment(self, asked: Wanted) -> Response:
        """Return what of it changes."""
        tag = self._tag(asked)
        return fresh(tag) or with_tag(html(await self._list(asked)), tag)

    def badge(self) -> Response:
        """Return how many fire, for the bar of every page."""
        tag = self._tags.of(self._alerts.keeper.version)
        return fragment(tag, lambda: self._templates.render("alerts/badge.html"))

    def strip(self, asked: Wanted) -> Response:
        """Return what fires of a node or a pod, for its page."""
        now = self._clock.wall()
        keeper, search = self._alerts.keeper, asked._replace(state="firing").search(self._alerts.book, now)
        tag = self._tags.of(keeper.version, asked)
        return fragment(
            tag,
            lambda: self._templates.render(
                "alerts/strip.html", lines=lines(self._alerts, self._alerts.firing(search), now), asked=asked
            ),
        )

    async def csv(self, asked: Wanted) -> Response:
        """Return what is asked for as a file for a spreadsheet."""
        search = asked.search(self._alerts.book, self._clock.wall())
        page = await self._alerts.search(search, _MOST_LINES, 0)
        response = Response(as_csv(self._alerts, page.alerts), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = "attachment; filename=alerts.csv"
        response.headers["Cache-Control"] = "no-store"
        return response

    async def one(self, id: str, fault: str = "", status: int = 200) -> Response:  # noqa: A002
        """Return the page of one alert."""
        found = await self._alerts.find(id)
        if found is None and self._live.node(id) is not None:
            return go(f"/alerts?{urlencode({'node': id}, errors='replace')}")  # where the original had a node's alerts
        if found is None:
            return missing(self._templates, "No alert of that id is known; old ones are let go.", _ONWARD)
        shown = line(self._alerts, found, self._clock.wall())
        content = self._templates.render(
            "alerts/alert.html",
            line=shown,
            fault=fault,
            rule=self._alerts.book.rule(found.rule),
            changes=await self._alerts.past.changes(found.id),
            silences=_SILENCES,
        )
        return html(content, status)

    async def _list(self, asked: Wanted) -> bytes:
        now = self._clock.wall()
        pending = [one for one in waiting(self._alerts, self._live, self._clock) if _is(asked, one)]
        search = asked.search(self._alerts.book, now)
        if asked.state == "pending":
            found, total, complete = [], 0, True
        elif asked.state in ("now", "firing"):
            firing = paged(self._alerts.firing(search), asked.page)
            asked, found, total, complete = asked._replace(page=firing.number), list(firing.items), firing.total, True
        else:
            page = await self._alerts.search(search, PAGE, (asked.page - 1) * PAGE)
            found, total, complete = page.alerts, page.total, page.complete
        return self._templates.render(
            "alerts/list.html",
            asked=asked,
            states=STATES,
            severities=SEVERITIES,
            spans=SPANS,
            lines=lines(self._alerts, found, now),
            pending=pending[:PAGE],
            waiting=len(pending),
            total=total,
            complete=complete,
            pages=pages_of(total),
            rules=sum(rule.enabled for rule in self._alerts.book.rules.values()),
            silences=_SILENCES,
            most_lines=_MOST_LINES,
        )

    def _tag(self, asked: Wanted) -> str:
        pending = hash(tuple((lane, state.since) for lane, state in self._alerts.engine.waiting()))
        beat = int(self._clock.wall()) // 5 if self._alerts.keeper.alerts or pending else 0
        return self._tags.of(self._alerts.keeper.version, self._alerts.book.version, asked, pending, beat)


def _is(asked: Wanted, one: Waiting) -> bool:
    """Whether something pending is asked for."""
    if asked.state not in ("now", "pending", "all") or asked.pod or asked.namespace:
        return False
    rule = asked.rule in ("", one.rule.name, one.rule.id)
    severity = asked.severity in ("", one.severity.value)
    return rule and severity and asked.node in ("", one.node) and asked.has(f"{one.rule.name} {one.node} {one.row}")
