"""What pages and fragments answer with, whatever they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quart import Response

from gobs_server.tags import fresh, with_tag
from gobs_server.web.rendering import Templates


def html(content: bytes, status: int = 200) -> Response:
    """Return rendered content, which browsers ask for again every time."""
    response = Response(content, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


def fragment(tag: str, content: Callable[[], bytes]) -> Response:
    """Return a part of a page, or that the page has it already."""
    return fresh(tag) or with_tag(html(content()), tag)


def missing(templates: Templates, text: str, onward: Sequence[tuple[str, str]] = ()) -> Response:
    """Return the page that says what is not there, and links onward: to addresses with what each is called."""
    return html(templates.render("error.html", title="Not found", text=text, onward=onward), 404)


def unclear(templates: Templates, text: str, path: str) -> Response:
    """Return the page that says what of an address cannot be meant, and links to the same without it."""
    onward = [(path, "as it is now")]
    return html(templates.render("error.html", title="Not a moment", text=text, onward=onward), 400)


def gone(templates: Templates, text: str) -> Response:
    """Return the fragment that takes the place of what is not there any more."""
    return html(templates.render("gone.html", text=text))


def no_node(name: str) -> str:
    """Say that there is no such node."""
    return f"No node named {name[:200]!r} has reported since this server was started."


def no_table(node: str, table: str) -> str:
    """Say that a node has no such table."""
    return f"Node {node[:200]!r} sends no table {table[:200]!r}."
