"""Words: how conditions, values and reasons read to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from gobs_core import Unit
from gobs_server.alerts.conditions.comparing import OPPOSITE, WORDS
from gobs_server.alerts.conditions.threshold import ThresholdParameters
from gobs_server.alerts.records import Alert, Reason
from gobs_server.alerts.rules.check import Check

Shown = Callable[[float, Unit, bool], str]
"""A value as people read it, with its unit: `93.2 %`, `1.2 MiB/s`."""
LIMIT = "{threshold}"
"""What a condition writes for the number values are compared with, which only here has a unit."""
_WHAT = {"node": "the node", "pod": "the pod", "row": "the row"}


def condition(check: Check, unit: Unit, rate: bool, shown: Shown) -> str:
    """What is asked of the value: `above 80 %`."""
    own = check.parameters
    if not isinstance(own, ThresholdParameters):
        text, limit = check.condition.describe(own), check.threshold
        return text if limit is None else text.replace(LIMIT, limit_text(limit, unit, rate, shown))
    text = f"{WORDS[own.operator]} {limit_text(own.threshold, unit, rate, shown)}"
    if own.clear_threshold is not None and own.clear_threshold != own.threshold:
        text += f", over when {OPPOSITE[own.operator]} {limit_text(own.clear_threshold, unit, rate, shown)}"
    return text


def limit_text(number: float, unit: Unit, rate: bool, shown: Shown) -> str:
    """A limit with its unit, exactly where it is too small for what values are shown with: `0.001 %`, not `<0.1 %`."""
    text = shown(number, unit, rate)
    return f"{number:g}{text.lstrip('<>-').removeprefix('0.1')}" if text.startswith(("<", ">")) else text


def value(number: float | None, alert: Alert, shown: Shown) -> str:
    """A value of the alert's metric."""
    return "" if number is None else shown(number, alert.unit, alert.rate)


def reason(alert: Alert) -> str:
    """Why it is over."""
    if alert.reason is None:
        return ""
    if alert.reason == "dismissed":
        by = f" by {alert.by}" if alert.by else ""
        return f"dismissed{by}" + (f": {alert.comment}" if alert.comment else "")
    texts: Mapping[Reason, str] = {
        "cleared": "the condition does not hold any more",
        "gone": f"{_WHAT[alert.target]} is gone",
        "no data": "nothing is known of it any more",
        "disabled": "the rule was switched off",
        "changed": "the rule was changed",
        "deleted": "the rule was deleted",
    }
    return texts[alert.reason]


def row(alert: Alert) -> str:
    """The row in a few words; empty where it is about a node as a whole."""
    pod = f"{alert.namespace}/{alert.pod}" if alert.namespace else alert.pod
    if alert.table == "process":
        return " ".join(filter(None, (alert.labels.get("comm"), alert.labels.get("pid"), pod and f"of {pod}")))
    if alert.pod:
        return f"{pod}/{alert.container}" if alert.container and alert.table == "container" else pod
    return " ".join(alert.key)


def place(alert: Alert) -> str:
    """The row and its node: `shop/web-0 on worker-1`, `worker-1`."""
    what = row(alert)
    if not alert.node:
        return what or "nowhere"
    return f"{what} on {alert.node}" if what else alert.node


def searched(alert: Alert) -> str:
    """What an alert can be found by, in lower case."""
    return f"{alert.rule_name} {place(alert)} {alert.metric} {alert.owner} {alert.severity}".casefold()


def known(number: float) -> float | None:
    """A number that can be written down; None where it is not known."""
    return number if isfinite(number) else None
