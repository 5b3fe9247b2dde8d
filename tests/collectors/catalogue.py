"""What collectors/README.md lists of the collectors, written from their declarations."""

from __future__ import annotations

import re
from pathlib import Path

from gobs_core import Collector, Kind, Table
from tests.collectors.golden import registered
from tests.collectors.reading import MACHINES

README: Path = MACHINES.parent.parent / "collectors" / "README.md"
_BLOCK = re.compile(r"(<!-- tables: .*?-->\n)(.*?)(<!-- end of tables -->\n)", re.DOTALL)
_KINDS = {Kind.KEY: "key", Kind.COUNTER: "counters", Kind.GAUGE: "gauges", Kind.DERIVED: "derived", Kind.INFO: "texts"}


def brought_up_to_date(readme: str) -> str:
    """Return the README with its block of tables written anew."""
    assert _BLOCK.search(readme), "collectors/README.md has lost the marks around its tables"
    return _BLOCK.sub(lambda match: match[1] + catalogue() + match[3], readme)


def catalogue() -> str:
    """Return a section for each collector, by name."""
    return "\n" + "\n".join(_section(cls) for cls in registered().collectors.values()) + "\n"


def _section(cls: type[Collector]) -> str:
    said = (cls.__doc__ or "").strip().split("\n")[0]
    return "\n".join([f"### {cls.name}", "", said, "", *(_table(table) for table in cls.tables)])


def _table(table: Table) -> str:
    lines = [f"- **`{table.name}`**: {table.help}"]
    for kind, word in _KINDS.items():
        names = [f"`{column.name}`" for column in table.columns if column.kind is kind]
        if names:
            lines.append(f"  - {word}: {', '.join(names)}")
    return "\n".join(lines) + "\n"
