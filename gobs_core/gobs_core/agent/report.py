"""What the log says of collectors: a line when a state changes, nothing while it stays."""

from __future__ import annotations

from typing import Any

from gobs_core.agent.runner import Outcome, Runner

_QUIET = ("ok", "no data")


def report(log: Any, runner: Runner, before: str, outcome: Outcome | None) -> None:
    """Log a collector's change of state, a failure with its traceback."""
    state = runner.state
    if state.state == before:
        return
    event = f"collector is {state.state}"
    if state.state in _QUIET:
        log.info(event, collector=runner.name, **({"reason": state.error} if state.error else {}))
    else:
        raised = outcome.raised if outcome is not None else None
        log.warning(event, collector=runner.name, error=f"{state.error}{where(state.trace)}", exc_info=raised)


def where(trace: str) -> str:
    """File and line of the plugin's own code, as they stand behind an error; empty where they are not known."""
    if not trace:
        return ""
    from gobs_core.plugins.places import place_told, written

    return written(place_told(trace))
