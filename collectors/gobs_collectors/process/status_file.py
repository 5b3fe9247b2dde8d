"""How /proc/PID/status is written: lines of a name, `:`, a tab and a value; which there are depends on the kernel."""

from __future__ import annotations

from gobs_collectors.process.stat_file import LIMIT, Value
from gobs_core.parse import garbage
from gobs_core.proc import text

_SIZES = (
    b"VmPeak", b"VmSize", b"VmLck", b"VmPin", b"VmRSS", b"VmData", b"VmStk", b"VmExe", b"VmLib", b"VmSwap",
)  # fmt: skip
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
    lines = dict(line.split(b":\t", 1) for line in raw.split(b"\n") if b":\t" in line)
    find = lines.get
    try:
        owner = lines[b"Uid"].split()[1]
        sizes = [_size(find(name)) for name in _SIZES]
    except (KeyError, IndexError, ValueError):
        raise garbage("status", "Uid with four numbers and sizes in kB", raw) from None
    if not owner.isdigit():
        raise garbage("status", "Uid with four numbers", raw)
    seccomp = find(b"Seccomp")
    return (
        owner.decode(),
        *sizes,
        None if seccomp is None else _SECCOMP.get(seccomp) or text(seccomp),
        _text(find(b"Speculation_Store_Bypass")),
        _text(find(b"Cpus_allowed_list")),
        _text(find(b"Mems_allowed_list")),
    )


def _size(value: bytes | None) -> Value:
    if value is None:
        return None
    number, unit = value.split()
    if unit != b"kB":
        raise ValueError(unit)
    size = int(number)
    return size if 0 <= size < LIMIT else None


def _text(value: bytes | None) -> str | None:
    return None if value is None else text(value.strip())
