"""What a query makes of the pods: which of them are meant, taken together or not, in which order, and their colours."""

from __future__ import annotations

from typing import NamedTuple

from gobs_server.web.cluster.heat import Scale, scale_over
from gobs_server.web.lists import Asked, Field, Sheet, ordered, usable
from gobs_server.web.pods.columns import BY_NAME, FIELDS, PROBLEMS, SHOWN
from gobs_server.web.pods.groups import grouped
from gobs_server.web.pods.health import UNHEALTHY
from gobs_server.web.pods.sheet import LABEL, PodSheet
from gobs_server.web.pods.wanted import wanted
from gobs_server.web.text import visible

GROUPS = ("namespace", "owner", "node", "status", "qos")
"""Fields that the page offers to group by; any other text, and any label, can be asked for in the address."""
ILL = f"health:{UNHEALTHY}"
"""The filter of those that are not as they should be."""


class Summary(NamedTuple):
    """All pods in a line."""

    pods: int
    unhealthy: int
    nodes: int
    unnamed: int
    """Pods of which nobody tells a name."""


class Chosen(NamedTuple):
    """What a query makes of the pods of one version of the board."""

    sheet: PodSheet
    groups: Sheet | None
    kind: str
    """The field that rows are grouped by; empty: none."""
    rows: list[int]
    """Of `groups` where there are, else of `sheet`; in order."""
    sort: tuple[str, ...]
    said: list[str]
    scale: Scale
    summary: Summary


def choose(sheet: PodSheet, query: Asked) -> Chosen:
    """Return what a query makes of the pods of a sheet."""
    rows, said = wanted(sheet, query.filter)
    field = _group(sheet, query.group, said)
    groups = None if field is None else grouped(sheet, rows, field)
    listed: Sheet = sheet if groups is None else groups
    usual = ("-pods",) if groups is not None else ("node", "namespace", "pod")
    sort = usable(listed, (f"-{PROBLEMS.name}" if name == PROBLEMS.name else name for name in query.sort))
    order = ordered(listed, rows if groups is None else groups.all(), sort or usual)
    by = BY_NAME.get(query.by, BY_NAME["cpu"])
    by = by if by.numeric else BY_NAME["cpu"]
    return Chosen(
        sheet,
        groups,
        "" if field is None else field.name,
        order.tolist(),
        sort,
        said,
        scale_over(by, sheet.numbers(by.name)),
        _summary(sheet),
    )


def listed(chosen: Chosen) -> Sheet:
    """Return the sheet whose rows were chosen: the pods, or their groups."""
    return chosen.sheet if chosen.groups is None else chosen.groups


def shown_fields(chosen: Chosen) -> list[Field]:
    """Return the columns of a table of what was chosen."""
    return [BY_NAME[name] for name in SHOWN] if chosen.groups is None else list(chosen.groups.fields.values())


def offered(query: Asked, chosen: Chosen) -> dict[str, object]:
    """Return what the frame around them says and offers, for its template."""
    return {
        "query": query,
        "matching": len(chosen.rows),
        "sort": chosen.sort,
        "said": chosen.said,
        "scale": chosen.scale,
        "summary": chosen.summary,
        "kind": chosen.kind,
        "groups": [BY_NAME[name] for name in GROUPS],
        "colours": [field for field in FIELDS if field.numeric and field is not PROBLEMS],
        "ill": _toggled(query),
    }


def _group(sheet: PodSheet, name: str, said: list[str]) -> Field | None:
    """Return the field that is meant to group by: a text, or a label."""
    if not name:
        return None
    field = sheet.field(name) or sheet.label(name.removeprefix(LABEL))
    if field is None or field.numeric:
        said.append(f"pods cannot be grouped by {visible(name)!r}: there is no such text, and no pod has such a label")
        return None
    return field


def _toggled(query: Asked) -> tuple[bool, str]:
    """Return whether the unhealthy alone are asked for, and the filter that is the other way round."""
    words = query.filter.split()
    on = ILL in words
    rest = [word for word in words if word != ILL]
    return on, " ".join(rest if on else [ILL, *rest])


def _summary(sheet: PodSheet) -> Summary:
    return Summary(
        sheet.count,
        sum(text == UNHEALTHY for text in sheet.texts("health")),
        len(sheet.parts),
        sum(text is None for part in sheet.parts for text in part.texts["name"]),
    )
