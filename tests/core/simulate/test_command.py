"""`gobs simulate` as its users run it: nodes that a server shows, nothing left behind, mistakes told in a sentence."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gobs_core.simulate.scratch import scratch
from tests.support.programs import searched

GOBS = (sys.executable, "-c", "import sys; from gobs_core.cli import main; sys.exit(main())")
PATIENCE = 60.0


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {**kept, "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder), "TMPDIR": str(temporary)}


def gobs(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*GOBS, *arguments]
    return searched(
        subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE, check=False)
    )


@contextmanager
def simulation(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    http = free_address()
    command = [*GOBS, "simulate", "--with-server", "--http", http, "--grpc", free_address(), "--interval", "1s"]
    with subprocess.Popen([*command, *arguments], env=environment(folder)) as child:
        try:
            yield child, http
        finally:
            child.kill()


def rest(http: str, path: str) -> Any:
    with urllib.request.urlopen(f"http://{http}/api/v1/{path}", timeout=5) as answer:
        return json.load(answer)


def until(done: Callable[[], bool]) -> None:
    """Wait for what another process does; there is no event of it to be had."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if done():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def moving(http: str, node: str) -> bool:
    return any(any(row["rates"].values()) for row in rest(http, f"nodes/{node}/tables/cpu")["rows"])


def test_a_server_shows_simulated_nodes_that_move_and_nothing_is_left_of_them(tmp_path: Path) -> None:
    with simulation(tmp_path, "--nodes", "3") as (child, http):
        until(lambda: {node["name"] for node in rest(http, "nodes")["nodes"]} == {"cp-1", "worker-1", "worker-2"})
        until(lambda: all(moving(http, node) for node in ("cp-1", "worker-1", "worker-2")))
        assert {node["state"] for node in rest(http, "nodes")["nodes"]} == {"fresh"}
        assert os.listdir(tmp_path / "tmp")
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE) == 0
    assert os.listdir(tmp_path / "tmp") == []
    with pytest.raises(OSError, match="refused"):
        rest(http, "nodes")


def test_this_machine_is_shown_with_simulated_pods_beside_its_processes(tmp_path: Path) -> None:
    def kinds() -> set[str]:
        return {row["infos"]["kind"] for row in rest(http, "nodes/mine/tables/pod")["rows"]}

    with simulation(tmp_path, "--own", "--node", "mine") as (child, http):
        until(lambda: "pod" in kinds())
        assert kinds() - {"pod"}, "the machine's own workloads are there as well"
        with searched(
            subprocess.Popen([*GOBS, "stop"], env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
        ) as stop:
            assert child.wait(PATIENCE) == 0
            assert stop.communicate()[0].startswith("stopped gobs simulate")
    assert os.listdir(tmp_path / "tmp") == []


def test_a_server_that_cannot_start_ends_the_simulation(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = gobs(tmp_path, "simulate", "--with-server", "--http", address, "--grpc", free_address(), "--nodes", "1")
    assert done.returncode == 1
    assert "gobs simulate: the server" in done.stderr
    assert address in done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path / "tmp") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nodes", "0"], "--nodes: expected 1 to 200, got 0"),
        (["--nodes", "7000"], "--nodes: expected 1 to 200, got 7000"),
        (["--with-server", "--server", "a:1"], "--server: leave it away with --with-server"),
        (["--http", "127.0.0.1:1"], "--http: belongs to the server of --with-server"),
        (["--own", "--set", "agent.proc_root=/nowhere"], "this machine has no /proc to show"),
        (["--interval", "often"], "--interval"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = gobs(tmp_path, "simulate", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_killed_simulation_left_is_removed_by_the_next_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    with scratch(tmp_path) as first:
        killed = tmp_path / f"{first.name}-killed"
        killed.mkdir()
        (killed / "in-use").touch()
        with scratch(tmp_path) as second:
            assert first.is_dir()
            assert second.is_dir()
            assert not killed.exists()
    assert os.listdir(tmp_path) == []
