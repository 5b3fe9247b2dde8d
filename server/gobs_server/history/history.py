"""The recent past of all nodes: what is kept, for how long, and within how much memory."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_SEGMENT_BYTES
from gobs_server.clock import Clock
from gobs_server.history.node import NodeHistory, RunHistory
from gobs_server.history.ranges import Range, runs
from gobs_server.history.read import Reader
from gobs_server.history.segment import OpenSegment, Parts, Segment, delimited, inflate, split
from gobs_server.tables import BadFrame, RunState, Schemas, View
from gobs_server.tables.values import Numbers

_MOST_OPEN = 16 << 20
"""Bytes a segment may grow to; an agent that sends no keyframe for that long is not kept any further."""


class History:
    """The recent past of every node. Lives as long as the server; filled by ingest alone. Times: server's wall seconds.

    `retention` is in seconds and `budget` in bytes, over all nodes; the oldest goes first. 0 of either keeps nothing.
    """

    def __init__(self, clock: Clock, *, retention: float = 3600.0, budget: int = 256 << 20) -> None:
        self._clock = clock
        self._budget = budget
        self._nodes: dict[str, NodeHistory] = {}
        self._oldest: list[tuple[float, int, NodeHistory, RunHistory, Segment]] = []
        self._count = itertools.count()
        self._reader = Reader()
        self.retention = retention if budget else 0.0
        """Seconds kept; 0: nothing."""
        self.bytes = 0
        """What all of it takes in memory."""
        self.evicted = 0
        """Segments let go for want of memory since the start."""

    # -- reading

    def at(self, node: str, table: str, wall_seconds: float) -> View | None:
        """The table as it last was at or before that time; None where nothing is kept that is recent enough for it."""
        home = self._nodes.get(node)
        return self._reader.at(home, table, wall_seconds) if home else None

    def series(
        self, node: str, table: str, column: str, key: tuple[str, ...], since: float, until: float, *, rate: bool
    ) -> tuple[Numbers, Numbers]:
        """Times and values of one cell between two times: its rate per second, or its level; NaN at every gap.

        Raises KeyError for a column the table has not. A node, table or row nothing is kept of gives two empty arrays.
        """
        home = self._nodes.get(node) or NodeHistory()
        return self._reader.series(home, table, column, tuple(key), since, until, rate=rate)

    def span(self, node: str) -> tuple[float, float] | None:
        """The first and the last moment kept of a node."""
        home = self._nodes.get(node)
        spans = [(s.start, s.end) for run in (home.runs if home else ()) for s in run.all()]
        return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None

    def bytes_of(self, node: str) -> int:
        """What one node's part of it takes in memory."""
        home = self._nodes.get(node)
        return home.bytes if home else 0

    def ranges(self, node: str, run: str) -> list[Range]:
        """The frames of a run that are kept, as ranges of sequence numbers."""
        home = self._nodes.get(node)
        found = home.run(run) if home else None
        return found.ranges() if found else []

    # -- filling

    def begin(self, node: str, run: str, schemas: Schemas) -> None:
        """A stream of that run begins: its next frame is a keyframe."""
        home = self._nodes.setdefault(node, NodeHistory())
        home.connected = True
        known = home.run(run)
        if known is None or known.schemas.tables != schemas.tables:
            known = RunHistory(run, schemas)
            home.runs.append(known)
        self._seal(home, known)

    def append(self, node: str, run: str, frame: Parts, raw: Sequence[bytes], offset: float, state: RunState) -> None:
        """Keep one live frame, just applied to `state`; `raw` are its parts encoded, each preceded by its length.

        `offset` takes the agent's monotonic seconds to the server's wall clock as this frame tells it.
        """
        home = self._nodes[node]
        known = home.run(run)
        if known is None or not self.retention:
            return
        head = frame[0]
        if head.keyframe:
            self._seal(home, known)
            raw = [*_missing_texts(frame, state), *raw]
            model = known.lend(raw)
            known.open = OpenSegment(offset, head.wall_ns - head.monotonic_ns, head.monotonic_ns, model)
            self._grow(home, known.open.size)
        if known.open is None:
            return
        before = known.open.size
        known.open.append(head.sequence, head.monotonic_ns, offset, raw)
        self._grow(home, known.open.size - before)
        if known.open.size > _MOST_OPEN:
            self._seal(home, known)
        self._evict(home, known)

    def fill(self, node: str, run: str, data: bytes, claimed: Range, skew: float) -> int:
        """Keep a segment the agent sent late; returns how many frames it has, 0 when all were there already.

        Raises BadFrame when it is not what it should be. `skew` is how many seconds the node's wall clock is ahead.
        """
        home = self._nodes.get(node)
        known = home.run(run) if home is not None else None
        if home is None or known is None or not self.retention:
            return 0
        frames = split(inflate(data, MAX_SEGMENT_BYTES))
        state = RunState(known.schemas)
        for frame in frames:
            state.apply(frame)
        ranges = tuple(runs(frame[0].sequence for frame in frames))
        if (ranges[0][0], ranges[-1][1]) != claimed:
            raise BadFrame("segment", f"a segment said to be {claimed} holds {ranges[0][0]} to {ranges[-1][1]}")
        first, last = frames[0][0], frames[-1][0]
        bias_ns = first.wall_ns - first.monotonic_ns
        offset = known.offset_for(first.sequence, bias_ns, otherwise=bias_ns / 1e9 - skew)
        segment = Segment((data,), ranges, first.monotonic_ns, last.monotonic_ns, offset, bias_ns)
        superfluous = known.add(segment)
        if superfluous is None:
            return 0
        for old in superfluous:
            self._grow(home, -old.size)
        self._keep(home, known, segment)
        self._evict(home, known)
        return len(frames)

    def expire(self) -> None:
        """Let go of what is older than the retention; called now and then."""
        since = self._clock.wall() - self.retention
        while self._oldest and self._oldest[0][0] < since:
            self._pop()
        for name, home in list(self._nodes.items()):
            home.runs = [run for run in home.runs if run.segments or run.open or run is home.runs[-1]]
            if not home.bytes and not home.connected:
                del self._nodes[name]

    def end(self, node: str, run: str) -> None:
        """The stream of that run has ended."""
        home = self._nodes.get(node)
        known = home.run(run) if home else None
        if home and known:
            home.connected = False
            self._seal(home, known)

    def _seal(self, home: NodeHistory, run: RunHistory) -> None:
        if run.open is not None and run.open.ranges:
            self._grow(home, -run.open.size)
            segment, run.open = run.open.seal(), None
            if run.add(segment) is not None:
                self._keep(home, run, segment)

    def _keep(self, home: NodeHistory, run: RunHistory, segment: Segment) -> None:
        self._grow(home, segment.size)
        heapq.heappush(self._oldest, (segment.end, next(self._count), home, run, segment))

    def _evict(self, home: NodeHistory, run: RunHistory) -> None:
        while self.bytes > self._budget and self._oldest:
            self._pop()
            self.evicted += 1
        if self.bytes > self._budget and run.open is not None:
            self._grow(home, -run.open.size)
            run.open = None
            self.evicted += 1

    def _pop(self) -> None:
        _, _, home, run, segment = heapq.heappop(self._oldest)
        if segment in run.segments:
            run.segments.remove(segment)
            self._grow(home, -segment.size)

    def _grow(self, home: NodeHistory, more: int) -> None:
        home.bytes += more
        self.bytes += more


def _missing_texts(frame: Parts, state: RunState) -> list[bytes]:
    """A part to go before a keyframe, with the texts it needs and does not bring itself; often none."""
    if sum(len(part.texts.texts) for part in frame) >= len(state.texts):
        return []
    brought = {i for part in frame for i in itertools.accumulate(part.texts.id_gaps)}
    wanted = sorted(state.texts.keys() - brought)
    head = frame[0]
    part = pb.Frame(
        sequence=head.sequence, wall_ns=head.wall_ns, monotonic_ns=head.monotonic_ns, keyframe=True, more=True
    )
    part.texts.id_gaps.extend(b - a for a, b in itertools.pairwise([0, *wanted]))
    part.texts.texts.extend(state.texts[i] for i in wanted)
    return [delimited(part.SerializeToString())] if wanted else []
