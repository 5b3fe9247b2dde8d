"""What a person sees when an address leads nowhere or something broke."""

from __future__ import annotations

from quart import Response

from gobs_server.web.rendering import Templates

_TEXTS = {
    404: ("Not found", "There is no such page."),
    405: ("Not allowed", "This page can only be read."),
    413: ("Too large", "The request carries more than this server takes."),
    414: ("Too long", "The address is longer than this server reads."),
    421: ("Wrong name", "This server is not reached by that name."),
    500: ("Something broke", "The server's log says what; the page may work again in a moment."),
}


def error_page(templates: Templates, status: int, detail: str) -> Response:
    """Return the page of one HTTP status."""
    title, text = _TEXTS.get(status, (f"Error {status}", "The request could not be served."))
    content = templates.render("error.html", title=title, text=detail or text)
    return Response(content, status, content_type="text/html; charset=utf-8")
