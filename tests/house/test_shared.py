"""What those share who run tests beside each other is one thing, and does not outlive them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tests.support.programs import searched

USE = """
import sys
from pathlib import Path
from tests.support.shared import shared_cluster
with shared_cluster(Path(sys.argv[1]), lambda _: None) as server:
    print(server.http, flush=True)
    sys.stdin.read()
"""
PATIENCE = 60.0


@contextmanager
def using(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Somebody who uses the cluster until killed."""
    command = [sys.executable, "-c", USE, str(folder)]
    pipe = subprocess.PIPE
    with searched(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)) as user:
        try:
            yield user
        finally:
            user.kill()


def said(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def there(folder: Path) -> list[int]:
    """The program that was started for it, by the folder it was given."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            given = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in given and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def gone(folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while there(folder):
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_cluster_is_one_for_all_and_ends_with_its_last_user_even_where_each_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    with using(folder) as first:
        address = said(first)
        with using(folder) as second:
            assert said(second) == address
            first.kill()
            first.wait()
            with using(folder) as third:
                assert said(third) == address, "whoever has started it may go"
    gone(folder)
    host, _, port = address.partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    with using(folder) as again:
        assert said(again)
    gone(folder)
