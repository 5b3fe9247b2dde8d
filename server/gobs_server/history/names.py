"""Finding texts in a run's dictionary without keeping all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gobs_proto import gobs_pb2 as pb


class Names:
    """Which ids some texts have in one run. A text that was forgotten meanwhile comes back under another."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.ids: dict[str, list[int]] = {text: [] for text in texts}

    def learn(self, part: pb.Texts) -> None:
        """Look for them in what a frame brings."""
        known = self.ids
        for text_id, text in zip(accumulate(part.id_gaps), part.texts, strict=True):
            if text in known and text_id not in known[text]:
                known[text].append(text_id)

    def among(self, ids: NDArray[np.integer], texts: Collection[str]) -> NDArray[np.bool_]:
        """Which of `ids` stand for one of the texts."""
        wanted = [text_id for text in texts for text_id in self.ids[text]]
        return np.equal(ids, wanted[0]) if len(wanted) == 1 else np.isin(ids, wanted)
