"""Globs: which texts a user means, remembered for texts that come again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

_REMEMBERED = 4096
_SPECIAL = re.compile(r"[*?\[]")


class Globs:
    """Some globs taken together: a text matches where one of them does, and none that begins with `!`."""

    def __init__(self, globs: str | Iterable[str]) -> None:
        texts = [globs] if isinstance(globs, str) else list(globs)
        wanted = tuple(text for text in texts if not text.startswith("!"))
        self.texts = tuple(texts)
        self.any = all(text == "*" for text in texts)
        """Whether everything matches; so it does where there is no glob at all."""
        self.exact = wanted[0] if len(texts) == 1 and wanted and not _SPECIAL.search(wanted[0]) else None
        """The one text that matches; None: there may be several."""
        self._wanted = _compiled(wanted or ("*",))
        self._unwanted = _compiled(tuple(text[1:] for text in texts if text.startswith("!")))
        self._known: dict[str, bool] = {}

    def match(self, text: str) -> bool:
        """Whether the text is meant."""
        if self.any:
            return True
        if self.exact is not None:
            return text == self.exact
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[text] = self._matches(text)
        return known

    def _matches(self, text: str) -> bool:
        wanted = self._wanted is None or self._wanted.match(text) is not None
        return wanted and (self._unwanted is None or self._unwanted.match(text) is None)


@lru_cache(maxsize=4096)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(translate, globs))) if globs else None
