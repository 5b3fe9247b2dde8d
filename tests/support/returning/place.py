"""The server they come to: over TLS, on ports that stay, with a join token for each agent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gobs_core import Secret
from gobs_server.certs.folder import CertificateFolder
from gobs_server.cli.database import in_database
from gobs_server.db.models import AgentJoin
from gobs_server.ingest.doors.tokens import new_token
from gobs_server.settings import ServerSettings
from tests.support.ports import free_port
from tests.support.secrets import marked
from tests.support.server import ServerProcess, gobs_server


class Place:
    """One server's folder, which outlives the server. `agents` is how many it is for."""

    def __init__(self, folder: Path, agents: int) -> None:
        self.certs = CertificateFolder(folder / "certs")
        self.certs.init()
        self.certs.issue_server(["127.0.0.1"])
        self.agents = agents
        self.folder = folder
        self.joins = _joins(folder / "data", agents)
        self.http, self.grpc = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"

    @contextlib.contextmanager
    def server(self, *more: str) -> Iterator[ServerProcess]:
        """Run it for as long as the `with` lasts."""
        settings = (
            f"server.cert_file={self.certs.server}",
            f"server.key_file={self.certs.server_key}",
            f"server.max_agents={max(self.agents, 1)}",
            f"server.max_nodes={max(self.agents, 1)}",
            f"server.token={marked('nobody-has-it')}",  # so that each agent must show its own credential
        )
        said = [word for setting in settings for word in ("--set", setting)]
        arguments = (*said, "--log-level", "error", *more)
        with gobs_server(self.folder / "data", *arguments, http=self.http, grpc=self.grpc) as running:
            yield running


def _joins(data: Path, count: int) -> list[str]:
    made = [new_token("") for _ in range(count)]
    now = datetime.now(UTC)
    rows = [
        AgentJoin(id=id_, token_hash=kept, created_at=now, expires_at=now + timedelta(days=1), changed_at=now)
        for id_, kept, _ in made
    ]

    async def keep() -> None:
        await AgentJoin.bulk_create(rows, batch_size=1000)

    in_database(ServerSettings(data=str(data), database=Secret("")), keep)
    return [token for _, _, token in made]
