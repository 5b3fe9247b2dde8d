"""Ntfy: pushes what alerts say to phones, by an ntfy server of one's own or the public one."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Annotated, ClassVar

import msgspec

from gobs_core import Notification, Notifier, NotifierConfig, Receipt, Rejected, Secret, Severity, TryLater, hookimpl

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

    async def send(self, notification: Notification) -> Receipt:
        """Push one message; TryLater and Rejected say how an attempt failed."""
        return Receipt(said=await asyncio.to_thread(self._push, body(notification, self.config.topic)))

    def _push(self, message: bytes) -> str:
        headers = {"Content-Type": "application/json"}
        if self.config.token:
            headers["Authorization"] = f"Bearer {self.config.token}"
        # Nothing but http and https gets past the pattern of `url`.
        request = urllib.request.Request(self.config.url, message, headers, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self.config.timeout) as answer:  # noqa: S310
                return f"{answer.status}"
        except urllib.error.HTTPError as error:
            if error.code == 429 or error.code >= 500:
                raise TryLater(f"the server answers {error.code}") from error
            raise Rejected(f"the server answers {error.code}") from error
        except OSError as error:
            raise TryLater(f"the server is not reached: {getattr(error, 'reason', error)}") from error


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
