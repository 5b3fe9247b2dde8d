"""The HTTP side of a fake API server: list, watch and get as the API documents them, and ways to misbehave."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support.kube.store import Store

PODS = "/api/v1/pods"


@dataclass
class Faults:
    """What goes wrong; a test changes it at any time."""

    status: int | None = None
    """Answer every request with this status."""
    message: str = ""
    retry_after: str | None = None
    silent: bool = False
    """Take requests and never answer."""
    cut_after: int | None = None
    """Break the connection in the middle of a watch's line, after so many events of it."""
    delay: float = 0.0
    """Seconds before anything is answered."""
    drip: int | None = None
    """Send events so many bytes at a time."""
    garbage: bytes | None = None
    """Answer lists with this."""
    always_gone: bool = False
    """Answer every watch with 410."""
    end_at_once: bool = False
    """End every watch without an event."""


@dataclass
class Api:
    """One fake API server, without its socket."""

    store: Store = field(default_factory=Store)
    faults: Faults = field(default_factory=Faults)
    tokens: set[str] = field(default_factory=lambda: {"first"})
    bookmark_every: float = 0.2
    ignore_selectors: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    """list, page, watch, node -> how many requests came."""
    queries: list[dict[str, str]] = field(default_factory=list)
    watching: int = 0
    bookmarked: int = 0
    """The version of the last bookmark."""

    def app(self) -> web.Application:
        """Return the application."""
        made = web.Application(middlewares=[self._before])
        made.router.add_get(PODS, self._pods)
        made.router.add_get("/api/v1/nodes/{name}", self._node)
        made.router.add_get("/api/v1", self._resources)
        made.router.add_get("/api/v1/namespaces/{namespace}/secrets/{name}", self._secret)
        return made

    @web.middleware
    async def _before(self, request: web.Request, handler: Any) -> web.StreamResponse:
        faults = self.faults
        self.queries.append(dict(request.query))
        if faults.silent:
            self.asked["silent"] += 1
            await asyncio.sleep(3600)
        if faults.delay:
            await asyncio.sleep(faults.delay)
        if faults.status is not None:
            self.asked[str(faults.status)] += 1
            return _status(faults.status, faults.message, faults.retry_after)
        if request.headers.get("Authorization") not in {f"Bearer {token}" for token in self.tokens}:
            self.asked["401"] += 1
            return _status(401, "Unauthorized")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _node(self, request: web.Request) -> web.StreamResponse:
        self.asked["node"] += 1
        name = request.match_info["name"]
        if name not in self.store.nodes:
            return _status(404, f'nodes "{name}" not found')
        return web.json_response({"kind": "Node", "metadata": {"name": name, "uid": "u", "resourceVersion": "1"}})

    async def _resources(self, _: web.Request) -> web.StreamResponse:
        """What there is to ask for, as Helm's engine wants to know before it looks an object up."""
        secrets = {"name": "secrets", "singularName": "secret", "namespaced": True, "kind": "Secret", "verbs": ["get"]}
        return web.json_response({"kind": "APIResourceList", "groupVersion": "v1", "resources": [secrets]})

    async def _secret(self, request: web.Request) -> web.StreamResponse:
        self.asked["secret"] += 1
        place = (request.match_info["namespace"], request.match_info["name"])
        if (found := self.store.secrets.get(place)) is None:
            return _status(404, f'secrets "{place[1]}" not found', reason="NotFound")
        return web.json_response(found)

    async def _pods(self, request: web.Request) -> web.StreamResponse:
        return await (self._watch(request) if request.query.get("watch") == "true" else self._list(request))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        self.asked["page" if "continue" in query else "list"] += 1
        if self.faults.garbage is not None:
            return web.Response(body=self.faults.garbage, content_type="application/json")
        pods = self.store.listed(self._fields(query))
        start, version = 0, self.store.version
        if "continue" in query:
            if "resourceVersion" in query:
                return _status(400, "resource version is not allowed with continue")
            start, version = map(int, query["continue"].split("."))
            if self.store.since(version) is None:
                return _status(410, "The provided continue parameter is too old", reason="Expired")
        # As of the real one: a list that may be old comes whole, from its cache.
        size = len(pods) if query.get("resourceVersion") == "0" else int(query.get("limit", 0)) or len(pods)
        metadata = {"resourceVersion": str(version)}
        if start + size < len(pods):
            metadata |= {"continue": f"{start + size}.{version}"}
        items = pods[start : start + size]
        return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items})

    def _fields(self, query: Mapping[str, str]) -> str:
        return "" if self.ignore_selectors else query.get("fieldSelector", "")

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        self.asked["watch"] += 1
        version = int(query["resourceVersion"])
        if self.faults.always_gone:
            return _status(410, "too old resource version", reason="Expired")
        until = time.monotonic() + float(query.get("timeoutSeconds", 1800))
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        self.watching += 1
        try:
            if not self.faults.end_at_once:
                await self._stream(response, self._fields(query), version, until)
        finally:
            self.watching -= 1
        return response

    async def _stream(self, response: web.StreamResponse, fields: str, version: int, until: float) -> None:
        from tests.support.kube.store import chosen_by

        marked, sent = time.monotonic(), 0
        while (now := time.monotonic()) < until:
            if self.faults.silent:
                await asyncio.sleep(3600)
            entries = self.store.since(version)
            if entries is None:
                gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
                await self._send(response, {"type": "ERROR", "object": gone})
                return
            for entry in entries:
                version = entry.version
                if chosen_by(fields, entry.object):
                    if self.faults.cut_after is not None and sent >= self.faults.cut_after:
                        await response.write(b'{"type":"MODIFIED","object":{"metadata":{"na')
                        assert response._req is not None
                        assert response._req.transport is not None
                        response._req.transport.abort()
                        return
                    await self._send(response, {"type": entry.kind, "object": entry.object})
                    sent += 1
            if not entries and now - marked >= self.bookmark_every:
                marked, version = now, max(version, self.store.version)
                metadata = {"resourceVersion": str(version)}
                await self._send(response, {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": metadata}})
                self.bookmarked = version
            await self.store.change(min(0.05, max(0.0, until - now)))

    async def _send(self, response: web.StreamResponse, event: dict[str, Any]) -> None:
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        step = self.faults.drip or len(line)
        for start in range(0, len(line), step):
            await response.write(line[start : start + step])


def _status(code: int, message: str, retry_after: str | None = None, reason: str = "") -> web.Response:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    return web.json_response({**body, "message": message}, status=code, headers=headers)
