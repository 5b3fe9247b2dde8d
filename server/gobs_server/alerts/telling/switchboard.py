"""The switchboard: channels as users change and try them: checked, committed, and only then in use."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from gobs_core import NotifierConfig
from gobs_server.alerts.book import Book
from gobs_server.alerts.faults import Firing, Invalid, ReadOnly, Unknown, Wrong
from gobs_server.alerts.keeping.journal import Drop, Journal, JournalError, Put
from gobs_server.alerts.keeping.keeper import Keeper
from gobs_server.alerts.records import ChannelSettings, Delivery
from gobs_server.alerts.telling.channels import Kinds, plain
from gobs_server.alerts.telling.post import Post
from gobs_server.clock import Clock

MOST_CHANNELS = 200
_SPACE = uuid.UUID("0c9a4dc2-2d3e-4f1c-8d52-7b2f6a8a2f10")


class Switchboard:
    """Changes channels. Lives as long as the server. Raises what is in `faults`."""

    def __init__(self, book: Book, keeper: Keeper, journal: Journal, kinds: Kinds, post: Post, clock: Clock) -> None:
        self._book = book
        self._keeper = keeper
        self._journal = journal
        self._kinds = kinds
        self._post = post
        self._clock = clock

    async def from_settings(self, configs: Mapping[str, NotifierConfig], broken: Collection[str] = ()) -> None:
        """Make the channels that the settings make, by notifier, and let go of those they make no more.

        Those of `broken` notifiers stay as they were, to wait.
        """
        now = self._clock.wall()
        for kind in broken:
            own = str(uuid.uuid5(_SPACE, kind))
            if own not in self._book.channels:
                made = ChannelSettings(
                    id=own, name=self._free(kind, own), kind=kind, origin="settings", created=now, changed=now
                )
                await self._journal.write([Put("channel", own, msgspec.json.encode(made))])
                self._book.put_channel(made)
        kept = {str(uuid.uuid5(_SPACE, kind)) for kind in broken}
        wanted = {str(uuid.uuid5(_SPACE, kind)): (kind, config) for kind, config in configs.items()}
        for old in list(self._book.channels.values()):
            if old.origin == "settings" and old.id not in wanted and old.id not in kept:
                await self._journal.write([Drop("channel", old.id)])
                self._book.drop_channel(old.id)
        for own, (kind, config) in wanted.items():
            made = ChannelSettings(
                id=own, name=self._free(kind, own), kind=kind, settings=plain(config), enabled=config.enabled,
                origin="settings", created=now, changed=now,
            )  # fmt: skip
            known = self._book.channels.get(own)
            if known is None or (known.settings, known.enabled) != (made.settings, made.enabled):
                await self._journal.write([Put("channel", own, msgspec.json.encode(made))])
                self._book.put_channel(made)

    def _free(self, kind: str, own: str) -> str:
        """The name of the channel that the settings make of a notifier."""
        taken = self._book.channel_named(kind)
        return kind if taken is None or taken.id == own else f"{kind} (settings)"

    async def stop(self, channel: ChannelSettings) -> None:
        """Keep that a channel cannot be used, and why."""
        known = self._book.channels.get(channel.id)
        if known is not None and (known.stopped, known.waits) != (channel.stopped, channel.waits):
            try:
                await self.put(msgspec.structs.replace(known, stopped=channel.stopped, waits=channel.waits))
            except JournalError:
                return

    async def add(
        self, name: str, kind: str, settings: Mapping[str, Any], by: str, *, enabled: bool
    ) -> ChannelSettings:
        """Save a new channel."""
        self._check_name(name)
        if len(self._book.channels) >= MOST_CHANNELS:
            raise Invalid([Wrong("name", f"at most {MOST_CHANNELS} channels")])
        self._kinds.config(kind, settings, "settings")
        now = self._clock.wall()
        channel = ChannelSettings(
            id=str(uuid.uuid4()), name=name, kind=kind, settings=dict(settings), enabled=enabled, created=now,
            changed=now, by=by,
        )  # fmt: skip
        await self._kinds.try_out(channel)
        await self.put(channel)
        return channel

    async def change(
        self,
        channel_id: str,
        kind: str,
        settings: Mapping[str, Any],
        by: str,
        *,
        enabled: bool,
    ) -> ChannelSettings:
        """Save a channel anew; a secret of which only stars are sent stays as it was. It is tried again from now on."""
        old = self._own(channel_id)
        merged = self._kinds.merged(old, settings, kind)
        self._kinds.config(kind, merged, "settings")
        new = msgspec.structs.replace(
            old, kind=kind, settings=merged, enabled=enabled, stopped="", waits=False, changed=self._clock.wall(), by=by
        )
        await self._kinds.try_out(new)
        await self.put(new)
        return new

    async def delete(self, channel_id: str) -> ChannelSettings:
        """Delete a channel; what waits for it is a dead letter."""
        old = self._own(channel_id)
        using = [rule.name for rule in self._book.rules.values() if rule.channels and old.name in rule.channels]
        if using:
            raise Firing(f"the channel is named by {len(using)} rules, such as {using[0]!r}: change those first")
        async with self._keeper.lock:
            await self._journal.write([Drop("channel", channel_id)])
            self._book.drop_channel(channel_id)
        await self._post.sync()
        return old

    async def put(self, channel: ChannelSettings) -> None:
        """Keep a channel as it is now, and use it so."""
        async with self._keeper.lock:
            await self._journal.write([Put("channel", channel.id, msgspec.json.encode(channel))])
            self._book.put_channel(channel)
        await self._post.sync()

    async def test(self, channel_id: str) -> tuple[bool, str]:
        """Send a test; a channel that takes it is used again. Returns whether it was taken, and what was said."""
        channel = self._book.channels.get(channel_id)
        if channel is None:
            raise Unknown("there is no channel of that id")
        taken, said = await self._post.test(channel)
        if taken and channel.stopped:
            await self.put(msgspec.structs.replace(channel, stopped="", waits=False))
        return taken, said

    async def retry(self, delivery: Delivery) -> Delivery:
        """Send a dead letter again; its channel, if it was stopped, is used again."""
        channel = self._book.channel_named(delivery.channel)
        if channel is None:
            raise Unknown(f"there is no channel {delivery.channel!r} any more")
        if channel.stopped:
            await self.put(msgspec.structs.replace(channel, stopped="", waits=False))
        return await self._post.retry(delivery)

    def _own(self, channel_id: str) -> ChannelSettings:
        channel = self._book.channels.get(channel_id)
        if channel is None:
            raise Unknown("there is no channel of that id")
        if channel.origin == "settings":
            raise ReadOnly(f"the channel is made by the settings [notifiers.{channel.kind}]; change it there")
        return channel

    def _check_name(self, name: str) -> None:
        faults = []
        if not name.strip() or not name.isprintable() or "|" in name:
            faults.append(Wrong("name", "printable characters without |"))
        if self._book.channel_named(name) is not None:
            faults.append(Wrong("name", f"a name of its own; another channel is called {name!r}"))
        if faults:
            raise Invalid(faults)
