"""The contract of a notifier: tells people.

Lifetime: one instance for each channel, constructed with the channel's validated settings and no I/O; `open` once;
`send` for every notification, in order, one call at a time; `close` once, when the channel or the server ends. All
calls come from the event loop and must not block it. Every channel has a queue and a worker of its own: one that is
slow, dead or raising delays no other.

At least once: a notification is written down together with what caused it, and sent until its service has taken it. A
`send` that is cut off (by the deadline `timeout`, or by a crash) is repeated with the same `key`, so that a service or
a reader can tell a repetition. How an attempt ended is said by returning a Receipt, or by raising one of three:

- TryLater: not now: a full service, a limit reached, no connection; it is tried again, for a day.
- Rejected: this message is not taken, and never will be: it becomes a dead letter, and the next one is sent.
- Unusable: the channel itself is refused (its address is gone, its key is wrong): nothing more is asked of the service
  until somebody has changed or tried the channel; what waits stays visible, and can be sent again.

Anything else that is raised counts as TryLater, and as a fault of the notifier. No text that is raised or returned may
hold the channel's secrets; values of the type Secret are taken out all the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from gobs_core.errors import GobsError
from gobs_core.notification import Notification, Receipt
from gobs_core.plugin import Plugin, PluginConfig
from gobs_core.values import Duration

MOST_ALERTS = 1000
"""Alerts a notification may carry, whatever its notifier wishes."""


class TryLater(GobsError):
    """A message could not be delivered now; the text says why.

    `after` is how many seconds the service asked for; None: it did not say. `everyone` says that all channels of this
    notifier have to wait that long, not only this one.
    """

    def __init__(self, why: str, after: float | None = None, *, everyone: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.everyone = everyone


class Rejected(GobsError):
    """The service will never take this message; the text says why."""


class Unusable(GobsError):
    """The service refuses the channel itself; the text says why and what to do."""


@dataclass(frozen=True)
class Channel:
    """What a notifier may know besides its settings."""

    name: str = ""
    """The channel's, as people gave it."""
    version: str = "0"
    """Of the server, e.g. for a User-Agent."""
    url: str = ""
    """Where the server's pages are for those who are told; empty: not known."""
    inside: tuple[str, ...] = ()
    """Networks (`10.1.0.0/16`), addresses and names of hosts on the inside that channels may call all the same: the
    server's setting `server.inside_targets`. An address is checked with it by `gobs_core.outgoing`."""


class NotifierConfig(PluginConfig, frozen=True, kw_only=True):
    """What may be set for every notifier; subclass it as `Config` to add settings of your own.

    A channel is one such set of settings under a name. `[notifiers.<name>]` of the settings file is the channel of the
    notifier's own name; others are made over REST or on the pages. Keep what must not be shown in fields of the type
    `Secret`.
    """

    timeout: Annotated[Duration, msgspec.Meta(gt=0, le=120)] = 10.0
    """How long one attempt may take."""
    per_minute: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30
    """Messages sent in a minute at most; more wait, and those about one rule are put together."""
    resolved: bool = True
    """Whether it is told when alerts are over."""


class Notifier(Plugin, ABC):
    """Tells people. Subclass it, declare `name`, write `send`.

    `most` is how many alerts one notification carries. Of a larger group one message is sent, whose `more` counts the
    others; with `complete` as many messages as it takes.
    """

    Config: ClassVar[type[NotifierConfig]] = NotifierConfig
    most: ClassVar[int] = 20
    """Alerts in one notification, at most MOST_ALERTS."""
    complete: ClassVar[bool] = False
    """What becomes of a group larger than `most`. False, for people: one message, the rest is counted in `more`. True,
    for machines: several messages, so that every alert is in one."""

    def __init__(self, config: NotifierConfig, channel: Channel) -> None:
        self.config = config
        self.channel = channel

    async def open(self) -> None:
        """Get ready; must return soon and wait for no peer."""

    @abstractmethod
    async def send(self, notification: Notification) -> Receipt:
        """Deliver one message, or edit the one `notification.reference` names; raises TryLater, Rejected, Unusable.

        Safe to be cancelled.
        """

    async def close(self) -> None:
        """Give back what is held within a second or two."""
