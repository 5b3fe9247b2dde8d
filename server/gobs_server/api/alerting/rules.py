"""REST: rules, and when they would have fired."""

from __future__ import annotations

from collections import Counter

import msgspec

from gobs_server.actor import current_actor
from gobs_server.alerts.faults import Unknown
from gobs_server.alerts.rules.rule import Rule, RuleFields
from gobs_server.alerts.service import Alerts
from gobs_server.api.alerting.kinds import settings_schema
from gobs_server.api.alerting.refusals import refusals
from gobs_server.api.alerting.shapes import MetricInfo, MetricList, PreviewAnswer, PreviewRequest, RuleAnswer, RuleList
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_rules(api: Operations, services: Services, alerts: Alerts) -> None:
    """Add the operations on rules."""
    _add_looking(api, alerts)
    _add_changing(api, services, alerts)


def _add_looking(api: Operations, alerts: Alerts) -> None:
    @api.get("/rules", scope="alerts")
    async def list_rules() -> RuleList:
        """All rules, and what is wrong in rule files."""
        rules = sorted(alerts.book.rules.values(), key=lambda rule: rule.name)
        matched = alerts.engine.matched()
        firing = Counter(alert.rule for alert in alerts.keeper.alerts.values())
        warnings = alerts.judging.warnings
        answers = [_answer(rule, firing[rule.id], matched.get(rule.id, 0), warnings(rule)) for rule in rules]
        return RuleList(answers, list(alerts.files.faults))

    @api.get("/rules/metrics", scope="alerts")
    async def list_metrics() -> MetricList:
        """What a rule may judge, and by which conditions."""
        return _metrics(alerts)

    @api.get("/rules/<name:id>", scope="alerts", errors=(404,))
    async def get_rule(id: str) -> RuleAnswer:  # noqa: A002  the resource's word
        """One rule."""
        with refusals():
            return _alone(alerts, _find(alerts, id))

    @api.post("/rules/preview", role="viewer", scope="alerts", status=200)
    async def preview_rule(body: PreviewRequest) -> PreviewAnswer:
        """When a rule would have fired.

        The body is `{"rule": …, "seconds": 3600}`: a rule as it would be saved, and how far back. Its own state machine
        is replayed over the stored history of everything it means; nothing is saved.
        """
        with refusals("body.rule."):
            await alerts.desk.learn(body.rule)
            ruled = alerts.desk.check(body.rule, without=_id_of(alerts, body.rule.name))
            found = await alerts.trials.preview(ruled.fields, body.seconds)
        said = {name: getattr(found, name) for name in found.__struct_fields__}
        silent = alerts.judging.why_silent(ruled.fields.condition)
        return PreviewAnswer(**said, warnings=[*ruled.warnings, *alerts.desk.nothing_matches(ruled.fields), *silent])


def _add_changing(api: Operations, services: Services, alerts: Alerts) -> None:
    @api.post("/rules", role="administrator", scope="alerts", errors=(422, 503))
    async def add_rule(body: RuleFields) -> RuleAnswer:
        """Make a rule.

        `name` is always needed, `metric` by all that judge values, and `threshold` by the condition of that name, which
        is the one where none is named; a rule looks at nodes as a whole where no `target` is given.
        """
        actor = current_actor()
        with refusals():
            saved = await alerts.desk.add_rule(body, actor.name)
        await services.audit.record(actor, "rule.add", saved.rule.name, None, _plain(saved.rule))
        return _alone(alerts, saved.rule, [*saved.warnings, *alerts.desk.nothing_matches(saved.rule.fields())])

    @api.put("/rules/<name:id>", role="administrator", scope="alerts", errors=(404, 409, 422, 503))
    async def change_rule(id: str, body: RuleFields) -> RuleAnswer:  # noqa: A002
        """Say a rule anew; what is left out has its default again. While it fires it can only be switched off."""
        actor = current_actor()
        with refusals():
            before = _find(alerts, id)
            saved = await alerts.desk.change_rule(id, body, actor.name)
        old, new = _plain(before), _plain(saved.rule)
        changed = [name for name in new if old[name] != new[name]]
        await services.audit.record(
            actor, "rule.change", saved.rule.name, {n: old[n] for n in changed}, {n: new[n] for n in changed}
        )
        return _alone(alerts, saved.rule, [*saved.warnings, *alerts.desk.nothing_matches(saved.rule.fields())])

    @api.delete("/rules/<name:id>", role="administrator", scope="alerts", errors=(404, 409, 503))
    async def delete_rule(id: str) -> None:  # noqa: A002
        """Delete a rule that does not fire."""
        actor = current_actor()
        with refusals():
            gone = await alerts.desk.delete_rule(id)
        await services.audit.record(actor, "rule.delete", gone.name, _plain(gone), None)


def _alone(alerts: Alerts, rule: Rule, warnings: list[str] | None = None) -> RuleAnswer:
    warnings = [*(warnings or []), *alerts.judging.warnings(rule)]
    return _answer(rule, len(alerts.keeper.firing(rule.id)), alerts.engine.matches(rule.id), warnings)


def _answer(rule: Rule, firing: int, rows: int, warnings: list[str]) -> RuleAnswer:
    said = {name: getattr(rule, name) for name in Rule.__struct_fields__}
    return RuleAnswer(
        **said,
        read_only=rule.read_only,
        firing=firing,
        rows=rows,
        warnings=warnings,
    )


def _find(alerts: Alerts, rule_id: str) -> Rule:
    rule = alerts.book.rule(rule_id)
    if rule is None:
        raise Unknown("there is no rule of that id; GET /api/v1/rules lists them")
    return rule


def _id_of(alerts: Alerts, name: str) -> str:
    """The id of the rule of that name: a rule may be tried under its own."""
    return next((rule.id for rule in alerts.book.rules.values() if rule.name == name), "")


def _plain(rule: Rule) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(rule.fields())
    return found


def _metrics(alerts: Alerts) -> MetricList:
    found = [
        MetricInfo(name=name, target=target, help=told, unit=unit.value, rate=rate)
        for name, target, told, unit, rate in alerts.desk.metrics()
    ]
    schemas = {name: settings_schema(condition.Parameters) for name, condition in alerts.judging.conditions.items()}
    return MetricList(found, schemas)
