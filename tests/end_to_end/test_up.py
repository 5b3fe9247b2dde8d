"""`gobs up`: this machine, live, from one command; and nothing is left when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.gobs import INTERPRETED
from tests.support.house import ROOT
from tests.support.programs import searched


class Up:
    """A running `gobs up`."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self._url = url

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._url}{path}", timeout=10) as answer:
            return json.load(answer)

    def children(self) -> list[int]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in found]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    command = [*INTERPRETED, "up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", str(tmp_path / "data")]
    command += ["--node", "this-machine", "--interval", "1s", "--log-level", "warning"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "POSTGRES_"))}
    environment["GOBS_CONFIG"] = os.devnull
    with (tmp_path / "log").open("w") as log:
        process = searched(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT, env=environment)
        )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        assert words, (tmp_path / "log").read_text()
        yield Up(process, next(word for word in words if word.startswith("http://")))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def soon(condition: Callable[[], object], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if condition():
                return True
        time.sleep(0.05)
    return False


def test_this_machine_is_live_and_its_processes_move(up: Up) -> None:
    assert soon(lambda: up.get("/api/v1/nodes/this-machine")["node"]["state"] == "fresh")
    for table in ("cpu", "memory", "load", "process", "pod"):
        assert soon(lambda table=table: up.get(f"/api/v1/nodes/this-machine/tables/{table}")["rows"]), table  # type: ignore[misc]
    processes = up.get("/api/v1/nodes/this-machine/tables/process")["rows"]
    assert any(str(up.process.pid) in row["keys"].values() for row in processes)


def test_asked_to_end_it_takes_the_agent_with_it(up: Up) -> None:
    assert soon(lambda: up.get("/api/v1/nodes")["nodes"])
    [agent] = up.children()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(20) == 0
    assert not Path(f"/proc/{agent}").exists()


def test_killed_it_takes_the_agent_with_it_too(up: Up) -> None:
    assert soon(lambda: up.get("/api/v1/nodes")["nodes"])
    [agent] = up.children()
    up.process.kill()
    assert soon(lambda: not Path(f"/proc/{agent}").exists() or " Z " in Path(f"/proc/{agent}/stat").read_text(), 15)


def test_an_agent_that_dies_is_started_again(up: Up) -> None:
    assert soon(lambda: up.get("/api/v1/nodes")["nodes"])
    [agent] = up.children()
    os.kill(agent, signal.SIGKILL)
    assert soon(lambda: up.children() not in ([], [agent]))
    assert soon(lambda: up.get("/api/v1/nodes/this-machine")["node"]["connected"])
