"""What is read of a process only when somebody opens it, and never more often than asked."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from quart import Response

from gobs_server.routes import Routes
from gobs_server.services import InspectError, NoAnswer, NotConnected, Refused, Services, TooManyRequests
from gobs_server.web.answers import html, no_node
from gobs_server.web.inspected import SECTIONS, Inspected, inspected
from gobs_server.web.rendering import Templates
from gobs_server.web.text import visible

_STATES = {
    NotConnected: ("stale", "The node's agent is not connected now; what is asked of it waits for it to come back."),
    NoAnswer: ("stale", "The agent did not answer in time."),
    TooManyRequests: ("stale", "This node is being asked too much at once; try again in a moment."),
    Refused: ("down", "The agent could not tell."),
}


class _Turns:
    """Whoever opens several sections at once has them one after another: an agent answers one question at a time."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, node: str) -> asyncio.Lock:
        """Return what to hold while the node is asked."""
        lock = self._locks.get(node)
        if lock is None:
            lock = self._locks[node] = asyncio.Lock()
        return lock


def add_inspect(routes: Routes, services: Services, templates: Templates) -> None:
    """Add the fragments of what is read when asked."""
    turns = _Turns()

    @routes.get(
        "/fragments/nodes/<name:node>/processes/<name:pid>/<name:start>/<name:section>", role="viewer", private=True
    )
    async def inspect_fragment(node: str, pid: str, start: str, section: str) -> Response:
        state, why, found = "", "", Inspected()
        if services.live.node(node) is None:
            state, why = "down", no_node(node)
        elif section not in SECTIONS:
            state, why = "down", f"There is no such section; there are {', '.join(SECTIONS)}."
        else:
            try:
                async with turns.of(node):
                    told = await services.sessions.inspect(node, "process", (pid, start), (section,))
                found = inspected(section, told.get(section))
            except InspectError as error:
                state, why = _STATES.get(type(error), ("down", "The agent could not tell."))
                why = f"{why} ({visible(str(error))})"
        content = templates.render(
            "inspected.html",
            found=found,
            state=state,
            why=why,
            section=section,
            node=node,
            pid=pid,
            start=start,
            read_at=services.clock.wall(),
        )
        response = html(content)
        response.headers["Cache-Control"] = "no-store"
        return response
