"""The pages of rules: their list, the editor with its preview, and what is done with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from quart import Response, request

from gobs_server.actor import current_actor
from gobs_server.alerts.faults import Firing, Invalid, ReadOnly, Unknown, Wrong
from gobs_server.alerts.keeping.journal import JournalError
from gobs_server.alerts.rules.rule import Rule, RuleFields
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.web.access.forms import go, goal, sent, sent_lists
from gobs_server.web.alerts.drawing import draw
from gobs_server.web.alerts.form import FIRST, beside, said, shown
from gobs_server.web.alerts.rule_list import RuleList, RulesAsked, rules_asked
from gobs_server.web.answers import html, missing
from gobs_server.web.rendering import Templates

_ONWARD = [("/alerts/rules", "all rules")]
_BACK = 3600.0
_BUSY = "The journal of alerts cannot be written now; nothing was saved."


def add_rules(routes: Routes, services: Services, templates: Templates) -> None:
    """Add their routes."""
    pages = RulePages(services, templates)
    _add_looking(routes, pages)
    _add_acting(routes, services, pages)


def _add_looking(routes: Routes, pages: RulePages) -> None:
    @routes.get("/alerts/rules", role="viewer", scope="alerts")
    async def rules() -> Response:
        return pages.list.page(rules_asked(request.args))

    @routes.get("/fragments/alerts/rules", role="viewer", scope="alerts")
    async def rules_fragment() -> Response:
        return pages.list.fragment(rules_asked(request.args))

    @routes.get("/alerts/rules/new", role="administrator", scope="alerts")
    async def rule_new() -> Response:
        old = pages.rule(request.args.get("like", ""))
        first = FIRST if old is None else msgspec.structs.replace(old.fields(), name=f"{old.name} (copy)")
        return pages.editor(None, shown(first))

    @routes.get("/alerts/rules/<name:id>", role="viewer", scope="alerts")
    async def rule(id: str) -> Response:  # noqa: A002  the word of the address
        found = pages.rule(id)
        if found is None:
            return pages.none()
        return pages.editor(found, shown(found), named=found.channels or ())

    @routes.post("/fragments/alerts/preview", role="viewer", scope="alerts")
    async def rule_preview() -> Response:
        return await pages.preview(await sent(), await sent_lists("channel"))


def _add_acting(routes: Routes, services: Services, pages: RulePages) -> None:
    desk, audit = services.alerts.desk, services.audit

    @routes.post("/alerts/rules", role="administrator", scope="alerts")
    async def rule_add() -> Response:
        form, channels = await sent(), await sent_lists("channel")
        try:
            saved = await desk.add_rule(said(form, channels), current_actor().name)
        except (Invalid, JournalError) as error:
            return pages.editor(None, form, error, named=channels)
        await audit.record(current_actor(), "rule.add", saved.rule.name, None, _plain(saved.rule))
        return go(f"/alerts/rules/{saved.rule.id}")

    @routes.post("/alerts/rules/<name:id>", role="administrator", scope="alerts")
    async def rule_change(id: str) -> Response:  # noqa: A002
        old, form, channels = pages.rule(id), await sent(), await sent_lists("channel")
        if old is None:
            return pages.none()
        try:
            saved = await desk.change_rule(id, said(form, channels, old), current_actor().name)
        except (Invalid, Firing, ReadOnly, JournalError) as error:
            return pages.editor(old, form, error, named=channels)
        await audit.record(current_actor(), "rule.change", saved.rule.name, _plain(old), _plain(saved.rule))
        return go(f"/alerts/rules/{id}")

    @routes.post("/alerts/rules/<name:id>/switch", role="administrator", scope="alerts")
    async def rule_switch(id: str) -> Response:  # noqa: A002
        old = pages.rule(id)
        if old is None:
            return pages.none()
        form = await sent()
        fields = msgspec.structs.replace(old.fields(), enabled=form.get("enabled") == "yes")
        try:
            await desk.change_rule(id, fields, current_actor().name)
        except (Invalid, ReadOnly, JournalError) as error:
            return pages.list.page(RulesAsked(), _why(error), 409)
        await audit.record(
            current_actor(), "rule.change", old.name, {"enabled": old.enabled}, {"enabled": fields.enabled}
        )
        return go(goal(form.get("back") or "/alerts/rules"))

    @routes.post("/alerts/rules/<name:id>/delete", role="administrator", scope="alerts")
    async def rule_delete(id: str) -> Response:  # noqa: A002
        old = pages.rule(id)
        try:
            gone = await desk.delete_rule(id)
        except (Firing, ReadOnly, JournalError) as error:
            return pages.none() if old is None else pages.editor(old, shown(old), error, named=old.channels or ())
        except Unknown:
            return pages.none()
        await audit.record(current_actor(), "rule.delete", gone.name, _plain(gone), None)
        return go("/alerts/rules")


class RulePages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, templates: Templates) -> None:
        self._alerts = services.alerts
        self._templates = templates
        self.list = RuleList(services.alerts, templates)

    def rule(self, id: str) -> Rule | None:  # noqa: A002  a record's own word
        """The rule of that id."""
        return self._alerts.book.rule(id)

    def none(self) -> Response:
        """Return the page that says there is no such rule."""
        return missing(self._templates, "There is no rule of that id.", _ONWARD)

    def editor(
        self,
        rule: Rule | None,
        form: Mapping[str, str],
        error: Exception | None = None,
        *,
        named: Iterable[str] = (),
    ) -> Response:
        """Return the page of one rule, with what is wrong with it beside its fields."""
        faults = beside(error.faults) if isinstance(error, Invalid) else {}
        content = self._templates.render(
            "alerts/rule.html",
            rule=rule,
            form=dict.fromkeys(shown(FIRST), "") | dict(form),
            faults=faults,
            fault="" if error is None or faults else _why(error),
            fires=len(self._alerts.keeper.firing(rule.id)) if rule is not None else 0,
            warnings=[] if rule is None else self._alerts.judging.warnings(rule),
            metrics=list(self._alerts.desk.metrics()),
            conditions=[
                (name, name)
                for name in sorted({*self._alerts.judging.conditions, *([] if rule is None else [rule.condition])})
            ],
            channels=sorted(one.name for one in self._alerts.book.channels.values()),
            named=list(named),
        )
        return html(content, 200 if error is None else 422 if faults else 409)

    async def preview(self, form: Mapping[str, str], channels: Sequence[str]) -> Response:
        """Return when the rule that a form says would have fired, and what is wrong with it."""
        faults: tuple[Wrong, ...] = ()
        form = {**form, "name": form.get("name") or "a new rule"}  # which is not saved under it
        found = warnings = None
        drawing: Any = None
        try:
            fields = said(form, channels)
            await self._alerts.desk.learn(fields)
            ruled = self._alerts.desk.check(fields, without=form.get("id", ""))
            warnings = [*ruled.warnings, *self._alerts.desk.nothing_matches(ruled.fields)]
            found = await self._alerts.trials.preview(ruled.fields, _BACK)
            warnings += self._alerts.judging.why_silent(ruled.fields.condition)
            desk = self._alerts.desk
            drawing = draw(found, ruled.fields, desk.unit_of(ruled.fields), desk.suggested(ruled.fields))
        except Invalid as error:
            faults = error.faults
        content = self._templates.render(
            "alerts/preview.html", found=found, drawing=drawing, warnings=warnings or [], faults=faults
        )
        response = html(content)
        response.headers["Cache-Control"] = "no-store"
        return response


def _plain(rule: RuleFields) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins({name: getattr(rule, name) for name in RuleFields.__struct_fields__})
    return found


def _why(error: Exception) -> str:
    return _BUSY if isinstance(error, JournalError) else str(error)
