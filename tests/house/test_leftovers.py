"""What tests start ends even where they are killed in the middle."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.support.house import ROOT
from tests.support.programs import searched

PROGRAM = """
import sys
from tests.support.postgres import postgres
with postgres() as server:
    print(server._process.pid, server.folder, flush=True)
    sys.stdin.read()
"""


def test_a_database_whose_tests_are_killed_ends_and_leaves_nothing() -> None:
    command = [sys.executable, "-c", PROGRAM]
    pipe = subprocess.PIPE
    with searched(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)) as tests:
        assert tests.stdout is not None
        pid, folder = tests.stdout.readline().split()
        assert Path("/proc", pid).exists()
        tests.kill()
    end = time.monotonic() + 60
    while Path("/proc", pid).exists() or Path(folder).exists():
        assert time.monotonic() < end, f"PostgreSQL {pid} is still there, or {folder}"
        time.sleep(0.05)
