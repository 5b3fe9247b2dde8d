"""`gobs server` and `gobs up` from the outside: addresses, mistakes, probes, and how they end."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import gobs
from tests.support.server import ServerProcess, gobs_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with gobs_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "POSTGRES_"))}
    return gobs.run(*words, environ={**environment, **environ})


def mistake(*words: str, **environ: str) -> str:
    """Run a command that cannot work; what it says to whoever typed it."""
    found = run(*words, **environ)
    assert found.returncode == 2, found.stderr
    assert "Traceback" not in found.stderr
    return " ".join(line for line in found.stderr.splitlines() if line.startswith("gobs: "))


FREE = ("--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0")


@pytest.mark.parametrize("command", ["server", "up"])
def test_a_busy_port_is_named_with_the_flag_that_changes_it(
    command: str, server: ServerProcess, tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path))
    said = mistake(command, "--http", server.http, "--grpc", "127.0.0.1:0", *data)
    assert server.http in said
    assert "--http HOST:PORT" in said
    said = mistake(command, "--http", "127.0.0.1:0", "--grpc", server.grpc, *data)
    assert server.grpc in said
    assert "--grpc HOST:PORT" in said


@pytest.mark.parametrize("address", ["8080", "localhost", "127.0.0.1:port", "127.0.0.1:99999", ":-1"])
@pytest.mark.parametrize("flag", ["--http", "--grpc"])
def test_an_address_that_is_none_is_shown_with_an_example(flag: str, address: str, tmp_path: Path) -> None:
    said = mistake("server", "--data", str(tmp_path), flag, address)
    assert f"{flag}: expected HOST:PORT, for example" in said


def test_an_address_that_is_another_machines_is_refused(tmp_path: Path) -> None:
    assert "--http" in mistake("server", "--data", str(tmp_path), "--http", "192.0.2.1:0")
    assert "--grpc" in mistake("server", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--grpc", "192.0.2.1:0")


def test_a_second_server_may_not_use_the_same_folder(server: ServerProcess, tmp_path: Path) -> None:
    with gobs_server(tmp_path / "data"):
        said = mistake("server", *FREE, "--data", str(tmp_path / "data"))
    assert "another gobs server uses this database" in said
    assert "gobs stop" in said


def test_settings_that_cannot_be_are_all_named_with_their_places(tmp_path: Path) -> None:
    config = tmp_path / "gobs.toml"
    config.write_text('[server]\nstale = "soon"\nport = 3\nmax_agents = 0\n')
    said = mistake("server", "--config", str(config), "--data", str(tmp_path))
    for name in ("server.stale", "port", "server.max_agents"):
        assert name in said


def test_a_database_that_cannot_be_is_named(tmp_path: Path) -> None:
    said = mistake("server", *FREE, "--data", str(tmp_path), GOBS_SERVER__DATABASE="mysql://u:hush@h/x")
    assert "server.database" in said
    assert "hush" not in said
    (tmp_path / "gobs.sqlite3").write_text("no database at all" * 100)
    assert "not a SQLite database" in mistake("server", *FREE, "--data", str(tmp_path))


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    files = {"GOBS_SERVER__CERT_FILE": "/nowhere/cert.pem", "GOBS_SERVER__KEY_FILE": "/nowhere/key.pem"}
    assert "/nowhere/" in mistake("server", *FREE, "--data", str(tmp_path), **files)


def test_help_says_where_it_listens_unless_told() -> None:
    assert "0.0.0.0:8080" in run("server", "--help").stdout
    assert "127.0.0.1:8080" in run("up", "--help").stdout
    for option in ("--http", "--grpc", "--data", "--config"):
        assert option in run("server", "--help").stdout
        assert option in run("up", "--help").stdout


def test_probes_and_metrics_answer(server: ServerProcess) -> None:
    assert server.get("/healthz")["status"] == "ok"
    assert server.get("/readyz")["status"] == "ready"
    text = server.text("/metrics")
    assert "# TYPE gobs_server_frames_total counter\n" in text
    for line in text.splitlines()[:-1]:
        assert re.fullmatch(r"# (HELP|TYPE) \w+ .+|\w+(\{[^{}]+\})? -?[0-9.e+-]+", line), line
    for name in ("gobs_server_resident_bytes", "gobs_server_loop_lag_seconds", "gobs_server_history_bytes"):
        assert f"\n{name} " in text


def test_it_ends_in_order_when_asked_and_gives_its_ports_back(tmp_path: Path) -> None:
    with gobs_server(tmp_path / "data") as running:
        assert running.terminate() == 0
        host, port = running.http.split(":")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))
    assert "Traceback" not in (tmp_path / "data.log").read_text()
    assert (tmp_path / "data" / "gobs.pid").read_text() == ""


def test_stop_ends_it(tmp_path: Path) -> None:
    with gobs_server(tmp_path / "data") as running:
        reaper = threading.Thread(target=running.process.wait)  # else it would stay, dead, in the process table
        reaper.start()
        found = run("stop", "--data", str(tmp_path / "data"))
        reaper.join(20)
        assert "stopped gobs server" in found.stdout
        assert running.process.returncode == 0
