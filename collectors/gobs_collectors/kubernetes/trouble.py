"""What can go wrong between us and the Kubernetes API, each in a sentence that says what to change."""

from __future__ import annotations

import msgspec

from gobs_collectors.kubernetes.objects import Status

_SAID = 300


class Trouble(Exception):
    """The API cannot be had now; the text is for people. `pause` is what it asks us to wait, in seconds."""

    def __init__(self, why: str, *, pause: float = 0.0, denied: bool = False) -> None:
        super().__init__(why)
        self.pause = pause
        self.denied = denied
        """Whether it does not know us: with what is read anew it may."""


class Missing(Trouble):
    """There is no such object."""


class Gone(Exception):
    """What we know is too old to go on from: ask for everything again."""


class TooLarge(Exception):
    """An answer is larger than we are willing to hold."""


def refused(status: int, body: bytes, retry_after: str | None, who: str) -> Trouble | Gone:
    """What an answer that is no 200 means. `who` says what we showed, e.g. the token's file."""
    said = _said(body)
    if status == 410:
        return Gone(said)
    if status == 401:
        return Trouble(
            f"the Kubernetes API does not know us (401{said}): {who} may have expired, or belong to another cluster; "
            "it is read again at every attempt",
            denied=True,
        )
    if status == 403:
        return Trouble(
            f"the Kubernetes API does not let us look (403{said}): give the agent's service account get, list and "
            "watch on pods and nodes, as a ClusterRole does (chart: rbac.create=true)"
        )
    if status == 404:
        return Missing(f"what answers is no Kubernetes API (404{said}): see inventories.kubernetes.server")
    return Trouble(f"the Kubernetes API cannot answer now ({status}{said})", pause=_seconds(retry_after))


def no_such_node(node: str) -> str:
    """What to change where the API knows no node of our name."""
    return (
        f"Kubernetes has no node called {node!r}, so no pod is ours: set agent.node (NODE_NAME) to the pod's "
        "spec.nodeName, or inventories.kubernetes.node to the name in `kubectl get nodes`"
    )


def _said(body: bytes) -> str:
    try:
        message = msgspec.json.decode(body, type=Status).message or ""
    except msgspec.MsgspecError:
        message = body.decode("utf-8", "replace").strip()
    return f": {message[:_SAID]}" if message else ""


def _seconds(retry_after: str | None) -> float:
    return min(float(retry_after), 300.0) if retry_after and retry_after.isascii() and retry_after.isdigit() else 0.0
