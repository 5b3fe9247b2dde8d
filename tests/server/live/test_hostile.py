"""Frames no agent of ours would send: each is refused with its reason, and changes nothing."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Table, counter, gauge, info, key
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_CELLS, MAX_INTEGER, MAX_ROWS, MAX_TEXT
from gobs_server.tables import BadFrame, RunState, TableState, schemas_from
from gobs_server.tables.check import check_rows
from tests.support.frames import Sender, hello_of

TABLE = Table("t", "", (key("k", ""), counter("c", ""), gauge("g", ""), info("i", "")))
ROWS = {("a",): (5, 1.5, "x"), ("b",): (None, None, None)}
Spoil = Callable[[pb.Frame], None]


def begun() -> tuple[Sender, RunState]:
    sender, run = Sender(TABLE), RunState(schemas_from(hello_of(TABLE)))
    run.apply([sender.frame(ROWS)])
    return sender, run


def looks(run: RunState) -> object:
    state = run.tables[0]
    assert state is not None
    view = state.view(1.0, run.texts)
    shown = {name: np.nan_to_num(values, nan=-7).tolist() for name, values in view.values.items()}
    return view.keys, shown, view.infos, run.sequence, run.monotonic_ns, sorted(run.texts.items())


def cells(**fields: object) -> Spoil:
    def spoil(frame: pb.Frame) -> None:
        frame.tables.append(pb.TableFrame(**fields))  # type: ignore[arg-type]

    return spoil


def dense(**fields: object) -> Spoil:
    return cells(dense=[pb.Dense(**fields)])  # type: ignore[arg-type]


def texts(ids: list[int], words: list[str]) -> Spoil:
    def spoil(frame: pb.Frame) -> None:
        frame.texts.id_gaps.extend(ids)
        frame.texts.texts.extend(words)

    return spoil


def times(**fields: int) -> Spoil:
    def spoil(frame: pb.Frame) -> None:
        for name, value in fields.items():
            setattr(frame, name, value)

    return spoil


HOSTILE: dict[str, tuple[str, Spoil]] = {
    "a cell beyond the last": ("cells", cells(gaps=[6], deltas=[1])),
    "a cell far beyond the last": ("cells", cells(gaps=[2**32 - 1], deltas=[1])),
    "cells whose numbers overflow together": ("cells", cells(gaps=[2**32 - 1] * 20, deltas=[1] * 20)),
    "a cell named twice": ("cells", cells(gaps=[0, 0], deltas=[1, 1])),
    "many cells, one of them twice": ("cells", cells(gaps=[0] * 20, deltas=[1] * 20)),
    "more changes than cells": ("cells", cells(gaps=[0], deltas=[1, 2])),
    "cells without changes": ("cells", cells(gaps=[0])),
    "an integer in a column of reals": ("cells", cells(gaps=[1], deltas=[1])),
    "a real in a column of integers": ("cells", cells(real_gaps=[0], reals=[1.0])),
    "a real in a column of texts": ("cells", cells(real_gaps=[2], reals=[1.0])),
    "reals without cells": ("cells", cells(reals=[1.0])),
    "an infinity": ("infinity", cells(real_gaps=[1], reals=[math.inf])),
    "a negative infinity": ("infinity", cells(real_gaps=[1], reals=[-math.inf])),
    "an unknown text": ("texts", cells(gaps=[2], deltas=[99])),
    "a negative text": ("texts", cells(gaps=[2], deltas=[-99])),
    "a text that is declared not known": ("cells", cells(unknown_gaps=[2])),
    "a real that is declared not known": ("cells", cells(unknown_gaps=[1])),
    "a row gone that was never there": ("rows", cells(gone=[9])),
    "a row gone twice": ("rows", cells(gone=[0, 0])),
    "a new row on a place that is taken": ("rows", cells(new=[0], keys=[1])),
    "a new row twice": ("rows", cells(new=[4, 4], keys=[1, 1])),
    "a new row beyond the limit": ("limits", cells(new=[MAX_ROWS], keys=[1])),
    "a new row without its key": ("rows", cells(new=[4])),
    "keys without a row": ("rows", cells(keys=[1])),
    "a key never sent": ("texts", cells(new=[4], keys=[77])),
    "a key that is none": ("texts", cells(new=[4], keys=[0])),
    "a change in a row that is gone": ("cells", cells(gone=[1], gaps=[3], deltas=[1])),
    "an integer too large": ("range", cells(gaps=[0], deltas=[MAX_INTEGER])),
    "an integer made to pass for not known": ("range", cells(gaps=[0], deltas=[-(2**63)])),
    "many cells, one too large": ("range", cells(new=[9], keys=[1], gaps=[0], deltas=[MAX_INTEGER])),
    "columns beyond the last": ("cells", dense(first=2, columns=2, deltas=[0, 0])),
    "no columns": ("cells", dense(first=0, columns=0)),
    "too few dense cells": ("cells", dense(first=0, columns=1, deltas=[1])),
    "too many dense cells": ("cells", dense(first=0, columns=1, deltas=[1, 2, 3])),
    "an even column for every row": ("cells", dense(first=0, columns=1, deltas=[1, 2], even=True)),
    "a dense text never sent": ("texts", dense(first=2, columns=1, deltas=[50, 50])),
    "dense cells too large": ("range", dense(first=0, columns=1, deltas=[MAX_INTEGER, 0])),
    "texts without numbers": ("texts", texts([], ["x"])),
    "text number 0": ("texts", texts([0], ["x"])),
    "a text number beyond 32 bits": ("texts", texts([2**32 - 1, 5], ["x", "y"])),
    "other words for a known text": ("texts", texts([1], ["other"])),
    "a text too long": ("texts", texts([9], ["x" * (MAX_TEXT + 1)])),
    "a negative wall clock": ("time", times(wall_ns=-1)),
    "a negative monotonic clock": ("time", times(monotonic_ns=-1)),
    "a monotonic clock that goes back": ("time", times(monotonic_ns=5)),
    "a monotonic clock that stands still": ("time", times(monotonic_ns=10**12 + 10**9)),
    "a monotonic clock beyond all centuries": ("time", times(monotonic_ns=2**63 - 1)),
    "a reading before the last one": ("time", cells(read_offset_ns=-(10**12))),
    "a reading in the far future": ("time", cells(read_offset_ns=2**63 - 1)),
    "a sequence that was already taken": ("order", times(sequence=1)),
    "no sequence": ("order", times(sequence=0)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_is_refused_and_changes_nothing(name: str) -> None:
    reason, spoil = HOSTILE[name]
    sender, run = begun()
    before = looks(run)
    good = sender.frame({("a",): (6, 1.5, "x"), ("b",): (1, None, None)})
    bad = pb.Frame()
    bad.CopyFrom(good)
    bad.ClearField("tables")
    bad.ClearField("texts")
    spoil(bad)
    with pytest.raises(BadFrame) as refused:
        run.apply([bad])
    assert refused.value.reason == reason
    assert looks(run) == before
    run.apply([good])
    assert looks(run) != before


def test_a_frame_that_is_bad_in_its_last_table_changes_none_of_the_others() -> None:
    sender, run = begun()
    before = looks(run)
    frame = sender.frame({("a",): (6, 2.5, "new words")})
    frame.tables.add(table=0, gaps=[77], deltas=[1])
    with pytest.raises(BadFrame):
        run.apply([frame])
    assert looks(run) == before


def test_a_table_nobody_announced_is_ignored_and_counted() -> None:
    sender, run = begun()
    frame = sender.frame({("a",): (6, 1.5, "x")})
    frame.tables.add(table=7, gaps=[1], deltas=[1])
    assert run.apply([frame]) == [0]
    assert run.ignored == 1


def test_the_first_frame_has_to_be_a_keyframe() -> None:
    sender = Sender(TABLE)
    sender.frame(ROWS)
    run = RunState(schemas_from(hello_of(TABLE)))
    with pytest.raises(BadFrame, match="keyframe"):
        run.apply([sender.frame(ROWS)])


def test_parts_of_two_frames_are_not_taken_for_one() -> None:
    sender, run = begun()
    one, other = sender.frame(ROWS), sender.frame(ROWS)
    with pytest.raises(BadFrame, match="goes on as"):
        run.apply([one, other])


def test_one_small_frame_cannot_make_the_server_work_for_long() -> None:
    wide = Table("wide", "", [key("k", ""), *(counter(f"c{i}", "") for i in range(190))])
    run = RunState(schemas_from(hello_of(wide)))
    rows = {(f"{i}",): (0,) * 190 for i in range(1000)}
    sender = Sender(wide)
    run.apply([sender.frame(rows)])
    frame = sender.frame(rows)
    frame.ClearField("tables")
    part = frame.tables.add()
    for _ in range(1000):
        part.dense.add(columns=190, deltas=[1] * 190, even=True)
    with pytest.raises(BadFrame) as refused:
        run.apply([frame])
    assert refused.value.reason == "limits"


def test_a_node_may_have_only_so_many_cells() -> None:
    tables = [Table(f"t{i}", "", [key("k", ""), *(counter(f"c{j}", "") for j in range(199))]) for i in range(2)]
    run = RunState(schemas_from(hello_of(*tables)))
    frame = Sender(*tables).frame({("a",): (0,) * 199}, {("a",): (0,) * 199})
    for part in frame.tables:
        part.new[0] = MAX_CELLS // 199 // 2 + 100
        part.ClearField("gaps")
        part.ClearField("deltas")
    with pytest.raises(BadFrame) as refused:
        run.apply([frame])
    assert refused.value.reason == "limits"


@given(st.binary(max_size=300))
def test_any_bytes_that_are_a_frame_apply_or_are_refused(raw: bytes) -> None:
    _, run = begun()
    before = looks(run)
    try:
        frame = pb.Frame.FromString(raw)
    except DecodeError:
        return
    frame.sequence, frame.wall_ns, frame.monotonic_ns = 2, 1, 10**12 + 2 * 10**9
    try:
        run.apply([frame])
    except BadFrame:
        assert looks(run) == before


@given(
    st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 6), max_size=40),
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5), max_size=40),
    st.lists(st.integers(0, 6), max_size=4),
    st.lists(st.floats(), max_size=4),
    st.lists(st.integers(0, 6), max_size=4),
    st.lists(st.integers(0, 4), max_size=3),
    st.lists(st.integers(0, 4), max_size=3),
)
def test_any_change_of_cells_applies_whole_or_not_at_all(
    gaps: list[int],
    deltas: list[int],
    real_gaps: list[int],
    reals: list[float],
    unknown: list[int],
    gone: list[int],
    new: list[int],
) -> None:
    sender, run = begun()
    before = looks(run)
    frame = sender.frame(None)
    deltas = (deltas + [0] * len(gaps))[: len(gaps)]
    frame.tables.add(
        gaps=gaps, deltas=deltas, real_gaps=real_gaps, reals=reals, unknown_gaps=unknown, gone=gone, new=new,
        keys=[1] * len(new),
    )  # fmt: skip
    try:
        run.apply([frame])
    except BadFrame:
        assert looks(run) == before
    else:
        looks(run)


def wide_tables(count: int) -> list[Table]:
    return [Table(f"t{i}", "", [key("k", ""), *(counter(f"c{j}", "") for j in range(199))]) for i in range(count)]


@pytest.mark.parametrize("keyframe", [True, False])
def test_rows_that_are_refused_take_no_memory_on_the_way(keyframe: bool) -> None:
    tables = wide_tables(64)
    run, sender = RunState(schemas_from(hello_of(*tables))), Sender(*tables)
    run.apply([sender.frame(*({("a",): (0,) * 199} for _ in tables))])
    frame = sender.frame(*(None for _ in tables), keyframe=keyframe)
    frame.ClearField("tables")
    for place in range(64):
        frame.tables.add(table=place, new=[MAX_ROWS - 1], keys=[1])
    tracemalloc.start()
    try:
        with pytest.raises(BadFrame) as refused:
            run.apply([frame])
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()
    assert refused.value.reason == "limits"
    assert sum(state.bytes() for state in run.tables if state is not None) < 1 << 20


def test_rows_of_keys_alone_have_their_limit_too() -> None:
    tables = [Table(f"t{i}", "", [*(key(f"k{j}", "") for j in range(150)), counter("c", "")]) for i in range(3)]
    run = RunState(schemas_from(hello_of(*tables)))
    frame = Sender(*tables).frame(*({("a",) * 150: (0,)} for _ in tables))
    for part in frame.tables:
        part.new[0] = MAX_ROWS - 1
        part.ClearField("gaps")
        part.ClearField("deltas")
    with pytest.raises(BadFrame) as refused:
        run.apply([frame])
    assert refused.value.reason == "limits"


def test_many_new_rows_with_their_cells_come_in_a_frame_of_changes() -> None:
    sender, run = begun()
    rows = {**ROWS, **{(f"k{i}",): (i, 0.5, "x" if i % 2 else None) for i in range(100)}}
    run.apply([sender.frame(rows)])
    state = run.tables[0]
    assert state is not None
    view = state.view(1.0, run.texts)
    assert view.values["c"].tolist()[2:] == list(range(100))
    assert view.infos["i"][2:] == [None, "x"] * 50


def in_many_parts(sender: Sender, count: int) -> pb.Frame:
    """A keyframe that tells its rows one by one."""
    frame = sender.frame({(f"{i}",): (i, 1.0, None) for i in range(count)}, keyframe=True)
    frame.ClearField("tables")
    for i in range(count):
        frame.tables.add(new=[i], keys=[i + 1])
    return frame


def test_a_frame_may_have_only_so_many_parts() -> None:
    run = RunState(schemas_from(hello_of(TABLE)))
    frame = in_many_parts(Sender(TABLE), 500)
    with pytest.raises(BadFrame) as refused:
        run.apply([frame])
    assert refused.value.reason == "limits"
    empty = Sender(TABLE).frame(ROWS)
    for _ in range(100_000):
        empty.tables.add()
    with pytest.raises(BadFrame) as refused:
        run.apply([empty])
    assert refused.value.reason == "limits"


def test_a_frame_may_have_only_so_many_groups_of_columns() -> None:
    sender, run = begun()
    frame = sender.frame(None)
    part = frame.tables.add()
    for _ in range(20_000):
        part.dense.add(columns=1, deltas=[0], even=True)
    with pytest.raises(BadFrame) as refused:
        run.apply([frame])
    assert refused.value.reason == "limits"


def test_rows_that_come_one_by_one_do_not_each_copy_the_table() -> None:
    tables = wide_tables(1)
    run = RunState(schemas_from(hello_of(*tables, *(Table(f"x{i}", "", [gauge("g", "")]) for i in range(255)))))
    sender = Sender(*tables)
    frame = sender.frame({(f"{i}",): (0,) * 199 for i in range(1000)})
    frame.ClearField("tables")
    for i in range(1000):
        frame.tables.add(new=[i], keys=[i + 1])
    grown: list[int] = []

    class Counting(TableState):
        __slots__ = ()

        def grow(self, capacity: int) -> None:
            if capacity > self.capacity:
                grown.append(capacity)
            super().grow(capacity)

    draft = Counting(run.schemas.layouts[0])  # type: ignore[arg-type]
    for part in frame.tables:
        change = check_rows(draft, part, range(1, 2000), MAX_CELLS, spare=True)
        assert change is not None
        draft.put_rows(change)
    assert draft.rows == 1000
    assert len(grown) < 50
    run.apply([frame])
    state = run.tables[0]
    assert state is not None
    assert state.rows == state.capacity == 1000
