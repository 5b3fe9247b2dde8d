"""Which rows of a sheet meet a filter, and what is to be said of what cannot be meant.

What is not known meets no condition; a term with `-` hides what meets it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gobs_server.web.lists.grammar import Term, number, terms
from gobs_server.web.lists.sheet import Field, Rows, Sheet, Texts
from gobs_server.web.text import visible

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
UNKNOWN = "unknown"
_COMPARE: dict[str, Callable[..., Mask]] = {
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
    ":": np.equal,
}


def matching(sheet: Sheet, text: str) -> tuple[Rows, list[str]]:
    """Return the rows that meet every term, and a sentence on each term that means nothing here and is left out."""
    met: Mask | None = None
    said: list[str] = []
    for term in terms(text):
        mask = _meeting(sheet, term, said)
        if mask is not None:
            met = mask if met is None else met & mask
    return (sheet.all() if met is None else np.flatnonzero(met)), said


def _meeting(sheet: Sheet, term: Term, said: list[str]) -> Mask | None:
    if not term.field:
        return _texts(sheet, [field for field in sheet.fields.values() if not field.numeric], term)
    field = sheet.field(term.field)
    if field is None:
        said.append(f"“{visible(term.written)}” is left out: there is no column {visible(term.field)!r} here")
        return None
    if term.what == UNKNOWN and term.how in ":=":
        return np.logical_xor(_unknown(sheet, field), term.no)
    if field.numeric:
        return _numbers(sheet, field, term, said)
    if term.how in "<>" or term.how in {"<=", ">="}:
        said.append(f"“{visible(term.written)}” is left out: {field.label} is text, ask for it with a colon")
        return None
    return _texts(sheet, [field], term)


def _numbers(sheet: Sheet, field: Field, term: Term, said: list[str]) -> Mask | None:
    wanted = number(term.what, field)
    if wanted is None:
        unit = f" in {field.symbol}" if field.symbol else ""
        said.append(f"“{visible(term.written)}” is left out: {field.label} wants a number{unit}")
        return None
    values = sheet.numbers(field.name)
    with np.errstate(invalid="ignore"):
        met: Mask = _COMPARE[term.how](values, wanted) & ~np.isnan(values)
    return np.logical_xor(met, term.no)


def _unknown(sheet: Sheet, field: Field) -> Mask:
    if field.numeric:
        blank: Mask = np.isnan(sheet.numbers(field.name))
        return blank
    return np.array([text is None for text in sheet.texts(field.name)], dtype=bool)


def _texts(sheet: Sheet, fields: list[Field], term: Term) -> Mask:
    met = np.zeros(sheet.count, dtype=bool)
    for field in fields:
        met |= _holding(sheet.texts(field.name), term)
    return np.logical_xor(met, term.no)


def _holding(texts: Texts, term: Term) -> Mask:
    """Return which of the texts are meant; each text is looked at once, however often it stands there."""
    what = term.what.casefold()
    wanted = what.split("|") if term.field else [what]
    judged: dict[str | None, bool] = {None: False}
    for text in texts:
        if text is not None and text not in judged:
            folded = text.casefold()
            if term.how == ":":
                judged[text] = any(part in folded for part in wanted)
            else:
                judged[text] = (folded in wanted) == (term.how == "=")
    return np.fromiter(map(judged.__getitem__, texts), dtype=bool, count=len(texts))
