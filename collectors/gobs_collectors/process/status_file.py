"""How /proc/PID/status is written: lines of a name, `:`, a tab and a value; which there are depends on the kernel."""

from __future__ import annotations

from gobs_collectors.process.stat_file import LIMIT, Value
from gobs_core.parse import garbage
from gobs_core.proc import text

_OWNER = b"\nUid:\t"
_SIZES = tuple(
    b"\n%s:\t" % name
    for name in (
        b"VmPeak",
        b"VmSize",
        b"VmLck",
        b"VmPin",
        b"VmRSS",
        b"VmData",
        b"VmStk",
        b"VmExe",
        b"VmLib",
        b"VmSwap",
    )
)
_TEXTS = (b"\nSeccomp:\t", b"\nSpeculation_Store_Bypass:\t", b"\nCpus_allowed_list:\t", b"\nMems_allowed_list:\t")
_LINES = (_OWNER, *_SIZES, *_TEXTS)
"""In the order every kernel writes them; a name cannot pretend to be one, for its line ends are written as `\\n`."""
_SECCOMP = {b"0": "disabled", b"1": "strict", b"2": "filter"}
_TAIL = b"\nvoluntary_ctxt_switches:\t"
_LAST = b"\nnonvoluntary_ctxt_switches:\t"
Cell = str | Value


def head(raw: bytes) -> bytes:
    """All before the counts of context switches, which are what most often changes alone; raises ParseError."""
    end = raw.find(_TAIL)
    if end < 0 or raw[-1:] != b"\n":
        raise garbage("status", "lines of name and value with voluntary_ctxt_switches among them", raw[-200:])
    return raw[: end + len(_TAIL)]


def parse_tail(tail: bytes) -> tuple[Value, Value]:
    """Both counts of context switches from what follows the head; raises ParseError."""
    first, _, rest = tail.partition(_LAST)
    second, end, _ = rest.partition(b"\n")
    try:
        voluntary, nonvoluntary = int(first), int(second)
    except ValueError:
        raise garbage("status", "counts of voluntary and nonvoluntary context switches", tail) from None
    if not end or voluntary < 0 or nonvoluntary < 0:
        raise garbage("status", "counts of voluntary and nonvoluntary context switches", tail)
    return voluntary if voluntary < LIMIT else None, nonvoluntary if nonvoluntary < LIMIT else None


def parse_head(raw: bytes) -> tuple[Cell, ...]:
    """The cells of `tables.STATUS_CELLS` without the last two; what this kernel or process has no line for is None.

    Raises ParseError.
    """
    owner, *sizes, seccomp, bypass, cpus, memories = _values(raw)
    try:
        uid = (owner or b"").split()[1]
        known = [None if value is None else _size(value) for value in sizes]
    except (IndexError, ValueError):
        raise garbage("status", "Uid with four numbers and sizes in kB", raw) from None
    if not uid.isdigit():
        raise garbage("status", "Uid with four numbers", raw)
    filtering = None if seccomp is None else _SECCOMP.get(seccomp) or text(seccomp)
    return uid.decode(), *known, filtering, _text(bypass), _text(cpus), _text(memories)


def _values(raw: bytes) -> list[bytes | None]:
    """What stands behind each of `_LINES`; None where there is no such line."""
    found: list[bytes | None] = []
    place = 0
    for label in _LINES:
        start = raw.find(label, place)
        if start < 0:
            found.append(None)
            continue
        start += len(label)
        place = raw.find(b"\n", start)
        found.append(raw[start:place])
    return found


def _size(value: bytes) -> Value:
    if value[-3:] != b" kB":
        raise ValueError(value)
    size = int(value[:-3])
    return size if 0 <= size < LIMIT else None


def _text(value: bytes | None) -> str | None:
    return None if value is None else text(value.strip())
