"""What may be set for the server: `[server]` in the settings file, GOBS_SERVER__… in the environment, and flags."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Seconds = Annotated[float, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of the server. A value; made once at start."""

    http: str = "0.0.0.0:8080"
    """HOST:PORT of the pages and of REST."""
    grpc: str = "0.0.0.0:9090"
    """HOST:PORT agents connect to."""
    data: str = ""
    """Folder for what outlives the server; empty: the XDG state folder."""
    database: str = ""
    """postgres://… or sqlite://…; empty: a SQLite file in `data`."""
    token: str = ""
    """What agents must show before anything they send is read; empty: any agent may join."""
    token_file: str = ""
    """A file that holds the token."""
    cert_file: str = ""
    """PEM certificate for agents' connections; empty: plain text."""
    key_file: str = ""
    client_ca_file: str = ""
    """PEM certificates one of which must have signed an agent's own (mTLS)."""
    stale: _Seconds = 10.0
    """Seconds of silence after which a node is stale; two of its intervals if that is longer."""
    down: _Seconds = 60.0
    """Seconds of silence after which a node is down."""
    history: Annotated[float, msgspec.Meta(ge=0)] = 3600.0
    """Seconds of history kept in memory; 0: none."""
    history_bytes: Annotated[int, msgspec.Meta(ge=0)] = 256 << 20
    """Bytes all history together may take before the oldest is let go."""
    max_agents: _Count = 5000
    """Streams served at once; more are refused."""
    drain: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """Seconds requests under way are given when the server ends."""
