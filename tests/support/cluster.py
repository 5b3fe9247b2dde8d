"""A simulated cluster: a server and seven nodes, each with the real agent, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.gobs import start
from tests.support.server import ServerProcess, gobs_server

NODES = 7
READY = 120.0
"""Seconds until every node has sent two frames, so that rates are known, on a busy machine."""


@contextlib.contextmanager
def simulated_cluster(folder: Path, *more: str, nodes: int = NODES, interval: str = "2s") -> Iterator[ServerProcess]:
    """Run a server and simulated nodes for as long as the `with` lasts; begins once all of them report."""
    with (
        gobs_server(folder / "data", "--set", "server.gallery=true", *more) as server,
        _nodes(folder, server, nodes, interval),
    ):
        deadline = time.monotonic() + READY
        while not _reporting(server, nodes):
            assert time.monotonic() < deadline, "the simulated nodes do not report"
            time.sleep(0.2)
        yield server


@contextlib.contextmanager
def _nodes(folder: Path, server: ServerProcess, nodes: int, interval: str) -> Iterator[None]:
    words = ("simulate", "--nodes", str(nodes), "--server", server.grpc, "--interval", interval)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    environment |= {"XDG_STATE_HOME": str(folder), "TMPDIR": str(folder), "GOBS_CONFIG": os.devnull}
    with (folder / "nodes.log").open("a") as log:
        process = start(*words, stdout=log, stderr=log, environ=environment)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(3)


def _reporting(server: ServerProcess, nodes: int) -> bool:
    known = server.get("/api/v1/nodes")["nodes"]
    return len([node for node in known if node["state"] == "fresh" and node["frames"] > 1]) == nodes
