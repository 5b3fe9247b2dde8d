"""The notifier `apprise`: every other service, through the library Apprise (extra `apprise`)."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar

from gobs_core import (
    Channel,
    Event,
    Notification,
    Notifier,
    NotifierConfig,
    Receipt,
    Secret,
    Severity,
    TryLater,
    Unusable,
    hookimpl,
)
from gobs_core.outgoing import ForbiddenAddress, Inside

_KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


class AppriseConfig(NotifierConfig, frozen=True, kw_only=True):
    """Settings of a channel, and under `[notifiers.apprise]`."""

    urls: Secret
    """Apprise addresses, with blanks between them, e.g. `tgram://…`; kept secret, since they hold keys."""


class AppriseNotifier(Notifier):
    """Sends plain text. Apprise says only whether it worked, so whatever did not is tried again."""

    name = "apprise"
    Config: ClassVar[type[AppriseConfig]] = AppriseConfig
    config: AppriseConfig

    def __init__(self, config: AppriseConfig, channel: Channel) -> None:
        super().__init__(config, channel)
        self._apprise: Any = None

    async def open(self) -> None:
        """Get ready; raises Unusable where Apprise is missing or does not know an address."""
        if self._apprise is not None:
            return
        try:
            import apprise
        except ImportError:
            raise Unusable("Apprise is not installed: pip install 'gobs-notifiers[apprise]'") from None
        found = apprise.Apprise()
        for number, url in enumerate(self.config.urls.split(), start=1):
            if not found.add(url):
                raise Unusable(f"urls: Apprise does not know address {number}; see its list of services")
        if not len(found):
            raise Unusable("urls: expected one Apprise address or more, with blanks between them")
        self._apprise = found

    async def send(self, notification: Notification) -> Receipt:
        """Send one message to all addresses."""
        await self.open()
        await self._check_hosts()
        title, body = text_of(notification)
        kind = "success" if notification.event is Event.RESOLVED else _KINDS[notification.severity]
        if not await self._apprise.async_notify(body=body, title=title, notify_type=kind):
            raise TryLater("Apprise could not reach every address; it does not say why")
        return Receipt(said="Apprise says it was sent")

    async def close(self) -> None:
        """Let go of what Apprise holds."""
        self._apprise = None

    async def _check_hosts(self) -> None:
        """Refuse addresses that lead inside. Apprise looks names up once more by itself, which cannot be pinned."""
        inside = Inside.parse(self.channel.inside)
        for service in self._apprise:
            host = getattr(service, "host", None)
            if not isinstance(host, str) or not host or not getattr(service, "verify_host", True):
                continue
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except OSError:
                continue
            try:
                for *_, address in found:
                    inside.check(host, str(address[0]))
            except ForbiddenAddress as refusal:
                raise Unusable(f"urls: {refusal}") from None


def text_of(notification: Notification) -> tuple[str, str]:
    """Title and body as plain text."""
    lines = [notification.summary]
    for alert in notification.alerts:
        lines.append(f"- {alert.row or alert.node}: {alert.metric} {alert.value_text}, {alert.condition}")
        lines += [f"  {one.text} {one.command} in {one.namespace}/{one.pod}" for one in alert.contributors]
    if notification.more:
        lines.append(f"… and {notification.more:,} more")
    lines += filter(None, (notification.note, notification.runbook, notification.link, f"({notification.key})"))
    return f"{notification.rule or 'Gobservability'}: {notification.event.value}", "\n".join(lines)


@hookimpl
def gobs_register_notifiers() -> list[type[Notifier]]:
    """Announce it."""
    return [AppriseNotifier]
