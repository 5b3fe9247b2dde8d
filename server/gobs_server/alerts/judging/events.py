"""Events: what the engine found, in order, for whoever writes it down. Times are monotonic seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from gobs_core import Severity, Unit
from gobs_server.alerts.judging.lanes import FIRING, QUIET, Lanes, Params
from gobs_server.alerts.judging.source import Key
from gobs_server.tables import View


class LaneId(NamedTuple):
    """One severity of one rule on one row of one node."""

    rule: str
    severity: Severity
    node: str
    """Empty where no single node is meant."""
    key: Key


class LaneState(NamedTuple):
    """What has to be remembered of a lane that is not ok."""

    state: int
    since: float
    at: float
    hot_at: float
    worst: float
    """As it is shown; NaN: not known."""
    cooling: bool = False
    """Whether it fires although its condition does not hold now."""
    late: bool = False
    """Whether nothing had been said of it for too long."""


def state_of(lanes: Lanes, place: int, sign: float) -> LaneState:
    """What has to be remembered of a lane; `sign` takes what is worse to what is shown."""
    return LaneState(
        int(lanes.state[place]),
        float(lanes.since[place]),
        float(lanes.at[place]),
        float(lanes.hot_at[place]),
        sign * float(lanes.worst[place]),
        bool(lanes.cooling[place]),
        bool(lanes.late[place]),
    )


def dismiss(lanes: Lanes, place: int, sign: float) -> LaneState | None:
    """Let a lane that fires be quiet; None: it does not fire."""
    if lanes.state[place] != FIRING:
        return None
    lanes.state[place] = QUIET
    return state_of(lanes, place, sign)


def adopt(lanes: Lanes, params: Params, state: LaneState, sign: float) -> None:
    """Append a lane as it was."""
    lanes.add([params])
    lanes.state[-1], lanes.since[-1], lanes.at[-1] = state.state, state.since, state.at
    lanes.hot_at[-1], lanes.worst[-1] = state.hot_at, sign * state.worst
    lanes.cooling[-1], lanes.late[-1] = state.cooling, state.late


def after_restart(state: LaneState, alive: float) -> LaneState:
    """The state of a lane that was judged until `alive`, unless it was late: what held then held until then."""
    if state.late:
        return state
    holds = state.state != FIRING or not state.cooling
    return state._replace(at=alive, hot_at=alive if holds else state.hot_at, late=True)


class Sight(NamedTuple):
    """What was to be seen on a node at the moment something fired: for who had a part in it."""

    process: View | None
    wall: float
    """Seconds since 1970."""


class Moved(NamedTuple):
    """A lane is pending, fires or is quiet, or its moments have changed."""

    lane: LaneId
    state: LaneState


class Ended(NamedTuple):
    """A lane is ok, and nothing was told of it."""

    lane: LaneId


class Fired(NamedTuple):
    """An alert has begun."""

    lane: LaneId
    state: LaneState
    at: float
    value: float
    unit: Unit
    rate: bool
    texts: Mapping[str, str]
    """The key and info columns of its row."""
    table: str
    sight: Sight | None


class Over(NamedTuple):
    """An alert is over by itself."""

    lane: LaneId
    at: float
    value: float
    worst: float
    reason: int
    """One of those in `lanes`."""


Event: TypeAlias = Moved | Ended | Fired | Over
