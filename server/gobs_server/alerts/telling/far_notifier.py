"""A notifier in a worker, as its channel sees it: the same contract, and nothing it does is done in the server."""

from __future__ import annotations

import asyncio
import time
from typing import TypeVar

import msgspec

from gobs_core import Channel, Notification, Notifier, NotifierConfig, Receipt, Rejected, TryLater, Unusable
from gobs_core.breaker import Breaker
from gobs_core.logs import get_logger
from gobs_core.workers.worker import START, Broke, Resting, Said, Worker
from gobs_server.alerts.holding import placed

log = get_logger("gobs.alerts")
SECONDS = START + 10
"""How long opening may take: its process has to be started."""
LONGEST = 600.0
"""Seconds a quarantine may last: no longer than a message of anybody else waits for its next attempt."""
_CONTRACT = frozenset({"TryLater", "Rejected", "Unusable"})
T = TypeVar("T")


class FarNotifier(Notifier):
    """Stands for a notifier of others; made by `stand_in`.

    What its contract lets it raise is an answer. Whatever else becomes of a call is a failure; after some in a row it
    is in quarantine, and what it is to send waits.
    """

    worker: Worker

    def __init__(self, config: NotifierConfig, channel: Channel) -> None:
        super().__init__(config, channel)
        self._breaker = Breaker(LONGEST)
        self._last = ""
        self._asked = False
        """Whether somebody asks for what is sent, so that it is neither refused nor counted."""

    @property
    def quarantine(self) -> str:
        """Why it is in quarantine; empty: it is not."""
        if not self._breaker.open or self._breaker.lifted:
            return ""
        return f"{self._breaker.in_a_row} failures in a row, the last: {self._last}"

    @property
    def lifted(self) -> bool:
        """Whether it was let out of quarantine and has not been tried since."""
        return self._breaker.lifted

    def lift(self) -> bool:
        """Let it be tried again at once; returns whether it was in quarantine."""
        self.worker.lift()
        return self._breaker.lift()

    def explicit(self, asked: bool) -> None:
        """Whether somebody asks for what is sent next: a test is tried in quarantine too, and leads to none."""
        self._asked = asked
        if asked:
            self.worker.lift()

    async def open(self) -> None:
        """Start it, and let it get ready."""
        await self._call("open", None, SECONDS, type(None))

    async def send(self, notification: Notification) -> Receipt:
        """Let it deliver a message; one that is cut off ends its worker."""
        return await self._call("send", notification, self.config.timeout, Receipt)

    async def close(self) -> None:
        """Let it close, and end its worker."""
        await self.worker.close()

    async def _call(self, method: str, asked: object, deadline: float, kind: type[T]) -> T:
        wait = self._breaker.left(time.monotonic_ns())
        if wait > 0 and not self._asked:
            way = "a test of the channel, or *Try again* on the page of plugins, tries it at once"
            raise TryLater(f"the notifier is in quarantine after {self.quarantine}; {way}", wait)
        try:
            answer = msgspec.msgpack.decode(await self.worker.call(method, asked, deadline=deadline), type=kind)
        except Resting as why:
            raise TryLater(str(why)) from None
        except Said as error:
            said = f"{error.failure.name}: {error}"
            self._note("" if error.failure.name in _CONTRACT else placed(said, error.failure.trace))
            raise _raised(error) from None
        except msgspec.DecodeError as error:
            await self.worker.end()
            raise self._broke(Broke(f"its worker said what is no answer, and was ended: {error}")) from None
        except Broke as error:
            raise self._broke(error) from None
        except asyncio.CancelledError:  # by the deadline of its channel, or because the channel is no more
            self._note("no answer in time; its worker was ended")
            raise
        self._note("")
        return answer

    def _broke(self, error: Broke) -> Broke:
        self._note(placed(str(error), error.trace))
        return error

    def _note(self, failure: str) -> None:
        if failure and self._asked:
            return
        self._last, before = failure, self._breaker.open
        if failure:
            self._breaker.failed(time.monotonic_ns())
        else:
            self._breaker.worked()
        if self._breaker.open != before:  # why is on the page of plugins, without the channel's secrets
            say, what = (log.info, "works again") if before else (log.warning, "is in quarantine")
            say(f"a notifier {what}", notifier=self.name, channel=self.channel.name)


def stand_in(cls: type[Notifier], config: NotifierConfig, channel: Channel, worker: Worker) -> Notifier:
    """What stands for a notifier of this class in the server."""
    same = {name: getattr(cls, name) for name in ("name", "most", "complete", "Config")}
    made: FarNotifier = type(cls.__name__, (FarNotifier,), same)(config, channel)
    made.worker = worker
    return made


def _raised(error: Said) -> Exception:
    said, text = error.failure, str(error)
    if said.name == "TryLater":
        return TryLater(text, said.after, everyone=said.everyone)
    kinds = {"Rejected": Rejected, "Unusable": Unusable}
    return kinds[said.name](text) if said.name in kinds else Broke(f"{said.name}: {text}", said.trace)
