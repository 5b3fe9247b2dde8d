"""A running `gobs up` for the pages that talk to one, and a shell for their commands."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.running import BIN, CURL, Shell, Up, quiet


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """This machine, live, for as long as the tests of the documentation take; its first tables are there."""
    data = tmp_path_factory.mktemp("up")
    command = [BIN / "gobs", "up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", data, "--interval", "1s"]
    with (data / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=quiet())
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://[\d.]+:\d+", line)
        assert found, line + (data / "log").read_text()
        running = Up(found[0])
        until = time.monotonic() + 30
        while b'"process"' not in running.get("/api/v1/nodes") and time.monotonic() < until:
            time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def shell(up: Up, tmp_path: Path) -> Shell:
    """A shell in an empty checkout whose `.venv` is the one of the tests, and whose server is `up`."""
    (tmp_path / "bin").mkdir()
    if shutil.which("curl") is None:
        curl = tmp_path / "bin/curl"
        curl.write_text(CURL)
        curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
    return Shell(tmp_path, {"http://127.0.0.1:8080": up.url, ".venv/bin/gobs": str(BIN / "gobs")})
