"""What every sink must keep to, whatever it sends to."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from gobs_core.frame import Frame, Reading
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.sink import Sink, SinkConfig, Source
from gobs_core.table import Table, counter, gauge, info, key
from gobs_core.testing.configs import default_config
from gobs_core.testing.watch import watched
from gobs_core.testing.within import Step, within

SOON = 2.0
"""Seconds `open` and `close` may take."""
_BLOCKS = 8.0
"""Seconds beyond those, after which a call blocks its event loop."""

_TABLE = Table(
    "conformance",
    "Rows as strange as a collector may yield them",
    [
        key("name", "A name from a hostile place"),
        counter("events", "A counter"),
        gauge("level", "A level of any size"),
        info("label", "A text"),
    ],
)
_ROWS = (
    ("plain", 1, 0.5, "text"),
    ("unknown", None, None, None),
    ("largest", 2**63 - 1, float("nan"), ""),
    ("smallest", -(2**63), -1e308, "x" * 1024),
    ("line\nbreak \x1b[31m <b> \u202e \N{PILE OF POO}", 0, 0, "\x00"),
)


class Taken(NamedTuple):
    """What became of the frames that a sink was given."""

    frames: int
    """Of how many `send` returned."""
    given: int
    dropped: int
    """As the sink says."""
    acknowledged: int | None
    """The last that its peer says to have; None where it has no such peer."""


def check_sink(cls: type[Sink], *, config: SinkConfig | None = None, patience: float = SOON) -> Taken:
    """Raise AssertionError unless the sink keeps its contract; returns what became of the frames it was given.

    Frames may be lost, since nobody need be listening.
    """
    check_class(contract_of(Sink), cls)
    made = config or default_config(cls)
    limit = max(patience + 1, SOON + _BLOCKS)
    return within(limit, cls.__name__, lambda step: asyncio.run(_check(cls, made, patience, step)))


async def _check(cls: type[Sink], config: SinkConfig, patience: float, step: Step) -> Taken:
    source = Source(node="conformance", run="0123456789abcdef", tables=(_TABLE,))
    with watched() as seen:
        sink = cls(config, source)
    assert not seen, f"{cls.__name__}: its constructor does input or output: {seen[0]}; do it in open()"
    await _soon(sink.close(), f"{cls.__name__}: close, unopened,", patience, step)
    sink = cls(config, source)
    await _soon(sink.open(), f"{cls.__name__}: open", patience, step)
    taken, frames = 0, (_ROWS, _ROWS[:2], (), _ROWS)
    for sequence, rows in enumerate(frames, start=1):
        step.begin(f"{cls.__name__}: send, of frame {sequence},")
        now = sequence * 1_000_000_000
        frame = Frame(sequence, 1_700_000_000_000_000_000 + now, now, (Reading(_TABLE, rows, now),))
        try:
            await asyncio.wait_for(sink.send(frame), patience)
            taken = sequence
        except TimeoutError:
            break  # it may wait for its peer for ever: its queue is its own
        except Exception as error:
            raise AssertionError(f"{cls.__name__}: send raises {type(error).__name__}: {error}") from error
    dropped, acknowledged = sink.dropped(), sink.acknowledged()
    assert isinstance(dropped, int), f"{cls.__name__}: dropped() must be a number of frames, not {dropped!r}"
    assert dropped >= 0, f"{cls.__name__}: dropped() must be a number of frames, not {dropped}"
    assert acknowledged is None or isinstance(acknowledged, int), (
        f"{cls.__name__}: acknowledged() must be a sequence or None, not {acknowledged!r}"
    )
    await _soon(sink.close(), f"{cls.__name__}: close", patience, step)
    await _soon(sink.close(), f"{cls.__name__}: the second close", patience, step)
    return Taken(taken, len(frames), dropped, acknowledged)


async def _soon(work: object, what: str, seconds: float, step: Step) -> None:
    step.begin(what)
    assert asyncio.iscoroutine(work), f"{what} must be an async function"
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        raise AssertionError(f"{what} takes more than {seconds:g} s") from None
