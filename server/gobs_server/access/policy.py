"""Whether people have to log in here, and under which names the pages may be asked for: what follows from settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from gobs_server.access.origin import is_loopback
from gobs_server.settings import ServerSettings


def asks(settings: ServerSettings) -> bool:
    """Whether people have to log in: everywhere but on loopback, and there too where anything says others come."""
    host = settings.http.rpartition(":")[0].strip("[]")
    published = settings.url and not is_loopback(urlsplit(settings.url).hostname or "")
    others = (
        settings.access.login == "always",
        bool(settings.access.admin_password),
        bool(settings.oidc.issuer),
        bool(settings.proxy.networks),
        bool(settings.allowed_hosts.strip(", ")),
        bool(published),
    )
    return any(others) or not is_loopback(host)


def names(settings: ServerSettings) -> list[str]:
    """Return the names people may ask for the pages by, besides those of loopback."""
    own = urlsplit(settings.url).netloc if settings.url else ""
    return [name for name in (*settings.allowed_hosts.split(","), own) if name.strip()]
