"""The settings of the agent and of the command itself; every other section belongs to a plugin or another program."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from gobs_core.plugins.pins import parse_pin
from gobs_core.values import Duration, Size

MAX_NODE = 253


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of a program's section; unknown keys are refused."""


class BudgetSettings(Section, frozen=True, kw_only=True):
    """`[agent.budget]`: what an agent may cost; over it, expensive collectors are read less often, and say so."""

    cpu: Annotated[float, msgspec.Meta(gt=0, le=64)] | None = None
    """CPU time that all collectors together may take, as a share of one CPU, e.g. 0.02; unset: no limit."""
    memory: Annotated[Size, msgspec.Meta(ge=16 << 20)] | None = None
    """Memory that agent and workers may hold; over it, the collector with the most rows is read less often; unset: no
    limit."""


class AgentSettings(Section, frozen=True, kw_only=True):
    """`[agent]`: what is read, how often, and where it goes."""

    node: str = msgspec.field(default_factory=socket.gethostname)
    """The name of this machine; its host name unless set."""
    interval: Annotated[Duration, msgspec.Meta(ge=1, le=3600)] = 5.0
    """Time between two readings."""
    proc_root: str = "/proc"
    """Where the machine's /proc is mounted; /host/proc in a pod."""
    sys_root: str | None = None
    """Where the machine's /sys is mounted; unset: beside its /proc, so that both are of one machine."""
    run_as: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    """Uid an agent started as root moves to before it reads anything, keeping only the capabilities that reading other
    users' processes and perf need; unset: it stays who it is."""
    sinks: list[str] | None = None
    """Names of the sinks that run; unset: those that run by default, and those that have a section of their own."""

    budget: BudgetSettings = BudgetSettings()

    @property
    def sys(self) -> str:
        """Where /sys is, said or not."""
        return self.sys_root if self.sys_root is not None else str(Path(self.proc_root).absolute().parent / "sys")

    def __post_init__(self) -> None:
        """Refuse a name that no page could show."""
        if not 1 <= len(self.node) <= MAX_NODE or not self.node.isprintable() or self.node != self.node.strip():
            raise ValueError(f"node: expected 1 to {MAX_NODE} printable characters, got {self.node!r:.80}")


class LogSettings(Section, frozen=True, kw_only=True):
    """`[log]`: what is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are still written."""
    format: Literal["auto", "console", "json"] = "auto"
    """`auto` is console on a terminal and JSON lines otherwise."""


class WorkerSettings(Section, frozen=True, kw_only=True):
    """`[plugins.workers]`: which plugins run in a process of their own, and what one may use."""

    foreign: bool = True
    """Whether plugins that did not come with Gobservability run in processes of their own."""
    inside: list[str] = []
    """Names of entry points or plugins that run inside agent or server all the same: trusted as its own are."""
    memory: Annotated[Size, msgspec.Meta(ge=32 << 20)] = 256 << 20
    """Memory that a worker and what it starts may use; beyond it the worker is ended."""
    cpu: Annotated[float, msgspec.Meta(gt=0, le=64)] = 0.5
    """CPU time that it may use, as a share of one CPU over a minute."""
    files: Annotated[int, msgspec.Meta(ge=16)] = 256
    """Files that it may have open at once."""
    environment: list[str] = []
    """Variables that a worker is given besides those that say where things are and what language is spoken; no others
    are, since they may hold secrets."""


class PluginsSettings(Section, frozen=True, kw_only=True):
    """`[plugins]`: which of the installed plugins may run."""

    allow: list[str] | None = None
    """Names of entry points or plugins that may be loaded; unset: all. Name entry points where you can: then no other
    plugin's code is even imported. For production with version and hash, `NAME==VERSION sha256:HASH`, as `gobs plugins
    --pins` prints them."""
    deny: list[str] = []
    """Names of entry points or plugins that are left out, whatever `allow` says."""
    workers: WorkerSettings = WorkerSettings()

    def __post_init__(self) -> None:
        """Refuse a line of the allow-list that means nothing."""
        for line in self.allow or ():
            parse_pin(line)
