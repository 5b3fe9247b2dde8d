"""Answers what the server asks about one row, in JSON a message can hold; never raises, never waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from gobs_core import NoData
from gobs_core.sink import Inspect
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES, MAX_SECTIONS
from gobs_sinks.grpc.parts import ENVELOPE
from gobs_sinks.grpc.texts import clean

AT_ONCE = 4
DEADLINE = 5.0
"""Seconds an answer may take."""


class Answers:
    """Answers questions in tasks of its own; lives as long as one session."""

    def __init__(self, inspect: Inspect, send: Callable[[bytes], None]) -> None:
        self._inspect = inspect
        self._send = send
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, question: pb.Inspect) -> None:
        """Take a question; its answer is sent when it is there."""
        if len(self._tasks) >= AT_ONCE:
            self._answer(pb.Answer(id=question.id, error="the agent is busy answering; ask again"))
            return
        task = asyncio.create_task(self._work(question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Answer nothing more."""
        for task in self._tasks:
            task.cancel()

    async def _work(self, question: pb.Inspect) -> None:
        self._answer(await answer(self._inspect, question))

    def _answer(self, found: pb.Answer) -> None:
        self._send(pb.AgentMessage(answer=found).SerializeToString())


async def answer(inspect: Inspect, question: pb.Inspect) -> pb.Answer:
    """The answer to a question, or why there is none."""
    try:
        async with asyncio.timeout(DEADLINE):
            found = await inspect(question.table, tuple(question.key), tuple(question.sections[:MAX_SECTIONS]))
        json = msgspec.json.encode(found, enc_hook=str)
    except KeyError:
        return _none(question, f"nothing more can be read about rows of table {question.table!r}")
    except NoData as error:
        return _none(question, str(error) or "there is nothing to read")
    except TimeoutError:
        return _none(question, f"reading it took longer than {DEADLINE:g} s")
    except Exception as error:  # noqa: BLE001  whatever a collector does wrong, the session goes on
        return _none(question, f"reading it failed: {type(error).__name__}: {error}")
    if len(json) > MAX_MESSAGE_BYTES - ENVELOPE:
        return _none(question, f"the answer has {len(json)} bytes, more than a message may; ask for fewer sections")
    return pb.Answer(id=question.id, json=json)


def _none(question: pb.Inspect, reason: str) -> pb.Answer:
    return pb.Answer(id=question.id, error=clean(reason))
