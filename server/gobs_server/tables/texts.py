"""The dictionary of one run: texts by the ids the agent gave them, and the memory they may take."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import accumulate

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_TEXT
from gobs_server.tables.errors import BadFrame

MAX_TEXTS = 500_000
MAX_BYTES = 32 << 20
"""Bytes of all texts of one node together."""
_OVERHEAD, _PACKED_OVERHEAD = 100, 12
"""Bytes a text takes besides its own, about: a new one, and one that is packed."""
_LARGEST_ID = (1 << 32) - 1


class Texts(Mapping[int, str]):
    """Id -> text. Ids are never used again within a run; a text nobody uses any more is let go at the next keyframe.

    What has outlived a keyframe is packed: a thousand nodes with some hundred texts each would else take 40 MB.
    """

    def __init__(self, packed: Iterable[tuple[int, str]] = ()) -> None:
        pairs = [(text_id, text.encode()) for text_id, text in packed]
        self._ids = array("Q", (text_id for text_id, _ in pairs))
        self._ends = array("I", accumulate(len(raw) for _, raw in pairs))
        self._packed = b"".join(raw for _, raw in pairs)
        self._news: dict[int, str] = {}
        self.bytes = len(self._packed) + _PACKED_OVERHEAD * len(self._ids)
        """What they take in memory, about."""

    def __getitem__(self, text_id: int) -> str:
        news = self._news.get(text_id)
        if news is not None:
            return news
        at = bisect_left(self._ids, text_id)
        if at == len(self._ids) or self._ids[at] != text_id:
            raise KeyError(text_id)
        return self._packed[self._ends[at - 1] if at else 0 : self._ends[at]].decode()

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

    def _add(self, part: pb.Texts, added: list[int]) -> None:
        if len(part.id_gaps) != len(part.texts):
            raise BadFrame("texts", f"{len(part.texts)} texts for {len(part.id_gaps)} ids")
        text_id = 0
        for gap, text in zip(part.id_gaps, part.texts, strict=True):
            text_id += gap
            if not 0 < text_id <= _LARGEST_ID or gap == 0:
                raise BadFrame("texts", f"text id {text_id} is not allowed")
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


def _size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
