"""A cluster of one node, and a client of its pages."""

from __future__ import annotations

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.http import create_app
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, NET, PROCESS, processes


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def machine(cluster: Cluster) -> Machine:
    made = cluster.machine("node-1", CPU, MEMORY, NET, PROCESS)
    made.feed({CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS, NET: [("eth0", "physical", 0)], PROCESS: processes(3)})
    made.feed(
        {CPU: CPU_ROWS[1], MEMORY: MEMORY_ROWS, NET: [("eth0", "physical", 5 << 20)], PROCESS: processes(3)}, after=5
    )
    return made


@pytest.fixture
def client(cluster: Cluster) -> Client:
    return create_app(cluster.services()).test_client()
