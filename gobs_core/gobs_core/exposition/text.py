"""The two text forms that Prometheus scrapes, and how much of them one answer may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from gobs_core.exposition.naming import NODE, PREFIX, Family

Form = Literal["openmetrics", "prometheus"]
CONTENT_TYPES: dict[Form, str] = {
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "prometheus": "text/plain; version=0.0.4; charset=utf-8",
}
_LEFT_OUT = Family(f"{PREFIX}_export_left_out_rows", "gauge", "", "Rows that are not exposed, for want of room.", None)
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_ESCAPES = {"openmetrics": _ESCAPES, "prometheus": str.maketrans({"\\": r"\\", "\n": r"\n"})}


def form_of(accept: str) -> Form:
    """The form that an `Accept` header asks for."""
    return "openmetrics" if "application/openmetrics-text" in accept else "prometheus"


def label_text(labels: Iterable[tuple[str, str]]) -> str:
    """Labels as they stand behind a name; values are strangers' texts."""
    written = ",".join([f'{name}="{_value(value)}"' for name, value in labels])
    return f"{{{written}}}" if written else ""


class Exposition:
    """Collects one answer: `room` says how many rows of a table there is still room for, `add` takes them."""

    def __init__(self, form: Form, *, series: int, rows: int) -> None:
        self._form = form
        self._left = series
        self._rows = rows
        self._parts: list[str] = []
        self._left_out: Counter[tuple[str, str]] = Counter()

    def room(self, node: str, table: str, rows: int, families: int) -> int:
        """How many of these rows to add; the others are counted as left out."""
        fits = min(rows, self._rows, self._left // max(families, 1))
        self._left -= fits * families
        if fits < rows:
            self._left_out[node, table] += rows - fits
        return fits

    def head(self, family: Family) -> None:
        """Begin a family; all its samples come before the next one begins."""
        open_ = self._form == "openmetrics"
        name = family.name if open_ else family.sample
        type_ = "gauge" if family.type == "info" and not open_ else family.type
        text = family.help.translate(_HELP_ESCAPES[self._form])
        self._parts.append(f"# HELP {name} {text}\n# TYPE {name} {type_}\n")
        if open_ and family.unit:
            self._parts.append(f"# UNIT {name} {family.unit}\n")

    def add(self, family: Family, labels: Sequence[str], values: Iterable[float | None]) -> None:
        """Add samples: for each row its labels as text and its value; None and NaN are not known, and left out."""
        name = family.sample
        self._parts += [
            f"{name}{label} {value!r}\n"
            for label, value in zip(labels, values, strict=True)
            if value is not None and value == value  # noqa: PLR0124  only NaN differs from itself
        ]

    def text(self) -> bytes:
        """The whole answer."""
        self.head(_LEFT_OUT)
        labels = [label_text(((NODE, node), ("table", table))) for node, table in self._left_out]
        self.add(_LEFT_OUT, labels or [""], list(self._left_out.values()) or [0])
        if self._form == "openmetrics":
            self._parts.append("# EOF\n")
        return "".join(self._parts).encode("utf-8", "backslashreplace")


def _value(text: str) -> str:
    return text if text.isalnum() else text.translate(_ESCAPES)
