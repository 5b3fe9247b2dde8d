"""What may be set about people: who logs in and how, `[server.access]`, `[server.oidc]` and `[server.proxy]`."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from gobs_core.settings import Section
from gobs_core.values import Duration, Secret
from gobs_server.actor import Role

MIN_PASSWORD = 12
"""Characters."""
MAX_PASSWORD = 256
_Seconds = Annotated[Duration, msgspec.Meta(gt=0)]
Given = Literal["none", "viewer", "operator", "administrator"]


class AccessSettings(Section, frozen=True, kw_only=True):
    """Who may look, and for how long a login lasts."""

    login: Literal["auto", "always"] = "auto"
    """`auto`: asked for unless the pages are served on loopback alone and under no other name."""
    local: bool = True
    """Whether accounts with a password are kept here; false: only the provider, the proxy and tokens let in."""
    anonymous: bool = False
    """Whether who has not logged in may look at everything but command lines, what is read of single processes on
    demand, and profiles."""
    admin: str = "admin"
    """Name of the administrator that `admin_password` is for."""
    admin_password: Secret = Secret("")
    """Makes that administrator, or gives it this password; unset: the log has a link for the first one."""
    idle: _Seconds = 12 * 3600.0
    """How long a login lasts without a request."""
    lifetime: _Seconds = 7 * 86400.0
    """How long a login lasts at most."""
    audit: _Seconds = 365 * 86400.0
    """How long is kept who did what."""
    audit_rows: Annotated[int, msgspec.Meta(ge=1000)] = 100_000
    """How many records of that are kept at most; of refused logins a tenth of it besides."""

    def __post_init__(self) -> None:
        """Refuse a password that is soon guessed, and a name nobody could type."""
        if self.admin_password and not MIN_PASSWORD <= len(self.admin_password) <= MAX_PASSWORD:
            raise ValueError(
                f"admin_password: expected {MIN_PASSWORD} to {MAX_PASSWORD} characters, got another number"
            )
        if (why := wrong_name(self.admin)) is not None:
            raise ValueError(f"admin: expected {why}, got {self.admin!r:.80}")
        if self.admin_password and not self.local:
            raise ValueError("admin_password: expected nothing while local = false, got a password")


class RoleSettings(Section, frozen=True, kw_only=True):
    """Who gets which role. An entry is the name of a group, or `user:NAME`."""

    administrators: tuple[str, ...] = ()
    """Groups whose members are administrators; `user:NAME` for a single one."""
    operators: tuple[str, ...] = ()
    """The same for operators."""
    viewers: tuple[str, ...] = ()
    """The same for viewers."""
    others: Given = "none"
    """The role of those who are in none of them; none: they may not come in."""

    def role(self, name: str, groups: frozenset[str]) -> Role | None:
        """Return the highest role that is due; None: none at all."""
        own = groups | {f"user:{name}"}
        listed: tuple[tuple[Role, tuple[str, ...]], ...] = (
            ("administrator", self.administrators),
            ("operator", self.operators),
            ("viewer", self.viewers),
        )
        found = next((role for role, entries in listed if not own.isdisjoint(entries)), None)
        return found if found is not None or self.others == "none" else self.others


class OidcSettings(RoleSettings, frozen=True, kw_only=True):
    """Logging in at a provider, by OpenID Connect. Used where `issuer` is set; needs `server.url`."""

    issuer: str = ""
    """The provider, as it names itself, e.g. https://login.example.org/realms/main."""
    client_id: str = ""
    """What the provider calls this server."""
    client_secret: Secret = Secret("")
    """What the provider knows it by; unset: a public client."""
    title: str = "single sign-on"
    """What the login page calls the provider."""
    scope: str = "openid profile email"
    """What the provider is asked for."""
    name_claim: str = "preferred_username"
    """The claim that names a person; `email` and `sub` are tried after it."""
    groups_claim: str = "groups"
    """The claim that lists a person's groups."""
    ca_file: str = ""
    """PEM certificates that the provider's is checked against; unset: those of the system."""
    insecure: bool = False
    """Whether the provider may be asked without TLS: for a laboratory alone."""

    def __post_init__(self) -> None:
        """Refuse what would not work, and what would not be safe."""
        if not self.issuer:
            return
        parts = urlsplit(self.issuer)
        if parts.scheme not in (("https", "http") if self.insecure else ("https",)) or not parts.hostname:
            raise ValueError(f"issuer: expected an address that begins with https://, got {self.issuer!r:.200}")
        if not self.client_id:
            raise ValueError("client_id: expected what the provider calls this server, got nothing")
        if "openid" not in self.scope.split():
            raise ValueError(f"scope: expected openid among it, got {self.scope!r:.200}")


class ProxySettings(RoleSettings, frozen=True, kw_only=True):
    """Proxies before the pages. What a header says is believed only of these."""

    networks: tuple[str, ...] = ()
    """Networks that proxies are in, e.g. 10.1.0.0/16: their X-Forwarded-For and X-Forwarded-Proto are believed."""
    user_header: str = ""
    """The header in which they name who has logged in with them, e.g. X-Forwarded-User; unset: they name nobody."""
    groups_header: str = ""
    """The header in which they list that one's groups, with commas between them."""

    def __post_init__(self) -> None:
        """Refuse to believe just anybody."""
        for network in self.networks:
            try:
                found = ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"networks: expected networks such as 10.1.0.0/16, got {network!r:.80}") from None
            if found.prefixlen == 0:
                raise ValueError(f"networks: expected networks of proxies, got {network}, which is everybody")
        if self.user_header and not self.networks:
            raise ValueError("user_header: expected networks beside it, or anybody could claim to be anybody; got none")

    @property
    def names_users(self) -> bool:
        """Whether proxies say who somebody is."""
        return bool(self.user_header)


def wrong_name(name: str) -> str | None:
    """Return what a name of an account must be if this is none; else None."""
    good = 1 <= len(name) <= 100 and all(c.isascii() and (c.isalnum() or c in "._@+-") for c in name)
    return None if good else "1 to 100 letters, digits and any of . _ @ + -"
