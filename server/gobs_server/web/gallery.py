"""Every component in every state, with content as hostile and extreme as it gets: a page for those who build pages."""

from __future__ import annotations

import re
from importlib.resources import files

from quart import Response

from gobs_core import Severity, Unit
from gobs_server.live import Node
from gobs_server.routes import Routes
from gobs_server.web.answers import html
from gobs_server.web.badges import Badge
from gobs_server.web.format import UNKNOWN, exact, full
from gobs_server.web.headlines import Value
from gobs_server.web.rendering import Templates
from gobs_server.web.states import meaning

NAMES = (
    "nginx",
    "<script>window.hit=1</script>",
    "\"'><img src=x onerror=window.hit=1>",
    "javascript:window.hit=1",
    "right\u202eto\u2066left\u2069",
    "עברית العربية",
    "🙂👩‍👩‍👧‍👦 e\u0301\u0301\u0301",
    "new\nline\ttab\x1b[31m",
    "one-word-without-a-place-to-break-it-" * 12,
    "x" * 4096,
)
_NUMBERS = (0.0, 1e300, -1e300, 1e-300, -0.5, 100.0, 250.0, 123456789.0)
_MADE = 1_767_225_600.0


def add_gallery(routes: Routes, templates: Templates) -> None:
    """Add the page."""

    @routes.get("/gallery", role="viewer")
    async def gallery() -> Response:
        return html(
            templates.render(
                "gallery.html",
                names=NAMES,
                nodes=[(node, meaning(node)) for node in _nodes()],
                values=_values(),
                tokens=_tokens(),
                made=_MADE,
                badges=[
                    Badge(number, severity, "/alerts")
                    for number, severity in zip((1, 12, 12345), Severity, strict=True)
                ],
            )
        )


def _nodes() -> list[Node]:
    return [
        Node("fresh", "fresh", last_seen=_MADE, agent_version="0.1.0"),
        Node("stale", "stale", last_seen=_MADE, notes=(NAMES[1], NAMES[8])),
        Node("down", "down", last_seen=0.0),
    ]


def _values() -> list[Value]:
    shares = [_value("Share", share, Unit.PERCENT, rate=False) for share in (0.0, 12.5, 99.9, 250.0)]
    numbers = [_value(f"{number:g}", number, Unit.BYTES, rate=True) for number in _NUMBERS]
    bars = [share._replace(bar=bar) for share, bar in zip(shares, (0.0, 12.5, 99.9, 100.0), strict=True)]
    return [*numbers, *bars, Value("Unknown", UNKNOWN, "not known: needs CAP_SYS_PTRACE", 0.0)]


def _value(label: str, number: float, unit: Unit, *, rate: bool) -> Value:
    return Value(label, full(number, unit, rate), exact(number, unit, rate), None)


def _tokens() -> dict[str, list[str]]:
    """Return the names of all tokens by what they are for, as the style sheet that is served has them."""
    text = (files("gobs_server") / "static" / "dist" / "app.css").read_text(encoding="utf-8")
    names = list(dict.fromkeys(re.findall(r"[{;](--[\w-]+):\s*light-dark\(", text)))
    sizes = list(dict.fromkeys(re.findall(r"[{;](--(?:size|space)-\d):", text)))
    return {"colours": names, "sizes": sizes}
