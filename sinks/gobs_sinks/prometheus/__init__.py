"""The sink `prometheus`: what an agent reads, for Prometheus and whoever speaks OpenMetrics to scrape."""

from gobs_core import Sink, hookimpl
from gobs_sinks.prometheus.settings import PrometheusConfig
from gobs_sinks.prometheus.sink import PrometheusSink

__all__ = ["PrometheusConfig", "PrometheusSink"]


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce the sink."""
    return [PrometheusSink]
