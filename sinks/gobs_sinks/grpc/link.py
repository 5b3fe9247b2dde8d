"""Keeps one session with the server alive: dials, comes back after a pause, and says so when something changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gobs_core import Source, UserError
from gobs_proto.limits import PROTOCOL, ROTATION
from gobs_sinks.grpc.backoff import Backoff
from gobs_sinks.grpc.poison import Poison
from gobs_sinks.grpc.profiles import Profiles
from gobs_sinks.grpc.ring import Ring
from gobs_sinks.grpc.session import Farewell, Patience, Session
from gobs_sinks.grpc.stream import Stream, StreamEnd

_ADVICE = {
    "UNAUTHENTICATED": "set what the server asks for: sinks.grpc.join, account_token_file or token; its log says more",
    "PERMISSION_DENIED": "show what is good for this node, or give this agent another name with --node",
    "ALREADY_EXISTS": "give each agent a name of its own with --node",
    "UNIMPLEMENTED": "is this the gRPC port of a Gobservability server, and no older than the agent?",
    "FAILED_PRECONDITION": "agent and server may be too far apart in version",
}
_HANDSHAKE = {
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is of an authority unknown here, or has ended: set "
    "sinks.grpc.ca_file to the authority's certificate (ca.crt of the server)",
    "erification check failed": "the server's certificate is for another name: reach it by one it is for, or add this "
    "one (server.cert_names, or a new certificate)",
    "WRONG_VERSION_NUMBER": "the server speaks plain text: is this its gRPC port? see server.insecure there",
}
"""What gRPC says when a connection cannot be encrypted -> what to do."""
_LEAVE_SECONDS = 1.0
_UNREACHABLE = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


@dataclass
class Totals:
    """What all sessions of the run did together."""

    sessions: int = 0
    frames: int = 0
    bytes: int = 0
    skipped: int = 0
    segments: int = 0
    acked: int = 0
    """Highest live frame the server has taken."""


class Link:
    """Lives as long as the sink; `run` never returns but by cancellation or after `finish`."""

    def __init__(
        self,
        dial: Callable[[], Awaitable[Stream]],
        source: Source,
        ring: Ring,
        log: Any,
        *,
        sleep: Callable[[float], Awaitable[None]],
        dice: Callable[[], float],
        patience: Patience,
        accepted: Callable[[], None] = lambda: None,
    ) -> None:
        self.poison = Poison(ring.losses)
        self.profiles = Profiles(source.recordings)
        self.session: Session | None = None
        """The one that is up, or being set up."""
        self._past = Totals()
        self._dial = dial
        self._source = source
        self._ring = ring
        self._log = log
        self._sleep = sleep
        self._patience = patience
        self._accepted = accepted
        self._backoff = Backoff(dice)
        self._finishing = asyncio.Event()
        self._said: set[str] = set()

    @property
    def totals(self) -> Totals:
        """What all sessions did, the one that is up included."""
        return self._added(self.session)

    async def run(self) -> None:
        """Serve session after session."""
        while not self._finishing.is_set():
            pause = await self._once()
            if not self._finishing.is_set():
                await self._sleep(pause)

    def finish(self) -> None:
        """Write what waits, end the session in order, and begin no other."""
        self._finishing.set()
        if self.session is not None:
            self.session.finish()

    async def _once(self) -> float:
        """Serve one session; returns how long to wait before the next."""
        try:
            stream = await self._dial()
        except UserError as error:
            self._say("settings", "cannot connect", why=str(error))
            return self._pause()
        except Exception as error:  # noqa: BLE001  whatever gRPC finds wrong may be right at the next attempt
            self._say(repr(error), "cannot connect", exc_info=error)
            return self._pause()
        session = self.session = Session(
            stream, self._source, self._ring, self.poison, self._welcomed, self._patience, self.profiles
        )
        try:
            await session.run()
        except Farewell as bye:
            await self._leave(stream)
            if bye.reason == ROTATION:
                self._log.debug("the stream is old and is opened anew")
                return bye.retry_after
            self._say(f"bye {bye.reason}", "the server said goodbye", why=bye.reason, retry_after=bye.retry_after)
            awaited = self.profiles.awaited
            return self._backoff.asked(bye.retry_after, awaited=awaited) if bye.retry_after else self._pause()
        except StreamEnd as end:
            self._ended(session, end)
        except Exception as error:  # noqa: BLE001  a mistake of ours must not end the link for good
            self._say(repr(error), "the session failed", exc_info=error)
        finally:
            if session.progress.acked:
                self._backoff.reset()
            self._ring.losses.settle()
            self._past = self._added(session)
            self.session = None
            await stream.close()
        return self._pause()

    def _pause(self) -> float:
        return self._backoff.pause(awaited=self.profiles.awaited)

    async def _leave(self, stream: Stream) -> None:
        """Let the server end the stream it has said goodbye on: a stream that is cut off costs it memory for good."""
        with suppress(StreamEnd, TimeoutError):
            async with asyncio.timeout(_LEAVE_SECONDS):
                while True:
                    await stream.read()

    def _ended(self, session: Session, end: StreamEnd) -> None:
        for first in self.poison.ended(end.code):
            self._log.warning(
                "a segment broke the stream again and again, it is not sent any more", first_sequence=first
            )
        if self._finishing.is_set():
            return
        if end.code in _UNREACHABLE or end.code == "OK":
            event = "the connection ended" if session.welcome is not None else "cannot reach the server"
            advice = next((text for sign, text in _HANDSHAKE.items() if sign in end.details), None)
            more = {"advice": advice} if advice else {}
            self._say("unreachable", event, why=end.details or end.code, **more)
        else:
            more = {"advice": _ADVICE[end.code]} if end.code in _ADVICE else {}
            self._say(end.code, "the server refuses us", code=end.code, why=end.details, **more)

    def _welcomed(self, session: Session) -> None:
        welcome = session.welcome
        assert welcome is not None  # that is what has just happened
        if self._finishing.is_set():
            session.finish()
        self._said.clear()
        self._backoff.spread(welcome.spread_ms / 1000)
        try:
            self._accepted()
        except UserError as error:
            self._log.warning("what this agent is known by cannot be kept", why=str(error))
        self._log.info("connected", server_version=welcome.server_version, session=welcome.session)
        if welcome.protocol != PROTOCOL:
            age = "newer" if welcome.protocol > PROTOCOL else "older"
            self._log.warning(f"the server is {age}", its_protocol=welcome.protocol, ours=PROTOCOL)

    def _say(self, state: str, event: str, **details: object) -> None:
        """Log what has not been said since the server was last there, not every attempt: reasons may alternate."""
        if state not in self._said:
            self._said.add(state)
            self._log.warning(event, **details)

    def _added(self, session: Session | None) -> Totals:
        past = self._past
        if session is None:
            return past
        progress = session.progress
        return Totals(
            past.sessions + (session.welcome is not None),
            past.frames + progress.frames,
            past.bytes + progress.bytes,
            past.skipped + session.outbox.skipped,
            past.segments + session.segments,
            max(past.acked, progress.acked),
        )
