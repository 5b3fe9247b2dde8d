"""Every route says here who may use it; one that does not is refused before its handler runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Literal, NamedTuple, TypeVar

from quart import Blueprint, Quart, Response, abort, current_app, request
from werkzeug.exceptions import Forbidden, Unauthorized

from gobs_server.actor import NOBODY, Actor, Area, Role, answering, scope
from gobs_server.parts import Parts
from gobs_server.paths import DecodedSegments, MatchedRule, NameConverter

Handler = Callable[..., Awaitable[Response]]
H = TypeVar("H", bound=Handler)
Work = Callable[[], Coroutine[Any, Any, None]]
Method = Literal["GET", "POST", "PUT", "DELETE"]
Identify = Callable[[], Awaitable[Actor]]
"""Tells who makes the request at hand; nobody where nobody shows who they are."""

_DECLARED = "gobs-routes"


class Declared(NamedTuple):
    """Who may use a route."""

    role: Role
    area: Area = ""
    """What a token may be confined to and still use it."""
    private: bool = False
    """Not for those who read without saying who they are: command lines, profiles."""


class Denied(Forbidden):
    """Who asks is known and may not: 403."""

    def __init__(self, actor: Actor, wanted: Declared) -> None:
        what = f"this needs the role {wanted.role}"
        has = f"{actor.name or 'who asks'} has the role {actor.role}"
        if actor.kind == "token":
            scopes = " or ".join(dict.fromkeys((scope(wanted.role), scope(wanted.role, wanted.area))))
            what, has = f"this needs the scope {scopes}", f"{actor.name} does not have it"
        super().__init__(f"{what}; {has}")
        self.actor = actor
        self.wanted = wanted


class Unknown(Unauthorized):
    """Nobody has said who asks, and not everybody may: 401."""

    def __init__(self, wanted: Declared) -> None:
        super().__init__("log in, or show an API token in the header Authorization: Bearer …")
        self.wanted = wanted


class Routes:
    """Routes that belong together. Made once per app; `install` hands them over."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.declared: dict[str, Declared] = {}
        self._work: dict[str, Work] = {}
        self._blueprint = Blueprint(name, __name__)

    def get(self, rule: str, *, role: Role, scope: Area = "", private: bool = False) -> Callable[[H], H]:
        """Serve GET and HEAD of `rule` by the decorated handler; its name becomes the endpoint's."""
        return self.add("GET", rule, Declared(role, scope, private))

    def post(self, rule: str, *, role: Role, scope: Area = "") -> Callable[[H], H]:
        """Serve POST in the same way."""
        return self.add("POST", rule, Declared(role, scope))

    def put(self, rule: str, *, role: Role, scope: Area = "") -> Callable[[H], H]:
        """Serve PUT in the same way."""
        return self.add("PUT", rule, Declared(role, scope))

    def delete(self, rule: str, *, role: Role, scope: Area = "") -> Callable[[H], H]:
        """Serve DELETE in the same way."""
        return self.add("DELETE", rule, Declared(role, scope))

    def add(self, method: Method, rule: str, wanted: Declared) -> Callable[[H], H]:
        """Serve one method of `rule` by the decorated handler. What changes something is never for the unknown."""
        wanted = wanted if method == "GET" else wanted._replace(private=True)

        def register(handler: H) -> H:
            name = handler.__name__
            self._blueprint.add_url_rule(rule, name, handler, methods=[method], provide_automatic_options=False)
            self.declared[f"{self.name}.{name}"] = wanted
            return handler

        return register

    def meanwhile(self, name: str, work: Work) -> None:
        """Do this for as long as the app is served; it is begun anew where it fails."""
        self._work[name] = work

    def install(self, app: Quart) -> None:
        """Add all of them to the app."""
        for name, work in self._work.items():
            app.while_serving(partial(_at_work, name, work))
        app.register_blueprint(self._blueprint)
        app.extensions.setdefault(_DECLARED, {}).update(self.declared)


async def _at_work(name: str, work: Work) -> AsyncGenerator[None, None]:
    task = asyncio.create_task(Parts().keep(name, work))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def prepare(app: Quart, identify: Identify) -> None:
    """Make the app understand `<name:…>` and refuse whoever may not; before any route is added."""
    app.url_map.converters["name"] = NameConverter
    app.url_rule_class = MatchedRule
    app.asgi_app = DecodedSegments(app.asgi_app)  # type: ignore[method-assign]  # Quart's own way to add middleware
    app.extensions[_DECLARED] = {}

    async def authorise() -> None:
        answering(NOBODY)
        if request.endpoint is None:
            return
        wanted = declared(current_app).get(request.endpoint)
        if wanted is None:
            abort(403, "this route does not say who may use it")
        if wanted.role == "public":
            return
        actor = await identify()
        answering(actor)
        if not actor.may(wanted.role, wanted.area, private=wanted.private):
            raise Denied(actor, wanted) if actor.known else Unknown(wanted)

    app.before_request(authorise)


def declared(app: Quart) -> Mapping[str, Declared]:
    """Endpoint -> who may use it."""
    found: Mapping[str, Declared] = app.extensions[_DECLARED]
    return found
