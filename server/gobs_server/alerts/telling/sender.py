"""The sender of one channel: one message at a time, in order, tried again for a day, and what became of it.

Writing down comes first: a message is in the journal before it is sent, and its outcome after. What was under way when
the server ended is sent again with the same key.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from gobs_core import Event, Notification, Receipt, Rejected, TryLater, Unusable
from gobs_core.logs import get_logger
from gobs_core.plugins.places import noted_at
from gobs_core.text import one_line
from gobs_server.alerts.holding import Tally, said_by
from gobs_server.alerts.keeping.journal import Drop, Journal, JournalError, Op, Put
from gobs_server.alerts.records import Delivery, Group, Intent
from gobs_server.alerts.telling.channels import Made
from gobs_server.alerts.telling.outbox import Outbox
from gobs_server.clock import Clock
from gobs_server.db.patience import within

log = get_logger("gobs.alerts")
GIVE_UP = 24 * 3600.0
"""Seconds a message is tried."""
_FIRST, _LONGEST = 1.0, 600.0
"""Seconds before it is tried again: the first time, and at most."""
_IDLE = 60.0
_PAUSE = 1.0


class Writing(Protocol):
    """Writes messages about groups."""

    def write(self, made: Made, group: str, intents: Sequence[Intent], reference: str) -> list[Notification]:
        """The messages that say what the intents want to be said."""
        ...

    def tally(self, made: Made) -> Tally:
        """Where it is counted what becomes of the messages given to its notifier."""
        ...

    def busy(self, group: str) -> bool:
        """Whether anything of the group fires."""
        ...


class Sender:
    """Sends for one channel. `run` until cancelled; `made` may be exchanged meanwhile."""

    def __init__(
        self,
        made: Made,
        journal: Journal,
        writing: Writing,
        clock: Clock,
        *,
        stopped: Callable[[str], None],
        changed: Callable[[Delivery], None],
        pause: Callable[[], float],
        pause_all: Callable[[float], None],
    ) -> None:
        self.made = made
        self.outbox = Outbox(made.notifier.config.per_minute)
        self.queue: deque[Delivery] = deque()
        """Messages that are written down and not yet delivered, in order."""
        self._journal = journal
        self._writing = writing
        self._clock = clock
        self._stopped = stopped
        self._changed = changed
        self._pause = pause
        self._pause_all = pause_all
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        """Held while the notifier is asked: one call at a time."""

    def wake(self) -> None:
        """Something waits."""
        self._woken.set()

    @property
    def failing(self) -> str:
        """How the message fares that is tried again and again: `4 attempts, last: …`; empty: there is none."""
        first = self.queue[0] if self.queue else None
        if first is None or not first.attempts or not first.said:
            return ""
        return f"{first.attempts} {'attempt' if first.attempts == 1 else 'attempts'}, last: {first.said}"

    def hurry(self) -> None:
        """Try what waits for its next attempt at once."""
        if self.queue and not self._turn.locked():
            self.queue[0] = msgspec.structs.replace(self.queue[0], next=None)
        self.wake()

    async def run(self) -> None:
        """Send what waits."""
        while True:
            self._woken.clear()
            try:
                idle = await self._next()
            except JournalError:
                idle = _PAUSE
            if idle > 0:
                try:
                    async with asyncio.timeout(idle):
                        await self._woken.wait()
                except TimeoutError:
                    pass

    async def attempt(self, notification: Notification, *, asked: bool = False) -> Receipt:
        """Send one message now, out of order; raises what the notifier does, and TimeoutError.

        `asked`: by somebody who wants to see what happens, in quarantine or not.
        """
        async with self._turn:
            tally = self._writing.tally(self.made)
            tally.runs += 1
            made, began = self.made, time.perf_counter()
            made.explicit(asked)
            try:
                receipt = await within(made.notifier.send(notification), made.most_seconds)
                if not isinstance(receipt, Receipt):
                    raise noted_at(
                        TypeError(f"send must return a Receipt, not {receipt!r:.200}"), type(made.notifier), "send"
                    )
            except Exception as error:
                tally.failed(error, made.clean, made.settings.name)
                raise
            finally:
                made.explicit(False)
            tally.worked(time.perf_counter() - began, len(notification.alerts), made.settings.name)
            return receipt

    async def _next(self) -> float:
        """Do the next thing; returns for how long there is nothing to be done."""
        now = self._clock.wall()
        if self.made.settings.stopped or not self.made.settings.enabled:
            return _IDLE
        if (wait := self._pause() - now) > 0:
            return wait
        if self.queue:
            first = self.queue[0]
            if first.next is not None and first.next > now:
                return min(first.next - now, _IDLE)
            await self._deliver(first)
            return 0.0
        due = self.outbox.due(now)
        if due is None:
            return _IDLE
        if due[1] > 0:
            return min(due[1], _IDLE)
        await self._write(due[0], now)
        return 0.0

    async def _write(self, group: str, now: float) -> None:
        """Make messages of what waits of a group, and write them down in its place."""
        intents = self.outbox.take(group)
        known = self.outbox.groups.get(group)
        said = self._writing.write(self.made, group, intents, known.reference if known else "")
        made = [self._delivery(group, intents, one, now) for one in said]
        ops: list[Op] = [Drop("intent", intent.id) for intent in intents]
        ops += [put_delivery(one) for one in made]
        try:
            await self._journal.write(ops)
        except JournalError:
            self.outbox.put_back(intents)
            raise
        self.queue += made
        for one in made:
            self._changed(one)

    def _delivery(self, group: str, intents: Sequence[Intent], said: Notification, now: float) -> Delivery:
        return Delivery(
            id=said.key, channel=self.made.settings.name, group=group, rule=intents[0].rule, event=said.event, made=now,
            until=now + GIVE_UP, alerts=[alert.id for alert in said.alerts], notification=said,
        )  # fmt: skip

    async def _deliver(self, delivery: Delivery) -> None:
        now = self._clock.wall()
        self.outbox.attempted(now)
        tried = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1, tried=now, next=None)
        receipt: Receipt | None = None
        try:
            receipt = await self.attempt(delivery.notification)
            outcome = self._ended(tried, "sent", receipt.said)
        except Unusable as error:
            outcome = self._ended(tried, "dead", str(error))
            self._stopped(self._clean(str(error)))
        except Rejected as error:
            outcome = self._ended(tried, "dead", str(error))
        except TryLater as error:
            outcome = self._later(tried, str(error), error.after)
            if error.everyone and error.after:
                self._pause_all(now + error.after)
        except TimeoutError as error:
            outcome = self._later(tried, str(error), None)
        except Exception as error:  # noqa: BLE001  a stranger's code may raise anything
            said = said_by(error)
            log.warning("a notifier broke its contract", channel=self.made.settings.name, error=self._clean(said))
            outcome = self._later(tried, said, None)
        await self._note(outcome, receipt)

    async def _note(self, delivery: Delivery, receipt: Receipt | None) -> None:
        """Write down what became of a message; while that cannot be, nothing else is sent here."""
        ops: list[Op] = [put_delivery(delivery)]
        group = None
        if receipt is not None and delivery.event is not Event.TEST:
            reference = receipt.reference if self._writing.busy(delivery.group) else ""
            group = Group(id=group_key(delivery.channel, delivery.group), sent=self._clock.wall(), reference=reference)
            ops.append(Put("group", group.id, msgspec.json.encode(group)))
        while True:
            try:
                await self._journal.write(ops)
                break
            except JournalError:
                await asyncio.sleep(_PAUSE)
        if group is not None:
            self.outbox.groups[delivery.group] = group
        if delivery.state == "sending":
            self.queue[0] = delivery
        else:
            self.queue.popleft()
        self._changed(delivery)

    def _ended(self, delivery: Delivery, state: str, said: str) -> Delivery:
        return msgspec.structs.replace(delivery, state=state, said=self._clean(said), ended=self._clock.wall())

    def _later(self, delivery: Delivery, why: str, after: float | None) -> Delivery:
        now = self._clock.wall()
        if now >= delivery.until:
            return self._ended(delivery, "dead", f"given up after a day: {why}")
        back_off = min(_LONGEST, _FIRST * 2 ** min(delivery.attempts - 1, 20))
        wait = random.uniform(back_off / 2, back_off)  # noqa: S311  no secret: it keeps many from coming at once
        if after is not None:
            wait = after + random.uniform(0, min(1.0, 0.1 * after))  # noqa: S311  as above
        return msgspec.structs.replace(delivery, next=now + max(wait, 0.0), said=self._clean(why))

    def _clean(self, text: str) -> str:
        return one_line(self.made.clean(text))


def put_delivery(delivery: Delivery) -> Op:
    """Keep a delivery; it may be let go once it is over."""
    return Put("delivery", delivery.id, msgspec.json.encode(delivery), delivery.ended)


def group_key(channel: str, group: str) -> str:
    """The id of what was said on one channel about one group."""
    return f"{channel}|{group}"
