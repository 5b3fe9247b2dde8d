"""Prometheus' own parsers of the two forms, as one reads with them: every family of a text."""

from __future__ import annotations

from prometheus_client.core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families


def read_openmetrics(text: str) -> list[Metric]:
    """Return the families of an OpenMetrics text; raises ValueError for what is none."""
    return list(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # theirs


def read_prometheus(text: str) -> list[Metric]:
    """Return the families of a classic text; raises ValueError for what is none."""
    return list(text_string_to_metric_families(text))
