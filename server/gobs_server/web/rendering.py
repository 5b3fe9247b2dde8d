"""The templates, set up so that whatever is put into one is escaped and whatever is missing from one is an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import CodeType

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from gobs_server.actor import current_actor, may
from gobs_server.paths import segment
from gobs_server.web import format as form
from gobs_server.web.assets import Assets
from gobs_server.web.places import PLACES
from gobs_server.web.shortcuts import SHORTCUTS, caps
from gobs_server.web.text import ident, visible

_END = "\0"
"""Ends each item of a template that renders many; nothing shown can be it, for whatever is shown was made visible."""
_REFRESHES = (1.0, 2.0, 5.0, 10.0)
"""Seconds between two polls that can be chosen."""


class Templates:
    """Renders to UTF-8 bytes, which caches keep and answers carry as they are. Lives as long as the app.

    `refresh` is how many seconds pages let pass between two polls, unless whoever looks has chosen otherwise; `firing`
    tells how many alerts fire now.
    """

    def __init__(
        self, assets: Assets, version: str, run: str, *, refresh: float = 2.0, firing: Callable[[], int] = int
    ) -> None:
        self._environment = Environment(
            loader=PackageLoader("gobs_server.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_compiled(),
        )
        self._environment.filters.update(
            visible=visible, segment=segment, clock=form.clock, stamp=form.stamp, duration=form.duration
        )
        self._environment.globals.update(
            asset=assets.url, ident=ident, version=version, run=run, may=may, actor=current_actor
        )
        self._environment.globals.update(firing=firing, places=PLACES, shortcuts=SHORTCUTS, caps=caps)
        self._environment.globals.update(refresh=f"{refresh:g}", refreshes=_choices(refresh))

    def render(self, template: str, **values: object) -> bytes:
        """Return the template filled in."""
        return self._environment.get_template(template).render(values).encode("utf-8", "replace")

    def each(self, template: str, **values: object) -> list[bytes]:
        """Return the items a template renders in one go: setting one up costs as much as filling in a card."""
        rendered = self._environment.get_template(template).render(values)
        return [item.encode("utf-8", "replace") for item in rendered.split(_END)[:-1]]

    def raw(self, content: bytes) -> object:
        """Return bytes this class has rendered, for use inside another template without escaping them again."""
        return _Rendered(content)


class _Compiled(BytecodeCache):
    """Every template is compiled once in a process, however many apps are made there."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


@cache
def _compiled() -> _Compiled:
    return _Compiled()


def _choices(refresh: float) -> list[tuple[str, str]]:
    return [(f"{one:g}", f"{one:g} s") for one in sorted({*_REFRESHES, refresh})]


class _Rendered:
    """What was rendered already; the one thing templates do not escape."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __html__(self) -> str:
        return self._content.decode("utf-8")
