"""All readings of one table, one after another, each with everything in it, for who judges the past."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from gobs_server.history.node import NodeHistory, RunHistory
from gobs_server.history.segment import OpenSegment, Parts, Segment
from gobs_server.tables import RunState, TableState
from gobs_server.tables.texts import Texts

Frames = Callable[[Segment | OpenSegment], Iterable[Parts]]


class PastReading(NamedTuple):
    """One reading. `state` and `texts` hold until the next one is asked for."""

    time: float
    """When it was read, in the server's wall seconds."""
    run: str
    interval: float
    state: TableState
    texts: Texts


def readings(home: NodeHistory, frames: Frames, table: str, since: float, until: float) -> Iterator[PastReading]:
    """The readings of a table between two times, in order; the first may have no rates."""
    for run in home.runs:
        place = run.schemas.place(table)
        if place is not None:
            yield from _of_run(run, frames, place, since, until)


def moments(home: NodeHistory, frames: Frames, since: float, until: float) -> Iterator[float]:
    """When frames were made between two times, whatever they hold."""
    for run in home.runs:
        for segment in touched(run, since, until):
            for frame in frames(segment):
                at = segment.offset + frame[0].monotonic_ns / 1e9
                if since <= at <= until:
                    yield at
            time.sleep(0)


def _of_run(run: RunHistory, frames: Frames, place: int, since: float, until: float) -> Iterator[PastReading]:
    state, interval = RunState(run.schemas, only=place), run.schemas.intervals[place]
    for segment in touched(run, since, until):
        for frame in frames(segment):
            if frame[0].sequence <= state.sequence:
                continue
            before = state.tables[place]
            read = -1 if before is None else before.read_ns
            state.apply(frame)
            table = state.tables[place]
            if table is None or table.read_ns == read:
                continue
            at = segment.offset + table.read_ns / 1e9
            if since <= at <= until:
                yield PastReading(at, run.run, interval, table, state.texts)
        time.sleep(0)  # in a thread beside the event loop: let it have its turn


def touched(run: RunHistory, since: float, until: float) -> list[Segment | OpenSegment]:
    """The segments with frames between two times, and the one before them: a rate needs the reading before."""
    segments = run.all()
    inside = [at for at, segment in enumerate(segments) if segment.end >= since and segment.start <= until]
    return segments[max(inside[0] - 1, 0) : inside[-1] + 1] if inside else []
