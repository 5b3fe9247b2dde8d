"""A server with alerts, a node with boxes, and a client of its REST interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.http import create_app
from tests.server.alerts.living import Living


@pytest.fixture
async def living(tmp_path: Path) -> AsyncIterator[Living]:
    async with Living(tmp_path) as made:
        yield made


@pytest.fixture
def client(living: Living) -> Client:
    return create_app(replace(living.cluster.services(), alerts=living.alerts)).test_client()
