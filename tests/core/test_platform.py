"""Systems on which `gobs` cannot run: one sentence, and no traceback of a module that is not there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.programs import searched

SCRIPT = """
import sys

for name in ("fcntl", "resource", "pwd", "grp", "termios", "_posixsubprocess"):
    sys.modules[name] = None  # what an import of it then meets is an ImportError
from gobs_core.cli import main
sys.exit(main({arguments!r}, platform="win32"))
"""


@pytest.mark.parametrize("arguments", [["up"], ["simulate"], ["server"], ["agent"], ["stop"], ["--help"], []], ids=str)
def test_a_system_without_what_gobs_needs_is_told_in_one_sentence(arguments: list[str]) -> None:
    script = SCRIPT.format(arguments=arguments)
    done = searched(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "gobs: Gobservability runs on Linux, `gobs simulate` on macOS too; on Windows use WSL\n"
