"""The form of a rule: what its fields show of a rule, and the rule that its fields say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from gobs_core import Severity
from gobs_core.values import parse_duration, show_duration
from gobs_server.alerts.faults import Invalid, Wrong
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.web.alerts.texts import globs, globs_text, names, pairs, pairs_text

GLOBS = ("node", "namespace", "owner", "pod", "container")
PAIRS = ("labels", "where")
SPANS = ("window_seconds", "for_seconds", "keep_firing_seconds", "repeat_seconds")
LIMITS = ("threshold", "clear_threshold")
TEXTS = (
    "name", "target", "metric", "value", "window", "condition", "operator", "severity", "no_data", "mention", "about",
    "note", "runbook",
)  # fmt: skip
_FIELD = {"levels[0].severity": "level", "levels[0].threshold": "level_threshold"}
"""What is wrong within the second severity -> the field that says it."""
_FIELDS = {field.name: field for field in msgspec.structs.fields(RuleFields)}


def shown(rule: RuleFields) -> dict[str, str]:
    """The texts of the fields that say this rule."""
    found = {name: str(getattr(rule, name)) for name in TEXTS}
    found["severity"] = rule.severity.value
    found |= {name: globs_text(getattr(rule, name)) for name in GLOBS}
    found |= {name: pairs_text(getattr(rule, name)) for name in PAIRS}
    found |= {name: show_duration(span) if (span := getattr(rule, name)) else "" for name in SPANS}
    found |= {name: _number(getattr(rule, name)) for name in LIMITS}
    found["group_by"] = ", ".join(rule.group_by)
    found["parameters"] = "\n".join(f"{name} = {_toml(value)}" for name, value in rule.parameters.items())
    level = rule.levels[0] if rule.levels else None
    found["level"] = level.severity.value if level is not None else ""
    found["level_threshold"] = _number(level.threshold) if level is not None else ""
    found["enabled"] = "yes" if rule.enabled else ""
    found["all_channels"] = "yes" if rule.channels is None else ""
    return found


def said(form: Mapping[str, str], channels: Sequence[str], old: RuleFields | None = None) -> RuleFields:
    """The rule that a form says; raises Invalid with all that is wrong. What it has no field for is as in `old`."""
    faults: list[Wrong] = []
    given: dict[str, Any] = {"enabled": form.get("enabled") == "yes", "group_by": names(form.get("group_by", ""))}
    given |= {name: form[name].strip() for name in TEXTS if form.get(name, "").strip()}
    given |= {name: globs(form.get(name, "")) for name in GLOBS}
    given |= {name: form.get(name, "").strip() or "0" for name in SPANS}
    given |= {name: _limit(form[name]) for name in LIMITS if form.get(name, "").strip()}
    given["channels"] = None if form.get("all_channels") == "yes" else list(channels)
    for name in PAIRS:
        try:
            given[name] = pairs(form.get(name, ""))
        except ValueError as error:
            faults.append(Wrong(name, str(error)))
    try:
        given["parameters"] = tomllib.loads(form.get("parameters", ""))
    except tomllib.TOMLDecodeError as error:
        faults.append(Wrong("parameters", f"lines such as within_seconds = 600 ({error})"))
    given["levels"] = _levels(form, old)
    if not given.get("name"):
        faults.append(Wrong("name", "what people are to call it"))
    checked = {name: _convert(name, value, faults) for name, value in given.items() if name in _FIELDS}
    if faults:
        raise Invalid(faults)
    return RuleFields(**checked)


def beside(faults: Iterable[Wrong]) -> dict[str, str]:
    """Field of the form -> what is wrong with it, where the fault is about something within."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        field, within = _FIELD.get(fault.where), ""
        if field is None:
            field, _, within = fault.where.partition(".")
            field = "level_threshold" if field.startswith("levels[") else field.partition("[")[0]
        found.setdefault(field, []).append(f"{within}: {fault.expected}" if within else fault.expected)
    return {field: "; ".join(said) for field, said in found.items()}


def _levels(form: Mapping[str, str], old: RuleFields | None) -> list[dict[str, Any]]:
    """The second severity, as the form says it, and further ones as they were."""
    found: list[dict[str, Any]] = []
    rest = [msgspec.structs.asdict(level) for level in old.levels] if old is not None else []
    if form.get("level"):
        before = rest[0] if rest else {}
        limit = form.get("level_threshold", "").strip()
        found.append({**before, "severity": form["level"], "threshold": _limit(limit) if limit else None})
    return found + rest[1:]


def _convert(name: str, value: Any, faults: list[Wrong]) -> Any:
    try:
        if name in SPANS:
            value = parse_duration(value)
    except ValueError:
        faults.append(Wrong(name, f"a time such as 90s, 2m or 1h, got {value[:40]!r}"))
        return None
    try:
        return msgspec.convert(value, _FIELDS[name].type)
    except msgspec.ValidationError as error:
        expected, at, inside = str(error).partition(" - at `$")
        where = f"{name}{inside.rstrip('`')}" if at else name
        faults.append(Wrong("level_threshold" if where.startswith("levels") else where, expected))
        return None


def _limit(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _number(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.12g}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()


FIRST = RuleFields(name="", target="pod", metric="memory", threshold=90.0, for_seconds=120.0, severity=Severity.WARNING)
"""What a new rule begins with."""
