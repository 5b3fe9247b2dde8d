"""What can be wrong with a frame."""

from __future__ import annotations

from gobs_core import GobsError


class BadFrame(GobsError):
    """A frame that must not be applied. `reason` is a short word to count by, the text says what and where."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
