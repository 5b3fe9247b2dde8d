"""A silence for exactly what one alert is about: its names as globs that match nothing else."""

from __future__ import annotations

import re
from typing import Any

from gobs_server.alerts.records import Alert

_SPECIAL = re.compile(r"[*?\[]")


def exactly(alert: Alert) -> dict[str, Any]:
    """The fields of a silence that matches the alert, those that come after it, and no other row."""
    said: dict[str, Any] = {"rule": glob(alert.rule_name)}
    for name in ("node", "namespace", "pod", "container"):
        if text := getattr(alert, name):
            said[name] = glob(text)
    if alert.target == "row":
        said["labels"] = {name: glob(text) for name, text in alert.labels.items() if text and text in alert.key}
    elif alert.pod:
        said.pop("node", None)  # it may come back on another one
    return said


def glob(text: str) -> str:
    """The glob that matches this text alone, or, where it begins with what globs begin with to say no, nearly so."""
    text = _SPECIAL.sub(lambda found: f"[{found[0]}]", text)[:253]
    return f"?{text[1:]}" if text.startswith("!") else text
