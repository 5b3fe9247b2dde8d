"""The dictionary of one run: texts by the ids the agent gave them, and the memory they may take."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_TEXT
from gobs_server.tables.errors import BadFrame

MAX_TEXTS = 500_000
MAX_BYTES = 32 << 20
"""Bytes of all texts of one node together."""
_OVERHEAD, _PACKED_OVERHEAD = 100, 8
"""Bytes a text takes besides its own, about: a new one, and one that is packed."""
_LARGEST_ID = (1 << 32) - 1
_BETWEEN = b"\xff"
"""Stands before, between and after packed texts; no byte of UTF-8 can be it."""
_FORMS = ((_BETWEEN, _BETWEEN), (_BETWEEN, b""), (b"", b""))
"""What stands around a word that is a text, that one begins with, that one holds."""


class Texts(Mapping[int, str]):
    """Id -> text. Ids are never used again within a run; a text nobody uses any more is let go at the next keyframe.

    What has outlived a keyframe is packed: a thousand nodes with some hundred texts each would else take 40 MB.
    """

    def __init__(self, packed: Iterable[tuple[int, str]] = ()) -> None:
        pairs = [(text_id, text.encode()) for text_id, text in packed]
        self._ids = array("I", (text_id for text_id, _ in pairs))
        self._ends = array("I", accumulate((len(raw) + 1 for _, raw in pairs), initial=0))
        self._packed = _BETWEEN.join([b"", *(raw for _, raw in pairs), b""])
        self._news: dict[int, str] = {}
        self.bytes = len(self._packed) - 1 + _PACKED_OVERHEAD * len(self._ids)
        """What they take in memory, about."""

    def __getitem__(self, text_id: int) -> str:
        news = self._news.get(text_id)
        if news is not None:
            return news
        at = bisect_left(self._ids, text_id)
        if at == len(self._ids) or self._ids[at] != text_id:
            raise KeyError(text_id)
        return self._packed[self._ends[at] + 1 : self._ends[at + 1]].decode()

    def __contains__(self, text_id: object) -> bool:
        if text_id in self._news:
            return True
        if not isinstance(text_id, int):
            return False
        at = bisect_left(self._ids, text_id)
        return at < len(self._ids) and self._ids[at] == text_id

    def __iter__(self) -> Iterator[int]:
        yield from self._ids
        yield from self._news

    def __len__(self) -> int:
        return len(self._ids) + len(self._news)

    def add(self, parts: Iterable[pb.Frame]) -> list[int]:
        """Learn the texts of a frame and return their ids; raises BadFrame, and learns none, when one is bad."""
        added: list[int] = []
        try:
            for part in parts:
                if part.HasField("texts"):
                    self._add(part.texts, added)
        except BadFrame:
            self.remove(added)
            raise
        return added

    def remove(self, ids: Iterable[int]) -> None:
        """Forget texts just learned."""
        for text_id in ids:
            self.bytes -= _size(self._news.pop(text_id)) + _OVERHEAD

    def kept(self, used: Container[int]) -> Texts:
        """Without every text that is not in use; this one stays as it is, for views that still look at it."""
        return Texts((text_id, self[text_id]) for text_id in sorted(self) if text_id in used)

    def closeness(self, words: Sequence[str]) -> list[int]:
        """Return for each word 0 where it is a text, 1 where one begins with it, 2 where one holds it, 3 otherwise.

        Letters may be of either case; others than ASCII have to be all small, all large, or large at the beginning of
        words. May be called from any thread.
        """
        packed, news = self._packed.lower(), [text.lower() for text in tuple(self._news.values())]
        found = []
        for word in words:
            needles, low = _needles(word), word.lower()
            close = min((_closeness(needle, packed) for needle in needles), default=3)
            found.append(min([close, *(_close(low, text) for text in news)]))
        return found

    def holding(self, word: str, most: int) -> dict[int, int]:
        """Return the closeness of the texts that hold a word, by their ids; about `most` of each closeness."""
        low, packed = word.lower(), self._packed.lower()
        found = {text_id: close for text_id, text in self._news.items() if (close := _close(low, text.lower())) < 3}
        for needle in _needles(word):
            for close, (before, after) in enumerate(_FORMS):
                form, seen, at = before + needle + after, 0, packed.find(before + needle + after)
                while at >= 0 and seen < most:
                    place, seen = bisect_right(self._ends, at) - 1, seen + 1
                    found.setdefault(self._ids[place], close)
                    at = packed.find(form, self._ends[place + 1])
        return found

    def _add(self, part: pb.Texts, added: list[int]) -> None:
        if len(part.id_gaps) != len(part.texts):
            raise BadFrame("texts", f"{len(part.texts)} texts for {len(part.id_gaps)} ids")
        text_id, news = 0, self._news
        for gap, text in zip(part.id_gaps, part.texts, strict=True):
            text_id += gap
            if not 0 < text_id <= _LARGEST_ID or gap == 0:
                raise BadFrame("texts", f"text id {text_id} is not allowed")
            if news.get(text_id) == text:
                continue
            size = _size(text)
            if size > MAX_TEXT:
                raise BadFrame("texts", f"text {text_id} has {size} bytes, at most {MAX_TEXT} are allowed")
            known = self.get(text_id)
            if known is not None:
                if known != text:
                    raise BadFrame("texts", f"text {text_id} was sent before with other words")
                continue
            if len(self) >= MAX_TEXTS or self.bytes + size + _OVERHEAD > MAX_BYTES:
                raise BadFrame("limits", f"more than {MAX_TEXTS} texts or {MAX_BYTES} bytes of them")
            self._news[text_id] = text
            self.bytes += size + _OVERHEAD
            added.append(text_id)


def _needles(word: str) -> frozenset[bytes]:
    return frozenset(form.encode("utf-8", "replace").lower() for form in (word, word.upper(), word.title()))


def _closeness(needle: bytes, packed: bytes) -> int:
    if needle not in packed:
        return 3
    return next(close for close, (before, after) in enumerate(_FORMS) if before + needle + after in packed)


def _close(word: str, text: str) -> int:
    return 3 if word not in text else 0 if text == word else 1 if text.startswith(word) else 2


def _size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
