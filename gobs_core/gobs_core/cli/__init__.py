"""The `gobs` command: finds its subcommands by entry point, runs one, and turns what it raises into an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

OK, FAILURE, MISTAKE, INTERRUPTED = 0, 1, 2, 130


SYSTEMS = "Gobservability runs on Linux, `gobs simulate` on macOS too; on Windows use WSL"


def main(argv: Sequence[str] | None = None, platform: str = sys.platform) -> int:
    """Run `gobs` with these arguments, the process's own by default, and return the exit code."""
    if platform == "win32":  # told here, before anything imports what that system has not
        sys.stderr.write(f"gobs: {SYSTEMS}\n")
        return FAILURE
    from gobs_core.later import put_off

    put_off()
    from gobs_core.cli.run import run

    return run(sys.argv[1:] if argv is None else list(argv))
