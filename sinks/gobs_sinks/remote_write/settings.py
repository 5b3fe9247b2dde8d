"""What may be set for the sink `remote_write`."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from gobs_core import Duration, Secret, SinkConfig

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


class RemoteWriteConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings under `[sinks.remote_write]`."""

    url: str = "http://127.0.0.1:9090/api/v1/write"
    """Where it is pushed to, http:// or https://."""
    insecure: bool = False
    """Whether another machine may be sent to in plain text; on this one it may always be."""
    ca: str | None = None
    """File of the authorities that vouch for the receiver; unset: the system's."""
    token: Secret | None = None
    """Sent as `Authorization: Bearer …`, or as the password of `username`; never in plain text to another machine."""
    username: str = ""
    """Makes it HTTP's basic authentication, with `token` as its password."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels that every series has besides; `job` and `instance` are `gobservability` and the node unless set here."""
    every: Annotated[Duration, msgspec.Meta(ge=1, le=3600)] = 15.0
    """Time between two samples of a series."""
    timeout: Annotated[Duration, msgspec.Meta(gt=0, le=120)] = 10.0
    """How long one request may take."""
    samples: Annotated[int, msgspec.Meta(ge=100, le=50_000)] = 2000
    """Samples in one request at most; more travel in several."""
    pending: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200
    """Requests that wait while the receiver cannot be reached; of more, the oldest is dropped and counted."""
    rows: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 2000
    """Rows of one table that are sent at most."""
    series: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)] = 50_000
    """Series that are sent at most."""
    leave_out: list[str] = msgspec.field(default_factory=lambda: ["process"])
    """Tables that are not sent."""

    def __post_init__(self) -> None:
        """Refuse what is no address, what is no label, and to show a secret to all the network."""
        try:
            parts = urlsplit(self.url)
            plain, host = parts.scheme == "http", parts.hostname or ""
            usable = parts.scheme in ("http", "https") and host and parts.port != 0 and self.url.isprintable()
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(f"url: expected http:// or https:// and a host, got {self.url[:200]!r}")
        if parts.username or parts.password:
            raise ValueError("url: expected no user or password in it; set username and token")
        if plain and host not in _HERE:
            if self.token:
                raise ValueError(f"url: the token would be sent to {host} in plain text; use https://")
            if not self.insecure:
                raise ValueError(f"url: {host} is another machine: use https://, or set insecure")
        for name in self.labels:
            if not _LABEL.match(name) or name.startswith("__"):
                raise ValueError(f"labels: {name[:100]!r} is no name of a label")
