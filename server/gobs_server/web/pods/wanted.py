"""Which pods a filter means: as of any list, and by label: `app=web`, `label:app=web`, `app.kubernetes.io/name=web`.

`ns` is short for namespace. A column goes before a label of the same name, which `label:` still reaches.
"""

from __future__ import annotations

import numpy as np

from gobs_server.web.lists import Rows, matching
from gobs_server.web.lists.grammar import Term, terms
from gobs_server.web.pods.sheet import PodSheet

_LABEL = ("label", "labels")
_SHORT = {"ns": "namespace"}


def wanted(sheet: PodSheet, text: str) -> tuple[Rows, list[str]]:
    """Return the rows that meet every term, and a sentence on each term that means nothing here and is left out."""
    rest: list[str] = []
    met = np.ones(sheet.count, dtype=bool)
    for term in terms(text):
        label = _label(sheet, term)
        if label is None:
            rest.append(written(term))
        else:
            name, _, value = label.partition("=")
            has = np.array([_has(one, name, value) for one in sheet.labels()], dtype=bool)
            met &= np.logical_xor(has, term.no != (term.how == "!="))
    rows, said = matching(sheet, " ".join(rest))
    return rows[met[rows]], said


def written(term: Term) -> str:
    """Return a term as a person would write it, so that it is read again as what it is."""
    what = f'"{term.what}"' if not term.what or any(char.isspace() for char in term.what) else term.what
    field = _SHORT.get(term.field.casefold(), term.field)
    return f"{'-' if term.no else ''}{field}{term.how if field else ''}{what}"


def asking(field: str, text: str | None) -> str:
    """Return the filter that asks for exactly this text in a field; empty: it cannot be written."""
    if not text or '"' in text or len(text) > 150:
        return ""
    blank = any(char.isspace() for char in text) or text != text.strip()
    return f'{field}="{text}"' if blank else f"{field}={text}"


def _label(sheet: PodSheet, term: Term) -> str | None:
    """Return NAME=VALUE, or NAME alone, where a term is about a label; None: it is about something else."""
    field = term.field.casefold()
    if field in _LABEL and term.how in {":", "="}:
        return term.what
    if not term.field:
        return term.what if term.how == ":" and "=" in term.what and not term.what.startswith("=") else None
    if field in _SHORT or sheet.field(field) is not None or term.how not in {"=", "!=", ":"}:
        return None
    return f"{term.field}={term.what}" if sheet.label(term.field) is not None else None


def _has(labels: dict[str, str], name: str, value: str) -> bool:
    if not value:
        return name in labels or any(name.casefold() in f"{one}={of}".casefold() for one, of in labels.items())
    return labels.get(name, "").casefold() == value.casefold()
