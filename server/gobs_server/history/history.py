"""The recent past of all nodes: what is kept, for how long, and within how much memory."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Iterable, Sequence

from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.history.judged import Judged
from gobs_server.history.node import NodeHistory, RunHistory
from gobs_server.history.past import Past
from gobs_server.history.ranges import MAX_RANGES, Range
from gobs_server.history.read import Reader
from gobs_server.history.segment import OpenSegment, Parts, Segment, delimited
from gobs_server.history.series import Wanted
from gobs_server.tables import BadFrame, RunState, Schemas, View
from gobs_server.tables.values import Numbers

_MOST_OPEN = 16 << 20
"""Bytes a segment may grow to; an agent that sends no keyframe for that long is not kept any further."""
_MOST_RUNS = 20
"""Runs kept of one node; the oldest goes first."""
_AHEAD = 60.0
"""Seconds the end of a segment may be in the future, as far as the clocks tell."""
_STEP = 1.0
"""Seconds by which the server's wall clock was set when it did not just drift."""


class History:
    """The recent past of every node. Lives as long as the server; filled by ingest alone. Times: server's wall seconds.

    `retention` is in seconds and `budget` in bytes, over all nodes; the oldest goes first. 0 of either keeps nothing.
    """

    def __init__(self, clock: Clock, *, retention: float = 3600.0, budget: int = 256 << 20) -> None:
        self._clock = clock
        self._budget = budget
        self._nodes: dict[str, NodeHistory] = {}
        self._oldest: list[tuple[float, int, NodeHistory, RunHistory, Segment]] = []
        self._dead: set[Segment] = set()
        self._count = itertools.count()
        self._reader = Reader()
        self.observer: Callable[[str, float, float], None] | None = None
        """Is told of every late segment that was kept: the node, and from when to when it reaches."""
        self.retention = retention if budget else 0.0
        """Seconds kept; 0: nothing."""
        self.bytes = 0
        """What all of it takes in memory."""
        self.evicted = 0
        """Segments let go for want of memory since the start."""
        self.generation = 0
        """Raised whenever a sealed segment comes or goes: an answer about the past may then be another."""

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
        wanted = Wanted(table, column, tuple(key), rate)
        times, values = self.past(node).lines([wanted], since, until)[table]
        return times, values[0]

    def past(self, node: str) -> Past:
        """All that is kept of a node, as it is now: a value that may be read in another thread."""
        home = self._nodes.get(node)
        return Past(self._reader, NodeHistory() if home is None else home.copy())

    def span(self, node: str) -> tuple[float, float] | None:
        """The first and the last moment kept of a node."""
        home = self._nodes.get(node)
        return None if home is None else home.span()

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
        if not self.retention:
            return
        home = self._nodes.setdefault(node, NodeHistory())
        home.connected = True
        known = home.run(run)
        if known is None or known.schemas.tables != schemas.tables:
            known = RunHistory(run, schemas)
            home.runs.append(known)
            while len(home.runs) > _MOST_RUNS:
                self._drop(home, home.runs[0])
            self._weigh(home)
        self._seal(home, known)

    def append(self, node: str, run: str, frame: Parts, raw: Sequence[bytes], offset: float, state: RunState) -> None:
        """Keep one live frame, just applied to `state`; `raw` are its parts encoded, each preceded by its length.

        `offset` takes the agent's monotonic seconds to the server's wall clock as this frame tells it.
        """
        home = self._nodes.get(node)
        known = home.run(run) if home is not None else None
        if home is None or known is None or not self.retention:
            return
        now = self._clock.monotonic()
        clocks = self._clock.wall() - now
        head = frame[0]
        if head.keyframe:
            self._seal(home, known)
            raw = [*_missing_texts(frame, state), *raw]
            model = known.lend(raw)
            known.open = OpenSegment(offset, head.wall_ns - head.monotonic_ns, head.monotonic_ns, model)
            known.open.clocks = clocks
            self._grow(home, known.open.size)
        elif known.open is not None and abs(clocks - known.open.clocks) > _STEP:
            # The server's clock was set: these frames do not lie beside those before them.
            self._seal(home, known)
        if known.open is None:
            return
        before = known.open.size
        known.open.append(head.sequence, head.monotonic_ns, offset, raw)
        known.open.received = now
        self._grow(home, known.open.size - before)
        if known.open.size > _MOST_OPEN or len(known.open.ranges) >= MAX_RANGES:
            self._seal(home, known)
        self._evict(home, known)

    def fill(self, node: str, run: str, data: bytes, claimed: Range, skew: float) -> int:
        """`filling`, all of it at once."""
        steps = self.filling(node, run, data, claimed, skew)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return int(done.value)

    def filling(self, node: str, run: str, data: bytes, claimed: Range, skew: float) -> Generator[None, None, int]:
        """Keep a segment the agent sent late; returns how many frames it has, 0 when all were there already.

        Work is done in steps, a frame each; it counts once the last is done. Raises BadFrame when the segment is not
        what it should be. `skew` is how many seconds the node's wall clock is ahead.
        """
        home = self._nodes.get(node)
        known = home.run(run) if home is not None else None
        if home is None or known is None or not self.retention:
            return 0
        judged = Judged(known.schemas)
        for _ in judged.take(data):
            yield
        if self._nodes.get(node) is not home or known not in home.runs:
            return 0
        segment = judged.segment(data, claimed, known, skew)
        age = self._clock.wall() - segment.end
        if age < -_AHEAD:
            raise BadFrame("time", f"a segment that ends {-age:.0f} s in the future")
        superfluous = known.add(segment)
        if superfluous is None:
            return 0
        self._keep(home, known, segment, superfluous, self._clock.monotonic() - max(age, 0))
        self._evict(home, known)
        if self.observer is not None:
            self.observer(node, segment.start, segment.end)
        return judged.count

    def expire(self) -> None:
        """Let go of what is older than the retention; called now and then."""
        since = self._clock.monotonic() - self.retention
        while self._oldest and self._oldest[0][0] < since:
            self._pop()
        for name, home in list(self._nodes.items()):
            used = [run for run in home.runs if run.segments or run.open or run is home.runs[-1]]
            if len(used) < len(home.runs):
                home.runs = used
                self._weigh(home)
            if home.bytes == home.schemas and not home.connected:
                self._grow(home, -home.bytes)
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
            received, segment, run.open = run.open.received, run.open.seal(), None
            superfluous = run.add(segment)
            if superfluous is not None:
                self._keep(home, run, segment, superfluous, received)

    def _keep(
        self, home: NodeHistory, run: RunHistory, segment: Segment, superfluous: Iterable[Segment], received: float
    ) -> None:
        self.generation += 1
        self._grow(home, segment.size)
        heapq.heappush(self._oldest, (received, next(self._count), home, run, segment))
        for old in superfluous:
            self._let_go(home, old)

    def _let_go(self, home: NodeHistory, segment: Segment) -> None:
        """Count out a segment that is in no run any more, but still in the heap."""
        self._grow(home, -segment.size)
        self._reader.forget(segment)
        self._dead.add(segment)
        if 2 * len(self._dead) > len(self._oldest):
            self._oldest = [entry for entry in self._oldest if entry[-1] not in self._dead]
            heapq.heapify(self._oldest)
            self._dead.clear()

    def _evict(self, home: NodeHistory, run: RunHistory) -> None:
        while self.bytes > self._budget and self._oldest:
            self.evicted += self._pop()
        if self.bytes > self._budget and run.open is not None:
            self._grow(home, -run.open.size)
            run.open = None
            self.evicted += 1

    def _pop(self) -> bool:
        """Let go of the oldest segment; False where it was superfluous already."""
        _, _, home, run, segment = heapq.heappop(self._oldest)
        if segment in self._dead:
            self._dead.discard(segment)
            return False
        self.generation += 1
        run.segments.remove(segment)
        self._grow(home, -segment.size)
        self._reader.forget(segment)
        if not run.segments and run.open is None and run is not home.runs[-1]:
            home.runs.remove(run)
            self._weigh(home)
        return True

    def _drop(self, home: NodeHistory, run: RunHistory) -> None:
        """Let go of a whole run."""
        self.generation += 1
        home.runs.remove(run)
        if run.open is not None:
            self._grow(home, -run.open.size)
        segments, run.segments, run.open = run.segments, [], None
        for segment in segments:
            self._let_go(home, segment)
        self.evicted += len(segments)

    def _weigh(self, home: NodeHistory) -> None:
        """Count what the declarations of the node's runs take."""
        before, home.schemas = home.schemas, home.weight()
        self._grow(home, home.schemas - before)

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
