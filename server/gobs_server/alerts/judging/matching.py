"""Matching: which rows of a table which checks mean, by the texts of their key and info columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from gobs_core import Kind, Table
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.rules.selector import Globs

_REMEMBERED = 20_000
_LABELS = "labels"

Texts = tuple[str | None, ...]
Found = NDArray[np.int32]


class _Need(NamedTuple):
    """What one check asks of a row: a text by its place among the columns looked at."""

    check: int
    texts: tuple[tuple[int, Globs], ...]
    labels: tuple[tuple[str, Globs], ...]


class Matcher:
    """Matches rows of one table, as declared, with some checks. Remembers what it was asked."""

    def __init__(self, table: Table, checks: Sequence[Check]) -> None:
        there = {column.name for column in table.columns if column.kind in (Kind.KEY, Kind.INFO)}
        names: dict[str, int] = {}
        needs = [need for place, check in enumerate(checks) if (need := _need(place, check, there, names)) is not None]
        self.columns = tuple(names)
        """The columns it looks at."""
        self._labels = names.get(_LABELS)
        self._exact: dict[tuple[int, str], list[_Need]] = defaultdict(list)
        self._rest: list[_Need] = []
        self._known: dict[Texts, Found] = {}
        for need in needs:
            exact = next(((place, globs.exact) for place, globs in need.texts if globs.exact is not None), None)
            if exact is None:
                self._rest.append(need)
            else:
                self._exact[exact[0], exact[1]].append(need)

    def match(self, texts: Texts) -> Found:
        """The checks, by place, that mean a row with these texts in `columns`."""
        found = self._known.get(texts)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[texts] = self._match(texts)
        return found

    def _match(self, texts: Texts) -> Found:
        needs = list(self._rest)
        for place, text in enumerate(texts):
            if text is not None and (place, text) in self._exact:
                needs += self._exact[place, text]
        labels = labels_of(texts[self._labels]) if self._labels is not None else {}
        return np.array(sorted(need.check for need in needs if _fits(need, texts, labels)), dtype=np.int32)


def labels_of(text: str | None) -> Mapping[str, str]:
    """Labels out of the text of a column: a JSON object, or `a=b` with commas between them."""
    if not text:
        return {}
    if text.startswith("{"):
        try:
            found = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _need(place: int, check: Check, there: set[str], names: dict[str, int]) -> _Need | None:
    texts = []
    for term in check.terms:
        column = next((name for name in term.columns if name in there), None)
        if column is None:
            return None
        texts.append((names.setdefault(column, len(names)), term.globs))
    if check.labels:
        if _LABELS not in there:
            return None
        names.setdefault(_LABELS, len(names))
    return _Need(place, tuple(texts), check.labels)


def _fits(need: _Need, texts: Texts, labels: Mapping[str, str]) -> bool:
    return all(globs.match(texts[place] or "") for place, globs in need.texts) and all(
        name in labels and globs.match(labels[name]) for name, globs in need.labels
    )
