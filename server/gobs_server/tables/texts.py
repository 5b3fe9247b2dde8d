"""The dictionary of one run: texts by the ids the agent gave them, and the memory they may take."""

from __future__ import annotations

from collections.abc import Container, Iterable

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_TEXT
from gobs_server.tables.errors import BadFrame

MAX_TEXTS = 500_000
MAX_BYTES = 32 << 20
"""Bytes of all texts of one node together."""
_LARGEST_ID = (1 << 32) - 1


class Texts(dict[int, str]):
    """Id -> text. Ids are never used again within a run; a text nobody uses any more is let go at the next keyframe."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0

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
            self._bytes -= len(self.pop(text_id))

    def kept(self, used: Container[int]) -> Texts:
        """Without every text that is not in use; this one stays as it is, for views that still look at it."""
        kept = Texts()
        kept.update((text_id, text) for text_id, text in self.items() if text_id in used)
        kept._bytes = sum(map(len, kept.values()))
        return kept

    def _add(self, part: pb.Texts, added: list[int]) -> None:
        if len(part.id_gaps) != len(part.texts):
            raise BadFrame("texts", f"{len(part.texts)} texts for {len(part.id_gaps)} ids")
        text_id = 0
        for gap, text in zip(part.id_gaps, part.texts, strict=True):
            text_id += gap
            if not 0 < text_id <= _LARGEST_ID or gap == 0:
                raise BadFrame("texts", f"text id {text_id} is not allowed")
            if len(text) > MAX_TEXT:
                raise BadFrame(
                    "texts", f"text {text_id} has {len(text)} characters, at most {MAX_TEXT} bytes are allowed"
                )
            known = self.get(text_id)
            if known is not None:
                if known != text:
                    raise BadFrame("texts", f"text {text_id} was sent before with other words")
                continue
            if len(self) >= MAX_TEXTS or self._bytes + len(text) > MAX_BYTES:
                raise BadFrame("limits", f"more than {MAX_TEXTS} texts or {MAX_BYTES} bytes of them")
            self[text_id] = text
            self._bytes += len(text)
            added.append(text_id)
