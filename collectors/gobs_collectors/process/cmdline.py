"""How /proc/PID/cmdline is written, and what of it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gobs_core.proc import text
from gobs_core.scrub import hide, scrub

READ = 4096
SHOWN = 1024
_ELLIPSIS = "…"


def parse_cmdline(raw: bytes) -> list[str]:
    """The arguments; none of a kernel thread or a zombie. Any bytes are a command line.

    Of a command line longer than READ bytes the last argument, which may be cut within a secret, is left out, unless it
    is the only one.
    """
    cut = len(raw) >= READ
    args = raw.rstrip(b"\0").split(b"\0") if raw.strip(b"\0") else []
    if cut and len(args) > 1:
        args.pop()
    return [text(arg) for arg in args]


def shown_cmdline(raw: bytes, patterns: Iterable[re.Pattern[str]] = (), *, scrubbed: bool = True) -> str | None:
    """The command line without its secrets, at most SHOWN bytes of UTF-8; None when there is none.

    Not `scrubbed`: without what a user's own patterns match, and otherwise as it is.
    """
    args = parse_cmdline(raw)
    if not args:
        return None
    line = scrub(args, patterns) if scrubbed else hide(" ".join(args), patterns)
    if len(line) * 4 <= SHOWN or len(line.encode("utf-8", "surrogatepass")) <= SHOWN:
        return line
    kept = line.encode("utf-8", "surrogatepass")[: SHOWN - len(_ELLIPSIS.encode())]
    return kept.decode("utf-8", "ignore") + _ELLIPSIS
