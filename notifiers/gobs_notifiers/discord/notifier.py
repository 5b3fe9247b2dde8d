"""The channel to one Discord webhook: when it may be called, what its answers mean, and what is edited."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from gobs_core import (
    Channel,
    Event,
    Notification,
    Notifier,
    NotifierConfig,
    Receipt,
    Rejected,
    Secret,
    TryLater,
    Unusable,
)
from gobs_notifiers.discord.message import message_of
from gobs_notifiers.http import Answer, Service

_FULL = 30.0
"""Seconds to wait after a 429 that does not say how long."""
_LEAST = 10.0
"""Seconds between two requests that Discord counts as invalid; it bans who makes many."""
_UNKNOWN_MESSAGE = 10008


class DiscordConfig(NotifierConfig, frozen=True, kw_only=True):
    """Settings of a channel, and under `[notifiers.discord]`."""

    webhook_url: Secret
    """The webhook's address, from the channel's settings in Discord: Integrations, Webhooks."""
    thread_id: Annotated[str, msgspec.Meta(pattern=r"^\d{0,20}$")] = ""
    """Thread of the channel to write to; needed in forum channels."""
    username: Annotated[str, msgspec.Meta(max_length=80)] = ""
    """Name to write under; unset: the webhook's own."""
    when_over: Literal["both", "edit", "post"] = "both"
    """When alerts are over: edit the message that told of them, post a new one, or both."""


class DiscordNotifier(Notifier):
    """Posts to one webhook, within Discord's limits and its patience."""

    name = "discord"
    Config: ClassVar[type[DiscordConfig]] = DiscordConfig
    config: DiscordConfig
    most = 10

    def __init__(self, config: DiscordConfig, channel: Channel, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(config, channel)
        token = Secret(config.webhook_url.rstrip("/").rpartition("/")[2].partition("?")[0])
        self._service = Service(config.webhook_url, "webhook_url", channel, secrets=(config.webhook_url, token))
        self._clock = clock
        self._free = float("-inf")
        self._full = ""

    async def open(self) -> None:
        """Get ready."""
        await self._service.open()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._service.close()

    async def send(self, notification: Notification) -> Receipt:
        """Post one message; of alerts that are over, the message that told of them is edited too."""
        message = message_of(notification, self.config.username)
        over = notification.event is Event.RESOLVED and bool(notification.reference)
        if over and self.config.when_over != "post":
            edited = await self._edit(notification.reference, message)
            if edited is not None and self.config.when_over == "edit":
                return edited
        return await self._post(message)

    async def _post(self, message: dict[str, Any]) -> Receipt:
        answer = await self._call("POST", message, "", wait="true")
        self._judge(answer)
        return Receipt(reference=str(answer.json().get("id", "")), said=f"HTTP {answer.status}: the message was taken")

    async def _edit(self, reference: str, message: dict[str, Any]) -> Receipt | None:
        """Edit a message; None where there is none any more."""
        if not reference.isascii() or not reference.isdigit():
            return None
        changed = {name: value for name, value in message.items() if name != "username"}
        answer = await self._call("PATCH", {"content": "", **changed}, f"/messages/{reference}")
        if answer.status == 404 and answer.json().get("code") == _UNKNOWN_MESSAGE:
            return None
        self._judge(answer)
        return Receipt(reference=reference, said=f"HTTP {answer.status}: the message was edited")

    async def _call(self, method: str, message: dict[str, Any], path: str, **query: str) -> Answer:
        wait = self._free - self._clock()
        if wait > 0:
            raise TryLater(self._full, wait)
        if self.config.thread_id:
            query["thread_id"] = self.config.thread_id
        answer = await self._service.call(method, msgspec.json.encode(message), path=path, query=query)
        if answer.headers.get("X-RateLimit-Remaining") == "0":
            self._pause(answer.number("X-RateLimit-Reset-After") or 0.0, "Discord's limit for this webhook is reached")
        return answer

    def _judge(self, answer: Answer) -> None:
        """Return for what was taken; raise what the answer means otherwise."""
        if 200 <= answer.status < 300:
            return
        if answer.status == 429:
            after, everyone = _patience(answer)
            self._pause(after, "Discord asked to wait")
            raise TryLater("Discord asked to wait (HTTP 429)", after, everyone=everyone)
        if answer.status in {401, 403, 404, 410} or 300 <= answer.status < 400:
            self._pause(_LEAST, "Discord has just refused this webhook")
            raise Unusable(
                f"Discord refuses the webhook: {answer.said()}; make a new one in Discord and set webhook_url"
            )
        if answer.status >= 500 or answer.status == 408:
            raise TryLater(f"Discord cannot take it now (HTTP {answer.status})", answer.number("Retry-After"))
        raise Rejected(f"Discord does not take this message: {answer.said()}")

    def _pause(self, seconds: float, why: str) -> None:
        self._free, self._full = max(self._free, self._clock() + seconds), why


def _patience(answer: Answer) -> tuple[float, bool]:
    """How long a 429 asks to wait, and whether all webhooks have to; one from a proxy before Discord is HTML."""
    body = answer.json()
    after = body.get("retry_after")
    seconds = float(after) if isinstance(after, int | float) and 0 <= after < 86400 else answer.number("Retry-After")
    everyone = body.get("global") is True or "X-RateLimit-Global" in answer.headers or not body
    return (_FULL if seconds is None else max(seconds, 0.05)), everyone
