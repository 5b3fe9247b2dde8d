"""Turns frames into what travels: what changed since the frame before, or at a keyframe everything from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from gobs_core import Frame, Reading, Table
from gobs_proto import gobs_pb2
from gobs_proto.limits import MAX_MESSAGE_BYTES, MAX_TABLES
from gobs_sinks.grpc.parts import ENVELOPE, join_parts, table_pieces, text_pieces
from gobs_sinks.grpc.rows import Budget
from gobs_sinks.grpc.tables import TableState
from gobs_sinks.grpc.tally import Tally
from gobs_sinks.grpc.texts import Texts

KEYFRAME_PART_BYTES = 3_000
"""What keyframes are cut to, where they can be cut: gRPC keeps 64 KiB for a peer that has once sent more at a time."""


class Encoded(NamedTuple):
    """One frame, encoded. Each part is a serialised gobs.v1.Frame."""

    sequence: int
    monotonic_ns: int
    keyframe: bool
    parts: list[bytes]
    """As it is kept: a keyframe with every text in use."""
    mark: int
    """The highest number of a text there is after this frame."""
    live: list[bytes]
    """As it is sent to a session that has all texts up to the mark given to `encode`."""


class Encoder:
    """The state of one run's tables and texts, as a peer has it that took every frame. Lives as long as the run."""

    def __init__(self, tables: Sequence[Table], *, limit: int = MAX_MESSAGE_BYTES) -> None:
        self.tally = Tally()
        self.limit = limit
        """Bytes a message may have."""
        self._texts = Texts()
        budget = Budget()
        self._tables = {
            table.name: TableState(place, table, self._texts, self.tally, budget)
            for place, table in enumerate(tables[:MAX_TABLES])
        }
        self._whole = True

    def encode(self, frame: Frame, *, keyframe: bool = False, mark: int = 0) -> Encoded:
        """Encode a frame; `mark`: the highest number of a text the live session has.

        The first frame is a keyframe whatever is asked, and so is one after a frame that could not be encoded.
        """
        keyframe = keyframe or self._whole
        self._whole = True
        limit = (min(self.limit, KEYFRAME_PART_BYTES) if keyframe else self.limit) - ENVELOPE
        moves = [(state, state.take(reading)) for reading in frame.readings if (state := self._state(reading))]
        if keyframe:
            tables = self._everything(frame.monotonic_ns, limit)
        else:
            tables = [piece for state, moved in moves for piece in state.changes(moved, frame.monotonic_ns, limit)]
        news = self._texts.news()
        texts = self._texts.all() if keyframe else news
        header = gobs_pb2.Frame(
            sequence=frame.sequence, wall_ns=frame.wall_ns, monotonic_ns=frame.monotonic_ns, keyframe=keyframe
        )
        pieces = table_pieces(tables)
        parts = join_parts(header, text_pieces(texts, limit), pieces, limit)
        live = parts
        if keyframe and mark:
            lacking = [(number, text) for number, text in texts if number > mark]
            live = join_parts(header, text_pieces(lacking, limit), pieces, limit)
        self._whole = False
        return Encoded(frame.sequence, frame.monotonic_ns, keyframe, parts, self._texts.last, live)

    def _state(self, reading: Reading) -> TableState | None:
        state = self._tables.get(reading.table.name)
        if state is None:
            self.tally.add(reading.table.name, "table that was not announced")
        return state

    def _everything(self, frame_ns: int, limit: int) -> list[gobs_pb2.TableFrame]:
        states = [state for state in self._tables.values() if state.read]
        texts = chain.from_iterable(state.texts() for state in states)
        self._texts.keep(texts, chain.from_iterable(state.keys() for state in states))
        return [piece for state in states for piece in state.whole(frame_ns, limit)]
