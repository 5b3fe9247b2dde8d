"""The mark that every secret of the suite bears, and where it must never be seen: in anything that anybody says.

What a test writes to stdout and stderr, what is logged in its process, at every level and before any secret is taken
out, and the logs of the programs it starts: all of it is searched when the test ends, and the test fails that said it.
What a test reads of a program itself is searched as it is read, by `programs`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

MARK = "canary7f3a9c"
"""In nothing but secrets."""
LOGS = ("*.log", "said")
"""What the files are called into which tests let programs write."""


def marked(name: str) -> str:
    """Return a secret of that name, long enough to be one."""
    return f"{MARK}-{name}"


def told_in(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return where the mark is, with what is around it."""
    return [f"{where}: …{text[max(0, at - 80) : at + 60]}…" for where, text in texts if (at := text.find(MARK)) >= 0]


def logs_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Return the logs that programs have written there, as (name, text); others may still remove what is theirs."""
    for place, _, names in os.walk(folder):
        for path in [Path(place, name) for name in names if any(fnmatch(name, pattern) for pattern in LOGS)]:
            with suppress(FileNotFoundError):
                if path.is_file():
                    yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")
