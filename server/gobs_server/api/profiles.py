"""REST: recordings of stacks, from the order to the file."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from quart import Response

from gobs_server.actor import current_actor
from gobs_server.api.downloads import Format, download
from gobs_server.api.lookup import find_node
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError, invalid
from gobs_server.api.shapes import ProfileList, ProfileSummary, ProfileTargetShape
from gobs_server.db import Unavailable
from gobs_server.profiles.acts import Acts, Wanted
from gobs_server.profiles.orders import Refusal
from gobs_server.profiles.targets import Missing
from gobs_server.profiles.task import Task
from gobs_server.profiles.tasks import Tasks
from gobs_server.services import Services

_Text = Annotated[str, Meta(max_length=1024)]


class ProfileRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to record. Without pod, workload, container and pid the whole node is meant."""

    node: Annotated[str, Meta(min_length=1, max_length=253)]
    namespace: _Text = ""
    pod: Annotated[str, Meta(max_length=1024, description="The pod's name, or the id of any workload.")] = ""
    container: Annotated[str, Meta(max_length=1024, description="The container's name or id.")] = ""
    pid: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    duration_seconds: Annotated[float, Meta(ge=1, le=3600)] = 30
    frequency: Annotated[int, Meta(ge=1, le=10_000, description="Samples in a second of CPU time.")] = 99
    profiler: Annotated[str, Meta(max_length=63)] = "perf"
    call_graph: Literal["fp", "dwarf"] = "fp"


class ProfilePin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a profile is kept for good."""

    pinned: bool


class ProfilesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which recordings."""

    node: Annotated[str, Meta(max_length=253)] = ""
    namespace: _Text = ""
    pod: _Text = ""
    state: Annotated[str, Meta(max_length=16)] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class DownloadQuery(msgspec.Struct, frozen=True, kw_only=True):
    """In which form."""

    format: Annotated[
        Format, Meta(description="json is a tree of name, value, kind, module and children; raw has threads and notes.")
    ] = "json"


def add_profiles(api: Operations, services: Services) -> None:
    """Add the operations on recordings."""
    _add_looking(api, services.profiles)
    _add_acting(api, services, services.profiles)


def _add_looking(api: Operations, tasks: Tasks) -> None:
    @api.get("/profiles", scope="profiles", private=True)
    async def list_profiles(query: ProfilesQuery) -> ProfileList:
        """Recordings, the newest first."""
        found = [task for task in tasks.all() if _matches(task, query)]
        return ProfileList(profiles=[summary(tasks, task) for task in found[: query.limit]], count=len(found))

    @api.get("/profiles/<name:id>", scope="profiles", private=True, errors=(404, 503))
    async def get_profile(id: str) -> ProfileSummary:  # noqa: A002  the resource's word
        """How far one recording is."""
        return summary(tasks, _find(tasks, id))

    @api.get("/profiles/<name:id>/download", scope="profiles", private=True, errors=(404, 409, 503))
    async def download_profile(id: str, query: DownloadQuery) -> Response:  # noqa: A002
        """The profile as a file."""
        return await download(tasks, api.beside, _find(tasks, id), query.format)


def _add_acting(api: Operations, services: Services, tasks: Tasks) -> None:
    acts = Acts(tasks, services.audit)

    @api.post("/profiles", role="operator", scope="profiles", errors=(404, 409, 422), status=202)
    async def start_profile(body: ProfileRequest) -> ProfileSummary:
        """Begin a recording; the answer comes at once."""
        node = find_node(services.live, body.node)
        wanted = Wanted(
            namespace=body.namespace,
            pod=body.pod,
            container=body.container,
            pid=body.pid,
            profiler=body.profiler,
            duration=body.duration_seconds,
            frequency=body.frequency,
            call_graph=body.call_graph,
        )
        try:
            return summary(tasks, await acts.start(current_actor(), node, wanted))
        except Missing as missing:
            raise invalid(f"body.{missing.field}", str(missing)) from None
        except Refusal as refusal:
            raise ApiError(409, str(refusal)) from None

    @api.post("/profiles/<name:id>/cancel", role="operator", scope="profiles", errors=(404, 503), status=200)
    async def cancel_profile(id: str) -> ProfileSummary:  # noqa: A002
        """End a recording; of one that is over nothing changes."""
        task = _find(tasks, id)
        await acts.cancel(current_actor(), task)
        return summary(tasks, task)

    @api.put("/profiles/<name:id>/pin", role="operator", scope="profiles", errors=(404, 503))
    async def pin_profile(id: str, body: ProfilePin) -> ProfileSummary:  # noqa: A002
        """Keep a profile however old it gets, or not."""
        task = _find(tasks, id)
        try:
            await acts.pin(current_actor(), task, pinned=body.pinned)
        except Unavailable as trouble:
            raise ApiError(503, f"the database: {trouble}") from None
        return summary(tasks, task)

    @api.delete("/profiles/<name:id>", role="operator", scope="profiles", errors=(404, 409, 503))
    async def delete_profile(id: str) -> None:  # noqa: A002
        """Let go of a recording that is over."""
        try:
            await acts.delete(current_actor(), _find(tasks, id))
        except Refusal as refusal:
            raise ApiError(409, str(refusal)) from None
        except Unavailable as trouble:
            raise ApiError(503, f"the database: {trouble}") from None


def summary(tasks: Tasks, task: Task) -> ProfileSummary:
    """One recording as it is told."""
    target = task.target
    return ProfileSummary(
        id=task.id,
        node=task.node,
        state=task.state,
        reason=task.reason,
        ends=task.ends or None,
        seconds_left=tasks.left(task),
        target=ProfileTargetShape(
            kind=target.kind,
            namespace=task.namespace,
            pod=task.pod,
            container=task.container,
            workload=target.workload,
            pid=target.pid or None,
            command=task.command,
        ),
        profiler=task.profiler,
        duration_seconds=task.duration,
        frequency=task.frequency,
        call_graph=task.call_graph,
        by=task.by,
        created=task.created,
        ended=task.ended,
        samples=task.samples,
        lost=task.lost,
        event=task.event,
        bytes=task.bytes,
        pinned=task.pinned,
        notes=task.notes,
    )


def _find(tasks: Tasks, id: str) -> Task:  # noqa: A002
    task = tasks.get(id)
    if task is None and not tasks.loaded:
        raise ApiError(503, "the recordings of before have not been read from the database yet; try again")
    if task is None:
        raise ApiError(404, f"no recording {id[:64]!r} is known")
    return task


def _matches(task: Task, query: ProfilesQuery) -> bool:
    return (
        query.node in {"", task.node}
        and query.namespace in {"", task.namespace}
        and query.pod in {"", task.pod, task.target.workload}
        and query.state in {"", task.state}
    )
