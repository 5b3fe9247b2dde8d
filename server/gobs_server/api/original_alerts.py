"""REST as the original Gobservability had it for alerts: rules of one node in its words, what fires, and its past."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec

import msgspec
from msgspec import Meta
from quart import Response, request

from gobs_server.actor import current_actor
from gobs_server.alerts.faults import Firing, Invalid, ReadOnly, Unknown
from gobs_server.alerts.keeping.journal import JournalError
from gobs_server.alerts.records import Alert
from gobs_server.alerts.rules.rule import LEAST_REPEAT, Operator, Rule, RuleFields
from gobs_server.alerts.service import Alerts
from gobs_server.db.alerts import AlertSearch
from gobs_server.routes import Routes
from gobs_server.services import Services

_POD = "pod:"
_MOST = 1000
_DAY = 86400.0
P = ParamSpec("P")
Metric = Literal["cpu", "memory", "network", "disk"]


class OriginalRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A rule as the original's clients send it; what else they send is passed over, as it was."""

    target: Annotated[str, Meta(pattern="^(node$|pod:.)", max_length=257)]
    metric: Metric
    operator: Operator
    threshold: float
    resolve_threshold: float | None = None
    duration_seconds: Annotated[int, Meta(ge=0, le=7 * 86400)] = 60
    discord_frequency_minutes: Annotated[int, Meta(ge=0, le=10080)] = 5
    discord_mentions: Annotated[str, Meta(max_length=253)] = ""
    enabled: bool = True


def add_original_alerts(routes: Routes, services: Services) -> None:
    """Add them."""
    _add_looking(routes, services)
    _add_changing(routes, services)


def _add_looking(routes: Routes, services: Services) -> None:
    alerts = services.alerts

    @routes.get("/api/alerts/<name:node>", role="viewer", scope="alerts")
    async def original_rules(node: str) -> Response:
        rules = [_rule(rule, node) for rule in alerts.book.rules.values() if _is_theirs(rule, node)]
        firing = [_alert(alert) for alert in alerts.firing(AlertSearch(node=node))]
        return _json(200, {"rules": rules, "active_alerts": firing})

    @routes.get("/api/alerts/<name:node>/history", role="viewer", scope="alerts")
    async def original_history(node: str) -> Response:
        said = request.args.get("days", "7")
        days = int(said) if said.isdecimal() and len(said) <= 4 else 7
        since = services.clock.wall() - days * _DAY
        page = await alerts.search(AlertSearch(node=node, since=since), _MOST, 0)
        return _json(200, {"alerts": [_alert(alert) for alert in page.alerts]})


def _add_changing(routes: Routes, services: Services) -> None:
    alerts = services.alerts

    @routes.post("/api/alerts/<name:node>", role="administrator", scope="alerts")
    @_refused
    async def original_add(node: str) -> Response:
        said = msgspec.json.decode(await request.get_data(), type=OriginalRule)
        saved = await alerts.desk.add_rule(_fields(said, node, _free_name(alerts, said, node)), current_actor().name)
        await _record(services, "rule.add", saved.rule)
        return _json(201, _rule(saved.rule, node))

    @routes.put("/api/alerts/<name:node>/<name:rule>", role="administrator", scope="alerts")
    @_refused
    async def original_change(node: str, rule: str) -> Response:
        old = alerts.book.rule(rule)
        if old is None or not _is_theirs(old, node):
            return _error(404, "Rule not found")
        said = msgspec.json.decode(await request.get_data(), type=OriginalRule)
        saved = await alerts.desk.change_rule(rule, _fields(said, node, old.name), current_actor().name)
        await _record(services, "rule.change", saved.rule)
        return _json(200, _rule(saved.rule, node))

    @routes.delete("/api/alerts/<name:node>/<name:rule>", role="administrator", scope="alerts")
    @_refused
    async def original_delete(node: str, rule: str) -> Response:
        old = alerts.book.rule(rule)
        if old is None or not _is_theirs(old, node):
            return _error(404, "Rule not found")
        await _record(services, "rule.delete", await alerts.desk.delete_rule(rule))
        return _json(200, {"message": "Rule deleted successfully"})

    @routes.put("/api/alerts/dismiss/<name:alert>", role="operator", scope="alerts")
    @_refused
    async def original_dismiss(alert: str) -> Response:
        actor = current_actor()
        try:
            over = await alerts.desk.dismiss(alert, actor.name, "")
        except Unknown:
            return _error(404, "Active alert not found")
        await services.audit.record(actor, "alert.dismiss", over.id, None, {"rule": over.rule_name, "node": over.node})
        return _json(200, {"message": "Alert dismissed successfully"})


def _refused(handler: Callable[P, Awaitable[Response]]) -> Callable[P, Awaitable[Response]]:
    """Let refusals be answers of the original's kind."""

    @wraps(handler)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return await handler(*args, **kwargs)
        except (msgspec.DecodeError, Invalid) as error:
            return _error(400, str(error))
        except (Firing, ReadOnly) as error:
            return _error(409, str(error))
        except JournalError:
            return _error(503, "the journal of alerts cannot be written now; nothing was saved")

    return answer


def _fields(said: OriginalRule, node: str, name: str) -> RuleFields:
    """A rule of theirs as one of ours."""
    pod = said.target.removeprefix(_POD) if said.target.startswith(_POD) else None
    return RuleFields(
        name=name,
        node=_exactly(node),
        target="node" if pod is None else "pod",
        pod="*" if pod is None else _exactly(pod),
        metric=said.metric,
        operator=said.operator,
        threshold=said.threshold,
        clear_threshold=said.resolve_threshold,
        for_seconds=said.duration_seconds,
        repeat_seconds=max(60.0 * said.discord_frequency_minutes, LEAST_REPEAT),
        mention=said.discord_mentions,
        enabled=said.enabled,
    )


def _free_name(alerts: Alerts, said: OriginalRule, node: str) -> str:
    """A name no rule has yet: theirs had none."""
    taken = {rule.name for rule in alerts.book.rules.values()}
    name = f"{said.metric} {said.operator} {said.threshold:g} of {said.target} on {node}"[:190]
    return next(one for one in _numbered(name) if one not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _exactly(name: str) -> str:
    """The glob that matches a name alone."""
    return re.sub(r"^!|[*?\[]", r"[\g<0>]", name)


def _is_theirs(rule: Rule, node: str) -> bool:
    """Whether a rule is one the original could have had, of that node."""
    one_pod = rule.target == "pod" and isinstance(rule.pod, str) and rule.pod != "*"
    known = rule.metric in ("cpu", "memory", "network", "disk") and isinstance(rule.threshold, float | int)
    return (
        rule.node == _exactly(node) and known and rule.condition == "threshold" and (rule.target == "node" or one_pod)
    )


def _rule(rule: Rule, node: str) -> dict[str, Any]:
    pod = re.sub(r"\[([!*?\[])\]", r"\1", str(rule.pod))
    clear = {} if rule.clear_threshold is None else {"resolve_threshold": rule.clear_threshold}
    return {
        "id": rule.id,
        "node_name": node,
        "target": "node" if rule.target == "node" else f"{_POD}{pod}",
        "metric": rule.metric,
        "operator": rule.operator,
        "threshold": rule.threshold,
        **clear,
        "duration_seconds": int(rule.for_seconds),
        "discord_frequency_minutes": int(rule.repeat_seconds // 60),
        "discord_mentions": rule.mention,
        "enabled": rule.enabled,
        "created_at": _stamp(rule.created),
        "updated_at": _stamp(rule.changed),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    over = {} if alert.resolved is None else {"resolved_at": _stamp(alert.resolved)}
    return {
        "id": alert.id,
        "rule_id": alert.rule,
        "node_name": alert.node,
        "target": f"{_POD}{alert.pod}" if alert.pod else "node",
        "metric": alert.metric,
        "status": alert.state,
        "current_value": alert.value,
        "threshold_value": alert.threshold,
        "started_at": _stamp(alert.fired),
        **over,
    }


async def _record(services: Services, action: str, rule: Rule) -> None:
    plain: Mapping[str, object] = msgspec.to_builtins(rule.fields())
    gone = action == "rule.delete"
    await services.audit.record(current_actor(), action, rule.name, plain if gone else None, None if gone else plain)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _error(status: int, text: str) -> Response:
    return _json(status, {"error": text})


def _json(status: int, value: Mapping[str, object]) -> Response:
    return Response(msgspec.json.encode(value), status, content_type="application/json")
