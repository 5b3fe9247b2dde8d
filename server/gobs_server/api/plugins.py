"""REST: what is loaded where."""

from __future__ import annotations

import msgspec

from gobs_core import PluginState
from gobs_server.api.operations import Live, Operations
from gobs_server.api.problem import ApiError
from gobs_server.api.shapes import PluginRetry, Plugins
from gobs_server.retrying import Refused, retry
from gobs_server.services import Services
from gobs_server.tags import Tags


def add_plugins(api: Operations, services: Services, tags: Tags) -> None:
    """Add the operation on plugins."""

    @api.post("/plugins/retry", role="operator", scope="plugins", errors=(404, 409), status=202)
    async def retry_plugin(body: PluginRetry) -> PluginState:
        """Let a plugin in quarantine be tried at once; how it then fares is told by the list of plugins."""
        try:
            return await retry(services, body.node, body.kind, body.name)
        except Refused as error:
            raise ApiError(error.status, str(error)) from None

    @api.get("/plugins", scope="plugins")
    async def list_plugins() -> Live[Plugins]:
        """What is loaded in the server and on each node, its state, its cost, its last error."""
        own = services.plugins()

        def build() -> Plugins:
            return Plugins(list(own), {node.name: list(node.plugins) for node in services.live.nodes()})

        return Live(tags.of(services.live.plugins_version, msgspec.msgpack.encode(own)), build)
