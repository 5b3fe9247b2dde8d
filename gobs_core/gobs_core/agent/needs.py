"""What plugins and their columns need of the machine, and whether it is there: told by how reading went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gobs_core.table import Table


def whole_needs(plugin: object, *, here: bool) -> dict[str, bool]:
    """What a plugin needs to work at all, which is here or lacking all together: why, its error says."""
    return dict.fromkeys(getattr(plugin, "needs", ()), here)


def needs_of(tables: Iterable[Table], unknown: Mapping[str, str]) -> dict[str, bool]:
    """Need -> whether it is here; it is lacking where any column that needs it is not known (`table.column`)."""
    found: dict[str, bool] = {}
    for table in tables:
        for column in table.columns:
            if column.needs:
                lacking = f"{table.name}.{column.name}" in unknown
                found[column.needs] = found.get(column.needs, True) and not lacking
    return found
