"""REST: what is loaded where."""

from __future__ import annotations

import msgspec

from gobs_server.api.operations import Live, Operations
from gobs_server.api.shapes import Plugins
from gobs_server.services import Services
from gobs_server.tags import Tags


def add_plugins(api: Operations, services: Services, tags: Tags) -> None:
    """Add the operation on plugins."""

    @api.get("/plugins", scope="plugins")
    async def list_plugins() -> Live[Plugins]:
        """What is loaded in the server and on each node, its state, its cost, its last error."""
        own = services.plugins()

        def build() -> Plugins:
            return Plugins(list(own), {node.name: list(node.plugins) for node in services.live.nodes()})

        return Live(tags.of(services.live.plugins_version, msgspec.msgpack.encode(own)), build)
