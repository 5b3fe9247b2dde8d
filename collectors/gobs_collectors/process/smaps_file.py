"""How /proc/PID/smaps_rollup is written: a range of addresses, then lines of a name, `:` and a size in kB."""

from __future__ import annotations

import re

_SIZE = re.compile(rb"([A-Za-z_]+): +([0-9]{1,19}) kB")


def parse_smaps(raw: bytes) -> dict[str, int]:
    """Name -> bytes, of every whole line that is a size; none of a process without memory. Never raises."""
    lines = raw.split(b"\n")[1:-1]  # after the last newline is nothing, or a line that was cut
    sizes = filter(None, map(_SIZE.fullmatch, lines))
    return {size[1].decode(): int(size[2]) * 1024 for size in sizes}
