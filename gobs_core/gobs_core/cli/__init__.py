"""The `gobs` command: finds its subcommands by entry point, runs one, and turns what it raises into an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

OK, FAILURE, MISTAKE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run `gobs` with these arguments, the process's own by default, and return the exit code."""
    from gobs_core.later import put_off

    put_off()
    from gobs_core.cli.run import run

    return run(sys.argv[1:] if argv is None else list(argv))
