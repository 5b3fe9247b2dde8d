"""What may be set for the sink `prometheus`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gobs_core import Secret, SinkConfig

_LOOPBACK = ("127.", "localhost", "[::1]")


class PrometheusConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings under `[sinks.prometheus]`."""

    listen: str = "127.0.0.1:9464"
    """HOST:PORT that is scraped, at the path /metrics."""
    insecure: bool = False
    """Whether other machines may scrape in plain text; without it, that takes `certificate` and `key`."""
    certificate: str | None = None
    """File of the certificate that is shown to those who scrape."""
    key: str | None = None
    """File of its key."""
    token: Secret | None = None
    """Who scrapes has to show it as `Authorization: Bearer …`; unset: nobody has to."""
    leave_out: list[str] = msgspec.field(default_factory=lambda: ["process"])
    """Tables that are not exposed."""
    rows: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 2000
    """Rows of one table that are exposed at most."""
    series: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)] = 50_000
    """Series that are exposed at most."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    def __post_init__(self) -> None:
        """Refuse an address that is none, and one that would tell all the network in plain text."""
        host, colon, port = self.listen.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError(f"listen: expected HOST:PORT, got {self.listen!r}")
        if (self.certificate is None) is not (self.key is None):
            raise ValueError("certificate: expected both certificate and key, or neither")
        if not host.startswith(_LOOPBACK) and not self.insecure and self.certificate is None:
            raise ValueError(
                f"listen: {self.listen} can be reached from other machines: give certificate and key, or set insecure"
            )
