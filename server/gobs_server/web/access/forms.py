"""What a form of a page sends, and where a page leads on to: nothing of it may leave this server."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from quart import Response, abort, request

from gobs_server.web.rendering import Templates

_FORM = "application/x-www-form-urlencoded"
_LONGEST = 2000
_NOT_BACK_TO = ("/login", "/logout", "/setup", "/fragments")


async def sent() -> Mapping[str, str]:
    """Return the fields of the form that was sent; the first value of each."""
    if request.mimetype != _FORM:
        abort(415, "this takes what a form sends")
    fields = await request.form
    return {name: fields[name] for name in fields}


async def sent_lists(name: str) -> list[str]:
    """Return every value of one field, as boxes that were ticked send them."""
    return (await request.form).getlist(name)


def seconds_of_days(text: str, most: int = 3650) -> float | None:
    """Return so many days in seconds; None for an empty text; raises ValueError, for people."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise ValueError(f"days are a whole number from 1 to {most}, or empty for no end")
    return int(text) * 86400.0


def goal(text: str | None) -> str:
    """Return a path of this server that somebody wants to go on to; `/` for anything that is none."""
    text = text or "/"
    parts = urlsplit(text) if text.isprintable() and len(text) <= _LONGEST else None
    if parts is None or parts.scheme or parts.netloc or "\\" in text or not text.startswith("/") or text[1:2] == "/":
        return "/"
    return "/" if parts.path.startswith(_NOT_BACK_TO) else text


def login_address(next_goal: str) -> str:
    """Return where to log in, and go on from there."""
    return "/login" if next_goal == "/" else f"/login?next={quote(next_goal, safe='/')}"


def go(path: str) -> Response:
    """Send the browser on, after something was done."""
    response = Response(b"", 303)
    response.headers["Location"] = path
    return response


def page(templates: Templates, template: str, status: int = 200, **values: object) -> Response:
    """Return a page that nobody keeps."""
    content = templates.render(template, **values)
    response = Response(content, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def sentence(error: Exception) -> str:
    """Return what an error says, as a sentence."""
    text = str(error).strip()
    return f"{text[:1].upper()}{text[1:]}." if text else "It could not be done."
