"""The post: a sender for each channel, so that none waits for another, and what became of every message."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

from gobs_core import Event, Notification, UserError
from gobs_server.alerts.book import Book
from gobs_server.alerts.faults import Unknown
from gobs_server.alerts.holding import Tally, said_by
from gobs_server.alerts.keeping.journal import Drop, Journal
from gobs_server.alerts.records import Alert, ChannelSettings, Delivery, Group, Intent
from gobs_server.alerts.telling.channels import Kinds, Made
from gobs_server.alerts.telling.messages import Messages
from gobs_server.alerts.telling.outbox import INTERVAL
from gobs_server.alerts.telling.sender import GIVE_UP, Sender, group_key, put_delivery
from gobs_server.clock import Clock

Firing = Callable[[], Mapping[str, Alert]]
Stopped = Callable[[ChannelSettings], None]


class Post:
    """Delivers. Lives as long as the server: `open`, then `sync` whenever channels change, then `close`."""

    def __init__(
        self,
        journal: Journal,
        book: Book,
        kinds: Kinds,
        messages: Messages,
        clock: Clock,
        *,
        firing: Firing,
        stopped: Stopped,
    ) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        """(channel, sent or dead) -> messages since the start."""
        self.version = 0
        """Raised whenever something becomes of a message."""
        self._journal = journal
        self._book = book
        self._kinds = kinds
        self._messages = messages
        self._clock = clock
        self._firing = firing
        self._stopped = stopped
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self._senders: dict[str, Sender] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._finals: dict[str, Alert] = {}
        self._homeless: defaultdict[str, list[Intent]] = defaultdict(list)
        self._pauses: dict[str, float] = {}
        self._kept: dict[str, list[Delivery]] = {}
        self._groups: list[Group] = []

    # -- life

    async def open(self) -> None:
        """Take up what waited when the server ended, and begin to deliver."""
        decode = msgspec.json.decode
        intents = [decode(raw, type=Intent) for raw in await self._journal.load("intent")]
        groups = [decode(raw, type=Group) for raw in await self._journal.load("group")]
        under_way = [decode(raw, type=Delivery) for raw in await self._journal.load("delivery")]
        for intent in intents:
            if intent.event is Event.RESOLVED:
                raw = await self._journal.get("alert", intent.alert)
                if raw is not None:
                    self._finals[intent.alert] = decode(raw, type=Alert)
        self.deliver(sorted(intents, key=lambda intent: intent.at), {})
        for delivery in sorted(under_way, key=lambda one: one.made):
            if delivery.state == "sending":
                self._kept.setdefault(delivery.channel, []).append(delivery)
        self._groups = groups
        await self.sync()

    async def close(self) -> None:
        """End all senders, each by itself."""
        for name in list(self._senders):
            await self._end(name)

    async def sync(self) -> None:
        """Make the senders fit the channels there are."""
        wanted = {channel.name: channel for channel in self._book.channels.values()}
        for name in self._senders.keys() - wanted.keys():
            await self._abandon(name)
        for name, channel in wanted.items():
            sender = self._senders.get(name)
            if sender is None or sender.made.settings != channel:
                await self._replace(channel, sender)

    # -- work

    def deliver(self, intents: Iterable[Intent], finals: Mapping[str, Alert]) -> None:
        """Tell people; `finals` are the alerts among them that are over."""
        self._finals.update(finals)
        for intent in intents:
            sender = self._senders.get(intent.channel)
            if sender is None:
                self._homeless[intent.channel].append(intent)
            else:
                sender.outbox.add([intent])
                sender.wake()

    async def test(self, channel: ChannelSettings) -> tuple[bool, str]:
        """Send a test now, whatever waits; returns whether it was taken, and exactly what the service said."""
        sender = self._senders.get(channel.name)
        if sender is None:
            return False, channel.stopped or "its notifier is not installed here"
        try:
            receipt = await sender.attempt(self._messages.test(channel.name), asked=True)
        except Exception as error:  # noqa: BLE001  a stranger's code may raise anything
            return False, sender.made.clean(said_by(error))
        return True, sender.made.clean(receipt.said) or "taken"

    async def retry(self, delivery: Delivery) -> Delivery:
        """Send a dead letter again; raises Unknown where its channel is no more."""
        sender = self._senders.get(delivery.channel)
        if sender is None:
            raise Unknown(f"there is no channel {delivery.channel!r} any more")
        now = self._clock.wall()
        again = msgspec.structs.replace(
            delivery, state="sending", attempts=0, next=None, ended=None, until=now + GIVE_UP, said=""
        )
        await self._journal.write([put_delivery(again)])
        sender.queue.append(again)
        sender.wake()
        self.version += 1
        return again

    def tally(self, made: Made) -> Tally:
        """What became of the messages given to its notifier."""
        return self.tallies[made.settings.kind]

    def made(self, kind: str) -> list[Made]:
        """The notifiers of the channels of one kind."""
        return [sender.made for sender in self._senders.values() if sender.made.settings.kind == kind]

    def lift(self, kind: str) -> bool:
        """Let a notifier in quarantine be tried again at once; returns whether any channel of it was in one."""
        lifted = [
            sender for sender in self._senders.values() if sender.made.settings.kind == kind and sender.made.lift()
        ]
        for sender in lifted:
            sender.hurry()
        return bool(lifted)

    def under_way(self) -> list[Delivery]:
        """Messages that are not delivered yet."""
        return [delivery for sender in self._senders.values() for delivery in sender.queue]

    def waiting(self) -> dict[str, int]:
        """Channel -> how much waits to become a message, and how many messages wait to be taken."""
        counts = {name: len(sender.outbox) + len(sender.queue) for name, sender in self._senders.items()}
        return counts | {name: len(intents) for name, intents in self._homeless.items() if intents}

    def failing(self, channel: str) -> str:
        """How the message of a channel fares that is tried again and again; empty: there is none."""
        return self._senders[channel].failing if channel in self._senders else ""

    def sent_at(self, channel: str, group: str) -> float:
        """When a group was last told of on a channel; 0: never, or long ago."""
        sender = self._senders.get(channel)
        known = sender.outbox.groups.get(group) if sender is not None else None
        return known.sent if known is not None else 0.0

    def waits(self, channel: str, group: str) -> bool:
        """Whether a message about a group is on its way on a channel, or is going to be."""
        sender = self._senders.get(channel)
        if sender is None:
            return True
        return sender.outbox.waits(group) or any(one.group == group for one in sender.queue)

    async def tidy(self) -> None:
        """Forget what was said about groups that are over."""
        now, busy = self._clock.wall(), {alert.group for alert in self._firing().values()}
        old = [
            (sender, group)
            for sender in self._senders.values()
            for group, known in sender.outbox.groups.items()
            if group not in busy and known.sent + INTERVAL < now
        ]
        if old:
            await self._journal.write([Drop("group", s.outbox.groups[g].id) for s, g in old], durable=False)
            for sender, group in old:
                del sender.outbox.groups[group]

    # -- writing messages

    def write(self, made: Made, group: str, intents: Sequence[Intent], reference: str) -> list[Notification]:
        """The messages that say what the intents want to be said."""
        firing = self._firing()
        alerts: dict[str, Alert] = {}
        for intent in intents:
            if intent.event is Event.REMINDER:
                alerts |= {one.id: one for one in firing.values() if one.group == group and one.told}
            elif intent.event is Event.SILENCE:
                silence = self._book.silence(group.partition("|")[2])
                alerts |= {one.id: one for one in self._book.matched(silence, firing.values())} if silence else {}
            elif intent.event is Event.RESOLVED and not made.notifier.config.resolved:
                alerts.pop(intent.alert, None)
            elif (found := firing.get(intent.alert) or self._finals.get(intent.alert)) is not None:
                alerts[found.id] = found
        self._forget_finals(intents)
        if not alerts and not any(intent.summary for intent in intents):
            return []
        count = sum(alert.group == group for alert in firing.values())
        rule = self._book.rule(intents[0].rule)
        return list(self._messages.of(intents, list(alerts.values()), count, rule, type(made.notifier), reference))

    def busy(self, group: str) -> bool:
        """Whether anything of the group fires."""
        return any(alert.group == group for alert in self._firing().values())

    def _forget_finals(self, intents: Sequence[Intent]) -> None:
        """Let go of alerts that are over and that no other channel waits to be told of."""
        done = {intent.alert for intent in intents if intent.event is Event.RESOLVED}
        waiting = {
            intent.alert
            for sender in self._senders.values()
            for group in sender.outbox.groups_waiting()
            for intent in group
        }
        waiting.update(intent.alert for intents in self._homeless.values() for intent in intents)
        for alert in done - waiting:
            self._finals.pop(alert, None)

    # -- senders

    async def _replace(self, channel: ChannelSettings, old: Sender | None) -> None:
        try:
            made = self._kinds.make(channel)
        except UserError as error:
            self._note(channel, str(error))
            return
        made.settings = self._note(channel, await made.open())
        if old is not None:
            closing, old.made = old.made, made
            old.outbox.per_minute = made.notifier.config.per_minute
            await closing.close()
            old.wake()
            return
        sender = self._sender(made)
        self._senders[channel.name] = sender
        start = group_key(channel.name, "")
        said = {one.id.removeprefix(start): one for one in self._groups if one.id.startswith(start)}
        sender.outbox.groups.update(said)
        sender.queue += self._kept.pop(channel.name, ())
        sender.outbox.add(self._homeless.pop(channel.name, ()))
        self._tasks[channel.name] = asyncio.create_task(sender.run(), name=f"channel {channel.name}")

    def _note(self, channel: ChannelSettings, fault: str) -> ChannelSettings:
        """Keep why a channel cannot be used at all, or that it can be again; returns it as it is now."""
        if fault != channel.stopped and (channel.waits or not channel.stopped):
            channel = msgspec.structs.replace(channel, stopped=fault, waits=bool(fault))
            self._stopped(channel)
        return channel

    def _sender(self, made: Made) -> Sender:
        kind = made.settings.kind
        sender = Sender(
            made,
            self._journal,
            self,
            self._clock,
            stopped=lambda why: self._stopped(msgspec.structs.replace(sender.made.settings, stopped=why)),
            changed=self._changed,
            pause=lambda: self._pauses.get(kind, 0.0),
            pause_all=lambda until: self._pauses.update({kind: until}),
        )
        return sender

    def _changed(self, delivery: Delivery) -> None:
        self.version += 1
        if delivery.state != "sending":
            self.counts[delivery.channel, delivery.state] += 1

    async def _abandon(self, name: str) -> None:
        """A channel is no more: what waits for it is a dead letter."""
        sender = self._senders[name]
        await self._end(name)
        now = self._clock.wall()
        dead = [
            msgspec.structs.replace(one, state="dead", ended=now, said="its channel was deleted")
            for one in sender.queue
        ]
        ops = [*map(put_delivery, dead), *(Drop("intent", intent.id) for intent in sender.outbox.drop())]
        await self._journal.write(ops)

    async def _end(self, name: str) -> None:
        task, sender = self._tasks.pop(name), self._senders.pop(name)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await sender.made.close()
