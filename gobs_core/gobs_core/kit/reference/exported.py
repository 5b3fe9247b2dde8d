"""What each column is called by those who scrape and receive, from the declarations alone."""

from __future__ import annotations

from collections.abc import Sequence

from gobs_core.exposition import Families, Family
from gobs_core.exposition.naming import dotted, label_names, texts
from gobs_core.kit.reference.markdown import code, table
from gobs_core.table import Table


def exported(tables: Sequence[Table]) -> list[str]:
    """A section for each table: its labels, and the name, type and unit of each column that is exposed."""
    families = Families(tables)
    return [_section(one, families.of(one)) for one in tables]


def _section(what: Table, families: tuple[Family, ...]) -> str:
    names = label_names(what, (*what.keys, *texts(what)))
    labels = ", ".join(code(names[column.name]) for column in what.keys)
    more = ", ".join(code(names[column.name]) for column in texts(what))
    intro = f"Labels: `node`{', ' + labels if labels else ''}."
    if more:
        intro += f" `gobs_{what.name}_info` has also {more}."
    heads = ("column", "Prometheus", "OTLP", "type", "unit")
    rows = (
        (code(f.column.name) if f.column else "texts", code(f.sample), code(dotted(what, f.column)), f.type, f.unit)
        for f in families
    )
    return f"### {what.name}\n\n{intro}\n\n{table(heads, rows)}"
