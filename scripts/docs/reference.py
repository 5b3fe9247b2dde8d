"""Writes what is measured: the short list of tables, and every column of each."""

from __future__ import annotations

from collections import Counter

from gobs_core.kit.reference.markdown import code, table
from gobs_core.kit.reference.tables import rows_of, section
from scripts.docs.builtin import Declared, tables

_AGENT = "the agent itself"


def short_list() -> str:
    """Return the table of tables."""
    heads = ("table", "what", "one row for", "from")
    return table(
        heads, ((_link(item), item.table.help.rstrip("."), rows_of(item.table), _sources(item)) for item in tables())
    )


def every_column() -> str:
    """Return a section for each table."""
    return "\n\n".join(section(item.table, _who(item)) for item in tables())


def _link(item: Declared) -> str:
    return f"[`{item.table.name}`](docs/reference.md#{item.table.name})"


def _sources(item: Declared) -> str:
    """Return where it is read; several files of one folder as the folder."""
    found = list(dict.fromkeys(column.source for column in item.table.columns if column.source))
    folders = Counter(_folder(source) for source in found)
    told = (f"{_folder(source)}/…" if folders[_folder(source)] > 1 else source for source in found)
    return ", ".join(code(source) for source in dict.fromkeys(told)) or _AGENT


def _folder(source: str) -> str:
    return "/".join(source.split("/")[:3])


def _who(item: Declared) -> str:
    return f"the collector `{item.collector}`" if item.collector else _AGENT
