"""The notifier speaks to a real HTTP server, says how an attempt failed, and keeps its contract."""

# ruff: noqa: D103  a test's name is its sentence

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from gobs_ntfy import NtfyNotifier

from gobs_core import Channel, Event, Rejected, Secret, TryLater
from gobs_core.testing import check_notifier, example_notification


class Ntfy(ThreadingHTTPServer):
    """What an ntfy server does with a message: it takes it, or says why not."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.asked: list[tuple[str | None, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One message."""

    server: Ntfy

    def do_POST(self) -> None:
        """Take it."""
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers["Authorization"], message))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def ntfy() -> Iterator[Ntfy]:
    with Ntfy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def send(ntfy: Ntfy, **more: Any) -> None:
    notifier = NtfyNotifier(
        NtfyNotifier.Config(url=ntfy.url, topic="ops", **more), Channel(name="phones", inside=("127.0.0.1",))
    )
    asyncio.run(notifier.send(example_notification(Event.FIRING)))


def test_a_message_says_what_where_and_how_bad(ntfy: Ntfy) -> None:
    send(ntfy, token=Secret("tk_secret"))
    [(authorization, message)] = ntfy.asked
    assert authorization == "Bearer tk_secret"
    assert (message["topic"], message["title"].startswith("firing: ")) == ("ops", True)
    assert message["priority"] in (3, 4, 5)
    assert "95.3 %" in message["message"]


@pytest.mark.parametrize(("status", "outcome"), [(429, TryLater), (503, TryLater), (403, Rejected)])
def test_a_refusal_says_whether_to_try_again(ntfy: Ntfy, status: int, outcome: type[Exception]) -> None:
    ntfy.status = status
    with pytest.raises(outcome, match=f"the server answers {status}"):
        send(ntfy)


def test_nothing_on_the_inside_is_asked_that_the_server_does_not_allow(ntfy: Ntfy) -> None:
    notifier = NtfyNotifier(NtfyNotifier.Config(url=ntfy.url, topic="ops"), Channel(name="phones"))
    with pytest.raises(Rejected, match=r"server\.inside_targets"):
        asyncio.run(notifier.send(example_notification(Event.FIRING)))
    assert ntfy.asked == []


def test_keeps_its_contract(ntfy: Ntfy) -> None:
    allowed = Channel(name="phones", inside=("127.0.0.1",))
    check_notifier(NtfyNotifier, config=NtfyNotifier.Config(url=ntfy.url, topic="ops"), channel=allowed)
    assert ntfy.asked
