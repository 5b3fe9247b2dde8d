"""What a recording is to its agent: the message that orders it, who carries it, and that it cannot be begun."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gobs_core import GobsError
from gobs_proto import gobs_pb2 as pb
from gobs_server.profiles.task import Task


class Refusal(GobsError):
    """A recording cannot be begun; the text says why."""


class Courier(Protocol):
    """Takes messages to agents."""

    def deliver(self, node: str, message: pb.ServerMessage) -> bool:
        """Send a message to the agent of a node, without waiting; False: none is connected."""
        ...

    def nodes(self) -> list[str]:
        """The nodes whose agents are connected."""
        ...

    def present(self, nodes: Iterable[str]) -> list[str]:
        """Those of these nodes whose agents are connected and were heard of lately.

        A node that has lost its power ends no connection.
        """
        ...


def order_of(task: Task) -> pb.ServerMessage:
    """The message that orders a recording."""
    target = task.target
    return pb.ServerMessage(
        start_profile=pb.StartProfile(
            id=task.id,
            profiler=task.profiler,
            kind=target.kind,
            workload=target.workload,
            container=target.container,
            pid=target.pid,
            start=target.start,
            duration_ms=int(task.duration * 1000),
            frequency=task.frequency,
            call_graph=task.call_graph,
        )
    )
