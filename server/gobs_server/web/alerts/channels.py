"""The page of channels: whom they tell, whether they work, a test of each, and what became of every message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from quart import Response, abort, request

from gobs_core import NotifierConfig, Secret
from gobs_core.redact import STARS
from gobs_server.actor import current_actor
from gobs_server.alerts.faults import Firing, Invalid, ReadOnly, Unknown
from gobs_server.alerts.keeping.journal import JournalError
from gobs_server.alerts.records import ChannelSettings
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.web.access.forms import go, sent
from gobs_server.web.answers import html
from gobs_server.web.paging import page_asked, paged
from gobs_server.web.rendering import Templates

_MOST = 1000
"""Messages that are kept at hand."""
STATES = {"": "all", "sending": "on their way", "sent": "sent", "dead": "dead letters"}
"""Which messages are shown -> what that is called."""
_BUSY = "The journal of alerts cannot be written now; nothing was saved."
_OWN = frozenset({"enabled"})


class Field(NamedTuple):
    """One setting of a notifier, as a form asks for it."""

    name: str
    kind: Literal["text", "secret", "flag", "choice", "number"]
    value: str
    required: bool
    choices: tuple[str, ...] = ()


def add_channels(routes: Routes, services: Services, templates: Templates) -> None:
    """Add its routes."""
    pages = ChannelPages(services, templates)
    _add_looking(routes, pages)
    _add_changing(routes, services, pages)
    board, audit = services.alerts.switchboard, services.audit

    @routes.post("/alerts/channels/<name:id>/test", role="operator", scope="alerts")
    async def channel_test(id: str) -> Response:  # noqa: A002  the word of the address
        channel = pages.channel(id)
        taken, said = await board.test(channel.id)
        await audit.record(current_actor(), "channel.test", channel.name, None, {"taken": taken, "said": said})
        return await pages.list(told=f"{channel.name}: {said}", taken=taken)

    @routes.post("/alerts/deliveries/<name:id>/retry", role="operator", scope="alerts")
    async def delivery_retry(id: str) -> Response:  # noqa: A002
        found = await services.alerts.delivery(id)
        if found is None or found.state != "dead":
            return await pages.list("There is no such dead letter.", 404)
        try:
            await board.retry(found)
        except (Unknown, JournalError) as error:
            return await pages.list(str(error), 409)
        await audit.record(current_actor(), "delivery.retry", found.id, None, {"channel": found.channel})
        return go("/alerts/channels")


def _add_looking(routes: Routes, pages: ChannelPages) -> None:
    @routes.get("/alerts/channels", role="viewer", scope="alerts")
    async def channels() -> Response:
        state = request.args.get("state", "")
        places = page_asked(request.args), page_asked(request.args, "messages")
        return await pages.list(state=state if state in STATES else "", places=places)

    @routes.get("/alerts/channels/new", role="administrator", scope="alerts")
    async def channel_new() -> Response:
        return pages.editor(request.args.get("kind", ""))

    @routes.get("/alerts/channels/<name:id>", role="administrator", scope="alerts")
    async def channel(id: str) -> Response:  # noqa: A002
        found = pages.channel(id)
        return pages.editor(found.kind, found)


def _add_changing(routes: Routes, services: Services, pages: ChannelPages) -> None:
    board, audit = services.alerts.switchboard, services.audit

    @routes.post("/alerts/channels", role="administrator", scope="alerts")
    async def channel_add() -> Response:
        form = await sent()
        kind = form.get("kind", "")
        try:
            made = await board.add(
                form.get("name", "").strip(), kind, pages.settings(kind, form), current_actor().name, enabled=True
            )
        except (Invalid, JournalError) as error:
            return pages.editor(kind, None, form, error)
        await audit.record(current_actor(), "channel.add", made.name, None, pages.shown(made))
        return go("/alerts/channels")

    @routes.post("/alerts/channels/<name:id>", role="administrator", scope="alerts")
    async def channel_change(id: str) -> Response:  # noqa: A002
        form, old = await sent(), pages.channel(id)
        enabled = form.get("enabled") == "yes"
        try:
            made = await board.change(
                id, old.kind, pages.settings(old.kind, form), current_actor().name, enabled=enabled
            )
        except (Invalid, ReadOnly, JournalError) as error:
            return pages.editor(old.kind, old, form, error)
        await audit.record(current_actor(), "channel.change", made.name, pages.shown(old), pages.shown(made))
        return go("/alerts/channels")

    @routes.post("/alerts/channels/<name:id>/delete", role="administrator", scope="alerts")
    async def channel_delete(id: str) -> Response:  # noqa: A002
        old = pages.channel(id)
        try:
            gone = await board.delete(id)
        except (Firing, ReadOnly, JournalError) as error:
            return pages.editor(old.kind, old, None, error)
        await audit.record(current_actor(), "channel.delete", gone.name, pages.shown(gone), None)
        return go("/alerts/channels")


class ChannelPages:
    """Builds it. Lives as long as the app."""

    def __init__(self, services: Services, templates: Templates) -> None:
        self._alerts = services.alerts
        self._templates = templates

    def channel(self, id: str) -> ChannelSettings:  # noqa: A002  a record's own word
        """The channel of that id; a page that says there is none otherwise."""
        found = self._alerts.book.channels.get(id)
        return abort(404, "there is no such channel") if found is None else found

    def shown(self, channel: ChannelSettings) -> dict[str, object]:
        """What the audit log keeps of it."""
        return {"kind": channel.kind, "enabled": channel.enabled, "settings": self._alerts.kinds.shown(channel)}

    def settings(self, kind: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The settings that a form says; what is empty is left out."""
        cls = self._alerts.kinds.classes.get(kind)
        return {} if cls is None else _said(cls.Config, form)

    async def list(
        self,
        fault: str = "",
        status: int = 200,
        *,
        told: str = "",
        taken: bool = True,
        state: str = "",
        places: tuple[int, int] = (1, 1),
    ) -> Response:
        """Return the page, with what a test has brought, and with messages that are so."""
        channels = sorted(self._alerts.book.channels.values(), key=lambda one: one.name.casefold())
        waiting = self._alerts.post.waiting()
        try:
            deliveries = await self._alerts.deliveries("", state, _MOST)
            dead = len(await self._alerts.deliveries("", "dead", _MOST))
        except JournalError:
            deliveries, dead = self._alerts.post.under_way(), 0
        content = self._templates.render(
            "alerts/channels.html",
            channels=paged(channels, places[0]),
            waiting=waiting,
            failing={one.name: self._alerts.post.failing(one.name) for one in channels},
            kinds=sorted(self._alerts.kinds.classes),
            messages=paged(deliveries, places[1]),
            dead=dead,
            state=state,
            states=STATES,
            fault=fault,
            told=told,
            taken=taken,
        )
        return html(content, status)

    def editor(
        self,
        kind: str,
        channel: ChannelSettings | None = None,
        form: Mapping[str, str] | None = None,
        error: Exception | None = None,
    ) -> Response:
        """Return the page of one channel, or of a new one of a kind."""
        cls = self._alerts.kinds.classes.get(kind)
        if cls is None:
            return abort(404, self._alerts.kinds.why_missing(kind))
        faults = {}
        if isinstance(error, Invalid):
            faults = {fault.where.removeprefix("settings."): fault.expected for fault in error.faults}
        known: Mapping[str, Any] = self._alerts.kinds.shown(channel) if channel is not None else {}
        fault = "" if error is None or faults else _BUSY if isinstance(error, JournalError) else str(error)
        content = self._templates.render(
            "alerts/channel.html",
            kind=kind,
            channel=channel,
            name=(form or {}).get("name", ""),
            fields=[_field(one, form, known) for one in _asked(cls.Config)],
            faults=faults,
            fault=fault,
        )
        return html(content, 200 if error is None else 422 if faults else 409)


def _asked(config: type[NotifierConfig]) -> list[Any]:
    """What is asked for: what must be said, then what only this notifier has, then what all have."""
    shared = {one.name for one in msgspec.structs.fields(NotifierConfig)}
    fields = [one for one in msgspec.structs.fields(config) if one.name not in _OWN]
    return sorted(fields, key=lambda one: (not one.required, one.name in shared))


def _field(one: Any, form: Mapping[str, str] | None, known: Mapping[str, Any]) -> Field:
    kind = _plain(one.type)
    given = known.get(one.name, None if one.required else one.default)
    if given is msgspec.NODEFAULT or given is None:
        given = ""
    value = form.get(one.name, "") if form is not None else "yes" if given is True else "" if given is False else given
    if kind is bool:
        return Field(one.name, "flag", str(value), False)
    if get_origin(kind) is Literal:
        return Field(one.name, "choice", str(value), False, tuple(map(str, get_args(kind))))
    if kind is Secret:
        text = str(value) if str(value) in ("", STARS) else STARS if form is None else ""
        return Field(one.name, "secret", text, one.required)
    text = f"{value:g}" if isinstance(value, float) else ", ".join(value) if isinstance(value, tuple) else str(value)
    return Field(one.name, "number" if kind in (int, float) else "text", text, one.required)


def _said(config: type[NotifierConfig], form: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in msgspec.structs.fields(config):
        text, kind = form.get(one.name, "").strip(), _plain(one.type)
        if one.name in _OWN:
            continue
        if kind is bool:
            found[one.name] = text == "yes"
        elif text:
            found[one.name] = _value(text, kind)
    return found


def _value(text: str, kind: Any) -> Any:
    """A text as its setting wants it; the text itself where it is none, so that this is said of it."""
    if get_origin(kind) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return text


def _plain(kind: Any) -> Any:
    """A type without what is annotated to it, and without None."""
    while hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    others = [one for one in get_args(kind) if one is not type(None)]
    return _plain(others[0]) if type(None) in get_args(kind) and len(others) == 1 else kind
