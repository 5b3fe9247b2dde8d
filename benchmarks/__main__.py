"""`python -m benchmarks [--quick] [NAME …]`: run every module of this package that has a `run`, print what it found."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Callable, Collection
from typing import cast

import benchmarks
from benchmarks.accounting import forget_files
from benchmarks.readme import README, stamp, written
from benchmarks.report import Report

Run = Callable[[bool], Report | list[Report]]


def found(asked: Collection[str] = ()) -> dict[str, Run]:
    """Return the benchmarks there are, or of these those that are asked for, by the name of their module."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__")
    wanted = [name for name in names if name in asked] if asked else names
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in wanted}
    return {name: cast("Run", module.run) for name, module in modules.items() if hasattr(module, "run")}


def main() -> int:
    """Run the benchmarks asked for; return 1 when a bar is not held. A quick run promises nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="reduced sizes: shows that it runs, not how fast it is")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks; default all")
    parser.add_argument("--write", action="store_true", help="also write the figures into README.md")
    options = parser.parse_args()
    if not options.quick:
        forget_files()
    runs = found(options.names)
    if unknown := set(options.names) - runs.keys():
        parser.error(f"no benchmark is called {min(unknown)!r}; there are {', '.join(found())}")
    held = True
    for name, run in runs.items():
        result = run(options.quick)
        reports = result if isinstance(result, list) else [result]
        text = "\n".join(report.text(level=3) for report in reports)
        print(text, flush=True)
        held = held and all(report.held for report in reports)
        if options.write:
            README.write_text(written(README.read_text("utf-8"), name, stamp(name) + text), "utf-8")
    return 0 if held or options.quick else 1


if __name__ == "__main__":
    sys.exit(main())
