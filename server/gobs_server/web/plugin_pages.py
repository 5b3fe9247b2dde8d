"""The page of plugins, its fragment, and the button that has a plugin in quarantine tried again."""

from __future__ import annotations

from zlib import crc32

import msgspec
from quart import Response, request

from gobs_server.retrying import Refused, retry
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.access.forms import go, goal, sent, sentence
from gobs_server.web.answers import fragment, html
from gobs_server.web.cache import Cache
from gobs_server.web.plugins import Listed, listed, render_plugins
from gobs_server.web.rendering import Templates


def add_plugins(routes: Routes, services: Services, tags: Tags, templates: Templates, cache: Cache) -> None:
    """Add its routes."""

    def tag(asked: Listed) -> str:
        return tags.of(services.live.plugins_version, crc32(msgspec.msgpack.encode(services.plugins())), asked)

    def content(asked: Listed) -> bytes:
        own, nodes = services.plugins(), services.live.nodes()
        return cache.get(asked.address, tag(asked), lambda: render_plugins(templates, own, nodes, asked))

    def page(asked: Listed, fault: str = "") -> Response:
        shown = templates.raw(content(asked))
        return html(templates.render("plugins.html", tag=tag(asked), content=shown, fault=fault))

    @routes.get("/plugins", role="viewer")
    async def plugins() -> Response:
        return page(listed(request.args))

    @routes.get("/fragments/plugins", role="viewer")
    async def plugins_fragment() -> Response:
        asked = listed(request.args)
        return fragment(tag(asked), lambda: content(asked))

    @routes.post("/plugins/retry", role="operator", scope="plugins")
    async def plugin_retry() -> Response:
        form = await sent()
        try:
            await retry(services, form.get("node", ""), form.get("kind", ""), form.get("name", ""))
        except Refused as error:
            answer = page(Listed(), sentence(error))
            answer.status_code = error.status
            return answer
        return go(goal(form.get("back") or "/plugins"))
