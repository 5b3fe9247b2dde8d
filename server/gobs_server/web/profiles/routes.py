"""The routes of recordings: their list, the page of one, the form that begins one, and what is done with one."""

from __future__ import annotations

from quart import Response, abort, request

from gobs_server.actor import current_actor
from gobs_server.profiles.acts import Acts
from gobs_server.profiles.orders import Refusal
from gobs_server.profiles.targets import Missing
from gobs_server.profiles.task import Task
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.access.forms import go, sent
from gobs_server.web.answers import missing
from gobs_server.web.profiles.asked import wanted
from gobs_server.web.profiles.lines import Listed
from gobs_server.web.profiles.pages import ProfilePages
from gobs_server.web.rendering import Templates


def add_profiles(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add the routes of recordings."""
    pages = ProfilePages(services, tags, templates)
    _add_looking(routes, services, pages)
    _add_acting(routes, services, pages)

    def of(id: str) -> Response:  # noqa: A002
        task = services.profiles.get(id)
        if task is not None:
            return pages.one(task)
        yet = "" if services.profiles.loaded else " yet: those of before have not been read from the database"
        return missing(templates, f"No recording {id[:64]!r} is known{yet}.", _ONWARD)

    @routes.get("/profiles/<name:id>", role="viewer", scope="profiles", private=True)
    async def profile(id: str) -> Response:  # noqa: A002  the word of the address
        return of(id)

    @routes.get("/flamegraph/<name:node>/<name:pod>", role="viewer", scope="profiles", private=True)
    async def original_flamegraph(node: str, pod: str) -> Response:
        task = request.args.get("task_id", "")
        return of(task) if task else go(f"/profiles?{Listed(pod[:253], node[:253]).query}")


_ONWARD = [("/profiles", "all recordings")]


def _add_looking(routes: Routes, services: Services, pages: ProfilePages) -> None:
    @routes.get("/profiles", role="viewer", scope="profiles", private=True)
    async def profiles() -> Response:
        return pages.list()

    @routes.get("/fragments/profiles", role="viewer", scope="profiles", private=True)
    async def profiles_fragment() -> Response:
        return pages.list_fragment()

    @routes.get("/fragments/profiles/<name:id>", role="viewer", scope="profiles", private=True)
    async def profile_fragment(id: str) -> Response:  # noqa: A002
        return pages.one_fragment(services.profiles.get(id), id)

    @routes.get("/fragments/record", role="viewer", scope="profiles", private=True)
    async def record_fragment() -> Response:
        return pages.record()


def _add_acting(routes: Routes, services: Services, pages: ProfilePages) -> None:
    acts = Acts(services.profiles, services.audit)

    def known(id: str) -> Task:  # noqa: A002
        task = services.profiles.get(id)
        return abort(404, "no such recording is known") if task is None else task

    @routes.post("/profiles", role="operator", scope="profiles")
    async def profile_start() -> Response:
        try:
            name, asked = wanted(await sent())
            if (node := services.live.node(name)) is None:
                raise ValueError(f"no node {name!r} has reported")
            task = await acts.start(current_actor(), node, asked)
        except Missing as error:
            return pages.list(422, f"{error.field}: {error}")
        except ValueError as error:
            return pages.list(422, str(error))
        except Refusal as error:
            return pages.list(409, str(error))
        return go(f"/profiles/{task.id}")

    @routes.post("/profiles/<name:id>/cancel", role="operator", scope="profiles")
    async def profile_cancel(id: str) -> Response:  # noqa: A002
        await acts.cancel(current_actor(), known(id))
        return go(f"/profiles/{id}")

    @routes.post("/profiles/<name:id>/pin", role="operator", scope="profiles")
    async def profile_pin(id: str) -> Response:  # noqa: A002
        pinned = (await sent()).get("pinned") == "yes"
        await acts.pin(current_actor(), known(id), pinned=pinned)
        return go(f"/profiles/{id}")

    @routes.post("/profiles/<name:id>/delete", role="operator", scope="profiles")
    async def profile_delete(id: str) -> Response:  # noqa: A002
        try:
            await acts.delete(current_actor(), known(id))
        except Refusal as error:
            return pages.list(409, str(error))
        return go("/profiles")
