"""A sheet: whatever a list is made of, as columns of texts and numbers that can be filtered, ordered and exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gobs_core import Unit
from gobs_server.web.format import unit_symbol

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Rows = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
"""Places of rows in a sheet."""
Texts = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet."""

    name: str
    label: str
    kind: Literal["key", "info", "number"]
    unit: Unit = Unit.NONE
    rate: bool = False
    """Whether its numbers are per second."""
    help: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it has numbers; else it has texts."""
        return self.kind == "number"

    @property
    def factor(self) -> float:
        """Shown = value x factor: a ratio is shown as percent."""
        return 100.0 if self.unit is Unit.SECONDS and self.rate else 1.0

    @property
    def symbol(self) -> str:
        """The unit in which it is shown."""
        return unit_symbol(self.unit, self.rate) if self.numeric else ""


class Sheet:
    """Rows before anything is chosen among them. A value: what it was made from may change, it does not.

    `texts` and `numbers` give one entry for each row, by the name of a field; None and NaN are "not known". They are
    asked once for each field that is needed.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        count: int,
        texts: Callable[[str], Texts],
        numbers: Callable[[str], Numbers],
    ) -> None:
        self.fields = {field.name: field for field in fields}
        self.count = count
        self._make_texts = texts
        self._make_numbers = numbers
        self._texts: dict[str, Texts] = {}
        self._numbers: dict[str, Numbers] = {}

    def texts(self, name: str) -> Texts:
        """The texts of a field."""
        if name not in self._texts:
            self._texts[name] = self._make_texts(name)
        return self._texts[name]

    def numbers(self, name: str) -> Numbers:
        """The numbers of a field, as they are kept: not multiplied by its factor."""
        if name not in self._numbers:
            self._numbers[name] = self._make_numbers(name)
        return self._numbers[name]

    def all(self) -> Rows:
        """Every row."""
        return np.arange(self.count)

    def field(self, written: str) -> Field | None:
        """The field a person means: its name, or what no other field's name begins with; None: it is not clear."""
        name = written.casefold().replace("-", "_").replace(" ", "_")
        if name in self.fields:
            return self.fields[name]
        found = [field for field in self.fields.values() if field.name.startswith(name)]
        return found[0] if len(found) == 1 else None
