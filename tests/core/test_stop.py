"""`gobs stop`: what it says of each program is true of that one, and starting is no reason to be killed."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from gobs_core.cli.stop import end
from gobs_core.pidfile import NAME, Started, start_of
from gobs_core.running import unless_stopped
from gobs_core.simulate.server_child import server
from tests.support.programs import searched

GOBS = [str(Path(sys.executable).with_name("gobs"))]


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def reaped(child: subprocess.Popen[bytes]) -> threading.Thread:
    """Wait for the child as a shell would."""
    waiting = threading.Thread(target=child.wait, daemon=True)
    waiting.start()
    return waiting


def test_only_what_had_to_be_killed_is_said_to_be() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    children, found, waiting = [], [], []
    for script in (deaf, "import time; print(flush=True); time.sleep(60)"):
        child = searched(subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE))
        assert child.stdout is not None
        child.stdout.readline()
        found.append(Started(child.pid, start_of(child.pid), "up"))
        children.append(child)
        waiting.append(reaped(child))
    killed = end(found, patience=1.0)
    for child, thread in zip(children, waiting, strict=True):
        thread.join(30)
        child.communicate()
    assert killed == {found[0]}


def test_a_simulation_that_has_only_begun_to_start_is_stopped_without_force(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    environ = {**kept, "XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    noted = tmp_path / "gobservability" / NAME
    command = [*GOBS, "simulate", "--with-server", "--nodes", "1", "--http", free_address(), "--grpc", free_address()]
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as child:
        waiting = reaped(child)
        while not noted.exists() or not noted.read_text():
            assert child.poll() is None
            time.sleep(0.01)
        done = searched(
            subprocess.run([*GOBS, "stop"], env=environ, capture_output=True, text=True, check=False, timeout=60)
        )
        waiting.join(30)
    assert (done.returncode, done.stdout) == (0, f"stopped gobs simulate (process {child.pid})\n")
    assert child.returncode in (0, 143)
    assert noted.read_text() == ""
    assert not list(tmp_path.glob("gobs-simulate-*"))


async def test_a_server_that_never_comes_to_listen_keeps_no_simulation_from_ending() -> None:
    stop, begun = asyncio.Event(), []

    async def start() -> None:
        sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
        async with server(sleep, free_address()):
            begun.append("listens")

    asyncio.get_running_loop().call_later(0.3, stop.set)
    began = time.monotonic()
    await unless_stopped(stop, start())
    assert time.monotonic() - began < 30
    assert begun == []
