"""Every route says here who may use it; one that does not is refused before its handler runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypeVar

from quart import Blueprint, Quart, Response, abort, request

from gobs_server.paths import DecodedSegments, NameConverter

Role = Literal["public", "viewer"]
"""public: anybody, e.g. a probe of the container's health; viewer: who may look."""
Handler = Callable[..., Awaitable[Response]]
H = TypeVar("H", bound=Handler)

_ROLES = "gobs-roles"


class Routes:
    """Routes that belong together. Made once per app; `install` hands them over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.roles: dict[str, Role] = {}
        self._blueprint = Blueprint(name, __name__)

    def get(self, rule: str, *, role: Role) -> Callable[[H], H]:
        """Serve GET and HEAD of `rule` by the decorated handler; its name becomes the endpoint's."""

        def add(handler: H) -> H:
            name = handler.__name__
            self._blueprint.add_url_rule(rule, name, handler, methods=["GET"], provide_automatic_options=False)
            self.roles[f"{self.name}.{name}"] = role
            return handler

        return add

    def install(self, app: Quart) -> None:
        """Add all of them to the app."""
        app.register_blueprint(self._blueprint)
        app.extensions.setdefault(_ROLES, {}).update(self.roles)


def prepare(app: Quart) -> None:
    """Make the app understand `<name:…>` and refuse routes without a role; before any route is added."""
    app.url_map.converters["name"] = NameConverter
    app.asgi_app = DecodedSegments(app.asgi_app)  # type: ignore[method-assign]  # Quart's own way to add middleware
    app.extensions[_ROLES] = {}
    app.before_request(_refuse_undeclared)


def roles(app: Quart) -> Mapping[str, Role]:
    """Endpoint -> the role it asks for."""
    declared: dict[str, Role] = app.extensions[_ROLES]
    return declared


async def _refuse_undeclared() -> None:
    from quart import current_app

    if request.endpoint is not None and request.endpoint not in current_app.extensions[_ROLES]:
        abort(403, "this route does not say who may use it")
