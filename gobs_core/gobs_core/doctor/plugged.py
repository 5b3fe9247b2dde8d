"""What plugins say of this place: whether recordings can be made, and whether anybody knows names of pods."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_core.doctor.finding import Finding, Sight
from gobs_core.state import PluginState

_LOST = {"profiler": "recordings made with it", "inventory": "names, owners, states and limits of what it knows"}
_CALLED = {"profiler": "recording with", "inventory": "names from"}
_SWITCHED = {
    "profiler": "chart: agent.profile=profiling; elsewhere profilers.{name}.enabled=true",
    "inventory": "chart: agent.{name}.enabled=true; elsewhere inventories.{name}.enabled=true",
}


def plugged(states: Iterable[PluginState]) -> list[Finding]:
    """Return what profilers and inventories have to say; their words name what would help."""
    return [_finding(state) for state in states if state.kind in _LOST]


def _finding(state: PluginState) -> Finding:
    what = f"{_CALLED[state.kind]} {state.name}"
    if state.state == "ok":
        return Finding(what, "ok", "it works")
    if state.state == "starting":
        return Finding(what, "limited", state.error or "it was not tried yet", _LOST[state.kind])
    lines = state.error.strip().splitlines()
    why = lines[-1] if lines else state.state
    if state.state in ("disabled", "off"):
        return Finding(
            what, "none", "it is switched off", _LOST[state.kind], _SWITCHED[state.kind].format(name=state.name)
        )
    sight: Sight = "limited" if state.state == "failing" else "none"
    return Finding(what, sight, state.state, _LOST[state.kind], why)
