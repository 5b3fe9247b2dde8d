"""Profiles as files: in which forms they are given out, and under which names."""

from __future__ import annotations

from typing import Literal

import msgspec
from quart import Response, request

from gobs_core import Profile
from gobs_server.api.problem import ApiError
from gobs_server.beside import Beside
from gobs_server.db import Unavailable
from gobs_server.profiles.exports import folded, pprof, speedscope, svg, tree
from gobs_server.profiles.inbox import unpacked
from gobs_server.profiles.task import Task
from gobs_server.profiles.tasks import Tasks

Format = Literal["json", "folded", "speedscope", "pprof", "svg", "raw"]
_FILES: dict[str, tuple[str, str]] = {
    "json": ("application/json", "json"),
    "folded": ("text/plain; charset=utf-8", "folded.txt"),
    "speedscope": ("application/json", "speedscope.json"),
    "pprof": ("application/octet-stream", "pb.gz"),
    "svg": ("image/svg+xml", "svg"),
    "raw": ("application/json", "profile.json"),
}
_KEPT_AS = "deflate"
"""How a profile is compressed in the database: who understands it is given those very bytes."""


async def download(tasks: Tasks, beside: Beside, task: Task, form: Format) -> Response:
    """Return a recording's profile in one form; raises ApiError where it has none."""
    if task.state != "done":
        raise ApiError(409, f"the recording is {task.state}{': ' if task.reason else ''}{task.reason}")
    try:
        data = await tasks.data(task)
    except Unavailable as trouble:
        raise ApiError(503, f"the database: {trouble}") from None
    media_type, ending = _FILES[form]
    as_kept = form == "raw" and request.accept_encodings.quality(_KEPT_AS) > 0
    content = data if as_kept else await beside.run(lambda: exported(unpacked(data), form, task.what))
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="profile-{task.id}.{ending}"'
    if form == "raw":
        response.headers["Vary"] = "Accept-Encoding"
    if as_kept:
        response.headers["Content-Encoding"] = _KEPT_AS
    return response


def exported(profile: Profile, form: str, name: str) -> bytes:
    """A profile in one of the forms it is given out in."""
    if form == "folded":
        return folded(profile)
    if form == "speedscope":
        return speedscope(profile, name)
    if form == "pprof":
        return pprof(profile)
    if form == "svg":
        return svg(profile, name)
    return msgspec.json.encode(profile if form == "raw" else tree(profile))
