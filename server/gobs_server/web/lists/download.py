"""Rows of a sheet as a file: CSV for spreadsheets, JSON for programs, in the order they are shown."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Callable, Sequence
from io import StringIO
from typing import Literal, TypeAlias

import msgspec
from quart import Response

from gobs_server.web.lists.sheet import Field, Sheet

Form: TypeAlias = Literal["csv", "json"]
_AT_ONCE = 1000
"""Rows that are written in one go, beside the event loop."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula; a text that begins so gets a quote before it."""


def download(form: Form, name: str, sheet: Sheet, fields: Sequence[Field], rows: Sequence[int]) -> Response:
    """Return these rows as a file that is called about like `name`.

    Numbers are as they are kept: bytes, seconds, and CPU time as seconds per second. What is not known is empty in
    CSV, null in JSON.
    """
    write = _csv if form == "csv" else _json
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    response = Response(write(sheet, fields, rows), content_type=kind)
    file = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:80] or "rows"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}.{form}"'
    response.headers["Cache-Control"] = "no-store"
    return response


async def _csv(sheet: Sheet, fields: Sequence[Field], rows: Sequence[int]) -> AsyncIterator[bytes]:
    def written(lines: list[list[object]]) -> bytes:
        text = StringIO()
        csv.writer(text).writerows(lines)
        return text.getvalue().encode("utf-8", "replace")

    def part(some: Sequence[int]) -> bytes:
        columns = [_cells(sheet, field, some, _harmless) for field in fields]
        return written([list(line) for line in zip(*columns, strict=True)])

    yield written([[field.name for field in fields]])
    for some in _parts(rows):
        yield await asyncio.to_thread(part, some)


async def _json(sheet: Sheet, fields: Sequence[Field], rows: Sequence[int]) -> AsyncIterator[bytes]:
    def part(some: Sequence[int]) -> bytes:
        columns = [_cells(sheet, field, some, str) for field in fields]
        lines = [dict(zip(names, line, strict=True)) for line in zip(*columns, strict=True)]
        return b",\n".join(map(msgspec.json.encode, lines))

    names = [field.name for field in fields]
    said = [
        {"name": one.name, "kind": one.kind, "unit": one.unit.value, "per_second": one.rate, "help": one.help}
        for one in fields
    ]
    yield b'{"columns":' + msgspec.json.encode(said) + b',\n"rows":[\n'
    between = b""
    for some in _parts(rows):
        yield between + await asyncio.to_thread(part, some)
        between = b",\n"
    yield b"\n]}\n"


def _parts(rows: Sequence[int]) -> list[Sequence[int]]:
    return [rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE)]


def _cells(sheet: Sheet, field: Field, rows: Sequence[int], text: Callable[[str], str]) -> list[object]:
    if field.numeric:
        return [None if value != value else value for value in sheet.numbers(field.name)[list(rows)].tolist()]  # noqa: PLR0124  NaN
    texts = sheet.texts(field.name)
    return [None if (one := texts[row]) is None else text(one.encode("utf-8", "replace").decode()) for row in rows]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
