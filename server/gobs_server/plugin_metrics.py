"""How each of the server's own plugins fares, as metrics; those of agents are in the table `plugin` of a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from gobs_core import PluginState
from gobs_server.metrics import Labels, Metrics

MOST = 200
"""Plugins that are told of."""
_FIGURES: dict[str, Callable[[PluginState], float | None]] = {
    "gobs_server_plugin_runs": lambda state: state.runs,
    "gobs_server_plugin_failures": lambda state: state.failures,
    "gobs_server_plugin_restarts": lambda state: state.restarts,
    "gobs_server_plugin_duration_seconds": lambda state: state.duration,
    "gobs_server_plugin_cpu_seconds": lambda state: state.cpu,
    "gobs_server_plugin_memory_bytes": lambda state: state.memory,
    "gobs_server_plugin_succeeded_seconds": lambda state: state.succeeded,
    "gobs_server_plugin_rows": lambda state: state.rows,
    "gobs_server_plugin_lacking": lambda state: sum(not here for here in state.needs.values()),
}


def watch_plugins(metrics: Metrics, states: Callable[[], Iterable[PluginState]]) -> None:
    """Let the metrics tell of these plugins; what is not known of one is left out."""
    metrics.watch(
        "gobs_server_plugin_state", lambda: {_labels(state, state=state.state): 1.0 for state in _some(states)}
    )
    metrics.watch(
        "gobs_server_plugin_info",
        lambda: {
            _labels(
                state,
                distribution=state.distribution[:200],
                version=state.version[:200],
                api="" if state.api is None else str(state.api),
                runs_in=state.runs_in,
            ): 1.0
            for state in _some(states)
        },
    )
    for name, figure in _FIGURES.items():
        metrics.watch(name, partial(_figures, states, figure))


def _figures(
    states: Callable[[], Iterable[PluginState]], figure: Callable[[PluginState], float | None]
) -> dict[Labels, float]:
    found = ((state, figure(state)) for state in _some(states))
    return {_labels(state): float(value) for state, value in found if value is not None}


def _some(states: Callable[[], Iterable[PluginState]]) -> list[PluginState]:
    return list(states())[:MOST]


def _labels(plugin: PluginState, **more: str) -> Labels:
    return (("kind", plugin.kind), ("plugin", plugin.name[:200]), *more.items())
