"""What pages load besides themselves: read once, served under names that change with their content."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files

from quart import Response, abort

from gobs_core import UserError
from gobs_server.routes import Routes

FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    "app.js": "text/javascript; charset=utf-8",
    "first.js": "text/javascript; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
    "licenses.txt": "text/plain; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
_BUNDLED = ("app.js", "first.js", "app.css", "licenses.txt")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    path: str
    content: bytes
    media_type: str


class Assets:
    """All of them. Lives as long as the app."""

    def __init__(self) -> None:
        self._by_name = {name: _read(name) for name in _TYPES}
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """Return where pages find it; raises KeyError for a name there is not."""
        return self._by_name[name].path

    def routes(self) -> Routes:
        """Return the one route that serves them."""
        routes = Routes("assets")

        @routes.get("/static/<digest>/<file>", role="public")
        async def asset(digest: str, file: str) -> Response:
            found = self._by_path.get(f"/static/{digest}/{file}")
            if found is None:
                abort(404)
            response = Response(found.content, content_type=found.media_type)
            response.headers["Cache-Control"] = FOREVER
            return response

        return routes


def _read(name: str) -> Asset:
    folder = files("gobs_server") / "static"
    try:
        content = (folder / "dist" / name if name in _BUNDLED else folder / name).read_bytes()
    except FileNotFoundError:
        raise UserError(
            f"the front end is not bundled ({name} is missing): `make run` does it, and so does `pip install ./server`"
        ) from None
    digest = blake2b(content, digest_size=8).hexdigest()
    return Asset(f"/static/{digest}/{name}", content, _TYPES[name])
