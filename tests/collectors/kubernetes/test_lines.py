"""A stream is split into the lines it is made of, however it is cut into chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.kubernetes.backoff import Backoff
from gobs_collectors.kubernetes.lines import Lines


@given(st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"x")), max_size=12), st.data())
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    raw = b"".join(line + b"\n" for line in lines) + b"rest"
    chunks, start = [], 0
    while start < len(raw):
        end = data.draw(st.integers(start + 1, len(raw)))
        chunks.append(raw[start:end])
        start = end
    splitter = Lines(8)
    found = [line for some in splitter.of(chunks) for line in some]
    assert found == [line for line in lines if len(line) <= 8 and line.strip()]
    assert splitter.left_out == sum(len(line) > 8 for line in lines)


def test_a_line_without_end_is_held_only_up_to_its_limit() -> None:
    splitter = Lines(100)
    for _ in splitter.of([b"x" * 60] * 50):
        assert len(splitter._rest) <= 160
    assert [line for some in splitter.of([b"x\n", b"good\n"]) for line in some] == [b"good"]
    assert splitter.left_out == 1


def test_pauses_grow_to_their_cap_are_never_the_same_for_all_and_begin_anew() -> None:
    import random

    backoff = Backoff(random.Random(1), first=0.5, longest=60.0)
    pauses = [backoff.pause() for _ in range(12)]
    for number, pause in enumerate(pauses):
        longest = min(0.5 * 2**number, 60.0)
        assert longest / 2 <= pause <= longest
    backoff.reset()
    assert backoff.pause() <= 0.5
    assert len({Backoff(random.Random(seed)).pause() for seed in range(50)}) == 50
