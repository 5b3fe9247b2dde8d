"""What may be set for the sink `otlp`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gobs_core import Duration, Secret, SinkConfig

_LOOPBACK = ("127.", "localhost:", "[::1]:")


class OtlpConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings under `[sinks.otlp]`."""

    endpoint: Annotated[str, msgspec.Meta(pattern=r"^[^/\s]+:\d{1,5}$")] = "127.0.0.1:4317"
    """HOST:PORT of a collector that takes OTLP over gRPC."""
    insecure: bool = False
    """Whether another machine may be sent to in plain text; on this one it always is, unless `ca` is given."""
    ca: str | None = None
    """File of the authorities that vouch for the collector; unset: the system's."""
    token: Secret | None = None
    """Sent as `authorization: Bearer …`; never in plain text to another machine."""
    every: Annotated[Duration, msgspec.Meta(ge=1, le=3600)] = 15.0
    """Time between two exports; each holds the newest of everything."""
    timeout: Annotated[Duration, msgspec.Meta(gt=0, le=120)] = 10.0
    """How long one request may take."""
    points: Annotated[int, msgspec.Meta(ge=100, le=50_000)] = 5000
    """Points in one request at most; more travel in several."""
    rows: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 2000
    """Rows of one table that are sent at most."""
    leave_out: list[str] = msgspec.field(default_factory=lambda: ["process"])
    """Tables that are not sent."""

    @property
    def here(self) -> bool:
        """Whether the collector is on this machine."""
        return self.endpoint.startswith(_LOOPBACK)

    @property
    def plain(self) -> bool:
        """Whether it is spoken to in plain text."""
        return self.insecure or (self.here and self.ca is None)

    def __post_init__(self) -> None:
        """Refuse to show a token to all the network."""
        if self.token and self.insecure and not self.here:
            raise ValueError(f"token: would be sent to {self.endpoint} in plain text; leave out insecure")
