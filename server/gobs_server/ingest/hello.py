"""Hello: judging how an agent introduces itself, and what is understood of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice

import grpc

from gobs_core import PluginState
from gobs_core.state import MAX_PRINTED, MAX_TRACE
from gobs_core.text import MAX_LINE, one_line
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_NODE, PROTOCOL
from gobs_server.ingest.doors.door import Identity
from gobs_server.ingest.names import is_node_name, is_text
from gobs_server.ingest.refusal import Refusal
from gobs_server.tables import Schemas, schemas_from

_MOST_FAULTS = 5
_MOST_PLUGINS = 1000
_MOST_UNKNOWN = 500
_MOST_TARGETS = 16
_MOST_NEEDS = 64
_LONGEST = 200
_FARTHEST = 1e11
"""Seconds since 1970; nothing has happened later than that."""
_LONGEST_ERROR = 16_384
"""Characters of a plugin's error, which may have the lines of a traceback."""


@dataclass(frozen=True)
class Greeting:
    """What an agent has said of itself, checked."""

    node: str
    run: str
    boot_id: str
    agent_version: str
    protocol: int
    """The lower of what both speak."""
    interval: float
    wall: float
    """The node's clock when it said so, seconds since 1970."""
    schemas: Schemas
    plugins: tuple[PluginState, ...]
    notes: tuple[str, ...]
    """What a person should know of it."""
    identity: Identity
    """Who it is, which it could not choose."""


def greeting_from(hello: pb.Hello, identity: Identity) -> Greeting:
    """Check a Hello; raises Refusal."""
    node = identity.node or hello.node
    if not is_node_name(node):
        raise _bad(
            f"a node's name is 1 to {MAX_NODE} bytes that can be printed, and neither . nor .., not {node[:MAX_NODE]!r}"
        )
    for name, text in (("run", hello.run), ("boot_id", hello.boot_id), ("agent_version", hello.agent_version)):
        if not is_text(text, _LONGEST):
            raise _bad(f"Hello's {name} is at most {_LONGEST} bytes that can be printed, not {text[:_LONGEST]!r}")
    if not hello.run:
        raise _bad("Hello has no run")
    if hello.protocol < 1:
        raise _bad("Hello says no protocol")
    if not 0 < hello.interval_ms <= 86_400_000:
        raise _bad(f"an interval of {hello.interval_ms} ms cannot be")
    schemas = schemas_from(hello)
    notes = [f"not shown: {one_line(fault)}" for fault in schemas.faults[:_MOST_FAULTS]]
    if hello.protocol > PROTOCOL:
        notes.insert(
            0, f"speaks a newer protocol ({hello.protocol}) than this server ({PROTOCOL}): some of it may be missing"
        )
    return Greeting(
        node,
        hello.run,
        hello.boot_id,
        hello.agent_version,
        min(hello.protocol, PROTOCOL),
        hello.interval_ms / 1000,
        hello.wall_ns / 1e9,
        schemas,
        plugins_from(hello.plugins),
        tuple(notes),
        identity,
    )


def plugins_from(states: object) -> tuple[PluginState, ...]:
    """What an agent tells of its plugins."""
    return tuple(_plugin(state) for state in list(states)[:_MOST_PLUGINS])  # type: ignore[call-overload]


def _plugin(state: pb.PluginState) -> PluginState:
    return PluginState(
        kind=state.kind[:_LONGEST],
        name=state.name[:_LONGEST],
        distribution=state.distribution[:_LONGEST],
        version=state.version[:_LONGEST],
        state=state.state[:_LONGEST],
        error=state.error[:_LONGEST_ERROR],
        runs=state.runs,
        failures=state.failures,
        drops=state.drops,
        duration=state.duration if math.isfinite(state.duration) else None,
        rows=state.rows if state.rows >= 0 else None,
        unknown={
            column[:_LONGEST]: reason[:MAX_LINE] for column, reason in islice(state.unknown.items(), _MOST_UNKNOWN)
        },
        title=state.title[:_LONGEST],
        targets=tuple(target[:_LONGEST] for target in state.targets[:_MOST_TARGETS]),
        succeeded=state.succeeded if 0 < state.succeeded < _FARTHEST else None,
        runs_in=state.runs_in[:_LONGEST],
        pid=state.pid or None,
        cpu=state.cpu if math.isfinite(state.cpu) and state.cpu >= 0 and state.runs_in else None,
        memory=state.memory if state.memory > 0 else None,
        restarts=state.restarts,
        trace=state.trace[:MAX_TRACE],
        printed=state.printed[:MAX_PRINTED],
        api=state.api or None,
        needs={need[:MAX_LINE]: here for need, here in islice(state.needs.items(), _MOST_NEEDS)},
    )


def _bad(text: str) -> Refusal:
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, "hello", text)
