"""Letting a plugin in quarantine be tried again: who is asked, what is recorded, and what refuses it."""

from __future__ import annotations

import msgspec

from gobs_core import PluginState
from gobs_server.actor import current_actor
from gobs_server.live import Node
from gobs_server.services import Services


class Refused(Exception):
    """It is not tried again: the text says why, `status` is HTTP's word for it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def _why_not(there: Node | None, found: PluginState) -> str:
    if there is not None:
        return f"the agent of {there.name} is not connected: nobody can tell it"
    return f"it is in no quarantine: it is {found.state}, and is asked at its next turn anyway"


async def retry(services: Services, node: str, kind: str, name: str) -> PluginState:
    """Let a plugin be tried at its next turn, in the server where `node` is empty, and return how it fares then.

    Raises Refused.
    """
    there = services.live.node(node) if node else None
    if node and there is None:
        raise Refused(404, "there is no such node")
    known = there.plugins if there is not None else services.plugins()
    found = next((one for one in known if (one.kind, one.name) == (kind, name)), None)
    if found is None:
        raise Refused(404, "there is no such plugin there")
    if not services.retry_plugin(node, kind, name):
        raise Refused(409, _why_not(there, found))
    await services.audit.record(current_actor(), "plugin.retry", f"{kind} {name}", None, {"node": node})
    return msgspec.structs.replace(found, state="starting")
