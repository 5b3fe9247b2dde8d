"""The page of plugins, its fragment, and the button that has a plugin in quarantine tried again."""

from __future__ import annotations

from zlib import crc32

import msgspec
from quart import Response

from gobs_server.retrying import Refused, retry
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.access.forms import go, sent, sentence
from gobs_server.web.answers import fragment, html
from gobs_server.web.cache import Cache
from gobs_server.web.plugins import render_plugins
from gobs_server.web.rendering import Templates


def add_plugins(routes: Routes, services: Services, tags: Tags, templates: Templates, cache: Cache) -> None:
    """Add its routes."""

    def tag() -> str:
        return tags.of(services.live.plugins_version, crc32(msgspec.msgpack.encode(services.plugins())))

    def content() -> bytes:
        return cache.get("plugins", tag(), lambda: render_plugins(templates, services.plugins(), services.live.nodes()))

    def page(fault: str = "") -> Response:
        return html(templates.render("plugins.html", tag=tag(), content=templates.raw(content()), fault=fault))

    @routes.get("/plugins", role="viewer")
    async def plugins() -> Response:
        return page()

    @routes.get("/fragments/plugins", role="viewer")
    async def plugins_fragment() -> Response:
        return fragment(tag(), content)

    @routes.post("/plugins/retry", role="operator", scope="plugins")
    async def plugin_retry() -> Response:
        form = await sent()
        try:
            await retry(services, form.get("node", ""), form.get("kind", ""), form.get("name", ""))
        except Refused as error:
            answer = page(sentence(error))
            answer.status_code = error.status
            return answer
        return go("/plugins")
