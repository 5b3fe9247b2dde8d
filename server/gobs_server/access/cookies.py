"""The cookies of the pages: one that says who has logged in, one that lives while somebody is away at the provider."""

from __future__ import annotations

from typing import Literal

from quart import Request, Response

_MOST = 4096
"""Characters of a cookie that are looked at; ours have a hundred."""
Which = Literal["gobs", "gobs-oidc"]


def read(request: Request, which: Which, *, encrypted: bool) -> str:
    """Return what the browser shows; empty: nothing.

    Over TLS only the cookie that no other host and no plain page can have set counts.
    """
    value = request.cookies.get(_name(which, encrypted=encrypted), "")
    return value if len(value) <= _MOST else ""


def give(response: Response, which: Which, value: str, *, encrypted: bool, seconds: float) -> None:
    """Let the browser show it with every request to this server, made by a page of this server or a link to it."""
    response.set_cookie(
        _name(which, encrypted=encrypted),
        value,
        max_age=int(seconds),
        path="/",
        secure=encrypted,
        httponly=True,
        samesite="Lax",
    )


def take(response: Response, which: Which, *, encrypted: bool) -> None:
    """Let the browser forget it."""
    response.delete_cookie(_name(which, encrypted=encrypted), path="/", secure=encrypted, httponly=True, samesite="Lax")


def _name(which: Which, *, encrypted: bool) -> str:
    return f"__Host-{which}" if encrypted else which
