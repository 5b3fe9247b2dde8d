"""What somebody asks to be recorded on a page: the target, and the choices a form offers, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from gobs_server.live import Node
from gobs_server.paths import segment
from gobs_server.profiles.acts import Wanted
from gobs_server.profiles.task import Task

DURATIONS = (30, 60, 120, 300, 600)
"""Seconds that are offered."""
FREQUENCIES = (49, 99, 199, 499, 999)
_Name = Annotated[str, Meta(max_length=1024)]


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What the form sends."""

    node: Annotated[str, Meta(min_length=1, max_length=253)]
    workload: _Name = ""
    container: _Name = ""
    pid: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    start: Annotated[str, Meta(max_length=32)] = ""
    duration: Annotated[int, Meta(ge=1, le=3600)] = 30
    frequency: Annotated[int, Meta(ge=1, le=10_000)] = 99
    profiler: Annotated[str, Meta(max_length=63)] = "perf"
    call_graph: Literal["fp", "dwarf"] = "fp"


class Target(NamedTuple):
    """What a page is about and can be recorded."""

    node: str
    workload: str = ""
    pid: str = ""
    start: str = ""
    container: str = ""

    @property
    def kind(self) -> str:
        """As profilers call it."""
        if self.pid:
            return "process"
        return "container" if self.container else "workload" if self.workload else "node"

    @property
    def query(self) -> str:
        """What an address says of it."""
        return urlencode([(name, text) for name, text in self._asdict().items() if text], errors="replace")

    @property
    def page(self) -> str:
        """The page it is shown on."""
        here = f"/nodes/{segment(self.node)}"
        if self.pid:
            return f"{here}/processes/{segment(self.pid)}/{segment(self.start)}" if self.start else here
        if self.container:
            key = urlencode([("key", self.workload), ("key", self.container)], errors="replace")
            return f"{here}/tables/container/row?{key}"
        return f"{here}/workloads/{segment(self.workload)}" if self.workload else here

    def has(self, task: Task) -> bool:
        """Whether a recording is of it."""
        of = task.target
        if task.node != self.node:
            return False
        if self.pid:
            return str(of.pid) == self.pid and self.start in {"", of.start}
        if self.container not in {"", of.container}:
            return False
        return of.workload == self.workload and of.kind != "process" and bool(of.workload) == bool(self.workload)


def target(values: Mapping[str, str]) -> Target:
    """What a query is about; parts that make no sense are left out."""
    text = {name: values.get(name, "")[:1024] for name in Target._fields}
    return Target(**{**text, "pid": text["pid"] if text["pid"].isdecimal() else ""})


def target_of(task: Task) -> Target:
    """What a recording was of."""
    of = task.target
    if of.kind == "process":
        return Target(task.node, "", str(of.pid), of.start)
    return Target(task.node, of.workload, container=of.container)


def wanted(values: Mapping[str, str]) -> tuple[str, Wanted]:
    """The node and what is wanted of it, from what a form sent; raises ValueError, for people."""
    given = {name: text for name, text in values.items() if text}
    try:
        form = msgspec.convert(given, Form, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace(" - at `$.", ": ").rstrip("`")) from None
    return form.node, Wanted(
        pod=form.workload,
        container=form.container,
        pid=form.pid,
        start=form.start,
        profiler=form.profiler,
        duration=form.duration,
        frequency=form.frequency,
        call_graph=form.call_graph,
    )


def able(node: Node, kind: str) -> bool:
    """Whether anything on a node can record that kind of target, as far as it tells."""
    return any(
        plugin.kind == "profiler" and plugin.state not in {"disabled", "off"} and kind in (plugin.targets or (kind,))
        for plugin in node.plugins
    )
