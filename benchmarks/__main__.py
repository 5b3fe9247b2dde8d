"""`python -m benchmarks [--quick] [NAME …]`: run every module of this package that has a `run`, print what it found."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import cast

import benchmarks
from benchmarks.report import Report

Run = Callable[[bool], Report | list[Report]]


def found() -> dict[str, Run]:
    """Return the benchmarks there are, by the name of their module."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: cast("Run", module.run) for name, module in modules.items() if hasattr(module, "run")}


def main() -> int:
    """Run the benchmarks asked for; return 1 when a bar is not held. A quick run promises nothing."""
    runs = found()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="reduced sizes: shows that it runs, not how fast it is")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(runs)}; default all")
    options = parser.parse_args()
    if unknown := set(options.names) - runs.keys():
        parser.error(f"no benchmark is called {min(unknown)!r}; there are {', '.join(runs)}")
    held = True
    for name in options.names or runs:
        result = runs[name](options.quick)
        for report in result if isinstance(result, list) else [result]:
            print(report.text(), flush=True)
            held = held and report.held
    return 0 if held or options.quick else 1


if __name__ == "__main__":
    sys.exit(main())
