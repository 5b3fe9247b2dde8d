"""A running `gobs up` for the pages that talk to one, and a shell for their commands."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.running import BIN, CURL, Shell, Up, started, until, wait_for


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """This machine, live, for as long as the tests of the documentation take; its first tables are there."""
    data = tmp_path_factory.mktemp("up")
    with started(
        "up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", data, "--interval", "1s"
    ) as next_line:
        found = re.search(r"http://[\d.]+:\d+", until(next_line, "Gobservability is on"))
        assert found
        running = Up(found[0])
        assert wait_for(running, b'"process"')
        yield running


@pytest.fixture
def shell(up: Up, tmp_path: Path) -> Shell:
    """A shell in an empty checkout whose `.venv` is the one of the tests, and whose server is `up`."""
    (tmp_path / "bin").mkdir()
    if shutil.which("curl") is None:
        curl = tmp_path / "bin/curl"
        curl.write_text(CURL)
        curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
    return Shell(tmp_path, {"http://127.0.0.1:8080": up.url, ".venv/bin/gobs": str(BIN / "gobs")})
