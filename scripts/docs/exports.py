"""Writes what each column is called by those who scrape and receive, from the declarations alone."""

from __future__ import annotations

from gobs_core import Table
from gobs_core.exposition import Families, Family
from gobs_core.exposition.naming import label_names, texts
from gobs_sinks.otlp.convert import metric_name
from scripts.docs.builtin import tables
from scripts.docs.markdown import code, table


def every_name() -> str:
    """Return a section for each table."""
    declared = [item.table for item in tables()]
    families = Families(declared)
    return "\n\n".join(_section(one, families.of(one)) for one in declared)


def _section(what: Table, families: tuple[Family, ...]) -> str:
    names = label_names(what, (*what.keys, *texts(what)))
    labels = ", ".join(code(names[column.name]) for column in what.keys)
    more = ", ".join(code(names[column.name]) for column in texts(what))
    intro = f"Labels: `node`{', ' + labels if labels else ''}."
    if more:
        intro += f" `gobs_{what.name}_info` has also {more}."
    heads = ("column", "Prometheus", "OTLP", "type", "unit")
    rows = (
        (
            code(f.column.name) if f.column else "texts",
            code(f.sample),
            code(metric_name(what, f.column)),
            f.type,
            f.unit,
        )
        for f in families
    )
    return f"### {what.name}\n\n{intro}\n\n{table(heads, rows)}"
