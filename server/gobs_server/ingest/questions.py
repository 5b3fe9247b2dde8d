"""Questions to one agent under way, and how many it may be asked."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.services import NoAnswer, NotConnected, Refused, TooManyRequests

_BURST = 10
_PER_SECOND = 2.0


class Questions:
    """The Inspects of one session. Lives as long as the session; `close` ends those that were not answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._open: dict[int, asyncio.Future[pb.Answer]] = {}
        self._allowance = float(_BURST)
        self._asked_at = clock.monotonic()

    async def ask(
        self,
        send: Callable[[pb.ServerMessage], Awaitable[None]],
        table: str,
        key: tuple[str, ...],
        sections: tuple[str, ...],
        timeout: float,
    ) -> dict[str, object]:
        """Ask and wait; raises InspectError."""
        self._spend()
        number = next(self._ids)
        future = self._open[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await send(pb.ServerMessage(inspect=pb.Inspect(id=number, table=table, key=key, sections=sections)))
                answer = await future
        except TimeoutError:
            raise NoAnswer(f"the agent did not answer within {timeout:g} s") from None
        finally:
            del self._open[number]
        if answer.error:
            raise Refused(answer.error)
        try:
            sections_found: Any = msgspec.json.decode(answer.json)
        except msgspec.DecodeError as error:
            raise Refused(f"the agent's answer is not valid JSON: {error}") from None
        if not isinstance(sections_found, dict):
            raise Refused("the agent's answer is no JSON object")
        return sections_found

    def answer(self, answer: pb.Answer) -> bool:
        """Take an answer; whether anybody waited for it."""
        future = self._open.get(answer.id)
        if future is None or future.done():
            return False
        future.set_result(answer)
        return True

    def close(self) -> None:
        """The stream has ended: nobody will answer."""
        for future in self._open.values():
            if not future.done():
                future.set_exception(NotConnected("the agent's connection ended before it answered"))

    def _spend(self) -> None:
        now = self._clock.monotonic()
        self._allowance = min(_BURST, self._allowance + (now - self._asked_at) * _PER_SECOND)
        self._asked_at = now
        if self._allowance < 1:
            raise TooManyRequests("this node is being asked too much; try again in a moment")
        self._allowance -= 1
