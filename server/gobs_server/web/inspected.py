"""What an agent tells of one process when asked, made into tables whatever its version sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gobs_core import Unit
from gobs_server.web.format import UNKNOWN, duration, full
from gobs_server.web.text import visible

MOST = 1000
"""Lines that are shown."""

SECTIONS = {
    "threads": ("Threads", "Every thread, its state and the CPU time it has used"),
    "limits": ("Limits", "What it may use at most: the soft limit holds, and may be raised up to the hard one"),
    "descriptors": ("Descriptors", "What it has open: files, sockets, pipes, devices"),
    "smaps": ("Memory in detail", "What its memory consists of, summed over all its mappings"),
    "status": ("Status", "What the kernel says of it in /proc/PID/status"),
}
"""Section -> its title and what it holds."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """One section, ready to be shown."""

    unknown: str = ""
    """Why nothing is known."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    text: str = ""
    left_out: int = 0


def inspected(section: str, value: object) -> Inspected:
    """Return a section as it is shown; whatever an agent sends has some form."""
    if isinstance(value, Mapping) and isinstance(value.get("unknown"), str):
        return Inspected(unknown=visible(value["unknown"]))
    if isinstance(value, list):
        return _listed(section, value, [])
    if isinstance(value, Mapping):
        facts, listed = [], None
        for name, one in list(value.items())[:MOST]:
            if isinstance(one, list) and listed is None:
                listed = one
            elif isinstance(one, Mapping):
                facts += [(visible(f"{name}: {part}"), _shown(section, part, some)) for part, some in one.items()]
            elif one is not False:
                facts.append((visible(str(name)), _shown(section, str(name), one)))
        return Inspected(facts=facts[:MOST]) if listed is None else _listed(section, listed, facts[:MOST])
    return Inspected(unknown="the agent told something this server cannot show" if value is not None else "nothing")


def _listed(section: str, values: list[object], facts: list[tuple[str, str]]) -> Inspected:
    some, left_out = values[:MOST], max(len(values) - MOST, 0)
    if all(isinstance(one, Mapping) for one in some):
        maps = [one for one in some if isinstance(one, Mapping)]
        names = list(dict.fromkeys(str(name) for one in maps for name in one))[:50]
        rows = [[_shown(section, name, one.get(name), one.get("unit")) for name in names] for one in maps]
        headings = [visible(name.removesuffix("_seconds").replace("_", " ")) for name in names]
        return Inspected(facts=facts, headings=headings, rows=rows, left_out=left_out)
    return Inspected(facts=facts, text="\n".join(visible(str(one).expandtabs()) for one in some), left_out=left_out)


def _shown(section: str, name: str, value: object, unit: object = None) -> str:
    if value is None:
        return "unlimited" if section == "limits" and name in {"soft", "hard"} else UNKNOWN
    if isinstance(value, bool) or not isinstance(value, int | float):
        return visible(str(value))
    if section == "smaps" or unit == "bytes":
        return full(float(value), Unit.BYTES)
    if name.endswith("_seconds"):
        return duration(float(value))
    return str(value)
