"""Ntfy: pushes what alerts say to phones, by an ntfy server of one's own or the public one."""

import asyncio
import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import msgspec

from gobs_core import (
    Channel,
    Notification,
    Notifier,
    NotifierConfig,
    Receipt,
    Rejected,
    Secret,
    Severity,
    TryLater,
    hookimpl,
)
from gobs_core.outgoing import ForbiddenAddress, Inside

PRIORITIES = {Severity.INFO: 3, Severity.WARNING: 4, Severity.CRITICAL: 5}


class NtfyConfig(NotifierConfig, frozen=True, kw_only=True):
    """Settings of a channel, under `[notifiers.ntfy]`."""

    url: Annotated[str, msgspec.Meta(pattern="^https?://")]
    """The server, e.g. `https://ntfy.example.org`."""
    topic: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """What phones are subscribed to; who knows it reads along."""
    token: Secret = Secret("")
    """Of an account on the server, where it asks for one."""


class NtfyNotifier(Notifier):
    """Asks in a thread. Retries, rates and dead letters are not its business: it says how one attempt went."""

    name = "ntfy"
    Config: ClassVar[type[NtfyConfig]] = NtfyConfig
    config: NtfyConfig

    def __init__(self, config: NtfyConfig, channel: Channel) -> None:
        super().__init__(config, channel)
        self._inside = Inside.parse(channel.inside)

    async def send(self, notification: Notification) -> Receipt:
        """Push one message; TryLater and Rejected say how an attempt failed."""
        return Receipt(said=await asyncio.to_thread(self._push, body(notification, self.config.topic)))

    def _push(self, message: bytes) -> str:
        where = urlsplit(self.config.url)
        host, kind = where.hostname or "", HTTPSConnection if where.scheme == "https" else HTTPConnection
        headers = {"Content-Type": "application/json"}
        if self.config.token:
            headers["Authorization"] = f"Bearer {self.config.token}"
        connection = kind(host, where.port, timeout=self.config.timeout)
        try:
            connection.connect()
            # Whoever may make channels must not reach by one what only this server can reach.
            self._inside.check(host, connection.sock.getpeername()[0])
            connection.request("POST", where.path or "/", message, headers)
            status = connection.getresponse().status
        except ForbiddenAddress as error:
            raise Rejected(str(error)) from error
        except (OSError, HTTPException) as error:
            raise TryLater(f"the server is not reached: {error}") from error
        finally:
            connection.close()
        if status == 429 or status >= 500:
            raise TryLater(f"the server answers {status}")
        if status != 200:
            raise Rejected(f"the server answers {status}")
        return f"{status}"


def body(notification: Notification, topic: str) -> bytes:
    """The message as ntfy wants it. All texts are strangers': JSON keeps them where they belong."""
    lines = [f"{alert.row or alert.node}: {alert.metric} {alert.value_text}" for alert in notification.alerts[:10]]
    more = len(notification.alerts) - len(lines)
    text = "\n".join([notification.summary, *lines, *([f"and {more} more"] if more > 0 else [])])
    told = {"topic": topic, "title": f"{notification.event}: {notification.rule}", "message": text[:4000]}
    return json.dumps({**told, "priority": PRIORITIES[notification.severity]}).encode()


@hookimpl
def gobs_register_notifiers() -> list[type[Notifier]]:
    """Announce the notifier."""
    return [NtfyNotifier]
