"""The dictionary of one run: which number stands for which text on the wire."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from gobs_proto.limits import MAX_KEY, MAX_TEXT


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Return `text` as protobuf takes it: lone surrogates escaped, cut to `limit` bytes of UTF-8."""
    if len(text) <= limit and text.isascii():
        return text
    raw = text.encode("utf-8", "backslashreplace")
    return raw[:limit].decode("utf-8", "ignore")


def clean_key(text: str) -> str:
    """Return the text of a key: one that is too long ends in a digest of the whole, so that no two become one."""
    if len(text) <= MAX_KEY and text.isascii():
        return text
    raw = text.encode("utf-8", "backslashreplace")
    if len(raw) <= MAX_KEY:
        return raw.decode()
    digest = hashlib.blake2b(raw, digest_size=8).hexdigest()
    return f"{raw[: MAX_KEY - len(digest) - 1].decode('utf-8', 'ignore')}~{digest}"


class Texts:
    """Numbers for texts. Lives as long as the agent's run: a number is never given twice, 0 means none."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        """By clean text; a text that is not clean is not found here and has to go through `id`."""
        self.last = 0
        """The highest number given."""
        self._news: list[tuple[int, str]] = []

    def id(self, text: str) -> int:
        """The number of an info cell's text, given now if it has none."""
        return self.ids.get(text) or self._number(clean(text))

    def key(self, text: str) -> int:
        """The number of a key's text."""
        return self._number(clean_key(text))

    def _number(self, text: str) -> int:
        number = self.ids.get(text)
        if number is None:
            number = self.last = self.ids[text] = self.last + 1
            self._news.append((number, text))
        return number

    def news(self) -> list[tuple[int, str]]:
        """The numbers given since this was last asked, ascending."""
        news, self._news = self._news, []
        return news

    def all(self) -> list[tuple[int, str]]:
        """Every text in use with its number, ascending."""
        return sorted((number, text) for text, number in self.ids.items())

    def keep(self, texts: Iterable[str], keys: Iterable[str]) -> None:
        """Forget every text that is neither among the cells' `texts` nor the `keys`."""
        used = set(map(clean, texts))
        used.update(map(clean_key, keys))
        self.ids = {text: number for text, number in self.ids.items() if text in used}
