"""Alerts as a file for spreadsheets, in which no text is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from gobs_server.alerts.records import Alert
from gobs_server.alerts.service import Alerts
from gobs_server.web.format import stamp

_COLUMNS = (
    "id", "rule", "severity", "state", "node", "namespace", "pod", "row", "metric", "condition", "value", "worst",
    "threshold", "unit", "since", "fired", "resolved", "reason",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(alerts: Alerts, found: Iterable[Alert]) -> str:
    """The file. Numbers are exact; times are in UTC."""
    text = io.StringIO()
    file = csv.writer(text, lineterminator="\r\n")
    file.writerow(_COLUMNS)
    for one in found:
        told = alerts.texts(one)
        unit = f"{one.unit.value}/s" if one.rate else one.unit.value
        words = (one.id, one.rule_name, one.severity.value, one.state, one.node, one.namespace, one.pod, told.row)
        numbers = (one.value, one.worst, one.threshold)
        times = (one.since, one.fired, one.resolved)
        file.writerow(
            [
                *map(_safe, (*words, one.metric, one.condition)),
                *("" if number is None else repr(number) for number in numbers),
                unit,
                *("" if time is None else stamp(time) for time in times),
                _safe(told.reason),
            ]
        )
    return text.getvalue()


def _safe(text: str) -> str:
    """A text that a spreadsheet takes for one."""
    return f"'{text}" if text.startswith(_FORMULA) else text
