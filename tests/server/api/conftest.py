"""A cluster of one node with three tables, and a client of its REST interface."""

from __future__ import annotations

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState
from gobs_server.http import create_app
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, PROCESS, processes


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def machine(cluster: Cluster) -> Machine:
    reasons = {"process.read_bytes": "needs CAP_SYS_PTRACE, which the agent lacks"}
    plugin = PluginState(kind="collector", name="process", runs=2, duration=0.004, rows=3, unknown=reasons)
    made = cluster.machine("node-1", CPU, MEMORY, PROCESS, plugins=(plugin,))
    made.feed({CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS, PROCESS: processes(3)})
    made.feed({CPU: CPU_ROWS[1], MEMORY: MEMORY_ROWS, PROCESS: processes(3)}, after=5)
    return made


@pytest.fixture
def client(cluster: Cluster, machine: Machine) -> Client:
    return create_app(cluster.services()).test_client()
