"""The original's addresses of pages and of their fragments: whoever kept one is led to where that is now."""

from __future__ import annotations

from urllib.parse import urlencode

from quart import Response

from gobs_server.live import Live
from gobs_server.paths import segment
from gobs_server.profiles.targets import Missing, find_target
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go


def add_originals(routes: Routes, live: Live) -> None:
    """Add them."""

    @routes.get("/nodes", role="viewer")
    async def original_nodes() -> Response:
        return go("/")

    @routes.get("/pods/<name:node>", role="viewer")
    async def original_pods(node: str) -> Response:
        return go(_node(node))

    @routes.get("/pods/<name:node>/fragment", role="viewer")
    async def original_pods_fragment(node: str) -> Response:
        return go(_node(node))

    @routes.get("/pods/<name:node>/metrics", role="viewer")
    async def original_pods_metrics(node: str) -> Response:
        return go(_node(node))

    @routes.get("/process/<name:node>/<name:pod>", role="viewer")
    async def original_process(node: str, pod: str) -> Response:
        return go(_pod(live, node, pod))

    @routes.get("/api/pods/<name:node>/<name:pod>/info", role="viewer")
    async def original_info(node: str, pod: str) -> Response:
        return go(_pod(live, node, pod))

    @routes.get("/api/pods/<name:node>/<name:pod>/details-fragment", role="viewer")
    async def original_details_fragment(node: str, pod: str) -> Response:
        return go(_pod(live, node, pod))

    @routes.get("/api/alerts/<name:node>/fragment", role="viewer", scope="alerts")
    async def original_alerts_fragment(node: str) -> Response:
        return go(f"/alerts/rules?{urlencode({'node': node}, errors='replace')}")


def _node(node: str) -> str:
    return f"/nodes/{segment(node)}"


def _pod(live: Live, node: str, pod: str) -> str:
    """The page of a pod, which the original knew by its name alone; of several, or of none, the search for the name."""
    found = live.node(node)
    if found is None:
        return _node(node)
    try:
        target, _ = find_target(found, "", pod, "", None)
    except Missing:
        return f"/pods?{urlencode({'filter': pod[:100]}, errors='replace')}"
    return f"{_node(node)}/workloads/{segment(target.workload)}"
