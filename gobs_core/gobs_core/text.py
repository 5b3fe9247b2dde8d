"""Text of strangers made fit for one line of a log, a table or a page: no control character survives."""

from __future__ import annotations

MAX_LINE = 500


def escape(text: str) -> str:
    r"""Write every character that a terminal may act on, or that has no picture, as `\xNN` or `\uNNNN`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def cut(text: str, limit: int) -> str:
    """Return the text, or so much of it that it has `limit` bytes of UTF-8 with `…` at its end."""
    if len(text) * 4 <= limit or len(raw := text.encode("utf-8", "replace")) <= limit:
        return text
    return raw[: limit - len("…".encode())].decode("utf-8", "ignore") + "…"


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """Return the text on one line, escaped and cut."""
    line = escape(text[: limit + 1])
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
