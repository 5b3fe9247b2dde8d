"""The page of silences: which there are, what a new one would keep quiet, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from quart import Response, request

from gobs_core.values import parse_duration
from gobs_server.actor import current_actor
from gobs_server.alerts.faults import Invalid, Unknown
from gobs_server.alerts.keeping.journal import JournalError
from gobs_server.alerts.telling.silence import DAYS, MATCHED, Matcher, SilenceFields
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.web.access.forms import go, sent, sent_lists
from gobs_server.web.alerts.lines import lines
from gobs_server.web.alerts.texts import globs, globs_text, pairs, pairs_text
from gobs_server.web.answers import html
from gobs_server.web.paging import page_asked, paged
from gobs_server.web.rendering import Templates

_BUSY = "The journal of alerts cannot be written now; nothing was saved."


def add_silences(routes: Routes, services: Services, templates: Templates) -> None:
    """Add its routes."""
    pages = SilencePages(services, templates)
    alerts, audit = services.alerts, services.audit

    @routes.get("/alerts/silences", role="viewer", scope="alerts")
    async def silences() -> Response:
        return pages.list({}, page=page_asked(request.args))

    @routes.get("/fragments/alerts/matched", role="viewer", scope="alerts")
    async def silence_matched() -> Response:
        return pages.matched(request.args)

    @routes.post("/alerts/silences", role="operator", scope="alerts")
    async def silence_add() -> Response:
        form, days = await sent(), await sent_lists("day")
        try:
            fields = said(form, days, services.clock.wall())
            silence = await alerts.desk.add_silence(fields, current_actor().name)
        except (Invalid, ValueError) as error:
            return pages.list(form, str(error), 422)
        except JournalError:
            return pages.list(form, _BUSY, 503)
        await audit.record(current_actor(), "silence.add", silence.id, None, msgspec.to_builtins(fields))
        return go("/alerts/silences")

    @routes.post("/alerts/silences/<name:id>/end", role="operator", scope="alerts")
    async def silence_end(id: str) -> Response:  # noqa: A002  the word of the address
        try:
            silence = await alerts.desk.end_silence(id)
        except Unknown as error:
            return pages.list({}, str(error), 404)
        except JournalError:
            return pages.list({}, _BUSY, 503)
        await audit.record(current_actor(), "silence.end", silence.id, {"comment": silence.comment}, None)
        return go("/alerts/silences")


def said(form: Mapping[str, str], days: list[str], now: float) -> SilenceFields:
    """The silence that a form says; raises ValueError, for people."""
    given: dict[str, Any] = {name: globs(form.get(name, "")) for name in MATCHED}
    given["labels"] = pairs(form.get("labels", ""))
    given["comment"] = form.get("comment", "")
    lasts = form.get("for", "").strip()
    if lasts:
        given["until"] = now + parse_duration(lasts)
    if form.get("from") or form.get("to"):
        weekly = {"since": form.get("from", ""), "until": form.get("to", ""), "zone": form.get("zone") or "UTC"}
        given["weekly"] = {**weekly, "days": days or list(DAYS)}
    try:
        return msgspec.convert(given, SilenceFields)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace(" - at `$.", ": ").rstrip("`")) from None


class SilencePages:
    """Builds it. Lives as long as the app."""

    def __init__(self, services: Services, templates: Templates) -> None:
        self._alerts = services.alerts
        self._clock = services.clock
        self._templates = templates

    def list(self, form: Mapping[str, str], fault: str = "", status: int = 200, page: int = 1) -> Response:
        """Return the page, with what somebody has written into its form."""
        now, firing = self._clock.wall(), self._alerts.keeper.alerts.values()
        silences = paged(sorted(self._alerts.book.silences, key=lambda one: one.ended is not None), page)
        rows = [
            (one, one.holds(now), len(self._alerts.book.matched(one, firing)) if one.ended is None else 0)
            for one in silences.items
        ]
        names = (*MATCHED, "labels", "for", "from", "to", "zone", "comment")
        content = self._templates.render(
            "alerts/silences.html",
            rows=rows,
            shown=silences,
            matchers={one.id: _matchers(one) for one in silences.items},
            form={name: form.get(name, "") for name in names},
            days=DAYS,
            fault=fault,
        )
        return html(content, status)

    def matched(self, form: Mapping[str, str]) -> Response:
        """Return what a silence would keep quiet of what fires now."""
        now = self._clock.wall()
        try:
            matcher = Matcher(said(form, [], now))
        except ValueError as error:
            return html(self._templates.render("alerts/matched.html", fault=str(error), lines=[], everything=False))
        hit = [one for one in self._alerts.keeper.alerts.values() if matcher.match(one)]
        shown = lines(self._alerts, hit, now)
        return html(self._templates.render("alerts/matched.html", fault="", lines=shown, everything=matcher.everything))


def _matchers(silence: SilenceFields) -> str:
    """What it matches, in a line."""
    said = [f"{name} {text}" for name in MATCHED if (text := globs_text(getattr(silence, name)))]
    if silence.labels:
        said.append(pairs_text(silence.labels))
    return "; ".join(said) or "everything"
