"""A worker from its first line to its last: it takes orders from one socket, and holds one plugin.

Its program knows it by `argv`: the descriptor of the socket, and the program's own process id.
"""

from __future__ import annotations

import os
import socket
import sys
import traceback
from typing import Any

import msgspec

from gobs_core.errors import DeclarationError
from gobs_core.state import MAX_TRACE
from gobs_core.workers.bounds import bind, die_with
from gobs_core.workers.wire import Ask, Failure, Line, Start

_MOST_TEXT = 2000


def main() -> None:
    """Serve until nobody asks any more."""
    end = socket.socket(fileno=int(sys.argv[1]))
    end.set_inheritable(False)  # so that what the plugin leaves behind does not keep the line open
    die_with(int(sys.argv[2]))
    line = Line(end)
    ask = line.read()
    if ask is None:
        return
    try:
        served = _hold(msgspec.msgpack.decode(ask.body, type=Start))
    except BaseException as error:  # noqa: BLE001  whatever it is, the program is told, and this process ends
        line.say(ask.id, "failed", failure_of(error))
        return
    line.say(ask.id, "done", None)
    served.serve(line)
    # Not by way of Python's own end, which waits for threads that a plugin has left.
    sys.stdout.flush()
    os._exit(0)


def _hold(start: Start) -> Any:
    """Make what serves the plugin; anything may be raised."""
    bind(start.limits)
    sys.path[:] = start.path
    cls = find(start)
    config = msgspec.msgpack.decode(start.config, type=cls.Config, dec_hook=lambda kind, value: kind(value))
    if start.kind == "collector":
        from gobs_core.workers.serve_collector import ServedCollector

        return ServedCollector(cls, config, start.about)
    if start.kind == "condition":
        from gobs_core.workers.serve_condition import ServedCondition

        return ServedCondition(cls, config)
    if start.kind == "profiler":
        from gobs_core.workers.serve_profiler import ServedProfiler

        return ServedProfiler(cls, config, start.about)
    if start.kind == "sink":
        from gobs_core.workers.serve_sink import ServedSink

        return ServedSink(cls, config, start.about)
    if start.kind == "inventory":
        from gobs_core.workers.serve_inventory import ServedInventory

        return ServedInventory(cls, config, start.about)
    if start.kind == "notifier":
        from gobs_core.workers.serve_notifier import ServedNotifier

        return ServedNotifier(cls, config, start.about)
    raise DeclarationError(f"no worker can hold a {start.kind}")


def find(start: Start) -> Any:
    """The plugin's class, through the same door as ever; raises what its module raises."""
    from gobs_core.plugins.installed import Dist, Point
    from gobs_core.plugins.loader import load_plugins

    found = load_plugins([Point(start.entry_point, start.value, Dist("", ""))])
    cls = found.of_kind(start.kind).get(start.name)
    if cls is None:
        reasons = "\n".join(state.error for state in found.failed if state.error)
        error = DeclarationError(reasons or f"{start.value} announces no {start.kind} {start.name!r}")
        error.add_note("\n".join(state.trace for state in found.failed))
        raise error
    return cls


def answer(line: Line, ask: Ask, call: Any) -> None:
    """Say what a call returns, which may be a Failure, or what it raises."""
    try:
        body = call(ask)
    except BaseException as error:  # noqa: BLE001  whatever a plugin raises is its own failure
        line.say(ask.id, "failed", failure_of(error))
    else:
        line.say(ask.id, "failed" if isinstance(body, Failure) else "done", body)


def failure_of(error: BaseException) -> Failure:
    """What is told of an exception."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  an error of a plugin may be unable to say even that
        text = "it cannot be told"
    try:
        trace = "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001  as above
        trace = ""
    after, everyone = getattr(error, "after", None), getattr(error, "everyone", False)
    return Failure(
        _name(error),
        text[:_MOST_TEXT],
        trace[-MAX_TRACE:],
        float(after) if isinstance(after, int | float) else None,
        everyone is True,
    )


def _name(error: BaseException) -> str:
    """Its class, or the one of the contract's that it is a kind of."""
    for cls in type(error).__mro__:
        if cls.__module__.startswith("gobs_core."):
            return cls.__name__
    return type(error).__name__
