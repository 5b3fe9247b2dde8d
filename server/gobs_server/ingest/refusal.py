"""Why a stream is ended by the server, in words and in the status the agent gets."""

from __future__ import annotations

import grpc

from gobs_core import GobsError


class Refusal(GobsError):
    """The stream must end. `reason` is a short word to count by, the text goes to the agent and into the log."""

    def __init__(self, code: grpc.StatusCode, reason: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.reason = reason
