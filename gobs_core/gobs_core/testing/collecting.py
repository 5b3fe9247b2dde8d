"""Reading a machine through a collector, as the agent would."""

from __future__ import annotations

from gobs_core.collector import Collector, CollectorConfig, Context
from gobs_core.proc import Proc
from gobs_core.rowcheck import RowCheck
from gobs_core.shown import Shown, levels


def collect(
    collector: type[Collector] | Collector,
    proc: Proc,
    *,
    config: CollectorConfig | None = None,
    context: Context | None = None,
) -> dict[str, list[Shown]]:
    """Read once and return, by table, the rows as dicts of shown values: integers times their scale, None not known.

    A class is constructed, opened and closed; an object, which must have been opened, is only read. Raises what the
    collector raises, and DeclarationError for rows that are not what it declared.
    """
    if isinstance(collector, Collector):
        return _read(collector, proc)
    made = collector(config or collector.Config(), context or Context())
    try:
        made.open(proc)
        return _read(made, proc)
    finally:
        made.close()


def _read(collector: Collector, proc: Proc) -> dict[str, list[Shown]]:
    checked = RowCheck(collector.tables).check(collector.collect(proc))
    return {table.name: [levels(table, row) for row in rows] for table, rows in checked}
