"""The pods as a sheet: what they can be filtered, ordered and grouped by, labels included."""

from __future__ import annotations

from itertools import chain

import numpy as np

from gobs_core import Unit
from gobs_server.web.lists import Field, Sheet
from gobs_server.web.lists.sheet import Numbers, Texts
from gobs_server.web.pods.board import Part
from gobs_server.web.pods.columns import AGE, FIELDS, PLACES, PROBLEMS
from gobs_server.web.pods.health import UNHEALTHY, health, status

LABEL = "label "
"""Begins the name of the field that a label is; no other field's name has a blank."""
_NEAR = 90.0
"""Percent of a limit from which on a pod is worth a look."""


class PodSheet(Sheet):
    """Every pod there is, as one reading of the board has it. A value."""

    def __init__(self, parts: list[Part], wall: float) -> None:
        self.parts = parts
        self._wall = wall
        super().__init__(FIELDS, sum(len(part.uids) for part in parts), self._of_texts, self._of_numbers)
        self._labels: list[dict[str, str]] | None = None

    def where(self) -> list[tuple[Part, int]]:
        """Return for each row of the sheet whose it is, and its place there."""
        return [(part, row) for part in self.parts for row in range(len(part.uids))]

    def labels(self) -> list[dict[str, str]]:
        """Return the labels of every pod."""
        if self._labels is None:
            self._labels = [labels_of(text) for text in self.texts("labels")]
        return self._labels

    def label(self, name: str) -> Field | None:
        """Return the field that a label is, if any pod has it."""
        return Field(f"{LABEL}{name}", name, "info") if any(name in one for one in self.labels()) else None

    def _of_texts(self, name: str) -> Texts:
        if name.startswith(LABEL):
            return [one.get(name.removeprefix(LABEL)) for one in self.labels()]
        if name == "node":
            return [part.node for part in self.parts for _ in part.uids]
        if name == "uid":
            return list(chain.from_iterable(part.uids for part in self.parts))
        if name == "pod":
            return [text or uid for text, uid in zip(self._told("name"), self.texts("uid"), strict=True)]
        if name == "status":
            return [status(*both) for both in zip(self._told("phase"), self._told("reason"), strict=True)]
        if name == "health":
            numbers = (self.numbers("ready"), self.numbers("wanted"), self.numbers("age"))
            each = zip(self.texts("status"), self._told("phase"), *(n.tolist() for n in numbers), strict=True)
            return [health(*one) for one in each]
        return self._told(name)

    def _told(self, name: str) -> list[str | None]:
        return list(chain.from_iterable(part.texts[name] for part in self.parts))

    def _of_numbers(self, name: str) -> Numbers:
        if name == AGE.name:
            return self._joined([self._wall - part.began for part in self.parts])
        if name == PROBLEMS.name:
            return self._problems()
        return self._joined([part.numbers[:, PLACES[name]] for part in self.parts])

    def _joined(self, arrays: list[Numbers]) -> Numbers:
        return np.concatenate(arrays) if arrays else np.empty(0)

    def _problems(self) -> Numbers:
        """Return how much each pod is worth a look: unhealthy, then how near a limit, then how often restarted."""
        ill = np.array([text == UNHEALTHY for text in self.texts("health")], dtype=np.float64)
        near = np.nan_to_num(np.fmax(self.numbers("memory_of_limit"), self.numbers("throttled")))
        return 1e6 * ill + np.where(near >= _NEAR, 1e3 + near, near) + np.nan_to_num(self.numbers("restarts")) / 1e3


def labels_of(text: str | None) -> dict[str, str]:
    """Return labels as they are told in one text: NAME=VALUE, with a comma between two."""
    pairs = (one.partition("=") for one in (text or "").split(",") if one)
    return {name: value for name, _, value in pairs if name}


def unit_of(name: str) -> tuple[Unit, bool]:
    """Return the unit of a field, and whether it is per second."""
    field = next(one for one in FIELDS if one.name == name)
    return field.unit, field.rate
