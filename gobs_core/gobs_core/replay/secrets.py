"""Which files of a process may hold secrets, and what is recorded instead: command lines, and the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gobs_core.scrub import HIDDEN, hidden_each, hide

_HIDDEN = HIDDEN.encode()


def without_secrets(path: str, raw: bytes, patterns: Iterable[re.Pattern[str]] = ()) -> bytes:
    """What is recorded of a file; the very same bytes unless it is a command line or an environment.

    Of an environment the names of its variables are kept and no value. `patterns`: what else to hide in command lines.
    """
    name = path.rpartition("/")[2]
    if name == "environ":
        return b"\0".join(map(_variable, raw.split(b"\0")))
    if name != "cmdline" or not raw.strip(b"\0\n"):
        return raw
    # The kernel's own command line has spaces where that of a process has zeros.
    separator = "\0" if path != "proc/cmdline" else " "
    body = raw.rstrip(b"\0\n")
    args = body.decode("utf-8", "surrogateescape").split(separator)
    program = args[0].rsplit("/", 1)[-1] if args else ""
    patterns = tuple(patterns)
    shown = [hide(arg, patterns) for arg in hidden_each(program, args)]
    line = " ".join(shown)
    if (whole := hide(line, patterns)) != line:  # what a pattern means lies in more than one argument
        shown = [whole]
    return separator.join(shown).encode("utf-8", "surrogateescape") + raw[len(body) :]


def _variable(one: bytes) -> bytes:
    name, equals, value = one.partition(b"=")
    if not equals:
        return _HIDDEN if one else b""
    return name + equals + (_HIDDEN if value else b"")
