"""The figures in README.md: where they stand, and what is said beside them of when and where they were measured."""

from __future__ import annotations

import os
import platform
import re
import time
from pathlib import Path

README = Path(__file__).with_name("README.md")


def written(text: str, name: str, figures: str) -> str:
    """Return the README with the figures of one benchmark replaced; raises ValueError where there is no place."""
    begin, end = f"<!-- figures: {name} -->\n", "<!-- end -->"
    found = re.search(rf"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
    if found is None:
        raise ValueError(f"README.md has no place for the figures of {name!r}: {begin.strip()} … {end}")
    return f"{text[: found.start()]}{begin}{figures.rstrip()}\n{end}{text[found.end() :]}"


def stamp(name: str) -> str:
    """Return the line that says how and when figures were measured."""
    cpus = os.cpu_count()  # not the affinity: a benchmark may have pinned itself
    where = f"{cpus} CPUs, Linux {platform.release()}, Python {platform.python_version()}"
    return f"`make bench ARGS={name}`, {time.strftime('%Y-%m-%d')}, {where}\n\n"
