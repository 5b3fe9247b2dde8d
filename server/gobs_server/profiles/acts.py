"""What people do with recordings, whichever way they ask: begin, end, keep and let go, each of it on record."""

from __future__ import annotations

from typing import NamedTuple

from gobs_core import PluginState
from gobs_server.actor import Actor
from gobs_server.auditing import Audit
from gobs_server.live import Node
from gobs_server.profiles.orders import Refusal
from gobs_server.profiles.targets import Missing, find_target
from gobs_server.profiles.task import Task
from gobs_server.profiles.tasks import Tasks


class Wanted(NamedTuple):
    """What somebody wants to be recorded, by the names people have for it. Without a name the whole node is meant."""

    namespace: str = ""
    pod: str = ""
    """A pod's name, or the id of any workload."""
    container: str = ""
    pid: int | None = None
    start: str = ""
    """Of a process: when it began, as in the table `process`, so that no other is taken for it; empty: whichever."""
    profiler: str = "perf"
    duration: float = 30.0
    """Seconds."""
    frequency: int = 99
    call_graph: str = "fp"


class Acts:
    """Does it, and has it recorded. Made for whoever answers requests; lives as long as that."""

    def __init__(self, tasks: Tasks, audit: Audit) -> None:
        self._tasks = tasks
        self._audit = audit

    async def start(self, actor: Actor, node: Node, wanted: Wanted) -> Task:
        """Begin a recording; raises Missing, which names the field, or Refusal."""
        target, names = find_target(node, wanted.namespace, wanted.pod, wanted.container, wanted.pid)
        if wanted.start and target.start != wanted.start:
            raise Missing("pid", f"a process that runs; {target.pid} has ended, and another one has its number now")
        if node.connected:
            _check_profiler(node, wanted.profiler, target.kind)
        task = self._tasks.begin(
            node.name,
            target,
            profiler=wanted.profiler,
            duration=wanted.duration,
            frequency=wanted.frequency,
            call_graph=wanted.call_graph,
            by=actor.name,
            names=names,
        )
        told = {"node": node.name, "what": task.what, "seconds": wanted.duration, "profiler": wanted.profiler}
        await self._audit.record(actor, "profile.start", task.id, None, told)
        return task

    async def cancel(self, actor: Actor, task: Task) -> None:
        """End a recording; of one that is over nothing changes."""
        was_open = task.open
        self._tasks.cancel(task, actor.name)
        if was_open:
            await self._audit.record(actor, "profile.cancel", task.id, {"what": task.what}, None)

    async def pin(self, actor: Actor, task: Task, *, pinned: bool) -> None:
        """Keep a profile however old it gets, or not; raises Unavailable."""
        before = {"pinned": task.pinned}
        await self._tasks.pin(task, pinned)
        await self._audit.record(actor, "profile.pin", task.id, before, {"pinned": task.pinned})

    async def delete(self, actor: Actor, task: Task) -> None:
        """Let go of a recording; raises Refusal for one that is not over, and Unavailable."""
        if task.open:
            raise Refusal("the recording is not over; cancel it first")
        await self._tasks.delete(task)
        await self._audit.record(actor, "profile.delete", task.id, {"what": task.what}, None)


def profilers(node: Node) -> list[PluginState]:
    """What a node has to record with, as it says itself."""
    return [plugin for plugin in node.plugins if plugin.kind == "profiler"]


def _check_profiler(node: Node, name: str, kind: str) -> None:
    """Raise where the node is known not to be able to do what is asked; what it can, it says best itself."""
    known = {plugin.name: plugin for plugin in profilers(node)}
    if not known:
        version = node.agent_version or "of an unknown version"
        raise Refusal(
            f"the agent of node {node.name!r} ({version}) tells of no profiler: it is older than this server, or "
            "gobs-collectors is not installed with it"
        )
    found = known.get(name)
    if found is None:
        raise Missing("profiler", f"one that node {node.name!r} has: {', '.join(sorted(known))}")
    if found.state in {"disabled", "off"}:
        raise Missing("profiler", f"one that is enabled; on node {node.name!r} {name} is {found.state}")
    if found.targets and kind not in found.targets:
        raise Missing("profiler", f"one that can record a {kind}; {name} records {', '.join(found.targets)}")
