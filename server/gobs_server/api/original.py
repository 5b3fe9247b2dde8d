"""REST as the original Gobservability had it: its routes, its words, and what it answered with."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from quart import Response, request

from gobs_server.actor import current_actor
from gobs_server.api.downloads import download
from gobs_server.api.original_alerts import add_original_alerts
from gobs_server.api.problem import ApiError
from gobs_server.beside import Beside
from gobs_server.profiles.acts import Acts, Wanted
from gobs_server.profiles.orders import Refusal
from gobs_server.profiles.targets import Missing
from gobs_server.profiles.tasks import Tasks
from gobs_server.routes import Routes
from gobs_server.services import Services

SHORTEST, LONGEST, USUAL = 30, 600, 60
"""Seconds a recording may be asked for, and those where nothing is said, as they were."""


def original_routes(services: Services) -> Routes:
    """Return the original's routes below /api."""
    routes = Routes("original")
    _add_start(routes, services)
    _add_following(routes, services.profiles)
    add_original_alerts(routes, services)
    return routes


def _add_start(routes: Routes, services: Services) -> None:
    acts = Acts(services.profiles, services.audit)

    @routes.post("/api/pods/<name:node>/<name:pod>/flamegraph", role="operator", scope="profiles")
    async def start_flamegraph(node: str, pod: str) -> Response:
        found = services.live.node(node)
        if found is None:
            return _error(404, "Node not found")
        said = request.args.get("duration", str(USUAL))
        duration = int(said) if said.isdecimal() and len(said) <= len(str(LONGEST)) else 0
        if not SHORTEST <= duration <= LONGEST:
            return _error(400, f"Invalid duration ({SHORTEST}-{LONGEST} seconds)")
        try:
            task = await acts.start(current_actor(), found, Wanted(pod=pod, duration=duration))
        except Missing as missing:
            return _error(404 if missing.field == "pod" else 409, f"{missing.field}: {missing}")
        except Refusal as refusal:
            return _error(409, str(refusal))
        return _json(
            202,
            {
                "task_id": task.id,
                "status": "started",
                "message": "Flamegraph generation started. Use task_id to check status.",
            },
        )


def _add_following(routes: Routes, tasks: Tasks) -> None:
    beside = Beside()

    @routes.get("/api/flamegraph/<name:task>/status", role="viewer", scope="profiles", private=True)
    async def flamegraph_status(task: str) -> Response:
        found = tasks.get(task)
        if found is None:
            return _error(404 if tasks.loaded else 503, "Task not found")
        if found.open:
            return _json(
                200, {"status": "processing", "message": f"Flamegraph is still being generated: {found.state}"}
            )
        if found.state != "done":
            return _json(500, {"status": "error", "error": f"{found.state}: {found.reason}"})
        return _json(200, {"status": "completed", "ready": True, "size": found.bytes})

    @routes.get("/api/flamegraph/<name:task>/download", role="viewer", scope="profiles", private=True)
    async def flamegraph_download(task: str) -> Response:
        found = tasks.get(task)
        if found is None:
            return _error(404 if tasks.loaded else 503, "Task not found")
        if found.open:
            return _error(400, "Task not completed yet")
        try:
            return await download(tasks, beside, found, "json")
        except ApiError as error:
            return _error(500 if error.status == 409 else error.status, error.detail)


def _error(status: int, text: str) -> Response:
    return _json(status, {"error": text})


def _json(status: int, value: Mapping[str, object]) -> Response:
    return Response(msgspec.json.encode(value), status, content_type="application/json")
